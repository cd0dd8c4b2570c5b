"""Single bones out of a map of bone types that has slips in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from calcimetry.fingers.contact import find_contacts
from calcimetry.fingers.rod import FloatArray, Rod, bow, fit_rod, thinned
from calcimetry.fingers.same_bone import PLAUSIBLE_SHAPE, WIDEST_MM, are_one, greatest_lengths
from calcimetry.fingers.split import split_touching
from calcimetry.fingers.voxels import IntArray, Voxels, list_voxels
from calcimetry.model.anatomy import Bone
from calcimetry.model.segmentation import Segmentation

#: Types of the long bones, which alone make fingers.
LONG_BONES = (
    Bone.PROXIMAL_PHALANX,
    Bone.MIDDLE_PHALANX,
    Bone.DISTAL_PHALANX,
    Bone.METACARPAL,
)
#: Below this, a piece is a crumb of the bone that it touches or lies close to, or nothing.
CRUMB_MM3 = 15.0
CRUMB_REACH_MM = 2.0
#: A piece whose surface is another's by this share lies in it or on it, and is part of it.
WRAPPED_SHARE = 0.35
#: How much of a vote a guessed type gets; the rest goes to all types alike.
GUESS_CERTAINTY = 0.3


@dataclass(frozen=True, eq=False, slots=True)
class SingleBone:
    """One bone of a volume.

    Parameters
    ----------
    index : array of int, shape (n, 3)
        Its voxels.
    points : array, shape (m, 3)
        Some of them in mm, evenly picked.
    rod : Rod
        Its axis and ends.
    bow : array, shape (3,)
        Which way its shaft bows, in mm.
    votes : mapping of Bone to float
        Share of its voxels of each type; they add up to 1.
    volume_mm3 : float
    at_border : bool
        True where the volume's border may cut it.
    """

    index: NDArray[np.intp]
    points: FloatArray
    rod: Rod
    bow: FloatArray
    votes: dict[Bone, float]
    volume_mm3: float
    at_border: bool

    @property
    def kind(self) -> Bone:
        """The type that most of its voxels have."""
        return max(self.votes, key=lambda name: self.votes[name])

    @property
    def is_whole(self) -> bool:
        """True where it is long enough for its type, or the volume's border may cut it."""
        return self.at_border or self.rod.length_mm >= PLAUSIBLE_SHAPE[self.kind][0]


def find_single_bones(
    types: Segmentation,
    parts: NDArray[np.integer] | None = None,
    cuts: NDArray[np.integer] | None = None,
) -> list[SingleBone]:
    """Take a map of bone types apart into bones.

    Parameters
    ----------
    types : Segmentation
        1 proximal, 2 middle, 3 distal phalanx, 4 metacarpal; all else is passed over.
    parts : array of int, shape of the grid, optional
        Numbers of single bones, where something else has parted them. Types are then taken
        for guesses, and parts are joined only where one is no bone of any type.
    cuts : array of int, shape of the grid, optional
        Numbers of pieces that shape parts, to part voxels of one type as well: two bones of
        one type by a slip come apart at the joint between them.

    Returns
    -------
    list of SingleBone
        The largest first.

    Notes
    -----
    Voxels of one type that hang together are a piece; pieces of bones that merely touch are
    split. Pieces that meet over a full section of bone, instead of at a joint, are one bone
    whose type slipped in part: the type is left to a vote. Crumbs join the bone beside them.
    """
    kinds = np.where(np.isin(types.label_map, LONG_BONES), types.label_map, 0)
    voxels = list_voxels(kinds > 0, types.grid)
    if not len(voxels.index):
        return []
    kind = kinds[tuple(voxels.index.T)].astype(np.int32)
    if parts is None:
        places = tuple(voxels.index.T)
        piece = _pieces(voxels, kind, kind if cuts is None else kind + len(Bone) * cuts[places])
    else:
        piece = _shafts_apart(voxels, voxels.components(parts[tuple(voxels.index.T)]))
    piece = _without_crumbs(voxels, piece)
    while (merged := _merged(voxels, piece, kind, parts is not None)) is not None:
        piece = merged
    certainty = 1.0 if parts is None else GUESS_CERTAINTY
    bones = [
        _bone(voxels, own, kind, types.grid.shape, certainty) for own in _members(piece).values()
    ]
    return sorted(bones, key=lambda bone: -bone.volume_mm3)


