"""Each finger from the side."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from calcimetry.files.nifti import read_nifti
from calcimetry.model import Grid, Hand
from calcimetry.render import finger_planes, finger_sheet, finger_sides, marks
from calcimetry.render.finger_sheet import draw_fingers
from tests.volumes import BONES, LESIONS, fake_measure_volume, save_nifti


@pytest.fixture
def report(tmp_path):
    return fake_measure_volume(read_nifti(save_nifti(tmp_path / "v.nii")))


@pytest.fixture
def drawn(monkeypatch):
    """Titles, badges, and the axes with the panel they were drawn on."""
    seen = {"texts": [], "badges": [], "axes": []}
    text, axes = finger_sheet.Sheet.text, finger_sheet.draw_axes

    def remembered(self, at, words, size, colour, align="left"):
        seen["texts"].append(words)
        text(self, at, words, size, colour, align)

    def axes_remembered(sheet, panel, ends):
        seen["axes"] += [(panel, np.asarray(one)) for one in ends]
        axes(sheet, panel, ends)

    monkeypatch.setattr(finger_sheet.Sheet, "text", remembered)
    monkeypatch.setattr(finger_sheet, "draw_axes", axes_remembered)
    monkeypatch.setattr(marks, "draw_badge", lambda *what: seen["badges"].append(what[2]))
    return seen


def test_one_panel_per_finger_with_its_own_lesions(report, drawn):
    sheet = draw_fingers(report)
    assert sheet.mode == "RGB"
    assert sheet.height > 800
    assert {"Right thumb", "Right index finger", "back", "palm", "5 mm"} <= set(drawn["texts"])
    # The thumb's lesion first; a lesion in view of two fingers has one badge.
    assert drawn["badges"] == [2, 1, 3]


def test_axes_lie_where_they_were_measured(report, drawn):
    draw_fingers(report)
    long_axis = drawn["axes"][2][1]
    slices, rows, _, _ = LESIONS[1]
    expected = [(rows.start - 0.5, (slices.start + slices.stop - 1) / 2)]
    np.testing.assert_allclose(long_axis[:1], expected, atol=1e-6)
    assert len(drawn["axes"]) == 6


def test_axes_of_a_plane_that_is_turned_are_not_drawn(report, drawn):
    turn = np.eye(4)
    turn[1:3, 1:3] = [[0.9, -0.436], [0.436, 0.9]]
    lesions = tuple(
        replace(one, plane=Grid(one.plane.shape, turn @ one.plane.affine)) for one in report.lesions
    )
    draw_fingers(replace(report, lesions=lesions))
    assert drawn["axes"] == []
    assert drawn["badges"] == [2, 1, 3]


def test_without_lesions_the_plane_runs_through_the_bones(tmp_path, monkeypatch, drawn):
    planes = []
    original = finger_sheet.draw_bones

    def remembered(sheet, panel, label_map):
        planes.append(label_map)
        original(sheet, panel, label_map)

    monkeypatch.setattr(finger_sheet, "draw_bones", remembered)
    image = read_nifti(save_nifti(tmp_path / "v.nii"))
    draw_fingers(fake_measure_volume(image, numbers=()))
    assert [set(np.unique(plane)) - {0} for plane in planes] == [
        {label for label in BONES if label // 10 == digit} for digit in (1, 2)
    ]
    assert drawn["badges"] == []


def test_a_lesion_beside_the_plane_is_outlined(report, monkeypatch):
    outlined = []
    original = finger_sheet.draw_lesions

    def remembered(sheet, panel, masks, filled=True):
        outlined.append((filled, sorted(masks)))
        return original(sheet, panel, masks, filled)

    monkeypatch.setattr(finger_sheet, "draw_lesions", remembered)
    # The index finger's largest lesion lies in columns 10 to 12, the small one in 12 alone.
    lesion_map = report.lesion_map.label_map.copy()
    lesion_map[lesion_map == 3] = 0
    away = np.argwhere(report.lesion_map.label_map == 3)[0]
    lesion_map[away[0] + 3, away[1], away[2]] = 3
    moved = replace(
        report,
        lesion_map=type(report.lesion_map)(
            lesion_map, report.image.grid, report.lesion_map.meanings
        ),
    )
    draw_fingers(moved)
    assert outlined == [(False, []), (True, [2]), (False, [3]), (True, [1])]


def test_a_plane_far_from_the_middle_of_the_bones_is_shown_beside_the_mid_plane(
    report, drawn, monkeypatch
):
    monkeypatch.setattr(finger_planes, "APART_MM", 1.5)
    draw_fingers(report)
    names = [text for text in drawn["texts"] if text.startswith("Right")]
    assert names == ["Right thumb", "Right index finger", "Right index finger"]
    captions = [text for text in drawn["texts"] if text.endswith("mid plane")]
    assert captions == ["1.0 mm radial of mid plane", "mid plane", "2.0 mm radial of mid plane"]
    # The index finger's mid plane cuts its large lesion too, but axes are drawn once.
    assert drawn["badges"] == [2, 1, 1, 3]
    assert len(drawn["axes"]) == 6


def test_doubt_about_a_finger_is_shown(report, drawn):
    (hand,) = report.hands
    thumb = replace(hand.fingers[0], reason="which of its sides is palmar cannot be told")
    draw_fingers(replace(report, hands=(replace(hand, fingers=(thumb, hand.fingers[1])),)))
    assert {"back?", "palm?", "back", "palm"} <= set(drawn["texts"])


def test_lengths_of_the_axes_stand_by_their_lesions_badge(report, drawn):
    draw_fingers(report)
    lengths = [text for text in drawn["texts"] if " x " in text]
    assert lengths == ["2.0 x 2.0", "4.0 x 2.0", "1.0 x 1.0"]


def test_status_and_reason_stand_below_each_finger(report, drawn):
    told = [("complete", ""), ("partial", "no right index distal phalanx was found")]
    draw_fingers(report, told)
    below = drawn["texts"][drawn["texts"].index("Complete") :]
    assert "Partial" in below
    assert " ".join(below[below.index("Partial") + 1 :]).startswith("no right index distal")
    draw_fingers(report, [("partial", "word " * 200), ("complete", "")])
    assert sum(text.endswith("word ...") for text in drawn["texts"]) == 1


def test_fingers_that_do_not_fit_a_row_get_another_one(report, monkeypatch):
    one = draw_fingers(report)
    monkeypatch.setattr(finger_sheet, "_ROOM", (400, 800))
    two = draw_fingers(report)
    assert two.height > 1.3 * one.height


def test_a_lesion_measured_away_from_the_plane_is_outlined_as_it_was_there(report, monkeypatch):
    outlined = []
    original = finger_sheet.draw_lesions

    def remembered(sheet, panel, masks, filled=True):
        outlined.append((filled, sorted(n for n, mask in masks.items() if mask.any())))
        return original(sheet, panel, masks, filled)

    monkeypatch.setattr(finger_sheet, "draw_lesions", remembered)
    monkeypatch.setattr(finger_sides, "_BESIDE_MM", 0.5)
    index = report.hands[0].fingers[1]
    shown = index.grid.mm_to_index(report.lesions[0].plane.index_to_mm((0.0, 0.0, 0.0)))[0]
    away = index.grid.affine.copy()
    away[:3, 3] += (round(float(shown)) - 1) * away[:3, 0]
    plane = Grid(report.lesions[0].plane.shape, away)
    lesions = (replace(report.lesions[0], plane=plane), *report.lesions[1:])
    draw_fingers(replace(report, lesions=lesions))
    assert (False, [1]) in outlined
    assert (True, [1, 3]) in outlined


def test_two_hands_are_two_rows(report):
    one, two = draw_fingers(report), draw_fingers(replace(report, hands=report.hands * 2))
    assert two.height > 1.5 * one.height


def test_no_finger_is_told(report, drawn):
    for hands in ((), (Hand(None, (), report.image.grid),)):
        draw_fingers(replace(report, hands=hands))
        assert "No finger was found." in drawn["texts"]
