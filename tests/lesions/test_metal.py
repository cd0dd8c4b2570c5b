"""Metal is left out; a deposit at some distance from it is not."""

import numpy as np
import pytest

from calcimetry.lesions.grow import GrownLesions
from calcimetry.lesions.imitators import without_imitators
from calcimetry.lesions.metal import without_metal
from calcimetry.model import Grid, Image, Segmentation
from calcimetry.plausible.volume import BEYOND_DEPOSITS_HU, metal_mask

GRID = Grid((20, 40, 40), np.diag([0.5, 0.5, 0.5, 1.0]))
RING, STONE = np.s_[4:12, 4:8, 4:20], np.s_[6:10, 28:32, 28:32]


def scan(ring_hu):
    hu = np.full(GRID.shape, 40.0, np.float32)
    labels = np.zeros(GRID.shape, np.uint16)
    for number, (place, level) in enumerate(((RING, ring_hu), (STONE, 900.0)), 1):
        hu[place], labels[place] = level, number
    meanings = {n: f"calcification {n}" for n in (1, 2)}
    found = GrownLesions(Segmentation(labels, GRID, meanings), (labels > 0).astype(np.float32))
    return Image(hu, GRID), found


def test_metal_is_left_out_and_the_rest_numbered_anew():
    image, grown = scan(3000.0)
    kept, left_out = without_metal(grown, metal_mask(image))
    assert left_out == pytest.approx(8 * 4 * 16 * 0.125)
    assert kept.lesion_map.labels == (1,)
    np.testing.assert_array_equal(kept.lesion_map.mask, grown.lesion_map.label_map == 2)
    no_bones = Segmentation(np.zeros(GRID.shape, np.uint16), GRID, {})
    _, told = without_imitators(image, no_bones, grown, (), metal_mask(image))
    assert told == ["64 mm3 of metal, or of what it hides, look like lesions and are not measured."]


def test_a_stone_as_dense_as_cortex_at_the_lowest_voltage_is_no_metal():
    image, grown = scan(2800.0)
    assert metal_mask(image) is not None  # it is warned of all the same
    assert without_metal(grown, metal_mask(image, BEYOND_DEPOSITS_HU)) == (grown, 0.0)


def test_metal_far_from_every_lesion_changes_nothing():
    _, grown = scan(900.0)
    far = np.zeros(GRID.shape, bool)
    far[:, -3:, :3] = True
    assert without_metal(grown, far) == (grown, 0.0)
