"""Length and depth of a bone's mask, as it is seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calcimetry.model.geometry import Grid
from calcimetry.model.segmentation import Segmentation

FloatArray = NDArray[np.float64]

#: A bone's length is counted in steps of this, or of a sample if that is more.
STEP_MM = 1.0
#: A step counts where the bone is at least so much of a sample wide.
_LEAST_WIDTH = 0.3
#: Fewer samples say nothing of a width.
_LEAST_SAMPLES = 3
#: A piece of bone smaller than this part of the largest one is a slip of its outline.
_LEAST_PIECE = 0.1


@dataclass(frozen=True, eq=False, slots=True)
class Extent:
    """How far one bone is seen.

    Parameters
    ----------
    points : ndarray, shape (n, 3)
        Its samples, in LPS mm.
    centre, axis : ndarray, shape (3,)
        Middle of its samples, in mm, and unit vector along which they spread the most.
    low, high : float
        Where it ends along the axis, in mm from the centre.
    seen_mm : float
        Length along the axis at which it is seen: without gaps.
    depth_mm : float
        Mean width in the plane of a picture: area over the length seen. 0 in a volume.
    pieces : int
        In how many pieces it lies.
    cut : bool
        Whether the image's border cuts it.
    sample_mm : float
        Side of the image's samples.
    """

    points: FloatArray
    centre: FloatArray
    axis: FloatArray
    low: float
    high: float
    seen_mm: float
    depth_mm: float
    pieces: int
    cut: bool
    sample_mm: float

    def end(self, side: int) -> FloatArray:
        """Where the axis leaves it, in mm: at its low (-1) or high (+1) side."""
        return self.centre + self.axis * (self.high if side > 0 else self.low)

    def side_towards(self, place: FloatArray) -> int:
        """Which of its ends, -1 or 1, lies nearer to a place in mm, shape (3,)."""
        return 1 if (place - self.centre) @ self.axis > 0 else -1

    def depth_at(self, side: int, length_mm: float) -> float:
        """Width in mm across the axis, within a length of one of its ends."""
        along = (self.points - self.centre) @ self.axis
        near = along > self.high - length_mm if side > 0 else along < self.low + length_mm
        offsets = self.points[near] - self.centre
        across = offsets - np.outer(offsets @ self.axis, self.axis)
        if len(across) < _LEAST_SAMPLES:
            return 0.0
        _, vectors = np.linalg.eigh(across.T @ across)
        return float(np.ptp(across @ vectors[:, 2])) + self.sample_mm


def measure_extents(bones: Segmentation) -> dict[int, Extent]:
    """How far each bone of a label map is seen, by label.

    Parameters
    ----------
    bones : Segmentation
        Of a picture or a volume.
    """
    boxes = ndimage.find_objects(bones.label_map)
    return {
        number: _extent(bones.label_map[box] == number, box, bones.grid)
        for number, box in enumerate(boxes, 1)
        if box is not None
    }


def longest_bone_mm(bones: Segmentation) -> float:
    """Length of the longest bone of a picture, in mm: the diagonal of the box around it.

    0 where there is no bone. Up to a tenth too long for a bone that lies askew.
    """
    _, row_mm, column_mm = bones.grid.spacing
    boxes = ndimage.find_objects(bones.label_map)
    sizes = [
        ((rows.stop - rows.start) * row_mm, (columns.stop - columns.start) * column_mm)
        for _, rows, columns in (boxes[label - 1] for label in bones.labels)
    ]
    return max((float(np.hypot(*size)) for size in sizes), default=0.0)


def _extent(mask: NDArray[np.bool_], box: tuple[slice, ...], grid: Grid) -> Extent:
    pieces, count = ndimage.label(mask, np.ones((3, 3, 3)))
    if count > 1:
        sizes = np.bincount(pieces.ravel())[1:]
        kept = np.flatnonzero(sizes >= _LEAST_PIECE * sizes.max()) + 1
        mask, count = np.isin(pieces, kept), len(kept)
    index = np.argwhere(mask) + [part.start for part in box]
    points = grid.index_to_mm(index)
    centre = points.mean(axis=0)
    offsets = points - centre
    _, vectors = np.linalg.eigh(offsets.T @ offsets)
    along = offsets @ vectors[:, 2]
    sample = sample_mm(grid)
    low, high = float(along.min()) - sample / 2.0, float(along.max()) + sample / 2.0
    seen = _seen_mm(along, low, high, sample)
    return Extent(
        points=points,
        centre=centre,
        axis=vectors[:, 2],
        low=low,
        high=high,
        seen_mm=seen,
        depth_mm=len(index) * grid.pixel_area_mm2 / seen if grid.shape[0] == 1 else 0.0,
        pieces=count,
        cut=_is_cut(index, grid),
        sample_mm=sample,
    )


def sample_mm(grid: Grid) -> float:
    """Side of a sample: of a picture its pixel's, of a volume the mean of three."""
    spacing = grid.spacing[1:] if grid.shape[0] == 1 else grid.spacing
    return float(np.prod(spacing) ** (1.0 / len(spacing)))


def _seen_mm(along: FloatArray, low: float, high: float, sample: float) -> float:
    """Length of the steps along the axis that hold bone."""
    steps = max(1, round((high - low) / max(STEP_MM, sample)))
    step = (high - low) / steps
    place = np.minimum(((along - low) / step).astype(np.intp), steps - 1)
    filled = np.bincount(place, minlength=steps) > _LEAST_WIDTH * step / sample
    return float(max(filled.sum(), 1) * step)


def _is_cut(index: NDArray[np.intp], grid: Grid) -> bool:
    """In a picture a pixel on the border is cut; in a volume one within a sample of it.

    No whole phalanx lies so close to the skin, and bone labels made on another grid may end
    a sample early.
    """
    first = 1 if grid.shape[0] == 1 else 0
    margin = 0 if first else 1
    last = np.array(grid.shape) - 1 - margin
    lowest, highest = index.min(axis=0), index.max(axis=0)
    return bool((lowest[first:] <= margin).any() or (highest >= last)[first:].any())
