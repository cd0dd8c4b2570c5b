"""The hands of a volume, looked through."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from calcimetry.files.nifti import read_nifti
from calcimetry.model import Digit, Finger, Grid, Hand, Laterality
from calcimetry.render import hand_view, marks
from calcimetry.render.hand_view import draw_hands
from tests.volumes import fake_measure_volume, hand_hu, save_nifti

AFFINES = {
    "plain": np.diag([0.8, 0.9, 1.0, 1.0]),
    "flipped": np.diag([-0.8, 0.9, -1.0, 1.0]),
    "permuted": np.array([[0, 0, 1.0, 3], [0.8, 0, 0, 2], [0, 0.9, 0, 1], [0, 0, 0, 1]]),
}


@pytest.fixture
def make_volume_report(tmp_path):
    def make(affine=AFFINES["plain"], **choice):
        return fake_measure_volume(
            read_nifti(save_nifti(tmp_path / "v.nii", affine=affine)), **choice
        )

    return make


@pytest.fixture
def drawn(monkeypatch):
    """What was written on sheets, and the badges."""
    seen = {"texts": [], "badges": []}
    text = hand_view.Sheet.text

    def remembered(self, at, words, size, colour, align="left"):
        seen["texts"].append((words, at))
        text(self, at, words, size, colour, align)

    monkeypatch.setattr(hand_view.Sheet, "text", remembered)
    monkeypatch.setattr(
        marks,
        "draw_badge",
        lambda _, centre, number, *_colour: seen["badges"].append((number, centre)),
    )
    return seen


def words(drawn):
    return [text for text, _ in drawn["texts"]]


@pytest.mark.parametrize("name", AFFINES)
def test_shows_side_fingers_lesions_and_total(make_volume_report, drawn, name):
    overlay = draw_hands(make_volume_report(AFFINES[name]))
    assert overlay.mode == "RGB"
    assert overlay.height > 700
    for told in ("index", "thumb", "33.0", "mm³", "Volume of 3 lesions in all", "10 mm"):
        assert told in words(drawn)
    assert words(drawn).count("R") == 2
    assert sorted(number for number, _ in drawn["badges"]) == [1, 2, 3]
    # Seven bones of four kinds: each kind once in the legend, drawn as often as the status.
    assert words(drawn).count("metacarpal") == words(drawn).count("Complete")


def test_says_from_where_one_looks(make_volume_report, drawn):
    report = make_volume_report()
    (hand,) = report.hands
    draw_hands(report)
    draw_hands(replace(report, hands=(replace(hand, grid=hand.grid.flipped(2)),)))
    titles = {text for text in words(drawn) if text.startswith("Right hand")}
    assert titles == {"Right hand, seen from its back", "Right hand, seen from the palm"}


def test_a_fingers_name_stands_above_its_tip(make_volume_report, drawn):
    draw_hands(make_volume_report())
    at = dict(drawn["texts"])
    assert at["index"][1] < at["thumb"][1]
    assert at["index"][0] != at["thumb"][0]


def test_a_left_hand_and_one_of_unknown_side(make_volume_report, drawn):
    report = make_volume_report(laterality=Laterality.LEFT)
    draw_hands(report)
    assert "L" in words(drawn)
    drawn["texts"].clear()
    (hand,) = report.hands
    draw_hands(replace(report, hands=(replace(hand, laterality=None),)))
    assert "Hand" in words(drawn)
    assert not {"L", "R"} & set(words(drawn))


def test_a_lone_finger_is_called_one(make_volume_report, drawn):
    report = make_volume_report()
    (hand,) = report.hands
    finger = Finger(Digit.UNKNOWN, None, hand.fingers[1].grid, hand.fingers[1].labels)
    draw_hands(replace(report, hands=(Hand(None, (finger,), hand.grid),)))
    assert "Finger" in words(drawn)
    assert "finger" in words(drawn)


def test_names_do_not_cover_each_other(make_volume_report, drawn):
    report = make_volume_report()
    (hand,) = report.hands
    index = next(one for one in hand.fingers if one.digit is Digit.INDEX)
    unnamed = replace(index, digit=Digit.UNKNOWN)
    draw_hands(replace(report, hands=(replace(hand, fingers=(unnamed, unnamed, index)),)))
    assert words(drawn).count("finger") == 3  # once, with its two edges
    at = dict(drawn["texts"])
    assert at["finger"][1] <= at["index"][1] - 15
    assert at["finger"][0] == at["index"][0]


@pytest.mark.parametrize(("mineral", "white"), [(500.0, 1000.0), (2500.0, 2500.0)])
def test_white_follows_dense_bone(tmp_path, monkeypatch, mineral, white):
    limits = []
    to_grey = hand_view.to_grey

    def remembered(values, ends):
        limits.append(ends)
        return to_grey(values, ends)

    monkeypatch.setattr(hand_view, "to_grey", remembered)
    image = read_nifti(save_nifti(tmp_path / "v.nii", hand_hu(mineral)))
    draw_hands(fake_measure_volume(image))
    assert limits == [(-200.0, pytest.approx(white, rel=0.1))]


def test_two_hands_stand_one_above_the_other(make_volume_report, drawn):
    report = make_volume_report()
    one = draw_hands(report)
    two = draw_hands(replace(report, hands=report.hands * 2))
    assert two.height > 1.8 * one.height
    assert two.width == one.width


def test_a_volume_without_hands_is_shown_along_its_slices(make_volume_report, drawn):
    report = replace(make_volume_report(), hands=())
    assert draw_hands(report).height > 200
    assert "Hand" in words(drawn)


def test_a_lesion_between_the_samples_of_the_hands_grid_is_drawn(make_volume_report, drawn):
    report = make_volume_report(numbers=(3,))
    (hand,) = report.hands
    coarse = hand.grid.affine @ np.diag([4.0, 4.0, 4.0, 1.0])
    shape = tuple(max(1, n // 4) for n in hand.grid.shape)
    draw_hands(replace(report, hands=(Hand(hand.laterality, (), Grid(shape, coarse)),)))
    assert [number for number, _ in drawn["badges"]] == [3]


def test_a_lesion_of_the_other_hand_has_no_badge_here(make_volume_report, drawn):
    report = make_volume_report(numbers=(1,))
    (hand,) = report.hands
    far = hand.grid.affine.copy()
    far[:3, 3] += 500.0
    elsewhere = Hand(Laterality.LEFT, hand.fingers, Grid(hand.grid.shape, far))
    draw_hands(replace(report, hands=(elsewhere,)))
    assert drawn["badges"] == []
    assert "index" not in words(drawn)
