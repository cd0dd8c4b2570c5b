"""What air parts from the finger is no lesion; what breaks through the skin is one."""

import numpy as np
import pytest

from calcimetry.lesions.grow import GrownLesions
from calcimetry.lesions.outside import without_outside
from calcimetry.model import Grid, Image, Segmentation

GRID = Grid.picture((60, 50), 0.4)


def picture(lowest=-1000.0):
    """A finger of columns 10 to 30 with a bone, a lesion in it, one on its skin and a ring."""
    hu = np.full((1, 60, 50), lowest)
    hu[0, :, 10:30] = 40.0
    bone = np.zeros(hu.shape, np.uint8)
    bone[0, 10:50, 15:22] = 1
    lesions = np.zeros(hu.shape, np.uint16)
    lesions[0, 20:25, 36:40] = 1
    lesions[0, 30:34, 24:27] = 2
    lesions[0, 40:44, 29:34] = 3
    hu[(bone > 0) | (lesions > 0)] = 900.0
    meanings = {n: f"calcification {n}" for n in (1, 2, 3)}
    grown = GrownLesions(Segmentation(lesions, GRID, meanings), (lesions > 0).astype(np.float32))
    return Image(hu, GRID), Segmentation(bone, GRID, {1: "proximal phalanx"}), grown


@pytest.mark.parametrize("lowest", [-1000.0, -300.0])
def test_what_air_parts_from_the_finger_is_left_out(lowest):
    image, bones, grown = picture(lowest)
    kept, outside = without_outside(image, bones, grown)
    assert outside == 1
    np.testing.assert_array_equal(kept.lesion_map.mask, grown.lesion_map.label_map > 1)
    np.testing.assert_array_equal(kept.mineral_fraction > 0, grown.lesion_map.label_map > 1)


def test_no_lesion_nothing_outside():
    image, bones, _ = picture()
    none = np.zeros(GRID.shape)
    empty = GrownLesions(Segmentation(none.astype(np.uint16), GRID, {}), none)
    assert without_outside(image, bones, empty) == (empty, 0)
