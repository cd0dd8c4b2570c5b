import numpy as np
import pytest

from calcimetry.bone.fuzzy_cmeans import find_clusters, kernel_fuzzy_cmeans
from calcimetry.model import Grid


def test_memberships_add_up_to_one_and_weigh_distances():
    points = np.array([[0.0], [100.0], [500.0], [900.0], [1000.0]])
    memberships, centres = kernel_fuzzy_cmeans(points, np.ones(5), np.array([[50.0], [800.0]]))
    assert memberships.sum(axis=1) == pytest.approx(1.0)
    assert centres.ravel() == pytest.approx([50.0, 950.0], abs=40.0)
    assert memberships[2] == pytest.approx(0.5, abs=0.02)


def test_a_far_point_hardly_moves_a_centre_as_it_would_a_mean():
    points = np.array([[-10.0], [10.0], [5000.0]])
    _, centres = kernel_fuzzy_cmeans(points, np.ones(3), np.array([[0.0]]))
    assert centres.item() == pytest.approx(0.0, abs=1.0)


def test_a_weight_counts_as_so_many_points():
    start = np.array([[0.0], [300.0]])
    once = np.array([[0.0], [20.0], [20.0], [300.0]])
    _, one_by_one = kernel_fuzzy_cmeans(once, np.ones(4), start)
    _, weighted = kernel_fuzzy_cmeans(once[[0, 1, 3]], np.array([1.0, 2.0, 1.0]), start)
    assert weighted == pytest.approx(one_by_one)


def test_the_neighbourhood_keeps_a_noisy_sample_with_its_own():
    hu = np.tile(np.repeat([-80.0, 50.0, 500.0, 1100.0], 10), (30, 1))[None].astype(np.float32)
    grid = Grid.picture(hu.shape[1:], 0.4)
    labels = find_clusters(hu, np.ones(hu.shape, bool), grid)
    assert len(np.unique(labels[0, 3, [2, 25, 35]])) == 3
    hu[0, 15, 35] = 800.0
    noisy = find_clusters(hu, np.ones(hu.shape, bool), grid)
    assert noisy[0, 15, 35] == noisy[0, 3, 35]
