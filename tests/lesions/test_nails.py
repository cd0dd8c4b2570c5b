"""Fingernails are left out; lesions under the skin are not."""

import numpy as np
import pytest
from scipy import ndimage

from calcimetry.lesions.grow import GrownLesions
from calcimetry.lesions.nails import without_nails
from calcimetry.model import Grid, Image, Segmentation

SPACING = (0.5, 0.6, 0.6)


def finger(*sheets):
    """A block of flesh with air above, and sheets of one sample: (rows deep, HU) each."""
    hu = np.full((30, 40, 30), 40.0, np.float32)
    hu[:, :10] = -1000.0
    labels = np.zeros(hu.shape, np.uint16)
    for number, (deep, level) in enumerate(sheets, 1):
        here = (slice(5 + 8 * number, 12 + 8 * number), slice(10 + deep, 11 + deep), slice(5, 25))
        hu[here], labels[here] = level, number
    grid = Grid(hu.shape, np.diag([*SPACING, 1.0]))
    meanings = {n: f"calcification {n}" for n in range(1, len(sheets) + 1)}
    mineral = ndimage.maximum_filter((labels > 0).astype(np.float32) * 0.5, 3)
    return Image(hu, grid), GrownLesions(Segmentation(labels, grid, meanings), mineral)


def test_a_faint_sheet_on_the_skin_is_left_out_and_the_rest_numbered_anew():
    image, grown = finger((1, 160.0), (8, 160.0))
    kept, nails = without_nails(image, grown)
    assert nails == 1
    assert kept.lesion_map.labels == (1,)
    second = grown.lesion_map.label_map == 2
    np.testing.assert_array_equal(kept.lesion_map.mask, second)
    # What the nail's blurred border holds goes with it, and counts for no other lesion.
    reach = ndimage.binary_dilation(second, np.ones((3, 3, 3)))
    np.testing.assert_array_equal(kept.mineral_fraction > 0, reach)


@pytest.mark.parametrize(("deep", "hu"), [(5, 160.0), (1, 500.0)])
def test_what_lies_deeper_or_is_brighter_stays(deep, hu):
    image, lesions = finger((deep, hu))
    kept, nails = without_nails(image, lesions)
    assert nails == 0
    assert kept.lesion_map.labels == (1,)


def test_no_lesions_no_nails():
    image, grown = finger()
    assert without_nails(image, grown) == (grown, 0)


def test_without_air_in_view_nothing_is_a_nail():
    image, lesions = finger((1, 160.0))
    flesh = Image(np.maximum(image.array, 40.0), image.grid)
    assert without_nails(flesh, lesions)[1] == 0
