import numpy as np
import pytest
from scipy import ndimage
from scipy.special import gammainc

from calcimetry.blur import FALLBACK_SIGMA_MM, estimate_blur, shown_share
from calcimetry.model import Grid, Image
from tests.drawing import finger
from tests.solids import finger_volume, volume_grid


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


@pytest.mark.parametrize("blur_mm", [0.25, 0.35, 0.5])
def test_blur_of_a_volume_is_found(blur_mm):
    grid = volume_grid((24, 56, 56), (0.6, 0.4, 0.4), tilt=(0.3, 0.2))
    image, _ = finger_volume(grid, blur_mm=blur_mm)
    blur = estimate_blur(image)
    assert blur.estimated
    samples = np.mean(np.square(grid.spacing)) / 12
    assert blur.sigma_mm == pytest.approx(np.sqrt(blur_mm**2 + samples), rel=0.25)


def test_marrow_just_outside_an_inner_edge_is_not_soft_tissue():
    # In line with the array, every edge of a round shaft is met by the same few samples.
    image, _ = finger_volume(volume_grid((20, 40, 40), (0.6, 0.6, 0.6)))
    assert estimate_blur(image).sigma_mm == pytest.approx(0.39, rel=0.25)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_flipping_a_volume_changes_nothing(axis):
    image, _ = finger_volume(volume_grid((16, 40, 40), (0.6, 0.6, 0.6), tilt=(0.2, 0.1)))
    flipped = Image(np.flip(image.array, axis), image.grid.flipped(axis))
    assert estimate_blur(flipped) == estimate_blur(image)


def test_a_volume_without_bone_has_a_usual_blur_stated():
    blur = estimate_blur(Image(np.full((3, 4, 5), 40.0), Grid((3, 4, 5), np.eye(4))))
    assert not blur.estimated
    assert blur.sigma_mm == 0.4  # of samples of 1 mm


def blurred_peak_and_sum(radius_mm, sigma_mm, dimensions):
    """Peak of a blurred disc or ball of brightness 1, drawn finely, and its true size."""
    step = 0.05
    half = int(np.ceil((radius_mm + 4 * sigma_mm) / step))
    index = np.indices((2 * half + 1,) * dimensions) - half
    sharp = (np.sqrt((index**2).sum(axis=0)) * step < radius_mm).astype(np.float32)
    peak = ndimage.gaussian_filter(sharp, sigma_mm / step).max()
    return float(peak), float(sharp.sum()) * step**dimensions


@pytest.mark.parametrize("dimensions", [2, 3])
@pytest.mark.parametrize("radius_mm", [0.5, 0.8, 1.5])
def test_shown_share_is_that_of_a_numerically_blurred_disc_or_ball(radius_mm, dimensions):
    peak, size = blurred_peak_and_sum(radius_mm, 0.4, dimensions)
    assert shown_share(size / peak, 0.4, dimensions) == pytest.approx(peak, rel=0.03)


@pytest.mark.parametrize("dimensions", [2, 3])
def test_a_point_keeps_about_a_tenth_and_a_large_object_all(dimensions):
    assert shown_share(1e-6, 0.4, dimensions) == pytest.approx(0.1, abs=0.001)
    assert shown_share(1e6, 0.4, dimensions) == pytest.approx(1.0)


def test_shown_share_of_discs_and_balls_is_the_closed_form():
    radius, sigma = 0.7, 0.4
    disc = 1.0 - np.exp(-(radius**2) / (2 * sigma**2))
    ball = float(gammainc(1.5, radius**2 / (2 * sigma**2)))
    assert shown_share(np.pi * radius**2 / disc, sigma) == pytest.approx(disc, rel=1e-3)
    volume = 4 / 3 * np.pi * radius**3
    assert shown_share(volume / ball, sigma, 3) == pytest.approx(ball, rel=1e-3)
