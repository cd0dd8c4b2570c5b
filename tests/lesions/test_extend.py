"""Claimed lesions of a volume take what is as bright as they are."""

import numpy as np
import pytest
from scipy import ndimage

from calcimetry.lesions.extend import extend_claimed
from calcimetry.lesions.ground import Ground
from calcimetry.model import Grid

GRID = Grid((40, 40, 40), np.diag([0.5, 0.5, 0.5, 1.0]))
BLUR_MM = 0.4
TO_CENTRE = np.linalg.norm(
    (np.stack(np.indices(GRID.shape), axis=-1) - 19.5) * GRID.spacing, axis=-1
)


def ball(radius_mm):
    return np.clip(0.5 - (TO_CENTRE - radius_mm) / 0.5, 0.0, 1.0)


def claimed(radius_mm, of_mm, *, hu=300.0, more=0.0, bone=None):
    """Ground with a ball of which the method has claimed a smaller one."""
    sigma = BLUR_MM / 0.5
    excess = ndimage.gaussian_filter(hu * ball(radius_mm) + more, sigma).astype(np.float32)
    fraction = ball(of_mm).astype(np.float32)
    labels = (fraction >= 0.5).astype(np.int32)
    bone = np.zeros(GRID.shape, bool) if bone is None else bone
    return Ground(excess, bone, GRID, BLUR_MM, 1.0, labels, fraction)


def volume(radius_mm):
    return 4.0 / 3.0 * np.pi * radius_mm**3


@pytest.mark.parametrize("hu", [150.0, 800.0])
def test_a_lesion_half_claimed_gets_its_volume(hu):
    ground = claimed(3.0, 2.5, hu=hu)
    before = ground.fraction.sum() * GRID.voxel_mm3
    extend_claimed(ground)
    assert before < 0.65 * volume(3.0)
    assert ground.fraction.sum() * GRID.voxel_mm3 == pytest.approx(volume(3.0), rel=0.08)
    assert (ground.labels > 0).sum() * GRID.voxel_mm3 == pytest.approx(volume(3.0), rel=0.08)


def unchanged(ground):
    labels, fraction = ground.labels.copy(), ground.fraction.copy()
    extend_claimed(ground)
    return (ground.labels == labels).all() and (ground.fraction == fraction).all()


def test_what_may_be_a_bone_that_nobody_recognised_keeps_its_outline():
    assert unchanged(claimed(6.5, 5.5))


def test_what_was_claimed_whole_stays():
    assert unchanged(claimed(3.0, 3.3))


def test_it_does_not_leak_into_what_is_much_larger():
    sheet = np.abs(np.indices(GRID.shape)[0] - 19.5) < 4
    assert unchanged(claimed(2.5, 2.4, more=300.0 * sheet))


def test_one_too_small_or_faint_to_show_its_brightness_stays():
    assert unchanged(claimed(1.0, 0.7))
    assert unchanged(claimed(3.0, 2.5, hu=40.0))


def test_nothing_changes_next_to_bone():
    bone = np.indices(GRID.shape)[0] < 16  # its surface 1.75 mm from the ball's centre
    ground = claimed(3.0, 2.5, bone=bone)
    before = ground.fraction.copy()
    extend_claimed(ground)
    near = np.indices(GRID.shape)[0] < 17
    np.testing.assert_array_equal(ground.fraction[near], before[near])
    assert ground.fraction.sum() > before.sum()


def test_it_takes_nothing_from_its_neighbour():
    ground = claimed(3.0, 2.5)
    other = np.indices(GRID.shape)[2] > 24
    ground.labels[other] = 2
    ground.fraction[other] = 0.7
    extend_claimed(ground)
    assert (ground.labels[other] == 2).all()