def _pieces(voxels: Voxels, kind: IntArray, part: IntArray) -> IntArray:
    """Number the pieces of one type and part each, from 0, bones that touch split."""
    piece = np.zeros(len(kind), dtype=np.int32)
    count = 0
    for members in _members(voxels.components(part)).values():
        if len(members) * voxels.voxel_mm3 >= CRUMB_MM3:
            inner = split_touching(
                voxels.index[members],
                voxels.points[members],
                voxels.spacing,
                WIDEST_MM[Bone(int(kind[members[0]]))],
            )
        else:
            inner = np.zeros(len(members), dtype=np.int32)
        piece[members] = inner + count
        count += int(inner.max()) + 1
    return piece


def _shafts_apart(voxels: Voxels, piece: IntArray) -> IntArray:
    """Split pieces wider than any bone by the shafts in them."""
    result = piece.copy()
    for members in _members(piece).values():
        inner = split_touching(
            voxels.index[members],
            voxels.points[members],
            voxels.spacing,
            max(WIDEST_MM.values()),
            thin_bridges=False,
        )
        result[members[inner > 0]] = inner[inner > 0] + result.max()
    return result


def _without_crumbs(voxels: Voxels, piece: IntArray) -> IntArray:
    """Give crumbs to the piece they touch most or lie next to; -1 to those far from any."""
    sizes = np.bincount(piece) * voxels.voxel_mm3
    crumb = sizes[piece] < CRUMB_MM3
    if not crumb.any() or crumb.all():
        return piece
    tree = cKDTree(voxels.points[~crumb])
    distance, nearest = tree.query(
        voxels.points[crumb], distance_upper_bound=CRUMB_REACH_MM, workers=1
    )
    result = piece.copy()
    owner = np.append(piece[~crumb], -1)[nearest]  # the last one: none within reach
    crumbs = piece[crumb]
    numbers = np.unique(crumbs)
    for number in numbers:
        own = crumbs == number
        close = own & np.isfinite(distance)
        values, counts = np.unique(owner[close], return_counts=True)
        result[piece == number] = values[counts.argmax()] if len(values) else -1
    return result


def _merged(voxels: Voxels, piece: IntArray, kind: IntArray, guessed: bool) -> IntArray | None:
    """Join the pairs of pieces that are one bone, each piece at most once; None: no such pair."""
    members = _members(piece)
    points = {number: voxels.points[own] for number, own in members.items()}
    types = {number: Bone(int(np.bincount(kind[own]).argmax())) for number, own in members.items()}
    greatest = greatest_lengths(points, types)
    found = [
        contact
        for contact in find_contacts(voxels, piece, points)
        if contact.wrapped >= WRAPPED_SHARE
        or are_one(contact, points, types, voxels.voxel_mm3, None if guessed else greatest)
    ]
    if not found:
        return None
    result, taken = piece.copy(), set[int]()
    for contact in sorted(found, key=lambda contact: -max(contact.share, contact.wrapped)):
        if not {contact.first, contact.second} & taken:
            result[members[contact.second]] = contact.first
            taken |= {contact.first, contact.second}
    return result


def _members(piece: IntArray) -> dict[int, NDArray[np.intp]]:
    """Positions of the voxels of each piece, by its number; those of none are left out."""
    order = np.argsort(piece, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(piece[order])) + 1)
    return {int(piece[own[0]]): own for own in parts if piece[own[0]] >= 0}


def _bone(
    voxels: Voxels,
    own: NDArray[np.intp],
    kind: IntArray,
    shape: tuple[int, int, int],
    certainty: float,
) -> SingleBone:
    index, points = voxels.index[own], thinned(voxels.points[own])
    counts = np.bincount(kind[own], minlength=len(LONG_BONES) + 1) / len(own)
    doubt = (1.0 - certainty) / len(LONG_BONES)
    rod = fit_rod(points)
    border = (index <= 1) | (index >= np.array(shape) - 2)
    return SingleBone(
        index,
        points,
        rod,
        bow(points, rod),
        {bone: certainty * float(counts[bone]) + doubt for bone in LONG_BONES},
        len(index) * voxels.voxel_mm3,
        bool(border.any()),
    )
