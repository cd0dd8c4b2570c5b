"""Slices make one grid, whatever their order and direction; a lean is kept exactly."""

import numpy as np
import pytest

from calcimetry.dicom.find import find_series
from calcimetry.model import Grid
from calcimetry.resample import resample_image
from tests.dicom import making

SHAPE = (6, 8, 10)


def rotation(seed):
    found, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
    return found


def place_of(grid):
    """LPS mm of every voxel, shape (slices, rows, columns, 3)."""
    return grid.index_to_mm(np.moveaxis(np.indices(grid.shape), 0, -1))


def linear_hu(points):
    """HU that rise along each axis of the patient, so that a value tells its place."""
    return points @ np.array([7.0, 11.0, 13.0])


def slices_of(along_row, down_column, step, origin=(-20.0, 35.0, 50.0), pixel=(0.5, 0.4)):
    """A series whose HU are `linear_hu` of where each pixel lies."""
    affine = np.eye(4)
    affine[:3, 0], affine[:3, 3] = step, origin
    affine[:3, 1] = np.array(down_column) * pixel[0]
    affine[:3, 2] = np.array(along_row) * pixel[1]
    hu = np.round(linear_hu(place_of(Grid(SHAPE, affine))) * 8)
    orientation = [*map(float, along_row), *map(float, down_column)]
    return making.series(
        hu,
        step=step,
        origin=origin,
        ImageOrientationPatient=[f"{value:.12f}"[:16] for value in orientation],
        PixelSpacing=list(pixel),
        RescaleSlope=0.125,
        RescaleIntercept=-128,
    )


def loaded(folder, datasets):
    making.save_all(folder, datasets)
    (volume,) = find_series([folder]).volumes
    return volume, volume.load()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("reverse", [False, True])
def test_any_orientation(tmp_path, seed, reverse):
    axes = rotation(seed)
    step = axes[2] * (-0.75 if reverse else 0.75)
    volume, image = loaded(tmp_path, slices_of(axes[0], axes[1], step))
    assert volume.warnings == ()
    assert np.abs(image.array - linear_hu(place_of(image.grid))).max() < 0.1
    assert image.grid.spacing == pytest.approx((0.75, 0.5, 0.4))
    normal = np.cross(axes[0], axes[1])
    assert image.grid.affine[:3, 0] @ normal == pytest.approx(0.75)


def test_the_order_of_files_does_not_matter(tmp_path):
    datasets = slices_of((1, 0, 0), (0, 1, 0), (0, 0, 0.6))
    _, image = loaded(tmp_path / "a", datasets)
    shuffled = [datasets[place] for place in (3, 0, 5, 1, 4, 2)]
    _, other = loaded(tmp_path / "b", shuffled)
    assert image == other


@pytest.mark.parametrize("degrees", [1.0, 15.0, -20.0])
def test_a_tilted_gantry_is_kept_exactly(tmp_path, degrees):
    angle = np.radians(degrees)
    # The couch moves along z while the slices lean about x.
    down_column = (0.0, np.cos(angle), np.sin(angle))
    volume, image = loaded(tmp_path, slices_of((1, 0, 0), down_column, (0.0, 0.0, 0.8)))
    (warning,) = volume.warnings
    assert f"lean by {abs(degrees):.1f} degrees (gantry tilt)" in warning
    assert np.abs(image.array - linear_hu(place_of(image.grid))).max() < 0.1
    shear = image.grid.affine[:3, 0] @ image.grid.affine[:3, 1]
    assert abs(shear) > 0.004
    upright = Grid((4, 5, 6), np.diag([0.5, 0.4, 0.3, 1.0])[[2, 1, 0, 3]])
    affine = upright.affine.copy()
    affine[:3, 3] = place_of(image.grid)[1, 2, 2]
    upright = Grid(upright.shape, affine)
    grown = resample_image(image.array, image.grid, upright, fill=-9999.0)
    inside = grown > -9999.0
    assert inside.mean() > 0.5
    index = image.grid.mm_to_index(place_of(upright))
    between = ((index >= 0) & (index <= np.array(SHAPE) - 1)).all(axis=-1)
    assert between.sum() > 20
    assert np.abs(grown - linear_hu(place_of(upright)))[between].max() < 0.2


def test_positions_rounded_by_the_scanner_are_taken(tmp_path):
    datasets = making.series(making.volume(SHAPE), step=(0, 0, 0.625))
    for ds in datasets:
        x, y, z = ds.ImagePositionPatient
        ds.ImagePositionPatient = [x, y, round(float(z), 2)]
    _, image = loaded(tmp_path, datasets)
    assert image.grid.spacing[0] == pytest.approx(0.625, abs=0.01)


def test_spacing_comes_from_positions_not_from_slice_thickness(tmp_path):
    datasets = making.series(SliceThickness=3, SpacingBetweenSlices=5)
    _, image = loaded(tmp_path, datasets)
    assert image.grid.spacing[0] == pytest.approx(0.8)


def test_too_many_voxels_for_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr("calcimetry.dicom.stack.MAX_VOXELS", 100)
    making.save_all(tmp_path, making.series())
    (left,) = find_series([tmp_path]).left
    assert "5 slices of 8 x 6 do not fit" in left.reason
