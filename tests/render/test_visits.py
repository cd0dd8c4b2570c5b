"""Several visits side by side: hands, fingers, and the table beside them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from calcimetry.files.nifti import read_nifti
from calcimetry.model import Finger, Hand
from calcimetry.render import marks, palette, visit_fingers, visits, visits_view
from calcimetry.render.visit_fingers import draw_visit_fingers
from calcimetry.render.visits import MOST_LINES, ShownVisit, TrackLine
from calcimetry.render.visits_view import draw_visits
from tests.volumes import fake_measure_volume, save_nifti

LINES = [TrackLine(n, "index middle", "12.3", "14.5", "+18%", "progression") for n in (1, 2, 3)]


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    path = save_nifti(tmp_path_factory.mktemp("v") / "v.nii", affine=np.diag([0.8, 0.9, 1.0, 1.0]))
    return fake_measure_volume(read_nifti(path))


@pytest.fixture
def two(report):
    """The later visit has other numbers for lesions 1 and 3, and lesion 2 is not followed."""
    return [
        ShownVisit("Baseline", report, {1: 1, 2: 2, 3: 3}),
        ShownVisit("Visit 2, after 90 days", report, {1: 3, 3: 1}),
    ]


@pytest.fixture
def seen(monkeypatch):
    """What was written, and the badges."""
    found = {"texts": [], "badges": []}
    text = visits.Sheet.text

    def remembered(self, at, words, size, colour, align="left"):
        found["texts"].append(words)
        text(self, at, words, size, colour, align)

    def badge(_sheet, _centre, number, colour):
        found["badges"].append((number, colour))

    monkeypatch.setattr(visits.Sheet, "text", remembered)
    for module in (marks, visits):
        monkeypatch.setattr(module, "draw_badge", badge)
    return found


def test_a_lesion_has_one_colour_and_number_at_every_visit(two, seen):
    picture = draw_visits(two, LINES, ["A note."])
    assert picture.mode == "RGB"
    numbers = [number for number, _ in seen["badges"]]
    # Beside the baseline's panel, the later one's, and in the table.
    assert sorted(numbers) == [1, 1, 1, 2, 2, 3, 3, 3]
    assert all(colour == palette.track_colour(number) for number, colour in seen["badges"])
    assert {"Baseline", "Visit 2, after 90 days", "A note.", "+18%"} <= set(seen["texts"])
    assert seen["texts"].count("Right hand, seen from the palm") == 2
    pixels = np.asarray(picture).reshape(-1, 3)
    for colour in (palette.track_colour(1), palette.UNTRACKED):
        assert (np.abs(pixels.astype(int) - colour).max(axis=1) < 12).any()


def test_long_tables_are_cut(two, seen):
    lines = [replace(LINES[0], number=n) for n in range(1, MOST_LINES + 6)]
    draw_visits(two, lines)
    assert "and 5 more in followup.csv" in seen["texts"]


def test_visits_without_hands_are_shown_along_their_slices(report, seen):
    bare = replace(report, hands=())
    draw_visits([ShownVisit("Baseline", bare, {}), ShownVisit("Visit 2", report, {})], [])
    assert {"Hand", "Baseline", "Visit 2"} <= set(seen["texts"])
    nothing = [ShownVisit("Baseline", bare, {}), ShownVisit("Visit 2", bare, {})]
    assert draw_visit_fingers(nothing) is None


def test_fingers_with_lesions_stand_beside_themselves(two, seen):
    picture = draw_visit_fingers(two)
    assert picture.mode == "RGB"
    assert seen["texts"].count("Right thumb") == seen["texts"].count("Right index finger") == 1
    assert seen["texts"].count("Visit 2, after 90 days") == 2
    assert any(words in ("10 mm", "5 mm") for words in seen["texts"])


def test_a_finger_that_one_visit_lacks_is_said_to_be_out_of_view(report, seen):
    (hand,) = report.hands
    thumb = replace(report, hands=(replace(hand, fingers=hand.fingers[:1]),))
    draw_visit_fingers([ShownVisit("Baseline", report, {}), ShownVisit("Visit 2", thumb, {})])
    assert seen["texts"].count("not in view") == 1


def test_a_lone_finger_is_itself_whatever_it_was_taken_for(report, seen):
    (hand,) = report.hands

    def alone(finger: Finger):
        return replace(report, hands=(Hand(hand.laterality, (finger,), hand.grid),))

    first, last = (alone(finger) for finger in hand.fingers)
    draw_visit_fingers([ShownVisit("Baseline", first, {}), ShownVisit("Visit 2", last, {})])
    assert "not in view" not in seen["texts"]


def test_fingers_go_to_the_next_row_where_one_is_full(two, monkeypatch):
    wide = draw_visit_fingers(two)
    monkeypatch.setattr(visit_fingers, "_ROOM", (700, 300))
    narrow = draw_visit_fingers(two)
    assert narrow.width < wide.width
    assert visits_view.draw_visits(two, []).width > 900
