import numpy as np
import pytest

from calcimetry.bone.pixel_features import positions, smoothed, texture
from calcimetry.model import Grid

GRID = Grid.picture((40, 40), 0.4)


def test_a_picture_is_averaged_within_its_slice_and_in_mm():
    hu = np.zeros((1, 21, 21))
    hu[0, 10, 10] = 1.0
    wide = smoothed(hu, Grid.picture((21, 21), 0.2), 0.4)
    assert wide[0, 10, 10] == pytest.approx(1.0 / (2.0 * np.pi * 2.0**2), rel=0.02)


def test_a_border_is_polar_a_line_is_not_and_both_are_anisotropic():
    step = np.where(np.arange(40) < 20, 0.0, 100.0)
    line = np.where(np.arange(40) == 20, 100.0, 0.0)
    border, stripe = (texture(np.tile(one, (40, 1))[None], GRID) for one in (step, line))
    assert border.polarity[0, 20, 20] > 0.95
    assert stripe.polarity[0, 20, 20] < 0.3
    assert border.anisotropy[0, 20, 20] > 0.99
    assert border.contrast[0, 20, 20] > 20 * border.contrast[0, 20, 5]


def test_what_varies_every_way_is_isotropic():
    rows, columns = np.mgrid[:40, :40]
    bumps = 50.0 * (np.cos(rows * np.pi / 2) + np.cos(columns * np.pi / 2))
    assert texture(bumps[None], GRID).anisotropy[0, 15:25, 15:25].max() < 0.2


def test_texture_turns_with_the_image():
    hu = np.random.default_rng(3).normal(0.0, 50.0, (1, 40, 40))
    one, other = texture(hu, GRID), texture(np.rot90(hu, axes=(1, 2)), GRID)
    for name in ("grey", "contrast", "anisotropy", "polarity"):
        turned = np.rot90(getattr(one, name), axes=(1, 2))
        assert np.mean(np.abs(turned - getattr(other, name)) > 1e-6) < 0.001


def test_a_flat_image_has_no_texture():
    flat = texture(np.full((1, 40, 40), 7.0), GRID)
    assert flat.contrast.max() == 0.0
    assert np.isfinite(flat.anisotropy).all()


def test_places_are_in_mm_around_their_middle():
    mask = np.zeros((1, 4, 4), bool)
    mask[0, 1, 1] = mask[0, 1, 3] = True
    assert positions(mask, Grid.picture((4, 4), 0.5)).tolist() == [[0.0, -0.5], [0.0, 0.5]]
