"""A frame that a viewer burned in is no calcium; bone at the edge is no frame."""

import io

import numpy as np
import PIL.Image
import pytest

import calcimetry as cm
from calcimetry.burned_in import FRAME_WARNING, without_frame
from calcimetry.model import Grid, Image
from calcimetry.phantom.picture import finger_picture

WINDOW_HU = (-300.0, 1200.0)


def picture(hu, clipped=WINDOW_HU):
    return Image(hu[None], Grid.picture(hu.shape, 0.4), "HU", clipped_hu=clipped)


def framed(hu, inset=2, wide=1):
    """With a white frame, through JPEG as exports go."""
    grey = np.rint((np.clip(hu, *WINDOW_HU) - WINDOW_HU[0]) / 1500.0 * 255.0).astype(np.uint8)
    inner = np.zeros(grey.shape, bool)
    inner[inset : grey.shape[0] - inset, inset : grey.shape[1] - inset] = True
    thick = inset + wide
    inner[thick : grey.shape[0] - thick, thick : grey.shape[1] - thick] = False
    grey[inner] = 255
    packed = io.BytesIO()
    PIL.Image.fromarray(grey).save(packed, "JPEG", quality=85)
    decoded = np.asarray(PIL.Image.open(packed), np.float32)
    return decoded / 255.0 * 1500.0 + WINDOW_HU[0]


@pytest.mark.parametrize(("inset", "wide"), [(0, 1), (2, 1), (2, 3), (5, 2)])
def test_a_frame_is_found_and_goes(inset, wide):
    hu = np.full((160, 120), -300.0)
    hu[20:, 40:80] = 60.0  # reaches the lower edge, as a finger does
    cleaned, found = without_frame(picture(framed(hu, inset, wide)))
    assert found
    np.testing.assert_allclose(cleaned.array[0], hu, atol=150.0)
    assert cleaned.array[0, -1, 60] == pytest.approx(60.0, abs=30.0)
    assert cleaned.clipped_hu == WINDOW_HU


def test_a_frame_on_one_side_is_one():
    hu = np.full((160, 120), -300.0)
    hu[:, -3] = 1200.0
    assert without_frame(picture(hu))[1]


@pytest.mark.parametrize(
    "box",
    [
        np.s_[:, :8],  # too wide for a line
        np.s_[40:120, :3],  # a bone that lies along the edge, and ends
        np.s_[:, 30:32],  # not near the edge
    ],
)
def test_what_is_no_frame_stays(box):
    hu = np.full((160, 120), -300.0)
    hu[box] = 1200.0
    image = picture(hu)
    assert without_frame(image) == (image, False)


def test_without_a_window_nothing_is_called_bright():
    hu = np.full((160, 120), -300.0)
    hu[2] = 1200.0
    assert not without_frame(picture(hu, clipped=None))[1]


def test_the_same_is_measured_with_a_frame_and_the_report_says_so():
    made = finger_picture(np.random.default_rng((31, 7))).image
    hu = np.pad(made.array[0], 6, mode="edge")  # room, so that the frame hides nothing
    plain, inside = (cm.measure(picture(framed(hu, wide=wide))) for wide in (0, 1))
    assert FRAME_WARNING in inside.warnings
    assert FRAME_WARNING not in plain.warnings
    assert inside.lesion_count == plain.lesion_count
    assert inside.area_mm2 == pytest.approx(plain.area_mm2, rel=0.2, abs=1.0)
    # The report holds the picture as it came.
    assert inside.image.array[0, 2, 10] > 1000.0
