"""Slices to one regular stack with its grid, or the reason why they make none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calcimetry.dicom.instance import Frame, Instance, PixelPlace
from calcimetry.errors import InputError, SpacingError, UnsupportedImage
from calcimetry.model import Grid

#: Fewer slices are no volume.
MIN_SLICES = 3
#: Most voxels of one volume: 2 GiB as float32, or 2000 slices of 512 x 512.
MAX_VOXELS = 1 << 29
#: Distances between pixels or slices, in mm, that a CT of a hand can have.
SPACING_RANGE_MM = (0.02, 10.0)
#: A slice may lie this part of the slice distance, and of a pixel, off its regular place:
#: positions are often stored with one or two decimals.
TOLERANCE = 0.1
#: Pixel spacings and direction cosines that differ by less are the same, stored differently.
SAME = 1e-3
#: A stack leaning by less, in degrees, counts as upright.
UPRIGHT_DEGREES = 0.1


@dataclass(frozen=True, slots=True)
class Slice:
    """Frame `number`, from 0, of an instance."""

    instance: Instance
    number: int

    @property
    def frame(self) -> Frame:
        """What its header says."""
        return self.instance.frames[self.number]


@dataclass(frozen=True, slots=True)
class Stack:
    """Slices in order along the normal, one distance apart, and the grid they make."""

    slices: tuple[Slice, ...]
    grid: Grid
    notes: tuple[str, ...] = ()

    @property
    def first(self) -> Frame:
        """Header of the first slice, which speaks for what all share."""
        return self.slices[0].frame


def make_stack(slices: Sequence[Slice]) -> Stack:
    """Put slices in order and express where they lie.

    Parameters
    ----------
    slices : sequence of Slice
        In any order; no two of one place.

    Returns
    -------
    Stack
        Its grid's slice axis runs along the normal (row direction x column direction).
        A stack that leans, as a tilted gantry makes it, keeps its lean in the grid, which
        is then sheared and exact.

    Raises
    ------
    UnsupportedImage
        If there are fewer than three slices, more voxels than fit, or matrices or
        directions that differ.
    SpacingError
        If the pixel spacing or a position is missing or impossible, or slices are missing
        or unevenly spaced; the message says where.
    """
    if len(slices) < MIN_SLICES:
        raise UnsupportedImage(f"a volume needs at least {MIN_SLICES} slices, found {len(slices)}")
    rows, columns = _one_matrix(slices)
    if len(slices) * rows * columns > MAX_VOXELS:
        raise UnsupportedImage(
            f"{len(slices)} slices of {rows} x {columns} do not fit: at most "
            f"{MAX_VOXELS // 2**20} million voxels are read"
        )
    along_row, down_column = _directions(slices)
    pixel = _pixel_spacing(slices)
    normal = np.cross(along_row, down_column)
    positions = _positions(slices)
    order = np.argsort(positions @ normal, kind="stable")
    positions = positions[order]
    step = (positions[-1] - positions[0]) / (len(slices) - 1)
    _refuse_uneven(positions, normal, step, min(pixel))
    affine = np.eye(4)
    affine[:3, 0] = step
    affine[:3, 1] = down_column * pixel[0]
    affine[:3, 2] = along_row * pixel[1]
    affine[:3, 3] = positions[0]
    instance = slices[0].instance
    grid = Grid((len(slices), rows, columns), affine, instance.frame_of_reference_uid)
    return Stack(tuple(slices[place] for place in order), grid, _lean(step, normal))


def pixels_of(piece: Slice) -> PixelPlace:
    """Where a slice's pixels lie.

    Raises
    ------
    InputError
        If its instance has none; series that hold such are refused before.
    """
    if piece.instance.pixels is None:
        raise InputError(f"Reading {piece.instance.source.name}: it holds no pixels.")
    return piece.instance.pixels


def _one_matrix(slices: Sequence[Slice]) -> tuple[int, int]:
    found = sorted({(pixels_of(piece).rows, pixels_of(piece).columns) for piece in slices})
    if len(found) > 1:
        (a, b), (c, d) = found[:2]
        raise UnsupportedImage(f"its slices differ in size: {a} x {b} and {c} x {d} pixels")
    return found[0]


def _directions(slices: Sequence[Slice]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    stated = [piece.frame.orientation for piece in slices]
    if None in stated:
        raise SpacingError("a slice states no direction of its rows and columns")
    found = np.array(stated, dtype=np.float64)
    if np.abs(found - found[0]).max() > SAME:
        raise UnsupportedImage("its slices differ in orientation")
    along_row, down_column = found[0, :3], found[0, 3:]
    lengths = np.linalg.norm(along_row), np.linalg.norm(down_column)
    if max(abs(length - 1.0) for length in lengths) > SAME * 10 or (
        abs(along_row @ down_column) > SAME
    ):
        raise SpacingError("the directions of its rows and columns are not at right angles")
    return along_row / lengths[0], down_column / lengths[1]


def _pixel_spacing(slices: Sequence[Slice]) -> tuple[float, float]:
    stated = [piece.frame.spacing for piece in slices]
    if None in stated:
        raise SpacingError("it states no PixelSpacing")
    found = np.array(stated, dtype=np.float64)
    low, high = SPACING_RANGE_MM
    if not (found.min() >= low and found.max() <= high):
        worst = found[np.argmax(np.abs(np.log(np.maximum(found, 1e-9))).max(axis=1))]
        raise SpacingError(
            f"its PixelSpacing must lie between {low} and {high} mm, found {worst[0]:g} x "
            f"{worst[1]:g} mm"
        )
    if np.abs(found - found[0]).max() > SAME:
        raise UnsupportedImage("its slices differ in PixelSpacing")
    return float(found[0, 0]), float(found[0, 1])


def _positions(slices: Sequence[Slice]) -> NDArray[np.float64]:
    missing = sum(piece.frame.position is None for piece in slices)
    if missing:
        raise SpacingError(f"{missing} of its {len(slices)} slices state no position")
    return np.array([piece.frame.position for piece in slices], dtype=np.float64)


def _refuse_uneven(
    positions: NDArray[np.float64],
    normal: NDArray[np.float64],
    step: NDArray[np.float64],
    pixel_mm: float,
) -> None:
    depths = positions @ normal
    steps = np.diff(depths)
    usual = float(np.median(steps))
    low, high = SPACING_RANGE_MM
    if not low <= usual <= high:
        raise SpacingError(f"its slices must lie {low} to {high} mm apart, found {usual:.4g} mm")
    regular = positions[0] + np.arange(len(positions))[:, None] * step
    if np.linalg.norm(positions - regular, axis=1).max() <= TOLERANCE * max(usual, pixel_mm):
        return
    worst = int(np.argmax(np.abs(steps - usual)))
    if abs(steps[worst] - usual) <= TOLERANCE * usual:
        raise SpacingError("its slices do not lie on one straight line")
    missing = steps[worst] / usual - 1.0
    what = "slices are missing" if missing > 0.5 else "the slices are unevenly spaced"
    raise SpacingError(
        f"{what}: {steps[worst]:.2f} mm between slice {worst + 1} at {depths[worst]:.1f} mm and "
        f"slice {worst + 2} at {depths[worst + 1]:.1f} mm, {usual:.2f} mm elsewhere"
    )


def _lean(step: NDArray[np.float64], normal: NDArray[np.float64]) -> tuple[str, ...]:
    across = float(np.linalg.norm(np.cross(step, normal)))
    degrees = float(np.degrees(np.arctan2(across, step @ normal)))
    if degrees < UPRIGHT_DEGREES:
        return ()
    return (f"the slices lean by {degrees:.1f} degrees (gantry tilt); the grid keeps that exactly",)
