"""What has marrow inside is no deposit, however it grew."""

import numpy as np
import pytest

from calcimetry.lesions.grow import GrownLesions
from calcimetry.lesions.hollow import without_bones
from calcimetry.model import Grid, Image, Segmentation

GRID = Grid((30, 30, 30), np.diag([0.7, 0.7, 0.7, 1.0]))
AWAY_MM = np.linalg.norm((np.indices(GRID.shape).T - 14.5).T * 0.7, axis=0)
CORNER = np.zeros(GRID.shape, bool)
CORNER[1:4, 1:4, 1:4] = True


def grown(large):
    """A large lesion, numbered 1 or 2, and a small one in a corner."""
    labels = np.where(CORNER, 1, np.where(large, 2, 0)).astype(np.uint16)
    lesion_map = Segmentation(labels, GRID, {1: "calcification 1", 2: "calcification 2"})
    return GrownLesions(lesion_map, (labels > 0).astype(np.float32))


@pytest.mark.parametrize("with_marrow", [True, False], ids=["whole", "cortex alone"])
def test_a_bone_is_left_out_and_the_rest_numbered_anew(with_marrow):
    hu = np.where(AWAY_MM < 8.0, np.where(AWAY_MM < 6.0, 250.0, 1300.0), 40.0)
    hu[CORNER] = 700.0
    bone = AWAY_MM < 8.0 if with_marrow else (AWAY_MM < 8.0) & (AWAY_MM >= 6.0)
    rest, volume_cm3 = without_bones(Image(hu, GRID), grown(bone))
    assert volume_cm3 == pytest.approx(bone.sum() * 0.343 / 1000.0)
    np.testing.assert_array_equal(rest.lesion_map.label_map > 0, CORNER)
    assert rest.lesion_map.labels == (1,)
    assert not rest.mineral_fraction[~CORNER].any()


def test_a_solid_deposit_stays():
    hu = np.where((AWAY_MM < 8.0) | CORNER, 900.0, 40.0)
    before = grown(AWAY_MM < 8.0)
    rest, volume_cm3 = without_bones(Image(hu, GRID), before)
    assert volume_cm3 == 0.0
    assert rest is before


def test_a_small_hollow_deposit_stays():
    hu = np.where(AWAY_MM < 4.5, np.where(AWAY_MM < 2.5, 250.0, 1300.0), 40.0)
    before = grown(AWAY_MM < 4.5)
    assert without_bones(Image(hu, GRID), before)[0] is before


@pytest.mark.parametrize(
    ("open_end", "inside_hu", "gone"),
    [
        pytest.param(True, 100.0, True, id="part of a shaft"),
        pytest.param(False, 100.0, False, id="a crust, closed all round"),
        pytest.param(True, 900.0, False, id="a plate curled around dense mineral"),
    ],
)
def test_a_short_tube_of_cortex_is_bone(open_end, inside_hu, gone):
    slices, rows, columns = np.indices(GRID.shape)
    away = np.hypot(rows - 14.5, columns - 14.5) * 0.7
    along = (slices >= 8) & (slices < 20)
    inside = along & (away < 2.4)
    if not open_end:
        inside &= (slices >= 10) & (slices < 18)
    wall = along & (away < 4.0) & ~inside
    hu = np.where(wall, 1200.0, np.where(inside, inside_hu, 40.0))
    before = grown(wall)
    rest, _ = without_bones(Image(hu, GRID), before)
    assert (rest.lesion_map.labels == (1,)) is gone
