import numpy as np
import pytest

from calcimetry.bone.mean_shift import find_clusters, mean_shift_modes
from calcimetry.model import Grid


@pytest.fixture
def step():
    noise = np.random.default_rng(2).normal(0.0, 15.0, (1, 20, 24))
    return (np.where(np.arange(24) < 12, 40.0, 600.0) + noise).astype(np.float32)


def test_modes_lose_noise_and_keep_the_edge(step):
    modes = mean_shift_modes(step, np.ones(step.shape, bool), Grid.picture((20, 24), 0.4))
    level = modes[:, 3].reshape(20, 24)
    assert level[:, :12] == pytest.approx(40.0, abs=12.0)
    assert level[:, 12:] == pytest.approx(600.0, abs=12.0)


def test_two_plateaus_are_two_regions(step):
    labels = find_clusters(step, np.ones(step.shape, bool), Grid.picture((20, 24), 0.4))
    assert len(np.unique(labels[0, :, :12])) == len(np.unique(labels[0, :, 12:])) == 1
    assert labels[0, 0, 0] != labels[0, 0, -1]


def test_specks_join_the_neighbour_that_is_nearest_in_grey_level():
    hu = np.full((1, 12, 12), 40.0, np.float32)
    hu[0, :, 6:] = 900.0
    hu[0, 5, 6] = 600.0
    labels = find_clusters(hu, np.ones(hu.shape, bool), Grid.picture((12, 12), 0.4))
    assert labels[0, 5, 6] == labels[0, 5, 10] != labels[0, 5, 2]


def test_a_volume_is_clustered_in_all_its_directions_and_air_is_none():
    hu = np.full((6, 7, 8), -1000.0, np.float32)
    hu[1:5, 1:6, 1:4], hu[1:5, 1:6, 4:7] = 40.0, 700.0
    body = hu > -200
    labels = find_clusters(hu, body, Grid(hu.shape, np.diag([0.8, 0.8, 0.8, 1.0])))
    assert np.array_equal(labels > 0, body)
    assert len(np.unique(labels)) == 3
