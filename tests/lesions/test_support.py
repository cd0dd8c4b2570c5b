"""A plate under the hand is left out; lesions are not, be they large or cut by the view."""

import numpy as np
import pytest

from calcimetry.lesions.grow import GrownLesions
from calcimetry.lesions.imitators import without_imitators
from calcimetry.lesions.support import without_patches, without_supports
from calcimetry.model import Grid, Image, Segmentation

GRID = Grid((60, 50, 40), np.diag([1.0, 1.0, 1.0, 1.0]))
PLATE = np.s_[:, 40:46, :]
LESION = np.s_[30:34, 20:24, 20:24]
NO_BONES = Segmentation(np.zeros(GRID.shape, np.uint16), GRID, {})


def grown(*places):
    labels = np.zeros(GRID.shape, np.uint16)
    for number, place in enumerate(places, 1):
        labels[place] = number
    meanings = {n: f"calcification {n}" for n in range(1, len(places) + 1)}
    return GrownLesions(Segmentation(labels, GRID, meanings), (labels > 0).astype(np.float32))


def test_a_plate_through_the_view_is_left_out_and_the_rest_numbered_anew():
    kept, left_out_cm3 = without_supports(grown(PLATE, LESION))
    assert left_out_cm3 == pytest.approx(60 * 6 * 40 / 1000.0)
    assert kept.lesion_map.labels == (1,)
    assert kept.lesion_map.mask[LESION].all()
    assert not kept.lesion_map.mask[PLATE].any()


@pytest.mark.parametrize(
    "place",
    [
        pytest.param(np.s_[0:30, 20:44, 10:30], id="large, and cut by one side"),
        pytest.param(np.s_[0:30, 0:24, 10:30], id="large, in an edge"),
        pytest.param(np.s_[0:6, 0:6, 0:6], id="small, in a corner"),
    ],
)
def test_lesions_stay(place):
    found = grown(place)
    assert without_supports(found) == (found, 0.0)


def test_what_was_left_out_is_said():
    flesh = Image(np.full(GRID.shape, 200.0, np.float32), GRID)
    _, told = without_imitators(flesh, NO_BONES, grown(PLATE), ())
    assert told == [
        "14 cm3 that go on past the hand on several sides, like a plate under it, are not measured."
    ]


def test_a_patch_of_a_plate_is_left_out_and_a_faint_lesion_in_flesh_is_not():
    rng = np.random.default_rng(3)
    hu = np.full(GRID.shape, 30.0)
    hu[:, 38:] = 170.0
    hu[:, :10] = -1000.0
    hu[LESION] = 150.0
    image = Image((hu + rng.normal(0.0, 15.0, hu.shape)).astype(np.float32), GRID)
    both = grown(np.s_[20:28, 42:46, 10:20], LESION)
    kept, patches = without_patches(image, both)
    assert patches == 1
    np.testing.assert_array_equal(kept.lesion_map.mask, both.lesion_map.label_map == 2)
    _, told = without_imitators(image, NO_BONES, both, ())
    assert len(told) == 1
    assert "1 patches no brighter than what lies around them" in told[0]


def test_a_lesion_within_bone_is_not_compared_with_it():
    hu = np.full(GRID.shape, 900.0, np.float32)
    hu[LESION] = 300.0
    found = grown(LESION)
    assert without_patches(Image(hu, GRID), found) == (found, 0)
