import numpy as np
import pytest

from calcimetry.measurement.deposit import Deposit
from calcimetry.model import Grid, Image, Segmentation
from calcimetry.regions import sample_size
from tests.solids import ball, coverage, ellipsoid, volume_grid

GRID = volume_grid((20, 24, 22), (0.6, 0.4, 0.5), tilt=(0.4, 0.2))


def deposit_of(fraction, labels=None, grid=GRID, hu=None, clipped_hu=None) -> Deposit:
    """Lesion 1, cut out with everything around it."""
    labels = (fraction >= 0.5).astype(int) if labels is None else labels
    image = Image(np.zeros(grid.shape) if hu is None else hu, grid, clipped_hu=clipped_hu)
    box = (slice(1, None), slice(2, None), slice(0, None))
    return Deposit.of(
        1, box, image, Segmentation(labels, grid, {1: "one"}), labels, fraction.astype(np.float32)
    )


def leaning(grid):
    """The grid of a gantry tilted by 25 degrees: each slice is shifted along its rows."""
    affine = grid.affine.copy()
    affine[:3, 0] += np.tan(np.radians(25.0)) * grid.spacing[0] * affine[:3, 1] / grid.spacing[1]
    middle = (np.array(grid.shape) - 1) / 2
    affine[:3, 3] = grid.index_to_mm(middle) - affine[:3, :3] @ middle
    return Grid(grid.shape, affine)


@pytest.mark.parametrize("grid", [GRID, leaning(GRID)], ids=["straight", "gantry tilt"])
def test_volume_surface_and_centre_of_a_ball(grid):
    centre = (0.4, -0.3, 0.2)
    fraction = coverage(grid, ball(6.0, centre))
    deposit = deposit_of(fraction, (fraction > 0).astype(int), grid)
    assert deposit.volume_mm3 == pytest.approx(np.pi / 6 * 216.0, rel=0.01)
    assert deposit.surface().area_mm2 == pytest.approx(np.pi * 36.0, rel=0.03)
    np.testing.assert_allclose(deposit.centre_mm, centre, atol=0.02)


def test_surface_of_an_array_that_ends_at_the_lesion_is_closed():
    grid = Grid((1, 1, 1), np.diag([0.5, 0.5, 0.5, 1.0]))
    fraction = np.ones((1, 1, 1))
    image = Image(fraction, grid)
    box = (slice(0, 1),) * 3
    labels = Segmentation(fraction, grid, {1: "one"})
    deposit = Deposit.of(1, box, image, labels, labels.label_map, fraction.astype(np.float32))
    # An octahedron whose corners lie half a sample out.
    assert deposit.surface().area_mm2 == pytest.approx(8 * np.sqrt(3) / 4 * (0.5 / np.sqrt(2)) ** 2)


def test_a_lesion_without_mineral_is_measured_by_its_samples():
    labels = (coverage(GRID, ellipsoid((4.0, 3.0, 3.0))) >= 0.5).astype(int)
    deposit = deposit_of(np.zeros(GRID.shape), labels)
    assert deposit.volume_mm3 == pytest.approx(labels.sum() * sample_size(GRID))


def test_mean_hu_is_that_of_samples_filled_at_least_half():
    fraction = np.zeros(GRID.shape)
    fraction[5, 5, 5], fraction[5, 5, 6], fraction[5, 5, 7] = 1.0, 0.5, 0.4
    hu = np.where(fraction == 0.4, 100.0, 600.0 * fraction)
    labels = (fraction > 0).astype(int)
    assert deposit_of(fraction, labels, hu=hu).mean_hu() == (pytest.approx(450.0), {})


def test_a_reason_stands_where_there_is_no_mean_hu():
    fraction = np.full(GRID.shape, 0.3)
    labels = np.ones(GRID.shape, dtype=int)
    assert deposit_of(fraction, labels).mean_hu() == (
        None,
        {"mean_hu": "mineral fills no sample to one half"},
    )
    value, reasons = deposit_of(fraction, labels, clipped_hu=(-300.0, 1200.0)).mean_hu()
    assert value is None
    assert "above 1200 HU" in reasons["mean_hu"]
