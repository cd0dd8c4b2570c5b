import numpy as np
import pytest
from scipy import ndimage

from calcimetry.blur import shown_share
from calcimetry.lesions.ground import hidden_share
from tests.lesions.test_grow import VOLUME, grow_volume
from tests.solids import coverage, ellipsoid, volume_grid


def test_round_bodies_show_what_balls_do():
    axes = np.full(3, 0.4)
    assert hidden_share(2.0, 0.4, axes) == shown_share(2.0, 0.4, 3)
    assert hidden_share(99.0, 0.4, 9.0 * axes) == shown_share(99.0, 0.4, 3)


@pytest.mark.parametrize("axes", [(0.8, 6.0, 6.0), (1.0, 1.0, 7.0)])
def test_share_of_a_thin_ellipsoid_is_that_of_a_drawn_one(axes):
    grid = volume_grid((61, 61, 61), (0.16, 0.16, 0.16))
    blurred = ndimage.gaussian_filter(coverage(grid, ellipsoid(axes)), 0.4 / 0.16)
    spread = blurred.sum() * 0.16**3 / blurred.max()
    share = hidden_share(spread, 0.4, np.array(axes) / 2.0)
    assert share == pytest.approx(float(blurred.max()), rel=0.05)


@pytest.mark.parametrize("axes", [(7.0, 7.0, 1.2), (8.0, 1.2, 1.2)])
def test_volume_of_a_thin_plate_or_rod_is_not_that_of_a_ball_of_its_signal(axes):
    shape = ellipsoid(axes)
    volume = float(grow_volume((shape, 1200.0)).mineral_fraction.sum())
    assert volume == pytest.approx(coverage(VOLUME, shape).sum(), rel=0.3)
