"""The plane through a lesion of a volume that shows most of it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calcimetry.model.geometry import Grid
from calcimetry.resample import resample_image

FloatArray = NDArray[np.float64]

#: Planes and their pixels lie half as far apart as the volume's samples, and at most this.
PLANE_SPACING_MM = 0.4
#: Pixels left around the lesion in its plane.
_MARGIN = 2


@dataclass(frozen=True, eq=False, slots=True)
class Section:
    """One plane through one lesion.

    `grid` has one slice of square pixels; `fraction` is the part of each pixel that
    mineral fills and `own` the pixels of the label map, both of shape (rows, columns).
    """

    grid: Grid
    fraction: FloatArray
    own: NDArray[np.bool_]

    @property
    def area_mm2(self) -> float:
        """Area of the lesion in this plane."""
        return float(self.fraction.sum()) * self.grid.pixel_area_mm2


def sagittal_frame(finger: Grid) -> FloatArray:
    """Unit vectors, as columns, across a finger's sagittal planes and along their rows and columns.

    Parameters
    ----------
    finger : Grid
        As `calcimetry.model.hand.Finger` describes it.

    Returns
    -------
    array, shape (3, 3)
    """
    return np.asarray(finger.affine[:3, :3] / np.array(finger.spacing))


def sagittal_frame_of_hand(hand: Grid) -> FloatArray:
    """The same for the planes of a hand that run from fingers to wrist and from back to palm.

    Parameters
    ----------
    hand : Grid
        As `calcimetry.model.hand.Hand` describes it.

    Returns
    -------
    array, shape (3, 3)
    """
    return sagittal_frame(hand)[:, [2, 1, 0]]


def frames_of_array(grid: Grid) -> tuple[FloatArray, ...]:
    """The same for the planes of a volume's own array, across each of its three axes.

    A sheared volume's planes are kept; rows and columns are squared within them.
    """
    frames = []
    for normal in range(3):
        row, column = (grid.affine[:3, axis] for axis in range(3) if axis != normal)
        row = row / np.linalg.norm(row)
        column = column - (column @ row) * row
        column = column / np.linalg.norm(column)
        frames.append(np.stack([np.cross(row, column), row, column], axis=1))
    return tuple(frames)


def largest_section(
    fraction: NDArray[np.floating], own: NDArray[np.bool_], grid: Grid, frame: FloatArray
) -> Section:
    """Of all planes of one direction, the one in which a lesion's area is largest.

    Parameters
    ----------
    fraction : array, shape of the grid
        Part of each sample that the lesion's mineral fills; not all 0.
    own : array of bool, shape of the grid
        The lesion's samples in the label map.
    grid : Grid
        Of the lesion's own box.
    frame : array, shape (3, 3)
        Unit vectors at right angles, as columns: across the planes, along their rows,
        along their columns.

    Returns
    -------
    Section
        Cut to around the lesion. Planes lie half a sample apart, at most
        `PLANE_SPACING_MM`, and one of them passes through the lesion's centre of mass.
        Linear interpolation.
    """
    planes = _Planes.of(fraction, own, grid, frame)
    return planes.section(int(np.argmax(planes.stack.sum(axis=(1, 2), dtype=np.float64))))


def all_sections(
    fraction: NDArray[np.floating], own: NDArray[np.bool_], grid: Grid, frame: FloatArray
) -> tuple[Section, ...]:
    """Every plane of one direction in which a lesion shows; parameters as of `largest_section`.

    Returns
    -------
    tuple of Section
        In the order of the planes, the largest section among them. Planes in which mineral
        nowhere fills half of what it fills at its fullest only graze the lesion, and are
        left out.
    """
    planes = _Planes.of(fraction, own, grid, frame)
    fullest = planes.stack.max(axis=(1, 2))
    shown = np.flatnonzero(fullest >= 0.5 * fullest.max())
    return tuple(planes.section(int(number)) for number in shown)


@dataclass(frozen=True, eq=False, slots=True)
class _Planes:
    """A lesion cut by planes half a sample apart, one of them through its centre of mass.

    `stack` has the shape of `grid`: the part of each pixel that mineral fills. `mask` are
    the lesion's samples in the label map, on the grid `source`.
    """

    grid: Grid
    stack: NDArray[np.float32]
    source: Grid
    mask: NDArray[np.bool_]

    @classmethod
    def of(
        cls, fraction: NDArray[np.floating], own: NDArray[np.bool_], grid: Grid, frame: FloatArray
    ) -> _Planes:
        spacing = min(PLANE_SPACING_MM, min(grid.spacing) / 2.0)
        # Beyond its box a lesion fades to nothing within one sample.
        padded, mask = np.pad(np.asarray(fraction, np.float32), 1), np.pad(own, 1)
        source = _part(grid, (-1, -1, -1), (padded.shape[0], padded.shape[1], padded.shape[2]))
        index = np.indices(padded.shape).reshape(3, -1)
        centre = source.index_to_mm(index @ padded.ravel() / padded.sum(dtype=np.float64))
        corners = source.index_to_mm(list(itertools.product(*((0, n - 1) for n in padded.shape))))
        places = (corners - centre) @ frame / spacing
        first = np.floor(places.min(axis=0) + 1e-6)
        count = (np.ceil(places.max(axis=0) - 1e-6) - first).astype(int) + 1
        affine = np.eye(4)
        affine[:3, :3] = frame * spacing
        affine[:3, 3] = centre + affine[:3, :3] @ first
        planes = Grid((count[0], count[1], count[2]), affine, grid.frame_of_reference_uid)
        return cls(planes, resample_image(padded, source, planes), source, mask)

    def section(self, number: int) -> Section:
        """One of the planes, cut to around the lesion."""
        plane = self.stack[number]
        (top, bottom), (left, right) = (
            (max(int(filled[0]) - _MARGIN, 0), int(filled[-1]) + _MARGIN + 1)
            for filled in (np.flatnonzero(plane.any(axis=axis)) for axis in (1, 0))
        )
        shown = plane[top:bottom, left:right].astype(np.float64)
        grid = _part(self.grid, (number, top, left), (1, *shown.shape))
        counted = resample_image(self.mask.astype(np.uint8), self.source, grid, order=0)[0] > 0
        return Section(grid, shown, counted)


def _part(grid: Grid, start: tuple[int, int, int], shape: tuple[int, int, int]) -> Grid:
    """Grid of that many samples of another one from `start` on."""
    affine = grid.affine.copy()
    affine[:3, 3] = grid.index_to_mm(start)
    return Grid(shape, affine, grid.frame_of_reference_uid)
