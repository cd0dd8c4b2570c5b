"""Single bones out of a map of bone types that has slips in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from calcimetry.fingers.rod import STRAY, FloatArray, Rod, bow, fit_rod, thinned
from calcimetry.fingers.split import WIDEST_BONE_MM, split_touching
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
#: Two pieces of one type, or a whole bone and a piece that is none, are one bone if they meet
#: over this share of their sections there; less is a thin bridge or a joint.
LEAST_SHARE = 0.45
#: Two pieces that may each be a bone meet over more: even a closed joint seldom looks so wide,
#: unless the border lies within a shaft.
SHAFT_SHARE, FULL_SHARE = 0.6, 0.7
#: Of a bone of each type: least length in mm, least length over its breadth at a joint, and
#: greatest length. What is less is a slip at the end of another bone; what would be more is two.
PLAUSIBLE_SHAPE = {
    Bone.PROXIMAL_PHALANX: (16.0, 2.0, 47.0),
    Bone.MIDDLE_PHALANX: (9.0, 1.3, 31.0),
    Bone.DISTAL_PHALANX: (7.0, 1.1, 24.0),
    Bone.METACARPAL: (25.0, 2.5, 80.0),
}
#: Bones are wider at joints than in between: a border so narrow lies within a shaft.
SHAFT_SECTION = 0.85
#: No bone of the hand is larger.
LONGEST_BONE_MM = 85.0
#: Where, in mm from the border of two pieces, their sections are taken.
SECTION_NEAR_MM, SECTION_FAR_MM, SECTION_RADIUS_MM = 0.5, 3.0, 12.0


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


def find_single_bones(types: Segmentation) -> list[SingleBone]:
    """Take a map of bone types apart into bones.

    Parameters
    ----------
    types : Segmentation
        1 proximal, 2 middle, 3 distal phalanx, 4 metacarpal; all else is passed over.

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
    piece = _pieces(voxels, kind)
    piece = _without_crumbs(voxels, piece)
    while (merged := _merged(voxels, piece, kind)) is not None:
        piece = merged
    bones = [
        _bone(voxels, piece == number, kind, types.grid.shape)
        for number in np.unique(piece[piece >= 0])
    ]
    return sorted(bones, key=lambda bone: -bone.volume_mm3)


def _pieces(voxels: Voxels, kind: IntArray) -> IntArray:
    """Number the pieces of one type each, from 0, bones that touch split."""
    part = voxels.components(kind)
    order = np.argsort(part, kind="stable")
    borders = np.flatnonzero(np.diff(part[order])) + 1
    piece = np.zeros(len(part), dtype=np.int32)
    count = 0
    for members in np.split(order, borders):
        if len(members) * voxels.voxel_mm3 >= CRUMB_MM3:
            inner = split_touching(voxels.index[members], voxels.points[members], voxels.spacing)
        else:
            inner = np.zeros(len(members), dtype=np.int32)
        piece[members] = inner + count
        count += int(inner.max()) + 1
    return piece


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


@dataclass(frozen=True, eq=False, slots=True)
class _Contact:
    """Where two pieces meet: the area (mm2), its middle and the way from the first across."""

    first: int
    second: int
    area: float
    centre: FloatArray
    normal: FloatArray


def _contacts(voxels: Voxels, piece: IntArray) -> list[_Contact]:
    first, second = piece[voxels.first], piece[voxels.second]
    across = (first != second) & (first >= 0) & (second >= 0)
    if not across.any():
        return []
    first, second = first[across], second[across]
    turn = np.where(first < second, 1.0, -1.0)
    low, high = np.minimum(first, second), np.maximum(first, second)
    faces = voxels.faces[across] * turn[:, None]
    middles = (voxels.points[voxels.first[across]] + voxels.points[voxels.second[across]]) / 2.0
    pairs, which = np.unique(np.stack([low, high], axis=1), axis=0, return_inverse=True)
    which = which.ravel()
    contacts = []
    for number, (a, b) in enumerate(pairs):
        own = which == number
        vector = faces[own].sum(axis=0)
        # The vector sum is the area of a flat border however the voxels lie to it.
        area = float(np.linalg.norm(vector))
        if area > 0:
            centre = middles[own].mean(axis=0)
            contacts.append(_Contact(int(a), int(b), area, centre, vector / area))
    return contacts


