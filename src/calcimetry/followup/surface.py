"""The surface of one bone as points with normals: what is laid onto another visit's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree
from skimage.measure import marching_cubes

from calcimetry.followup.visit import Box, boxes_of
from calcimetry.model.segmentation import Segmentation

FloatArray = NDArray[np.float64]

#: A mask's stairs are smoothed by a Gaussian of this many samples before its surface is drawn.
_SMOOTH = 0.8
#: Samples left around a bone.
_MARGIN = 3


@dataclass(frozen=True, eq=False, slots=True)
class BoneSurface:
    """Points on a bone.

    Parameters
    ----------
    points_mm, normals : array, shape (n, 3)
        LPS, normals of length 1, outwards.
    tree : cKDTree
        Of the points.
    centre : array, shape (3,)
        Mean of the points.
    axis : array, shape (3,)
        Unit vector along it; which way it points is arbitrary.
    length_mm : float
        Its extent along `axis`.
    """

    points_mm: FloatArray
    normals: FloatArray
    tree: cKDTree
    centre: FloatArray
    axis: FloatArray
    length_mm: float

    @classmethod
    def of(cls, points_mm: FloatArray, normals: FloatArray) -> BoneSurface:
        """The surface that these points describe; at least four of them."""
        centre = points_mm.mean(axis=0)
        axis = np.linalg.svd(points_mm - centre, full_matrices=False)[2][0]
        length = float(np.ptp(points_mm @ axis))
        return cls(points_mm, normals, cKDTree(points_mm), centre, axis, length)

    def thinned(self, most: int) -> tuple[FloatArray, FloatArray]:
        """Points and normals of at most so many, spread evenly over those there are."""
        step = max(1, -(-len(self.points_mm) // most))
        # Marching cubes lists points slice by slice: any regular choice covers the bone.
        return self.points_mm[::step], self.normals[::step]


def bone_surfaces(bones: Segmentation, fewest_points: int) -> dict[int, BoneSurface]:
    """The surface of each bone of a segmentation.

    Parameters
    ----------
    bones : Segmentation
    fewest_points : int
        Bones of fewer points say nothing of where they point, and are left out.

    Returns
    -------
    dict of int to BoneSurface
        By label. Points lie where the smoothed mask falls through one half (marching cubes,
        Lewiner et al., Journal of Graphics Tools 2003); none on the cut that the border of
        the volume makes through a bone.
    """
    surfaces = {}
    for label, box in boxes_of(bones).items():
        found = _surface(bones, label, box)
        if found is not None and len(found[0]) >= max(4, fewest_points):
            surfaces[label] = BoneSurface.of(*found)
    return surfaces


def _surface(bones: Segmentation, label: int, box: Box) -> tuple[FloatArray, FloatArray] | None:
    # The border of the volume is continued outwards, so that no cut is drawn there as a surface.
    mask = np.pad((bones.label_map[box] == label).astype(np.float32), _MARGIN)
    start = np.array([part.start for part in box]) - _MARGIN
    for axis, size in enumerate(bones.grid.shape):
        inner = np.moveaxis(mask, axis, 0)
        if box[axis].start == 0:
            inner[:_MARGIN] = inner[_MARGIN]
        if box[axis].stop == size:
            inner[-_MARGIN:] = inner[-_MARGIN - 1]
    smooth = ndimage.gaussian_filter(mask, _SMOOTH, mode="nearest")
    if not smooth.min() < 0.5 < smooth.max():
        return None
    corners, _, _, _ = marching_cubes(smooth, level=0.5)
    index = corners + start
    inside = ((index > 0.5) & (index < np.array(bones.grid.shape) - 1.5)).all(axis=1)
    slope = np.stack(
        [ndimage.map_coordinates(part, corners.T, order=1) for part in np.gradient(smooth)], axis=1
    )
    # A gradient by index becomes one by mm; the mask falls outwards.
    normals = -slope @ np.linalg.inv(bones.grid.affine[:3, :3])
    length = np.linalg.norm(normals, axis=1)
    kept = inside & (length > 0.0)
    return bones.grid.index_to_mm(index[kept]), normals[kept] / length[kept, None]
