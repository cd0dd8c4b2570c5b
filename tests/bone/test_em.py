import numpy as np

from calcimetry.bone.em import _evenly_taken, find_clusters
from calcimetry.model import Grid


def _two_halves():
    rng = np.random.default_rng(5)
    hu = np.where(np.arange(60) < 30, 40.0, 900.0) + rng.normal(0.0, 20.0, (1, 50, 60))
    return hu.astype(np.float32), Grid.picture((50, 60), 0.4)


def test_samples_of_unlike_brightness_fall_into_unlike_clusters():
    hu, grid = _two_halves()
    labels = find_clusters(hu, np.ones(hu.shape, bool), grid)
    means = [hu[labels == number].mean() for number in np.unique(labels)]
    assert sum(mean < 150.0 or mean > 800.0 for mean in means) >= 2
    most = [np.bincount(labels[0, :, part].ravel()).argmax() for part in (slice(30), slice(30, 60))]
    assert most[0] != most[1]


def test_a_turned_image_has_the_turned_clusters():
    hu, grid = _two_halves()
    body = np.ones(hu.shape, bool)
    turned = np.rot90(hu, axes=(1, 2))
    other = find_clusters(turned, np.rot90(body, axes=(1, 2)), Grid.picture((60, 50), 0.4))
    assert np.mean(np.rot90(find_clusters(hu, body, grid), axes=(1, 2)) != other) < 0.01


def test_the_samples_fitted_do_not_depend_on_their_order():
    features = np.random.default_rng(1).normal(size=(7000, 6))
    taken = _evenly_taken(features)
    assert len(taken) == 3500
    assert np.array_equal(taken, _evenly_taken(features[::-1]))


def test_a_body_of_one_sample_has_no_clusters():
    hu = np.array([[[0.0, 40.0]]], np.float32)
    labels = find_clusters(hu, hu > 0, Grid.picture((1, 2), 0.4))
    assert not labels.any()
