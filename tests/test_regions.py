import numpy as np
import pytest
from scipy import ndimage

from calcimetry.model import Grid
from calcimetry.regions import (
    component_sizes,
    connected_components,
    distance_to,
    join_close,
    longest_step_mm,
    sample_size,
    steps_mm,
    without_small,
)


def picture_mask(*rows: str) -> np.ndarray:
    return np.array([[[c == "#" for c in row] for row in rows]])


def test_corners_connect_in_a_picture():
    assert connected_components(picture_mask("#..", ".#.", "..."))[1] == 1


def test_corners_connect_in_a_volume():
    mask = np.zeros((2, 2, 2), dtype=bool)
    mask[0, 0, 0] = mask[1, 1, 1] = True
    assert connected_components(mask)[1] == 1


def test_nothing_gives_no_component():
    labels, count = connected_components(np.zeros((1, 3, 3), dtype=bool))
    assert count == 0
    assert not labels.any()


def test_sizes_are_areas_in_pictures_and_volumes_in_volumes():
    assert sample_size(Grid.picture((4, 4), 0.5)) == pytest.approx(0.25)
    assert sample_size(Grid((2, 4, 4), np.diag([2.0, 0.5, 0.5, 1.0]))) == pytest.approx(0.5)
    labels, _ = connected_components(picture_mask("##.#"))
    assert component_sizes(labels, Grid.picture((1, 4), 2.0)).tolist() == [4.0, 8.0, 4.0]


def test_size_filter_keeps_what_is_exactly_as_large():
    mask = picture_mask("##..", "##..", "...#")
    kept = without_small(mask, Grid.picture((3, 4), 0.1), minimum=0.04)
    assert kept.sum() == 4
    assert not kept[0, 2, 3]


def test_the_background_is_never_kept():
    assert not without_small(picture_mask("...."), Grid.picture((1, 4), 1.0), 0.0).any()


@pytest.mark.parametrize(("distance_mm", "parts"), [(1.4, 3), (1.5, 2), (2.0, 1)])
def test_parts_are_joined_by_the_distance_of_their_nearest_pixels(distance_mm, parts):
    labels, _ = connected_components(picture_mask("#..##...#"))
    joined = join_close(labels, Grid.picture((1, 9), 0.5), distance_mm)
    assert joined.max() == parts
    assert np.array_equal(joined > 0, labels > 0)
    assert joined[0, 0, 0] == 1


def test_parts_are_joined_in_chains_and_numbered_without_gaps():
    labels = np.array([[[2, 0, 5, 0, 7, 0, 0, 0, 9]]], dtype=np.int32)
    joined = join_close(labels, Grid.picture((1, 9), 1.0), 2.0)
    assert joined.tolist() == [[[1, 0, 1, 0, 1, 0, 0, 0, 2]]]


def test_distance_follows_an_anisotropic_grid():
    grid = Grid(
        (1, 3, 3), np.array([[0, 0, 0.2, 0], [0, 3.0, 0, 0], [1.0, 0, 0, 0], [0, 0, 0, 1.0]])
    )
    labels = np.array([[[1, 0, 2], [0, 0, 0], [3, 0, 0]]], dtype=np.int32)
    assert join_close(labels, grid, 0.5).tolist() == [[[1, 0, 1], [0, 0, 0], [2, 0, 0]]]


def test_joining_nothing_gives_nothing():
    assert not join_close(np.zeros((1, 2, 2), np.int32), Grid.picture((2, 2), 1.0), 1.0).any()


def test_a_pictures_nominal_slice_is_no_step():
    assert longest_step_mm(Grid.picture((3, 3), 0.4)) == pytest.approx(0.4)
    volume = Grid((2, 3, 3), np.diag([0.8, 0.5, 0.6, 1.0]))
    assert steps_mm(volume).tolist() == pytest.approx([0.8, 0.5, 0.6])
    assert longest_step_mm(volume) == pytest.approx(0.8)


def test_distances_are_those_of_a_distance_transform():
    mask = np.random.default_rng(1).random((9, 8, 7)) > 0.9
    grid = Grid(mask.shape, np.diag([0.7, 0.4, 0.5, 1.0]))
    everywhere = np.ones(mask.shape, dtype=bool)
    expected = ndimage.distance_transform_edt(~mask, sampling=grid.spacing)
    np.testing.assert_allclose(distance_to(mask, grid, everywhere), expected.ravel())
    near = distance_to(mask, grid, everywhere, reach_mm=0.8)
    np.testing.assert_array_equal(np.isfinite(near), expected.ravel() <= 0.8)


def test_distances_in_a_sheared_volume_are_those_in_space():
    affine = np.eye(4)
    affine[1, 0] = 0.5
    mask = np.zeros((3, 3, 3), dtype=bool)
    mask[0, 1, 1] = True
    asked = np.zeros_like(mask)
    asked[2, 0, 1] = asked[2, 1, 1] = True
    # Two slices up are one row across as well.
    assert distance_to(mask, Grid(mask.shape, affine), asked).tolist() == pytest.approx(
        [2.0, np.sqrt(5.0)]
    )


def test_nothing_is_near_an_empty_mask():
    mask = np.zeros((2, 2, 2), dtype=bool)
    assert np.isinf(distance_to(mask, Grid((2, 2, 2), np.eye(4)), ~mask)).all()
