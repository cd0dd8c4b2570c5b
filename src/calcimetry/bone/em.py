"""Clusters by expectation maximisation over Blobworld's features."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from calcimetry.bone.cluster_rule import BoolArray, FloatArray, LabelArray
from calcimetry.bone.pixel_features import positions, texture
from calcimetry.model.geometry import Grid

#: Numbers of clusters tried.
CLUSTERS = (2, 3, 4, 5)
#: The mixture is fitted to about so many samples, evenly taken, and then sorts all.
_FITTED = 3000
_STEPS = 100
#: Features of a sample itself come first, then its place.
_OWN = 4
#: HU and mm that count as one unit of distance, and the least variance in such units.
_HU, _MM, _LEAST_VARIANCE = 100.0, 10.0, 1e-2


def find_clusters(hu: FloatArray, body: BoolArray, grid: Grid) -> LabelArray:
    """Sort samples by grey level, texture and place.

    Parameters
    ----------
    hu : array of float32, shape of the grid
    body : array of bool, shape of the grid
        What is clustered: everything but air.
    grid : Grid

    Returns
    -------
    array of int32, shape of the grid
        The most likely cluster, from 1; 0 outside the body.

    Notes
    -----
    Carson, Belongie, Greenspan and Malik, IEEE PAMI 24 (2002) 1026: features are the grey
    level (their three of colour), averaged at each sample's own size; anisotropy x contrast,
    polarity x contrast and contrast at that size; and place. A mixture of Gaussians with full
    covariances (`sklearn.mixture.GaussianMixture`) is fitted with 2 to 5 clusters, and the
    number with the shortest description is kept (BIC, which is twice their MDL). They start
    from four random splits; here samples start sorted by grey level, so that neither chance
    nor the way a picture is turned decides.
    """
    features = _features(hu, body, grid)
    some = _evenly_taken(features)
    fits = [_fitted(some, count) for count in CLUSTERS if count <= len(some)]
    labels = np.zeros(hu.shape, np.int32)
    if fits:
        best = min(fits, key=lambda fit: fit.bic(some))
        labels[body] = best.predict(features) + 1
    return labels


def _features(hu: FloatArray, body: BoolArray, grid: Grid) -> NDArray[np.float64]:
    """Shape (samples of the body, 4 + axes), scaled to matter about alike."""
    found = texture(np.where(body, hu, hu[body].min()), grid)
    contrast = found.contrast[body]
    grey = [
        found.grey[body],
        found.anisotropy[body] * contrast,
        found.polarity[body] * contrast,
        contrast,
    ]
    return np.column_stack([np.stack(grey, axis=1) / _HU, positions(body, grid) / _MM])


def _evenly_taken(features: NDArray[np.float64]) -> NDArray[np.float64]:
    """Some of the samples, the same ones in the same order however an image is turned."""
    own = features[:, :_OWN]
    # Sums in another order differ in their last bits, which must not decide the order here.
    order = np.lexsort(np.rint(own * 1e6).T)
    return features[order[:: max(1, len(features) // _FITTED)]]


def _fitted(features: NDArray[np.float64], count: int) -> GaussianMixture:
    """A mixture started from samples sorted by grey level into equal steps of brightness."""
    grey = features[:, 0]
    low, high = (float(end) for end in np.percentile(grey, (5.0, 99.5)))
    edges = np.linspace(low, high, count + 1)[1:-1]
    group = np.digitize(grey, edges)
    means, precisions, weights = [], [], []
    for number in range(count):
        own = features[group == number] if np.sum(group == number) > 1 else features
        means.append(own.mean(axis=0))
        covariance = np.cov(own, rowvar=False) + _LEAST_VARIANCE * np.eye(features.shape[1])
        precisions.append(np.linalg.inv(covariance))
        weights.append(len(own))
    mixture = GaussianMixture(
        count,
        reg_covar=_LEAST_VARIANCE,
        max_iter=_STEPS,
        weights_init=np.array(weights) / sum(weights),
        means_init=np.array(means),
        precisions_init=np.array(precisions),
        init_params="random_from_data",
        random_state=0,
    )
    with warnings.catch_warnings():
        # A mixture that still creeps after so many steps sorts its samples well enough.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return mixture.fit(features)
