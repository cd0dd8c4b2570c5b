"""From dense mineral in a picture to named phalanges: what all clustering methods share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calcimetry.bone.chain import (
    BoolArray,
    Piece,
    in_series,
    main_axis,
    name_bones,
    positions_mm,
)
from calcimetry.model.anatomy import Digit, Phalanx
from calcimetry.model.geometry import Grid
from calcimetry.model.segmentation import Segmentation
from calcimetry.regions import connected_components


@dataclass(frozen=True, slots=True)
class PieceSettings:
    """What counts as a bone. Lengths in mm, areas in mm2."""

    minimum_area_mm2: float = 10.0
    minimum_length_mm: float = 5.0
    #: Bones parted by a cut are longer: the waist of a distal phalanx is no joint.
    minimum_cut_length_mm: float = 8.0
    #: A part so large and filled so evenly with dense mineral has no marrow: no bone.
    solid_area_mm2: float = 40.0
    solid_share: float = 0.97
    #: Dense bone counts against a cut from this height between soft tissue and dense
    #: bone on: blur lifts a narrow joint space past half height, seldom past this.
    joint_level: float = 0.6
    #: A cut through a joint crosses at most this part of the dense bone that cuts
    #: within `joint_reach_mm` cross on either side: joints lie between bone ends.
    joint_share: float = 0.3
    joint_reach_mm: float = 3.0


def phalanges(
    dense: BoolArray,
    height: NDArray[np.float32],
    body: BoolArray,
    grid: Grid,
    settings: PieceSettings | None = None,
) -> Segmentation:
    """Fill marrow, cut at joints, keep what can be a bone, and name it.

    Parameters
    ----------
    dense : array of bool, shape (rows, columns)
        Where mineral is.
    height : array of float32, shape (rows, columns)
        0 in soft tissue, 1 in dense bone.
    body : array of bool, shape (rows, columns)
        Everything that is not air.
    grid : Grid
        The picture's.
    settings : PieceSettings, optional

    Returns
    -------
    Segmentation
        Bones 1 to 4 of an unknown digit; empty where nothing can be a bone.

    Notes
    -----
    Pieces of bone are cut at joints, straight across, where a cut crosses the least dense
    bone, and named by their order along the finger (`calcimetry.bone.chain`). What goes
    wrong with it: two bones that a calcification bridges, or that overlap in the picture,
    stay one piece under one name; a bone whose cortex is thinner than the blur is lost in
    part; more than one finger in a picture is not foreseen.
    """
    labels = np.zeros(grid.shape, dtype=np.uint16)
    meanings: dict[int, str] = {}
    spacing = grid.spacing[1:]
    pieces = _pieces(dense, height, grid, settings or PieceSettings())
    for bone, piece in name_bones(in_series(pieces, spacing), body, spacing):
        phalanx = Phalanx(Digit.UNKNOWN, bone)
        labels[0][piece.mask] = phalanx.label
        meanings[phalanx.label] = phalanx.name
    return Segmentation(labels, grid, meanings)


def _pieces(
    dense: BoolArray, height: NDArray[np.float32], grid: Grid, settings: PieceSettings
) -> list[Piece]:
    """Candidate bones."""
    above = np.maximum(height - settings.joint_level, 0.0)
    components, count = connected_components(_filled(dense)[None])
    pieces: list[Piece] = []
    for number in range(1, count + 1):
        whole = components[0] == number
        area = whole.sum() * grid.pixel_area_mm2
        if area < settings.minimum_area_mm2:
            continue
        solid = float(dense[whole].mean()) > settings.solid_share
        if solid and area > settings.solid_area_mm2:
            continue
        pieces += [
            Piece(part, float(part.sum()) * grid.pixel_area_mm2)
            for part in _cut_at_joints(whole, above, grid, settings)
            if _plausible(part, grid, settings)
        ]
    return pieces


def _plausible(mask: BoolArray, grid: Grid, settings: PieceSettings) -> bool:
    """Large and long enough for a phalanx."""
    if mask.sum() * grid.pixel_area_mm2 < settings.minimum_area_mm2:
        return False
    points = positions_mm(mask, grid.spacing[1:])
    return bool(np.ptp(points @ main_axis(points)) >= settings.minimum_length_mm)


def _cut_at_joints(
    mask: BoolArray, above: NDArray[np.float32], grid: Grid, settings: PieceSettings
) -> list[BoolArray]:
    """Split a piece wherever a straight cut across it meets little dense bone."""
    spacing = grid.spacing[1:]
    points = positions_mm(mask, spacing)
    axis = main_axis(points)
    across = np.array([-axis[1], axis[0]])
    weight, width = above[mask], max(spacing)
    reach = max(1, round(settings.joint_reach_mm / width))
    best: tuple[float, BoolArray] | None = None
    for tilt in np.deg2rad(np.arange(-30.0, 31.0, 5.0)):
        place = points @ (np.cos(tilt) * axis + np.sin(tilt) * across)
        # Each pixel is shared by the two slabs it lies between: whole pixels in
        # slanting slabs would make thin cortex look like a row of beads.
        slab, part = np.divmod((place - place.min()) / width, 1.0)
        slab = slab.astype(np.intp)
        crossed = np.bincount(slab, weight * (1.0 - part), int(slab.max()) + 2)
        crossed += np.bincount(slab + 1, weight * part, len(crossed))
        beside = np.minimum(
            ndimage.maximum_filter1d(crossed, reach, origin=(reach - 1) // 2, mode="nearest"),
            ndimage.maximum_filter1d(crossed, reach, origin=-(reach // 2), mode="nearest"),
        )
        before = np.arange(len(crossed)) * width
        room = np.minimum(before, before[-1] - before) >= settings.minimum_cut_length_mm
        share = np.where(room, crossed / np.maximum(beside, 1e-6), np.inf)
        at = int(np.argmin(share))
        if best is None or share[at] < best[0]:
            best = (float(share[at]), slab >= at)
    if best is None or best[0] > settings.joint_share:
        return [mask]
    far = mask.copy()
    far[mask] = best[1]
    return [
        part
        for half in (far, mask & ~far)
        for part in _cut_at_joints(_largest(half), above, grid, settings)
    ]


def _filled(dense: BoolArray) -> BoolArray:
    """Dense bone with its marrow, also where a border of the picture opens the cortex."""
    filled = np.zeros_like(dense)
    for rows, columns in (((1, 0), (0, 0)), ((0, 1), (0, 0)), ((0, 0), (1, 0)), ((0, 0), (0, 1))):
        # One border at a time is taken for a wall: soft tissue still reaches another one.
        walled = ndimage.binary_fill_holes(np.pad(dense, (rows, columns), constant_values=True))
        height, width = walled.shape
        filled |= walled[rows[0] : height - rows[1], columns[0] : width - columns[1]]
    return filled


def _largest(mask: BoolArray) -> BoolArray:
    """The largest connected part; a slanting cut leaves slivers."""
    labels, _ = connected_components(mask[None])
    return np.asarray(labels[0] == 1 + int(np.argmax(np.bincount(labels[labels > 0])[1:])))
