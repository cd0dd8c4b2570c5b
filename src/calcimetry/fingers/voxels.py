"""The bone voxels of a label map as a list, and which of them share a face."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from calcimetry.fingers.rod import FloatArray
from calcimetry.model.geometry import Grid

IntArray = NDArray[np.int32]


@dataclass(frozen=True, eq=False, slots=True)
class Voxels:
    """Voxels of one kind or another, and their faces in common.

    A list instead of the whole grid: bones fill a hundredth of a volume, and everything
    that is asked of them again and again is asked of these voxels alone.

    Parameters
    ----------
    index : array of int, shape (n, 3)
        Place of each voxel in its grid.
    points : array, shape (n, 3)
        The same in mm.
    first, second : array of int, shape (m,)
        Pairs of voxels (positions in `index`) that share a face.
    faces : array, shape (m, 3)
        Area vector of each face in mm2, from `first` to `second`.
    voxel_mm3, surface_mm2 : float
        Volume and surface of one voxel.
    spacing : (float, float, float)
        Voxel size in mm.
    """

    index: NDArray[np.intp]
    points: FloatArray
    first: NDArray[np.intp]
    second: NDArray[np.intp]
    faces: FloatArray
    voxel_mm3: float
    surface_mm2: float
    spacing: tuple[float, float, float]

    def components(self, kinds: NDArray[np.integer]) -> IntArray:
        """Number, from 0, the parts of one kind that hang together by faces, shape (n,)."""
        same = kinds[self.first] == kinds[self.second]
        links = (np.ones(int(same.sum()), bool), (self.first[same], self.second[same]))
        size = len(self.index)
        _, part = connected_components(coo_array(links, shape=(size, size)), directed=False)
        return np.asarray(part, dtype=np.int32)


def list_voxels(mask: NDArray[np.bool_], grid: Grid) -> Voxels:
    """List the voxels of a mask, shape of the grid.

    Examples
    --------
    >>> voxels = list_voxels(np.array([[[True, True, False]]]), Grid((1, 1, 3), np.eye(4)))
    >>> voxels.first.tolist(), voxels.second.tolist(), voxels.faces.tolist()
    ([0], [1], [[0.0, 0.0, 1.0]])
    """
    box = bounding_box(mask)
    inside = mask[box]
    index = np.argwhere(inside)
    order = np.full(inside.shape, -1, dtype=np.int32)
    order[tuple(index.T)] = np.arange(len(index), dtype=np.int32)
    firsts, seconds, faces = [], [], []
    surface = 0.0
    steps = grid.affine[:3, :3]
    for axis in range(3):
        here = order[tuple(slice(None, -1) if k == axis else slice(None) for k in range(3))]
        there = order[tuple(slice(1, None) if k == axis else slice(None) for k in range(3))]
        both = (here >= 0) & (there >= 0)
        area = np.cross(steps[:, (axis + 1) % 3], steps[:, (axis + 2) % 3])
        area *= np.sign(area @ steps[:, axis])
        surface += 2.0 * float(np.linalg.norm(area))
        firsts.append(here[both].astype(np.intp))
        seconds.append(there[both].astype(np.intp))
        faces.append(np.broadcast_to(area, (len(firsts[-1]), 3)))
    index = index + [part.start for part in box]
    return Voxels(
        index,
        grid.index_to_mm(index),
        np.concatenate(firsts),
        np.concatenate(seconds),
        np.concatenate(faces),
        grid.voxel_mm3,
        surface,
        grid.spacing,
    )


def bounding_box(mask: NDArray[np.bool_]) -> tuple[slice, slice, slice]:
    """Smallest box around the true voxels of a mask; the empty box at 0 where there is none."""
    found = ndimage.find_objects(mask.astype(np.uint8))
    if not found:
        return (slice(0, 0), slice(0, 0), slice(0, 0))
    box: tuple[slice, slice, slice] = found[0]
    return box
