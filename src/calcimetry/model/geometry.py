"""Where samples lie in space: index (slice, row, column) to millimetres and back."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from calcimetry.errors import InputError

FloatArray = NDArray[np.float64]


def read_only_copy(array: ArrayLike, dtype: Any = None) -> NDArray[Any]:
    """Copy an array and lock the copy, so that a value cannot change under its owner."""
    copy = np.array(array, dtype=dtype, copy=True, order="C")
    copy.flags.writeable = False
    return copy


@dataclass(frozen=True, eq=False, slots=True)
class Grid:
    """A regular lattice of samples in patient (LPS) space.

    Parameters
    ----------
    shape : tuple of int
        Number of (slices, rows, columns). A picture has one slice.
    affine : array_like, shape (4, 4)
        Maps the homogeneous index (slice, row, column, 1) to (x, y, z, 1) in
        millimetres, LPS axes, as highdicom does. A picture's position in the
        patient is unknown: its affine carries the pixel spacing and nothing else.
    frame_of_reference_uid : str or None
        DICOM Frame of Reference UID; None where the source states none.

    Raises
    ------
    InputError
        If the shape is not three positive integers or the affine is not an
        invertible 4 x 4 matrix with last row (0, 0, 0, 1).

    Examples
    --------
    >>> grid = Grid.picture((248, 95), pixel_spacing_mm=0.4)
    >>> grid.spacing
    (1.0, 0.4, 0.4)
    >>> grid.index_to_mm([0, 10, 5]).tolist()
    [2.0, 4.0, 0.0]
    """

    shape: tuple[int, int, int]
    affine: FloatArray
    frame_of_reference_uid: str | None = None

    def __post_init__(self) -> None:
        try:
            # Not int(), which would cut a fraction off without a word.
            shape = tuple(operator.index(n) for n in self.shape)
        except TypeError:
            shape = ()
        if len(shape) != 3 or min(shape) < 1:
            raise InputError(
                "Making a grid: expected three positive whole sizes (slices, rows, columns), "
                f"found {self.shape}."
            )
        # + 0.0 turns -0.0 into 0.0, which are equal but would give equal grids two hashes.
        affine = read_only_copy(np.asarray(self.affine, np.float64) + 0.0)
        if affine.shape != (4, 4) or not np.isfinite(affine).all():
            raise InputError(
                f"Making a grid: expected a finite 4 x 4 affine, found shape {affine.shape}."
            )
        if not np.array_equal(affine[3], [0.0, 0.0, 0.0, 1.0]):
            raise InputError(
                f"Making a grid: the affine's last row must be 0 0 0 1, found {affine[3].tolist()}."
            )
        if np.linalg.matrix_rank(affine[:3, :3]) < 3:
            raise InputError("Making a grid: the affine is singular, so millimetres have no index.")
        object.__setattr__(self, "shape", shape)
        object.__setattr__(self, "affine", affine)

    @classmethod
    def picture(cls, size: tuple[int, int], pixel_spacing_mm: float) -> Grid:
        """Grid of one picture of (rows, columns) square pixels.

        Columns run along x and rows along y. The slice axis has a nominal 1 mm:
        a picture states no thickness, and no two-dimensional measurement uses it.
        """
        affine = np.array(
            [
                [0.0, 0.0, pixel_spacing_mm, 0.0],
                [0.0, pixel_spacing_mm, 0.0, 0.0],
                [1.0, 0.0, 0.0, 0.0],
                [0.0, 0.0, 0.0, 1.0],
            ]
        )
        return cls((1, size[0], size[1]), affine)

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Distance in mm between neighbours along (slice, row, column)."""
        lengths = np.linalg.norm(self.affine[:3, :3], axis=0)
        return float(lengths[0]), float(lengths[1]), float(lengths[2])

    @property
    def pixel_area_mm2(self) -> float:
        """Area of one pixel in the (row, column) plane."""
        return float(np.linalg.norm(np.cross(self.affine[:3, 1], self.affine[:3, 2])))

    @property
    def voxel_mm3(self) -> float:
        """Volume of one sample: |det| of the affine's 3 x 3 part.

        Less than the product of the spacings where the gantry was tilted, since the slices of
        such a grid lean.

        Examples
        --------
        >>> Grid((9, 9, 9), [[0, 0, 2, 0], [3, 4, 0, 0], [4, 0, 0, 0], [0, 0, 0, 1]]).voxel_mm3
        32.0
        """
        slice_, row, column = self.affine[:3, :3].T
        return float(abs(np.cross(slice_, row) @ column))

    def index_to_mm(self, index: ArrayLike) -> FloatArray:
        """Indices, shape (..., 3), fractional allowed, to LPS millimetres, shape (..., 3)."""
        points = np.asarray(index, dtype=np.float64)
        return np.asarray(points @ self.affine[:3, :3].T + self.affine[:3, 3])

    def mm_to_index(self, points_mm: ArrayLike) -> FloatArray:
        """LPS millimetres, shape (..., 3), to fractional indices, shape (..., 3)."""
        points = np.asarray(points_mm, dtype=np.float64) - self.affine[:3, 3]
        return np.asarray(np.linalg.solve(self.affine[:3, :3], points[..., None])[..., 0])

    def flipped(self, axis: int) -> Grid:
        """Grid of the array flipped along one axis (0 slice, 1 row, 2 column)."""
        affine = self.affine.copy()
        affine[:3, 3] += affine[:3, axis] * (self.shape[axis] - 1)
        affine[:3, axis] *= -1
        return Grid(self.shape, affine, self.frame_of_reference_uid)

    def rotated_90(self) -> Grid:
        """Grid of the array turned by ``np.rot90(array, axes=(1, 2))``."""
        slices, rows, columns = self.shape
        turn = np.zeros((4, 4))
        turn[0, 0] = turn[3, 3] = 1.0
        turn[1, 2] = 1.0  # the old row is the new column
        turn[2, 1] = -1.0  # the old column counts down along the new row
        turn[2, 3] = columns - 1
        return Grid((slices, columns, rows), self.affine @ turn, self.frame_of_reference_uid)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Grid):
            return NotImplemented
        return (
            self.shape == other.shape
            and np.array_equal(self.affine, other.affine)
            and self.frame_of_reference_uid == other.frame_of_reference_uid
        )

    def __hash__(self) -> int:
        return hash((self.shape, self.affine.tobytes(), self.frame_of_reference_uid))

    def __reduce__(self) -> tuple[Any, ...]:
        return Grid, (self.shape, np.array(self.affine), self.frame_of_reference_uid)
