"""Clusters by k-means whose centres start by subtractive clustering."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from sklearn.cluster import KMeans

from calcimetry.bone.cluster_rule import BoolArray, FloatArray, LabelArray
from calcimetry.bone.feature_bins import FeatureBins
from calcimetry.model.geometry import Grid

#: Such as fat, muscle, spongy (or half filled) bone, dense bone.
CLUSTERS = 4
#: Chiu's radii: how far a centre's potential reaches, a quarter of what a picture's window holds
#: (1500 HU), and 1.5 times that for what is taken away around a chosen centre.
REACH_HU, TAKEN_HU = 375.0, 562.5


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
        Clusters from 1, the darkest first; 0 outside the body.

    Notes
    -----
    Dhanachandra, Manglem and Chanu, Procedia Computer Science 54 (2015) 764: subtractive
    clustering (`subtractive_centres`) finds the centres that Lloyd's k-means
    (`sklearn.cluster.KMeans`) starts from, and a median filter tidies up the result. Their
    contrast stretching is left out: HU are comparable as they are.
    """
    bins = FeatureBins.of(hu, body, grid)
    start = subtractive_centres(bins.values, bins.counts, CLUSTERS)
    model = KMeans(len(start), init=start, n_init=1)
    model.fit(bins.values, sample_weight=bins.counts)
    rank = np.argsort(np.argsort(model.cluster_centers_.sum(axis=1)))
    labels = bins.spread(rank[model.labels_], body)
    window = [min(3, size) for size in grid.shape]
    tidy = ndimage.median_filter(labels, window, mode="nearest")
    return np.asarray(np.where(body, np.maximum(tidy, 1), 0), np.int32)


def subtractive_centres(
    points: NDArray[np.float64], weights: NDArray[np.float64], count: int
) -> NDArray[np.float64]:
    """Points that lie where points are dense, far from each other.

    Parameters
    ----------
    points : array, shape (points, features)
        In HU.
    weights : array, shape (points,)
        How often each point occurs.
    count : int
        Centres wanted.

    Returns
    -------
    array, shape (at most count, features)
        Fewer where all points lie at fewer places.

    Notes
    -----
    Chiu, J. Intelligent & Fuzzy Systems 2 (1994) 267: the potential of a point is the sum of
    ``exp(-4 d^2 / r^2)`` over all points at their distances d. The point of the highest
    potential P becomes a centre, ``P exp(-4 d^2 / (1.5 r)^2)`` is taken from all others, and so
    on. His two thresholds for when to stop are not needed, since the number is given.

    Examples
    --------
    >>> points = np.array([[0.0], [10.0], [1000.0]])
    >>> subtractive_centres(points, np.array([5.0, 9.0, 3.0]), 2).ravel().tolist()
    [10.0, 1000.0]
    """
    squared = np.square(points[:, None] - points[None]).sum(axis=2)
    potential = np.exp(-4.0 * squared / REACH_HU**2) @ weights
    chosen: list[int] = []
    while len(chosen) < min(count, len(points)):
        best = int(np.argmax(potential))
        chosen.append(best)
        potential = potential - potential[best] * np.exp(-4.0 * squared[best] / TAKEN_HU**2)
        # Rounding may leave a chosen point a trace of potential.
        potential[chosen] = -np.inf
    return points[chosen]
