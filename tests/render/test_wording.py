"""Numbers and names for people."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from calcimetry.model import Digit, Finger, Grid, Image, Interval
from calcimetry.render import wording


def test_names_that_could_mislead_are_spelled_out() -> None:
    assert wording.printable("a\u202egpj.exe") == "a\\u202egpj.exe"
    assert wording.printable("latin\udce9.jpg") == "latin\\udce9.jpg"
    assert wording.printable("Fingér 漢.jpg") == "Fingér 漢.jpg"


def test_bones_are_named(make_report) -> None:
    report = make_report(squares=((10, 10, 3),))
    assert wording.bones_of(report) == ("proximal phalanx",)
    assert wording.bone_of(report.lesions[0]) == "proximal phalanx"
    assert wording.bone_of(replace(report.lesions[0], bone=0)) == "-"


def test_volumes_are_written_with_three_figures_or_so(make_report) -> None:
    lesion = make_report(squares=((10, 10, 3),)).lesions[0]
    assert (wording.volume_of(lesion), wording.volume_range_of(lesion)) == ("-", "")
    lesion = replace(lesion, volume_mm3=9.994, volume_interval=Interval(7.0, 13.25))
    assert wording.volume_of(lesion) == "9.99"
    assert wording.volume_range_of(lesion) == "7.00 to 13.2"


def test_bones_have_short_names_for_tables(make_report) -> None:
    lesion = make_report(squares=((10, 10, 3),)).lesions[0]
    assert wording.short_bone_of(replace(lesion, bone=123)) == "index distal"
    assert wording.short_bone_of(replace(lesion, bone=160)) == "carpal"


def test_fingers_have_a_word() -> None:
    grid = Grid((1, 1, 1), np.eye(4))
    words = [wording.finger_word(Finger(d, None, grid, ())) for d in (Digit.THUMB, Digit.UNKNOWN)]
    assert words == ["thumb", "finger"]


def test_voxels_have_three_sizes() -> None:
    image = Image(np.zeros((2, 2, 2)), Grid((2, 2, 2), np.diag([1.5, 0.6, 0.5, 1.0])))
    assert wording.spacing_of(image) == "Voxels of 1.5 x 0.6 x 0.5 mm"
