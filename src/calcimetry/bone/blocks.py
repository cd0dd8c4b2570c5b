"""A finger of a volume shown whole, as a block, to a network of three dimensions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from calcimetry.bone.finger_view import Box, FloatArray, read_back, show_finger
from calcimetry.bone.network import Network
from calcimetry.bone.working_view import BLOCK_SPACING_MM
from calcimetry.model import Grid

#: The axes along which a block is flipped before it is shown: as it is, and all of them.
WAYS: tuple[tuple[int, ...], ...] = ((), (0, 1, 2))
#: The network halves a block's size three times.
_MULTIPLE = 8
#: Only what lies about anything this bright is shown, with so many samples around it.
_BRIGHT_HU = 200.0
_MARGIN = 8


def ask_block(
    shown: FloatArray,
    grid: Grid,
    own: NDArray[np.bool_],
    along: Grid,
    flipped: tuple[int, ...],
    network: Network,
) -> tuple[Box, FloatArray, FloatArray]:
    """What a network of three dimensions says of one finger.

    Parameters
    ----------
    shown : array of float32, shape of `grid`
        HU, clipped to what networks are shown.
    grid : Grid
        Of the volume.
    own : array of bool, shape of `grid`
        What is nearest to the finger's own bones; all else is shown as air.
    along : Grid
        Of the straightened finger.
    flipped : tuple of int
        Axes of `along` that are shown the other way.
    network : Network
        Its first material is neither bone nor deposit, its last deposit.

    Returns
    -------
    box : tuple of slice
        Where in `grid` the finger lies.
    bone, deposit : array of float32, shape of the box
        The part of each sample that they fill, 0 to 1.
    """
    view = _view(along)
    seen = show_finger(shown, grid, own, view)
    bone, deposit = np.zeros_like(seen), np.zeros_like(seen)
    part = _part_with(seen > _BRIGHT_HU)
    if part is not None:
        block = np.flip(seen[part], flipped)
        (answer,) = network(np.ascontiguousarray(block[None, None]))
        bone[part] = np.flip(answer[1:-1].sum(axis=0), flipped)
        deposit[part] = np.flip(answer[-1], flipped)
    return read_back((bone, deposit), view, shown, grid, own, along)


def _view(grid: Grid) -> Grid:
    """A finger's grid with the network's samples, its sides a multiple of the network's."""
    factor = BLOCK_SPACING_MM / np.array(grid.spacing)
    a, b, c = (int(n) * _MULTIPLE for n in np.ceil(np.array(grid.shape) / factor / _MULTIPLE))
    affine = grid.affine.copy()
    affine[:3, :3] *= factor
    return Grid((a, b, c), affine)


def _part_with(bright: NDArray[np.bool_]) -> Box | None:
    """The samples around bright ones, sides multiples of the network's; None without any."""
    sides: list[slice] = []
    for axis, size in enumerate(bright.shape):
        others = tuple(n for n in range(3) if n != axis)
        index = np.flatnonzero(bright.any(axis=others))
        if not len(index):
            return None
        first = max(0, int(index[0]) - _MARGIN) // _MULTIPLE
        last = min(size, int(index[-1]) + 1 + _MARGIN)
        sides.append(slice(first * _MULTIPLE, -(-last // _MULTIPLE) * _MULTIPLE))
    a, b, c = sides
    return a, b, c
