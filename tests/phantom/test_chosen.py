"""Drawings that suit, and fingers of which none does."""

import pytest

from calcimetry.errors import NotMeasurable
from calcimetry.phantom import chosen
from calcimetry.phantom.chosen import choose_drawing
from calcimetry.phantom.cohort import Cohort, Group, plan_cohort
from calcimetry.phantom.truth import true_report
from calcimetry.phantom.visits import scan_finger

FINGER = plan_cohort(Cohort(5, (Group("trial", 1, 1, cut_off=1),)))[0]


def scan(attempt):
    volume = scan_finger(FINGER, 0, attempt, 1.2)
    return volume, true_report(volume)


def test_the_first_drawing_that_shows_enough_is_chosen():
    asked = []
    found = choose_drawing(FINGER, lambda attempt: asked.append(attempt) or scan(attempt), 1.0)
    assert asked == list(range(found.attempt + 1))
    assert len(found.pictures) == len(found.slabs) == 1
    (picture,) = found.pictures
    assert 0.4 <= picture.report.area_mm2 <= 48.2
    assert picture.slab.first_row > 0.0 or picture.slab.last_row < 1.0


def test_a_finger_that_never_suits_is_told(monkeypatch):
    monkeypatch.setattr(chosen, "MOST_ATTEMPTS", 1)
    monkeypatch.setattr(chosen, "AREA_RANGE_MM2", (1e6, 2e6))
    with pytest.raises(NotMeasurable, match="none of 1 drawings has it"):
        choose_drawing(FINGER, scan, 1.0)
