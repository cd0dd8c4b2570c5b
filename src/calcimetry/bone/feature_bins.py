"""Samples that share their features to within some HU, clustered once and not one by one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calcimetry.bone.cluster_rule import BoolArray, FloatArray, LabelArray
from calcimetry.bone.pixel_features import smoothed
from calcimetry.model.geometry import Grid

#: Width of a bin; far below noise, so that it changes no cluster.
BIN_HU = 20.0
#: What lies around a sample is averaged with a Gaussian of this standard deviation.
AROUND_MM = 0.4


@dataclass(frozen=True, eq=False, slots=True)
class FeatureBins:
    """The occupied bins of grey level and of what lies around.

    Parameters
    ----------
    values : array of float64, shape (bins, 2)
        HU of a sample, and the mean HU around it.
    counts : array of float64, shape (bins,)
        Samples in each bin.
    bin_of : array of int, shape (samples,)
        The bin of each sample of the body, in the order of ``hu[body]``.
    """

    values: NDArray[np.float64]
    counts: NDArray[np.float64]
    bin_of: NDArray[np.intp]

    @classmethod
    def of(cls, hu: FloatArray, body: BoolArray, grid: Grid) -> FeatureBins:
        """Bin the body of an image (HU).

        The same samples in another order give the same bins in the same order: clusters
        made of them cannot depend on how an image is turned.
        """
        around = smoothed(hu, grid, AROUND_MM)
        features = np.stack([hu[body], around[body]], axis=1).astype(np.float64)
        values, bin_of, counts = np.unique(
            np.rint(features / BIN_HU), axis=0, return_inverse=True, return_counts=True
        )
        return cls(values * BIN_HU, counts.astype(np.float64), bin_of.ravel())

    def spread(self, clusters: NDArray[np.intp], body: BoolArray) -> LabelArray:
        """Numbers from 1 of each sample's cluster, shape of the body; 0 outside it.

        `clusters` holds the cluster of each bin, counted from 0.
        """
        labels = np.zeros(body.shape, np.int32)
        labels[body] = clusters[self.bin_of] + 1
        return labels
