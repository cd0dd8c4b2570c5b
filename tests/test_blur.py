import numpy as np
import pytest

from calcimetry.blur import FALLBACK_SIGMA_MM, estimate_blur
from calcimetry.errors import NotMeasurable
from calcimetry.model import Grid, Image
from tests.drawing import finger


@pytest.mark.parametrize("spacing_mm", [0.2, 0.4])
@pytest.mark.parametrize("blur_mm", [0.25, 0.35, 0.5])
def test_blur_of_a_windowed_finger_is_found(spacing_mm, blur_mm):
    image, _ = finger(spacing_mm, blur_mm=blur_mm)
    blur = estimate_blur(image)
    assert blur.estimated
    # A pixel averages over its own width, which adds spacing**2 / 12 to the variance.
    assert blur.sigma_mm == pytest.approx(np.hypot(blur_mm, spacing_mm / np.sqrt(12)), rel=0.2)


def test_noise_hardly_matters():
    quiet, noisy = (finger(blur_mm=0.35, noise_hu=hu)[0] for hu in (2.0, 40.0))
    assert estimate_blur(noisy).sigma_mm == pytest.approx(estimate_blur(quiet).sigma_mm, rel=0.2)


def test_turning_changes_nothing():
    image, _ = finger()
    turned = Image(
        np.rot90(image.array, axes=(1, 2)), image.grid.rotated_90(), clipped_hu=image.clipped_hu
    )
    assert estimate_blur(turned).sigma_mm == pytest.approx(estimate_blur(image).sigma_mm, rel=0.11)


@pytest.mark.parametrize("level_hu", [40.0, -1000.0])
def test_without_edges_a_usual_blur_is_stated(level_hu):
    blank = Image(np.full((30, 30), level_hu), Grid.picture((30, 30), 0.4))
    blur = estimate_blur(blank)
    assert not blur.estimated
    assert blur.sigma_mm == FALLBACK_SIGMA_MM


def test_a_volume_is_refused():
    with pytest.raises(NotMeasurable, match="found 2 slices"):
        estimate_blur(Image(np.zeros((2, 3, 3)), Grid((2, 3, 3), np.eye(4))))
