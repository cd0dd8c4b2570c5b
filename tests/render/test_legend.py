"""What colours stand for."""

from __future__ import annotations

import numpy as np

from calcimetry.model import Grid, Image, Segmentation, bone_name
from calcimetry.render import palette
from calcimetry.render.legend import draw_legend, legend_entries
from calcimetry.render.sheet import Sheet


def test_a_picture_names_each_bone(make_report) -> None:
    assert legend_entries(make_report()) == [("proximal phalanx", palette.bone_colour(1))]
    assert legend_entries(make_report(squares=((5, 5, 3),)))[0] == ("lesion", palette.LESION)


def test_a_volume_names_each_kind_of_bone_once(make_report) -> None:
    labels = np.array([11, 21, 121, 60, 162, 25, 0, 0]).reshape(2, 2, 2)
    grid = Grid((2, 2, 2), np.eye(4))
    bones = Segmentation(labels, grid, {int(n): bone_name(n) for n in labels.flat if n})
    report = make_report(image=Image(np.zeros((2, 2, 2)), grid), bones=bones)
    names = [name for name, _ in legend_entries(report)]
    assert names == ["proximal phalanx", "sesamoid", "wrist bone"]
    sheet = Sheet((600, 100), palette.BACKGROUND)
    assert draw_legend(sheet, (0, 0), report, [200.0, 200.0]) == 52
