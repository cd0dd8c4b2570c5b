"""Which lesion mineral counts for, and which bone lies nearest."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

from calcimetry.model.geometry import Grid
from calcimetry.model.segmentation import Segmentation
from calcimetry.regions import FACES

FloatArray = NDArray[np.float64]

#: A bone this near counts as touched; never less than one sample.
TOUCHING_MM = 0.5
#: Distances that differ by less count as equal.
_TIE_MM = 1e-5


def touching_reach_mm(grid: Grid) -> float:
    """How near a bone's sample must lie to count as touched.

    Parameters
    ----------
    grid : Grid
        A picture's nominal slice does not count.

    Returns
    -------
    float
        `TOUCHING_MM`, or the longest spacing if that is more.
    """
    spacing = grid.spacing[1:] if grid.shape[0] == 1 else grid.spacing
    return max(TOUCHING_MM, *spacing) * (1.0 + 1e-9)


def nearest_lesion(
    lesion_map: Segmentation, mineral_fraction: NDArray[np.float32]
) -> NDArray[np.uint16]:
    """Number of the lesion that each sample with mineral counts for.

    Parameters
    ----------
    lesion_map : Segmentation
        Lesion numbers.
    mineral_fraction : array of float, shape of the grid
        Part of each sample that lesion mineral fills.

    Returns
    -------
    array of int, shape of the grid
        The sample's own number, or that of the nearest lesion where it has mineral but no
        number, of equally near ones the lower; 0 elsewhere.
    """
    own = lesion_map.label_map.copy()
    loose = np.argwhere((mineral_fraction > 0) & (own == 0))
    index = np.argwhere(own > 0)
    if len(loose) and len(index):
        numbers = own[tuple(index.T)]
        places = (lesion_map.grid.index_to_mm(one) for one in (index, loose))
        # A tiny fourth coordinate, so that of equally near lesions the one of the lower number
        # counts: the last digit of a distance may not decide.
        known, asked = (
            np.column_stack([place, step])
            for place, step in zip(places, (_TIE_MM * numbers, np.zeros(len(loose))), strict=True)
        )
        _, nearest = cKDTree(known).query(asked)
        own[tuple(loose.T)] = numbers[nearest]
    return own


@dataclass(frozen=True, eq=False, slots=True)
class BoneSamples:
    """The bones of an image as points.

    Parameters
    ----------
    place_mm : array, shape (n, 3)
        Where every sample of bone lies.
    label : array of int, shape (n,)
        What it belongs to.
    border_label : array of int, shape (m,)
        The same of those samples that have something else beside them.
    tree : cKDTree
        Of these.
    """

    place_mm: FloatArray
    label: NDArray[np.uint16]
    border_label: NDArray[np.uint16]
    tree: cKDTree

    @classmethod
    def of(cls, bones: Segmentation) -> BoneSamples:
        """All bones of a segmentation."""
        mask = bones.mask
        border = mask & ~ndimage.binary_erosion(mask, FACES, border_value=1)
        place_mm = bones.grid.index_to_mm(np.argwhere(mask))
        tree = cKDTree(bones.grid.index_to_mm(np.argwhere(border)))
        return cls(place_mm, bones.label_map[mask], bones.label_map[border], tree)

    def nearest(self, points_mm: FloatArray) -> tuple[int, float]:
        """Label of the bone nearest to any of some points, and how far it is.

        Parameters
        ----------
        points_mm : array, shape (k, 3)

        Returns
        -------
        label : int
            Of equally near bones the one that is so near at most places, however the last
            digit of a distance comes out; 0 without bone.
        distance_mm : float
            Infinity without bone.
        """
        if not len(self.border_label):
            return 0, math.inf
        distance, _ = self.tree.query(points_mm)
        least = float(distance.min())
        reach = least + _TIE_MM
        equal = self.tree.query_ball_point(points_mm[distance <= reach], reach)
        labels = self.border_label[np.concatenate(equal).astype(np.intp)]
        return int(np.bincount(labels).argmax()), least

    def within(self, points_mm: FloatArray, reach_mm: float) -> NDArray[np.bool_]:
        """Which of some points lie so near to bone.

        Parameters
        ----------
        points_mm : array, shape (k, 3)
        reach_mm : float

        Returns
        -------
        array of bool, shape (k,)
        """
        if not len(self.border_label):
            return np.zeros(len(points_mm), bool)
        distance, _ = self.tree.query(points_mm, distance_upper_bound=reach_mm)
        return np.asarray(np.isfinite(distance))
