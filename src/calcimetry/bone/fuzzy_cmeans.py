"""Clusters by kernel fuzzy c-means."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from calcimetry.bone.cluster_rule import BoolArray, FloatArray, LabelArray
from calcimetry.bone.feature_bins import FeatureBins
from calcimetry.model.geometry import Grid

#: Such as fat, muscle, spongy (or half filled) bone, dense bone.
CLUSTERS = 4
#: The fuzzifier m, by which memberships are raised.
_FUZZIFIER = 2.0
#: Width of the Gaussian kernel: points farther than this from a centre hardly move it.
_KERNEL_HU = 400.0
_STEPS, _STILL_HU = 200, 0.5


def find_clusters(hu: FloatArray, body: BoolArray, grid: Grid) -> LabelArray:
    """Sort samples by their grey level and that of their neighbourhood.

    Parameters
    ----------
    hu : array of float32, shape of the grid
    body : array of bool, shape of the grid
        What is clustered: everything but air.
    grid : Grid

    Returns
    -------
    array of int32, shape of the grid
        The cluster of the highest membership, from 1, the darkest first; 0 outside the body.
    """
    bins = FeatureBins.of(hu, body, grid)
    low, high = np.percentile(hu[body], (5.0, 99.5))
    start = np.repeat(np.linspace(low, high, CLUSTERS)[:, None], 2, axis=1)
    memberships, _ = kernel_fuzzy_cmeans(bins.values, bins.counts, start)
    return bins.spread(memberships.argmax(axis=1), body)


def kernel_fuzzy_cmeans(
    points: NDArray[np.float64], weights: NDArray[np.float64], start: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Fuzzy c-means with distances as a Gaussian kernel sees them.

    Parameters
    ----------
    points : array, shape (points, features)
        In HU.
    weights : array, shape (points,)
        How often each point occurs.
    start : array, shape (clusters, features)
        Centres to start from.

    Returns
    -------
    memberships : array, shape (points, clusters)
        Each point's memberships add up to 1.
    centres : array, shape (clusters, features)

    Notes
    -----
    Wu, Xie and Yu, Proc. ICCIMA (2003) 49. With ``K = exp(-d^2 / s^2)`` for the distance d
    of a point from a centre, the squared distance in the kernel's space is 2 (1 - K), so
    memberships are proportional to ``(1 - K)^(-1 / (m - 1))``, and centres are means weighted
    by ``u^m K``. With the centres kept in the space of the points, as here, this is the form
    of Zhang and Chen, Artificial Intelligence in Medicine 32 (2004) 37.

    Examples
    --------
    >>> points, ones = np.array([[0.0], [20.0], [980.0], [1000.0]]), np.ones(4)
    >>> u, centres = kernel_fuzzy_cmeans(points, ones, np.array([[0.0], [800.0]]))
    >>> u.argmax(axis=1).tolist(), centres.round().ravel().tolist()
    ([0, 0, 1, 1], [10.0, 990.0])
    """
    centres = start
    for _ in range(_STEPS):
        memberships, kernel = _memberships(points, centres)
        share = memberships**_FUZZIFIER * kernel * weights[:, None]
        moved = share.T @ points / np.maximum(share.sum(axis=0), 1e-12)[:, None]
        still = float(np.abs(moved - centres).max()) < _STILL_HU
        centres = moved
        if still:
            break
    return _memberships(points, centres)[0], centres


def _memberships(
    points: NDArray[np.float64], centres: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Memberships and kernel values, both (points, clusters)."""
    squared = np.square(points[:, None] - centres[None]).sum(axis=2)
    kernel = np.exp(-squared / _KERNEL_HU**2)
    # A point on a centre belongs to it alone, without a division by nothing.
    near = np.maximum(1.0 - kernel, 1e-9) ** (-1.0 / (_FUZZIFIER - 1.0))
    return near / near.sum(axis=1, keepdims=True), kernel
