"""Which clusters are bone: the one rule that all clustering methods share.

Clusters know no anatomy: they say which samples belong together. Bone is then told from
soft tissue by brightness alone, so calcification, which is as bright, is taken for bone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calcimetry.bone.method import AIR_HU
from calcimetry.model.geometry import Grid
from calcimetry.resample import resample_image

FloatArray = NDArray[np.float32]
BoolArray = NDArray[np.bool_]
LabelArray = NDArray[np.int32]

#: Sorts the samples of an image: (HU, body, grid) to cluster numbers from 1, 0 outside the
#: body, all of the grid's shape.
FindClusters = Callable[[FloatArray, BoolArray, Grid], LabelArray]

#: Soft tissue, from fat to muscle.
SOFT_HU = (-200.0, 250.0)
_TYPICAL_SOFT_HU = 40.0
#: Bone is at least so much brighter than soft tissue; otherwise there is none.
LEAST_CONTRAST_HU = 300.0
#: A cluster this far up from soft tissue to dense bone may hold samples of bone.
LEAST_HEIGHT = 0.25
#: Of the samples of bright clusters: what cortex reaches.
_CORTEX_PERCENTILE = 90
#: Brighter than bone: metal.
_BRIGHTEST_HU = 2000.0


def body_of(hu: FloatArray) -> BoolArray:
    """What is not air, shape of `hu`.

    Air is what lies below -200 HU, or in a picture whose window ends above that, nearer to
    its lowest value than to soft tissue.

    >>> body_of(np.array([-300.0, -140.0, -120.0, 40.0], np.float32)).tolist()
    [False, False, True, True]
    """
    return np.asarray(hu > max(AIR_HU, (float(hu.min()) + _TYPICAL_SOFT_HU) / 2.0))


@dataclass(frozen=True, eq=False, slots=True)
class MineralClusters:
    """What the clusters of an image say about bone.

    Parameters
    ----------
    soft, dense : float
        HU of soft tissue and of dense bone.
    may_be : array of bool, shape of the grid
        Samples in clusters that hold bone.
    grid : Grid
        Of what was clustered.
    """

    soft: float
    dense: float
    may_be: BoolArray
    grid: Grid

    def height(self, hu: FloatArray) -> FloatArray:
        """How far up each sample is: 0 in soft tissue, 1 in dense bone."""
        return np.asarray((hu - self.soft) / (self.dense - self.soft), np.float32)

    def mineral(self, hu: FloatArray, grid: Grid) -> BoolArray:
        """Bone or calcification among samples (HU) of another grid, shape of that grid."""
        may_be = self.may_be
        if grid != self.grid:
            may_be = resample_image(may_be.astype(np.uint8), self.grid, grid, order=0) > 0
        return np.asarray(may_be & (self.height(hu) > 0.5))


def mineral_clusters(hu: FloatArray, grid: Grid, find: FindClusters) -> MineralClusters | None:
    """Cluster a picture, or a volume of one finger, and choose the bright clusters.

    Parameters
    ----------
    hu : array of float32, shape of the grid
    grid : Grid
    find : callable
        The clustering method.

    Returns
    -------
    MineralClusters or None
        None where nothing stands out as bone.

    Notes
    -----
    The rule, the same for all methods:

    1. Soft tissue is the median of all samples in clusters whose mean lies between -200 and
       250 HU.
    2. Bright clusters are those whose mean lies nearer to the mean of them all than to soft
       tissue, sought from the brightest cluster downwards until that agrees with itself. Dense
       bone, cortex, is the 90th percentile of their samples, and at least 300 HU brighter.
    3. Clusters at under a quarter of the height between the two are soft tissue, whatever the
       brightness of their samples; of all others, samples over half height are mineral: blur
       leaves an edge there, and no cluster's border does.
    """
    hu = np.minimum(hu, _BRIGHTEST_HU)
    body = body_of(hu)
    if not body.any():
        return None
    labels = find(hu, body, grid)
    means, counts = _means(hu, labels)
    soft_clusters = (means > SOFT_HU[0]) & (means < SOFT_HU[1]) & (counts > 0)
    if not soft_clusters.any():
        return None
    soft = float(np.median(hu[soft_clusters[labels]]))
    dense = _dense_level(hu, labels, soft)
    if dense - soft < LEAST_CONTRAST_HU:
        return None
    candidates = means >= soft + LEAST_HEIGHT * (dense - soft)
    candidates[0] = False
    return MineralClusters(soft, dense, candidates[labels], grid)


def _means(hu: FloatArray, labels: LabelArray) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Mean HU and number of samples of each cluster, at the cluster's own number; 0 has none."""
    counts = np.bincount(labels.ravel())
    means = np.bincount(labels.ravel(), hu.ravel()) / np.maximum(counts, 1)
    counts[0] = 0
    return means, counts


def _dense_level(hu: FloatArray, labels: LabelArray, soft: float) -> float:
    """HU of dense bone: what the densest tenth of the bright clusters' samples reaches."""
    means, counts = _means(hu, labels)
    level = float(means[counts > 0].max())
    while True:
        bright = (means > (soft + level) / 2.0) & (counts > 0)
        if not bright.any():
            return soft
        lower = float(np.average(means[bright], weights=counts[bright]))
        if lower >= level - 1.0:
            return float(np.percentile(hu[bright[labels]], _CORTEX_PERCENTILE))
        level = lower
