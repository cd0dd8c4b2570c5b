import numpy as np
import pytest

from calcimetry.errors import InputError
from calcimetry.model import Grid
from calcimetry.model.geometry import read_only_copy

AFFINE = np.eye(4)


def changed(row: int, column: int, value: float) -> np.ndarray:
    affine = AFFINE.copy()
    affine[row, column] = value
    return affine


@pytest.mark.parametrize("shape", [(4, 5), (1, 0, 5), (1, 4, -5), (1, 1, 4, 5), 7, "abc"])
def test_shape_must_be_three_positive_sizes(shape):
    with pytest.raises(InputError, match="three positive whole sizes"):
        Grid(shape, AFFINE)


@pytest.mark.parametrize("size", [4.5, 4.0, np.nan])
def test_sizes_are_whole_numbers_and_not_cut_to_one(size):
    with pytest.raises(InputError, match="three positive whole sizes"):
        Grid((1, size, 5), AFFINE)
    with pytest.raises(InputError, match="three positive whole sizes"):
        Grid.picture((size, 5), 0.4)


def test_numpy_counts_are_whole_numbers():
    grid = Grid(tuple(np.array([1, 4, 5])), AFFINE)
    assert grid.shape == (1, 4, 5)
    assert all(type(n) is int for n in grid.shape)


@pytest.mark.parametrize("affine", [np.eye(3), changed(0, 0, np.nan), changed(1, 3, np.inf)])
def test_affine_must_be_finite_and_4_by_4(affine):
    with pytest.raises(InputError, match="finite 4 x 4 affine"):
        Grid((1, 4, 5), affine)


def test_affine_must_end_in_0_0_0_1():
    with pytest.raises(InputError, match=r"last row must be 0 0 0 1, found \[0.0, 2.0, 0.0, 1.0\]"):
        Grid((1, 4, 5), changed(3, 1, 2.0))


def test_affine_must_be_invertible():
    with pytest.raises(InputError, match="singular"):
        Grid((1, 4, 5), changed(2, 2, 0.0))


def test_a_picture_of_zero_spacing_has_no_grid():
    with pytest.raises(InputError, match="singular"):
        Grid.picture((4, 5), 0.0)


def test_affine_is_a_read_only_copy():
    affine = np.eye(4)
    grid = Grid((1, 4, 5), affine)
    affine[0, 0] = 7.0
    assert grid.affine[0, 0] == 1.0
    with pytest.raises(ValueError, match="read-only"):
        grid.affine[0, 0] = 7.0


@pytest.mark.parametrize("degrees", [0.0, 10.0, -25.0])
def test_a_voxel_of_a_tilted_gantry_is_smaller_than_the_product_of_its_spacings(degrees):
    lean = np.tan(np.radians(degrees))
    # Slices 0.8 mm apart, each shifted along its rows by as much as the gantry leans.
    affine = [[0, 0, 0.5, 0], [0.8 * lean, 0.4, 0, 0], [0.8, 0, 0, 0], [0, 0, 0, 1]]
    tilted = Grid((4, 4, 4), affine)
    assert tilted.voxel_mm3 == pytest.approx(0.8 * 0.4 * 0.5)
    product = np.prod(tilted.spacing)
    assert product * np.cos(np.radians(degrees)) == pytest.approx(tilted.voxel_mm3)


def test_a_voxels_volume_does_not_depend_on_how_the_array_lies():
    affine = np.eye(4)
    affine[:3, :3] = [[0.3, -0.1, 0.2], [0.05, 0.7, 0.1], [-0.2, 0.1, 0.9]]
    grid = Grid((3, 4, 5), affine)
    assert grid.voxel_mm3 == pytest.approx(np.linalg.det(affine[:3, :3]))
    for other in (grid.flipped(0), grid.flipped(2), grid.rotated_90()):
        assert other.voxel_mm3 == pytest.approx(grid.voxel_mm3)


def test_minus_zero_gives_an_equal_grid_with_an_equal_hash():
    one, other = Grid((1, 4, 5), AFFINE), Grid((1, 4, 5), changed(0, 3, -0.0))
    assert one == other
    assert hash(one) == hash(other)


def test_grids_of_different_frames_of_reference_differ():
    assert Grid((1, 4, 5), AFFINE, "1.2.3") != Grid((1, 4, 5), AFFINE, "1.2.4")


def test_read_only_copy_is_contiguous_and_takes_the_dtype_asked_for():
    source = np.arange(6).reshape(2, 3).T
    copy = read_only_copy(source, np.float32)
    assert copy.dtype == np.float32
    assert copy.flags.c_contiguous
    assert not copy.flags.writeable
    assert source.flags.writeable
