"""What a network is shown: upright, at 0.4 mm, with nothing of the finger lost."""

import numpy as np
import pytest
from scipy import ndimage

from calcimetry.bone.working_view import AIR_HU, SPACING_MM, show_to_network, working_grid
from calcimetry.model import Grid
from calcimetry.resample import resample_image


def bar(spacing_mm: float, degrees: float) -> np.ndarray:
    """A finger-like bar of 60 x 14 mm with a bright core, turned, in a square picture."""
    middle = (np.arange(round(80 / spacing_mm)) - 40 / spacing_mm) * spacing_mm
    row, column = middle[:, None], middle[None, :]
    angle = np.deg2rad(degrees)
    along = np.cos(angle) * row + np.sin(angle) * column
    across = np.cos(angle) * column - np.sin(angle) * row
    picture = np.where((abs(along) < 30) & (abs(across) < 7), 40.0, AIR_HU)
    picture[(abs(along) < 25) & (abs(across) < 3)] = 1000.0
    return ndimage.gaussian_filter(picture, 0.4 / spacing_mm).astype(np.float32)


@pytest.mark.parametrize("degrees", [0, 20, 45, 90, 130, 179])
@pytest.mark.parametrize("spacing_mm", [0.1, 0.4, 1.0])
def test_any_turn_and_spacing_becomes_upright_at_the_working_spacing(degrees, spacing_mm):
    picture = bar(spacing_mm, degrees)
    grid = Grid.picture(picture.shape, spacing_mm)
    view = working_grid(picture, grid)
    assert view.spacing == pytest.approx((1.0, SPACING_MM, SPACING_MM))
    assert view.shape[0] == 1
    assert view.shape[1] > 1.5 * view.shape[2]
    seen = show_to_network(picture, grid, view)
    bright = (seen > 500).sum() * SPACING_MM**2
    assert bright == pytest.approx((picture > 500).sum() * spacing_mm**2, rel=0.08)
    tall, wide = (np.ptp(one) * SPACING_MM for one in np.nonzero(seen > 500))
    assert tall == pytest.approx(50, abs=2.5)
    assert wide < 6 + 50 * np.sin(np.deg2rad(8))


@pytest.mark.parametrize("degrees", [0, 35, 90])
def test_what_the_network_says_comes_back_to_its_place(degrees):
    picture = bar(0.3, degrees)
    grid = Grid.picture(picture.shape, 0.3)
    view = working_grid(picture, grid)
    # The part of each pixel that it fills, as a network says it.
    core = np.clip((show_to_network(picture, grid, view) - 40.0) / 960.0, 0.0, 1.0)
    back = resample_image(core[None], view, grid)[0] >= 0.5
    expected = picture > 520
    overlap = 2 * (back & expected).sum() / (back.sum() + expected.sum())
    assert overlap > 0.96


@pytest.mark.parametrize(("rows", "columns"), [(60, 21), (61, 20)])
def test_pixels_of_the_working_spacing_are_shown_as_they_are_and_turned_by_half_turned(
    rows, columns
):
    rng = np.random.default_rng(3)
    picture = np.full((90, 50), AIR_HU, np.float32)
    picture[11 : 11 + rows, 14 : 14 + columns] = rng.uniform(0, 900, (rows, columns))
    grid = Grid.picture(picture.shape, 0.4)
    seen = show_to_network(picture, grid, working_grid(picture, grid))
    assert set(np.round(seen[seen > 0], 2)) == set(np.round(picture[picture > 0], 2))
    turned = np.ascontiguousarray(np.rot90(picture, 2))
    other = show_to_network(turned, grid, working_grid(turned, grid))
    np.testing.assert_allclose(np.rot90(other, 2), seen, atol=1e-3)


def test_a_round_thing_is_not_turned():
    row, column = np.indices((120, 120)) - 60
    picture = np.where(np.hypot(row, column) < 40, 40.0, AIR_HU).astype(np.float32)
    view = working_grid(picture, Grid.picture(picture.shape, 0.4))
    np.testing.assert_allclose(view.affine[:2, 1], [0.0, 0.4], atol=1e-9)


def test_a_picture_without_flesh_is_taken_whole():
    picture = np.full((50, 70), AIR_HU, np.float32)
    view = working_grid(picture, Grid.picture(picture.shape, 0.4))
    assert view.shape[1] >= 50
    assert view.shape[2] >= 70


def test_beyond_the_picture_is_air_and_mineral_is_cut():
    picture = np.full((20, 20), 3000.0, np.float32)
    grid = Grid.picture(picture.shape, 0.4)
    seen = show_to_network(picture, grid, working_grid(picture, grid))
    assert seen.min() == AIR_HU
    assert seen.max() == 1200.0
