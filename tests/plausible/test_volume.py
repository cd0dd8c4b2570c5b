from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from calcimetry.errors import NotMeasurable
from calcimetry.model import Grid, Image
from calcimetry.phantom.hand_settings import PLAIN_HAND
from calcimetry.phantom.volume import finger_volume
from calcimetry.plausible.volume import metal_mask, refuse_unusable_volume, volume_doubts


@pytest.fixture(scope="module")
def good() -> Image:
    return finger_volume(np.random.default_rng((77, 6)), 0.8, PLAIN_HAND).image.mixed


def changed(good: Image, array: np.ndarray) -> Image:
    return replace(good, array=np.asarray(array, np.float32))


def test_a_finger_is_neither_refused_nor_doubted(good):
    refuse_unusable_volume(good)
    assert metal_mask(good) is None
    assert volume_doubts(good, None) == ()


def test_what_scanners_fill_corners_with_is_no_air(good):
    array = np.array(good.array)
    array[:, :4] = -3024.0
    refuse_unusable_volume(changed(good, array))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda hu: hu - 1024.0, "expected air near -1000 HU, found it near -20"),
        (lambda hu: 2.0 * hu, "expected air near -1000 HU, found it near -"),
        (lambda hu: 0.5 * hu, "expected air near -1000 HU, found it near -5"),
        (lambda hu: 3.0 * (hu + 1000.0) - 1000.0, "expected soft tissue"),
    ],
    ids=["offset", "twice", "half", "steep"],
)
def test_values_that_are_no_hu_are_refused(good, change, told):
    with pytest.raises(NotMeasurable, match=told) as caught:
        refuse_unusable_volume(changed(good, change(good.array)))
    assert "Check rescale slope and intercept" in str(caught.value)


def test_a_windowed_volume_is_not_asked_for_air(good):
    refuse_unusable_volume(
        replace(good, array=np.maximum(good.array, -300.0), clipped_hu=(-300.0, 3000.0))
    )


def test_a_trunk_is_refused():
    slices, rows, columns = np.indices((60, 70, 90), float)
    trunk = np.hypot((rows - 35) / 26, (columns - 45) / 38) < 1
    lung = np.hypot((rows - 35) / 16, (columns - 30) / 9) < 1
    hu = np.where(trunk & ~lung, 40.0, -1000.0) + 0.0 * slices
    with pytest.raises(NotMeasurable, match="at most 120 mm thick; found a body 2"):
        refuse_unusable_volume(Image(hu, Grid(hu.shape, np.diag([4.0, 4.0, 4.0, 1.0]))))


def test_metal_is_told_and_hides_what_is_around_it(good):
    array = np.array(good.array)
    middle = tuple(n // 2 for n in array.shape)
    array[middle[0] : middle[0] + 4, middle[1] : middle[1] + 4, middle[2] : middle[2] + 4] = 3071.0
    image = changed(good, array)
    hidden = metal_mask(image)
    assert hidden is not None
    away = ndimage.distance_transform_edt(array < 3000.0, sampling=image.grid.spacing)
    np.testing.assert_array_equal(hidden, away <= 3.0)
    (told,) = volume_doubts(image, hidden)
    assert "are brighter than 2400 HU, as metal is" in told


def test_motion_is_told(good):
    shift = np.array([2.0, 2.0, 2.0]) / good.grid.spacing
    moved = ndimage.shift(good.array, shift, order=1, mode="nearest")
    (told,) = volume_doubts(changed(good, 0.5 * (good.array + moved)), None)
    assert "Contours are double, about " in told
