import numpy as np
import pytest

from calcimetry.bone.cluster_rule import body_of, mineral_clusters
from calcimetry.model import Grid
from calcimetry.resample import grid_with_spacing

#: Soft tissue, half filled samples, spongy and dense bone, as columns.
LEVELS = np.repeat([-1000.0, 40.0, 500.0, 900.0, 1100.0], (4, 20, 3, 10, 10))
HU = np.tile(LEVELS, (10, 1))[None].astype(np.float32)
GRID = Grid.picture(HU.shape[1:], 0.4)


def by_level(hu, body, grid):
    """The clusters that a perfect method would find."""
    return np.where(body, np.searchsorted([100.0, 600.0, 1000.0], hu) + 1, 0).astype(np.int32)


def test_soft_tissue_and_cortex_are_told_and_the_border_runs_half_way():
    found = mineral_clusters(HU, GRID, by_level)
    assert (found.soft, found.dense) == (40.0, 1100.0)
    assert found.height(HU)[0, 0, [5, -1]].tolist() == [0.0, 1.0]
    assert np.array_equal(found.mineral(HU, GRID), HU > 570.0)


def test_bright_samples_of_a_soft_cluster_are_no_bone():
    hu = HU.copy()
    hu[0, 5, 10] = 900.0

    def soft_speck(hu, body, grid):
        labels = by_level(hu, body, grid)
        labels[0, 5, 10] = 1
        return labels

    found = mineral_clusters(hu, GRID, soft_speck)
    assert not found.mineral(hu, GRID)[0, 5, 10]
    assert found.mineral(hu, GRID)[0, 5, 30]


def test_clusters_of_one_grid_are_read_on_another():
    found = mineral_clusters(HU, GRID, by_level)
    fine = grid_with_spacing(GRID, 0.2)
    hu = np.repeat(np.repeat(HU, 2, axis=1), 2, axis=2)
    assert np.array_equal(found.mineral(hu, fine), hu > 570.0)


@pytest.mark.parametrize(
    "hu",
    [
        np.full_like(HU, 40.0),
        np.where(HU > 100, np.float32(250.0), HU),
        np.where(HU > -200, HU + 400, HU),
    ],
    ids=["one level", "too little contrast", "no soft tissue"],
)
def test_nothing_is_found_where_nothing_stands_out(hu):
    assert mineral_clusters(hu.astype(np.float32), GRID, by_level) is None


def test_one_cluster_that_is_soft_tissue_holds_no_bone():
    def one(hu, body, grid):
        return body.astype(np.int32)

    assert mineral_clusters(np.minimum(HU, 300.0), GRID, one) is None


def test_air_is_told_from_the_body_in_a_narrow_window_too():
    assert body_of(np.array([-160.0, -70.0, 30.0, 240.0])).tolist() == [False, False, True, True]