def _merged(voxels: Voxels, piece: IntArray, kind: IntArray) -> IntArray | None:
    """Join the pairs of pieces that are one bone, each piece at most once; None: no such pair."""
    points = {int(n): voxels.points[piece == n] for n in np.unique(piece[piece >= 0])}
    types = {n: Bone(int(np.bincount(kind[piece == n]).argmax())) for n in points}
    found = []
    for contact in _contacts(voxels, piece):
        pair = (points[contact.first], points[contact.second])
        names = (types[contact.first], types[contact.second])
        share = _share(contact, pair, voxels.voxel_mm3)
        if share < LEAST_SHARE or not _fits_one_bone(pair):
            continue
        if names[0] is names[1] or _slip(contact, pair, names, share, voxels.voxel_mm3):
            found.append((share, contact))
    if not found:
        return None
    result, taken = piece.copy(), set[int]()
    for _, contact in sorted(found, key=lambda item: -item[0]):
        if not {contact.first, contact.second} & taken:
            result[piece == contact.second] = contact.first
            taken |= {contact.first, contact.second}
    return result


def _section(points: FloatArray, contact: _Contact, side: int, voxel_mm3: float) -> float:
    """Area of a piece's section beside the contact, on its `side` (-1 first, +1 second)."""
    offsets = points - contact.centre
    along = offsets @ contact.normal * side
    near = (along > SECTION_NEAR_MM) & (along < SECTION_FAR_MM)
    near &= ((offsets**2).sum(axis=1) - along**2) < SECTION_RADIUS_MM**2
    # A piece thinner than the slab is all the section there is.
    thickness = min(SECTION_FAR_MM - SECTION_NEAR_MM, max(float(along.max(initial=0.0)), 0.5))
    return float(near.sum() * voxel_mm3 / thickness)


def _share(contact: _Contact, pair: tuple[FloatArray, FloatArray], voxel_mm3: float) -> float:
    """Contact area over the larger of the two sections beside it."""
    sections = [
        _section(own, contact, side, voxel_mm3) for own, side in zip(pair, (-1, 1), strict=True)
    ]
    return contact.area / max(*sections, 1e-9)


def _fits_one_bone(pair: tuple[FloatArray, FloatArray]) -> bool:
    """True where two pieces together are no larger than a bone of the hand."""
    rod = fit_rod(np.concatenate(pair))
    return rod.width_mm <= WIDEST_BONE_MM and rod.length_mm <= LONGEST_BONE_MM


def _slip(
    contact: _Contact,
    pair: tuple[FloatArray, FloatArray],
    names: tuple[Bone, Bone],
    share: float,
    voxel_mm3: float,
) -> bool:
    """True where two types within one bone are likelier than two bones at a closed joint."""
    breadth = 2.0 * np.sqrt(contact.area / np.pi)
    lengths = [
        float(np.ptp(np.percentile(own @ contact.normal, [STRAY, 100 - STRAY]))) for own in pair
    ]
    for length, name in zip(lengths, names, strict=True):
        least, slenderness, _ = PLAUSIBLE_SHAPE[name]
        if length < max(least, slenderness * breadth):
            return True
    greatest = max(PLAUSIBLE_SHAPE[name][2] for name in names)
    if share < SHAFT_SHARE or sum(lengths) > greatest:
        return False
    sections = [_widest_section(own, voxel_mm3) for own in pair]
    return share >= FULL_SHARE or contact.area < SHAFT_SECTION * min(sections)


def _widest_section(points: FloatArray, voxel_mm3: float) -> float:
    """Largest section of a piece across its own axis, in mm2, over 2 mm of length."""
    rod = fit_rod(points)
    along = (points - rod.centre) @ rod.axis
    counts = np.bincount(((along - along.min()) / 2.0).astype(int))
    return float(counts.max() * voxel_mm3 / 2.0)


def _bone(
    voxels: Voxels, own: NDArray[np.bool_], kind: IntArray, shape: tuple[int, int, int]
) -> SingleBone:
    index, points = voxels.index[own], thinned(voxels.points[own])
    counts = np.bincount(kind[own], minlength=5) / int(own.sum())
    rod = fit_rod(points)
    border = (index <= 1) | (index >= np.array(shape) - 2)
    return SingleBone(
        index,
        points,
        rod,
        bow(points, rod),
        {bone: float(counts[bone]) for bone in LONG_BONES},
        len(index) * voxels.voxel_mm3,
        bool(border.any()),
    )
