"""Intensities and labels onto another grid."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calcimetry.errors import InputError
from calcimetry.model.geometry import Grid

Box = tuple[slice, slice, slice]


def grid_with_spacing(grid: Grid, spacing_mm: float) -> Grid:
    """Grid over the same rows and columns of tissue with square pixels of another size.

    Parameters
    ----------
    grid : Grid
        Its slices stay as they are.
    spacing_mm : float
        Row and column spacing wanted.

    Returns
    -------
    Grid
        Its first pixel has its outer corner where the first pixel of `grid` has
        it; its last row and column may reach past the old edge by under a pixel.

    Raises
    ------
    InputError
        If `spacing_mm` is not positive.

    Examples
    --------
    >>> grid_with_spacing(Grid.picture((100, 50), 0.4), 0.5).shape
    (1, 80, 40)
    """
    if not spacing_mm > 0:
        raise InputError(f"Resampling: spacing must be positive, found {spacing_mm} mm.")
    affine = grid.affine.copy()
    shape = list(grid.shape)
    for axis in (1, 2):
        factor = spacing_mm / grid.spacing[axis]
        shape[axis] = max(1, int(np.ceil(grid.shape[axis] / factor - 1e-6)))
        affine[:3, 3] += grid.affine[:3, axis] * (factor - 1.0) / 2.0
        affine[:3, axis] *= factor
    return Grid((shape[0], shape[1], shape[2]), affine, grid.frame_of_reference_uid)


def box_around(view: Grid, grid: Grid, margin: int = 0) -> tuple[Box, Grid]:
    """The samples of a grid that resampling onto another one needs, and the grid of those alone.

    Parameters
    ----------
    view : Grid
        What will be resampled onto.
    grid : Grid
        Where the samples lie.
    margin : int
        So many more samples on each side.

    Returns
    -------
    box : tuple of slice
        At least one sample along each axis, all within the grid.
    part : Grid
        Of `array[box]`.

    Examples
    --------
    >>> box, part = box_around(Grid((1, 2, 2), np.diag([1, 1, 1, 1])), Grid((5, 9, 9), np.eye(4)))
    >>> box, part.shape
    ((slice(0, 1, None), slice(0, 2, None), slice(0, 2, None)), (1, 2, 2))
    """
    corners = grid.mm_to_index(view.index_to_mm(_corners(view)))
    shape = np.array(grid.shape)
    low = np.clip(np.floor(corners.min(axis=0)).astype(int) - margin, 0, shape - 1)
    high = np.clip(np.ceil(corners.max(axis=0)).astype(int) + 1 + margin, low + 1, shape)
    affine = grid.affine.copy()
    affine[:3, 3] = grid.index_to_mm(low)
    a, b, c = (slice(int(i), int(j)) for i, j in zip(low, high, strict=True))
    n = (high - low).tolist()
    return (a, b, c), Grid((n[0], n[1], n[2]), affine, grid.frame_of_reference_uid)


def resample_image(
    array: NDArray[Any],
    source: Grid,
    target: Grid,
    order: int = 1,
    fill: float = 0.0,
    where: NDArray[np.bool_] | None = None,
) -> NDArray[Any]:
    """Read an array at the places of another grid.

    Parameters
    ----------
    array : array, shape of `source`
    source, target : Grid
        Any two grids in the same space: flips, turns and shears included.
    order : int
        0 nearest (labels), 1 linear, up to 3 cubic spline.
    fill : float
        Value of samples that lie outside the outer edges of `source`.
    where : array of bool, shape of `target`, optional
        Only these samples are read, which for few of them is far quicker; the others hold `fill`.

    Returns
    -------
    array, shape of `target`
        float32, or the type of `array` for order 0.

    Raises
    ------
    InputError
        If `array` does not have the shape of `source`.

    Notes
    -----
    Where the target is coarser, intensities are first averaged so that a coarse
    sample holds the mean of what lies in it, as a scanner's would, instead of one
    fine sample picked out of many. The average is a Gaussian of the variance that
    a box of the coarse size adds, ``(f**2 - 1) / 12`` for a coarsening factor f.
    """
    if array.shape != source.shape:
        raise InputError(
            f"Resampling: the array's shape {array.shape} is not the source grid's {source.shape}."
        )
    matrix = np.linalg.solve(source.affine, target.affine)
    linear, offset = matrix[:3, :3], matrix[:3, 3]
    if order == 0:
        values = np.asarray(array)
    else:
        step = np.where(np.array(source.shape) > 1, np.linalg.norm(linear, axis=1), 1.0)
        sigma = np.sqrt(np.maximum(step**2 - 1.0, 0.0) / 12.0)
        values = ndimage.gaussian_filter(
            np.asarray(array, dtype=np.float32), np.where(sigma > 1e-6, sigma, 0.0), mode="nearest"
        )
    if where is not None:
        some: NDArray[Any] = np.full(target.shape, fill, values.dtype)
        where = where & _inside(linear, offset, source, target)
        places = linear @ np.array(np.nonzero(where)) + offset[:, None]
        some[where] = ndimage.map_coordinates(values, places, order=order, mode="nearest")
        return some
    # A picture onto a picture needs no interpolation between slices: a third of the time.
    flat = source.shape[0] == target.shape[0] == 1 and not linear[1:, 0].any()
    axes = slice(1, 3) if flat else slice(0, 3)
    result: NDArray[Any] = ndimage.affine_transform(
        values[0] if flat else values,
        linear[axes, axes],
        offset[axes],
        output_shape=target.shape[axes],
        order=order,
        mode="nearest",
    ).reshape(target.shape)
    result[~_inside(linear, offset, source, target)] = fill
    return result


def _inside(
    linear: NDArray[Any], offset: NDArray[Any], source: Grid, target: Grid
) -> NDArray[np.bool_]:
    """Which samples of `target` lie within the outer edges of `source`."""
    inside = np.ones(target.shape, dtype=bool)
    index = np.ogrid[tuple(slice(n) for n in target.shape)]
    corners = _corners(target)
    for axis, size in enumerate(source.shape):
        # Half a sample beyond the last centre is still inside; rounding may not decide.
        low, high = -0.5 - 1e-6, size - 0.5 + 1e-6
        ends = offset[axis] + corners @ linear[axis]
        if ends.min() >= low and ends.max() <= high:
            continue
        place = offset[axis] + sum(linear[axis, k] * index[k] for k in range(3))
        inside &= (place >= low) & (place <= high)
    return inside


def _corners(grid: Grid) -> NDArray[np.intp]:
    """Indices of a grid's eight outermost samples, (8, 3)."""
    ends = np.array(list(itertools.product((0, 1), repeat=3)))
    return np.asarray(ends * (np.array(grid.shape) - 1))
