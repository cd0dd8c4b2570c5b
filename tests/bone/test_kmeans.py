import numpy as np
import pytest

from calcimetry.bone.kmeans import CLUSTERS, find_clusters, subtractive_centres
from calcimetry.model import Grid


def test_centres_start_where_points_are_dense_and_far_apart():
    points = np.concatenate([np.arange(-20.0, 21.0), 600 + np.arange(-20.0, 21.0), [300.0]])
    centres = subtractive_centres(points[:, None], np.ones(len(points)), 2)
    assert sorted(centres.ravel().tolist()) == pytest.approx([0.0, 600.0], abs=20.0)


def test_there_are_no_more_centres_than_points():
    points = np.array([[5.0], [9.0]])
    assert len(subtractive_centres(points, np.ones(2), 4)) == 2


def test_clusters_are_numbered_from_dark_to_bright_and_specks_are_tidied():
    levels = np.repeat([-80.0, 50.0, 500.0, 1100.0], 10)
    hu = np.tile(levels, (30, 1))[None].astype(np.float32)
    hu[0, 15, 35] = 50.0
    labels = find_clusters(hu, np.ones(hu.shape, bool), Grid.picture(hu.shape[1:], 0.4))
    assert labels[0, 3, [2, 15, 25, 35]].tolist() == [1, 2, 3, CLUSTERS]
    assert labels[0, 15, 35] == CLUSTERS


def test_outside_the_body_is_no_cluster():
    hu = np.full((1, 8, 8), 40.0, np.float32)
    body = np.zeros(hu.shape, bool)
    body[0, 2:5] = True
    labels = find_clusters(hu, body, Grid.picture((8, 8), 0.4))
    assert np.array_equal(labels > 0, body)
