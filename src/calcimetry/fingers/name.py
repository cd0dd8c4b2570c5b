"""From a map of bone types to hands, fingers and bones by name."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

from calcimetry.fingers.bones import SingleBone, find_single_bones
from calcimetry.fingers.chain import Chain, find_chains
from calcimetry.fingers.group import group_hands
from calcimetry.fingers.posture import Posture
from calcimetry.fingers.rod import FloatArray, thinned
from calcimetry.fingers.row import name_row
from calcimetry.fingers.sesamoids import find_sesamoids
from calcimetry.fingers.side import find_side
from calcimetry.fingers.straighten import lay_flat, straighten_finger
from calcimetry.fingers.wrist import part_carpals, part_forearm
from calcimetry.model.anatomy import (
    LEFT_HAND_OFFSET,
    WRIST_BONES,
    Bone,
    Digit,
    Laterality,
    Phalanx,
    bone_name,
)
from calcimetry.model.geometry import Grid
from calcimetry.model.hand import Finger, Hand
from calcimetry.model.segmentation import Segmentation

#: A piece that is no whole bone and joins no finger is part of a bone so close, or nothing.
LOOSE_REACH_MM = 2.0
#: With so many complete digits there is no place for one of a single bone.
WHOLE_HAND = 4
#: A sesamoid lies at most so far from the finger it belongs to.
SESAMOID_REACH_MM = 12.0
#: Bones of the wrist and sesamoids belong to a hand whose digits lie within this.
HAND_REACH_MM = 60.0


#: The label number of a bone of the wrist, and its voxels, shape (n, 3).
WristPart = tuple[int, NDArray[np.intp]]


@dataclass(frozen=True, eq=False, slots=True)
class NamedBones:
    """The bones of a volume by name.

    Parameters
    ----------
    bones : Segmentation
        ``10 x digit + bone`` (+ 100 in a left hand), on the grid of the types.
    hands : tuple of Hand
        The one with the most bone first.
    """

    bones: Segmentation
    hands: tuple[Hand, ...]


@dataclass(frozen=True, eq=False, slots=True)
class _Placed:
    """A hand with the digits that its label numbers come from, and points of its bones."""

    hand: Hand
    digits: tuple[tuple[Digit, Posture], ...]
    points: FloatArray
    palmar: FloatArray | None


def name_fingers(
    types: Segmentation,
    stated: Laterality | None = None,
    parts: NDArray[np.integer] | None = None,
    pieces: NDArray[np.integer] | None = None,
) -> NamedBones:
    """Find the fingers in a map of bone types and name all bones.

    Parameters
    ----------
    types : Segmentation
        1 proximal, 2 middle, 3 distal phalanx, 4 metacarpal, 5 sesamoid, 60 carpal,
        61 radius, 62 ulna; one number for all bones of a type, slips allowed. Any
        orientation, any number of hands.
    stated : Laterality, optional
        The side that the file states. It wins over what the bones show, unless there are
        several hands, of which it cannot be said of both.
    parts : array of int, shape of the grid, optional
        Numbers of single bones where they were parted already, by shape for instance. Types
        are then guesses, which decide only where the way the bones lie leaves a choice.
    pieces : array of int, shape of the grid, optional
        Numbers of all pieces of mineral, as shape parts them: they help to part bones, and
        small ones at knuckles may be sesamoids; `parts` where left out.

    Returns
    -------
    NamedBones
        Without hands where there is no bone of a finger.

    Examples
    --------
    >>> grid = Grid((3, 4, 5), np.eye(4))
    >>> name_fingers(Segmentation(np.zeros(grid.shape), grid, {})).hands
    ()
    """
    bones, carpals = part_carpals(find_single_bones(types, parts, pieces))
    chains, wrist_bones = part_forearm(find_chains(bones), carpals)
    pieces = parts if pieces is None else pieces
    chains, loose = _without_loose(chains, pieces is not None)
    groups = group_hands(chains)
    wrist_parts = [(number, bone.index) for number, bone in wrist_bones]
    for number in WRIST_BONES:
        wrist_parts += [(number, index) for index in _parts(types.label_map == number)]
    index = np.concatenate([np.zeros((0, 3), int), *(index for _, index in wrist_parts)])
    wrist = thinned(types.grid.index_to_mm(index))
    sesamoids = thinned(types.grid.index_to_mm(np.argwhere(types.label_map == Bone.SESAMOID)))
    only_stated = stated if len(groups) == 1 else None
    placed = [_place(group, wrist, sesamoids, only_stated, types.grid) for group in groups]
    labels = np.zeros(types.grid.shape, dtype=np.uint16)
    passed_over = _label_fingers(labels, placed, loose)
    _label_wrist(labels, types.grid, wrist_parts, placed)
    _label_sesamoids(labels, types, placed)
    if pieces is not None:
        _label_found_sesamoids(labels, pieces, types.grid, placed)
    present = set(np.unique(labels).tolist())
    hands = [_with_bones(one.hand, present) for one in placed]
    if placed and passed_over:
        text = f"{passed_over} small pieces of bone that join no finger were passed over"
        hands[0] = _with_reason(hands[0], text)
    if stated is not None and len(groups) > 1:
        text = f"the file states a {stated.name.lower()} hand, but there are {len(groups)} hands"
        hands = [_with_reason(hand, text) for hand in hands]
    meanings = {int(n): bone_name(int(n)) for n in np.unique(labels) if n}
    return NamedBones(Segmentation(labels, types.grid, meanings), tuple(hands))


def _without_loose(chains: list[Chain], guessed: bool) -> tuple[list[Chain], list[SingleBone]]:
    """Chains that may be digits, and pieces of bone that are none.

    A piece alone is none if it is too short for its type, or touches a digit that has all of
    its bones already, or, where its type is a guess, if most digits have or it is smaller than
    any of their bones.
    """
    digits = [[bone for _, bone in chain.best.bones] for chain in chains if chain.is_complete]
    complete = [cKDTree(np.concatenate([bone.points for bone in bones])) for bones in digits]
    least = min((bone.volume_mm3 for bones in digits for bone in bones), default=0.0)
    kept, loose = [], []
    for chain in chains:
        piece = chain.best.bones[0][1]
        # Where all five digits are complete, what the border cuts is a part of them too.
        alone = len(chain.best.bones) == 1 and (
            not piece.at_border or (guessed and len(complete) > WHOLE_HAND)
        )
        # Beside a whole hand, or smaller than any bone of a whole digit, it is a deposit.
        spare = guessed and (len(complete) >= WHOLE_HAND or piece.volume_mm3 < least)
        if alone and (spare or not piece.is_whole or _gap(piece, complete) <= LOOSE_REACH_MM):
            loose.append(piece)
        else:
            kept.append(chain)
    return kept, loose


def _gap(piece: SingleBone, trees: list[cKDTree]) -> float:
    """Distance in mm from a piece of bone to the nearest of others; infinite without any."""
    return min((float(tree.query(piece.points)[0].min()) for tree in trees), default=np.inf)


def _place(
    chains: list[Chain],
    wrist: FloatArray,
    sesamoids: FloatArray,
    stated: Laterality | None,
    grid: Grid,
) -> _Placed:
    """Name the digits of one hand, and lay out its grids."""
    points = np.concatenate([bone.points for chain in chains for _, bone in chain.as_finger.bones])
    tree = cKDTree(thinned(points))
    near_wrist = _near(wrist, tree)
    row = name_row(chains, near_wrist.mean(axis=0) if len(near_wrist) else None)
    side = find_side(row, _near(sesamoids, tree), stated)
    fingers = []
    for digit, posture, reason in row.digits:
        straight = straighten_finger(digit, posture, side.palmar, grid)
        labels = [Phalanx(digit, bone, side.laterality).label for bone, _ in posture.naming.bones]
        reasons = "; ".join(filter(None, (reason, straight.reason)))
        fingers.append(Finger(digit, side.laterality, straight.grid, tuple(labels), reasons))
    first = fingers[0].grid.affine[:3]
    distal = -first[:, 1] if row.distal is None else row.distal
    palmar = side.palmar
    if palmar is None:
        palmar = first[:, 2] if row.across is None else np.cross(row.across, distal)
    hand = Hand(
        side.laterality, tuple(fingers), lay_flat(points, distal, palmar, grid), side.reason
    )
    digits = tuple((digit, posture) for digit, posture, _ in row.digits)
    return _Placed(hand, digits, thinned(points), side.palmar)


def _near(points: FloatArray, tree: cKDTree) -> FloatArray:
    """Those of the points that lie within a hand's reach."""
    if not len(points):
        return points
    distance, _ = tree.query(points, distance_upper_bound=HAND_REACH_MM)
    return np.asarray(points[np.isfinite(distance)])


def _with_bones(hand: Hand, present: set[int]) -> Hand:
    """A hand without digits all of whose bones turned out to be others, such as sesamoids."""
    return replace(hand, fingers=tuple(f for f in hand.fingers if present & set(f.labels)))


def _with_reason(hand: Hand, text: str) -> Hand:
    reason = "; ".join(filter(None, (hand.reason, text)))
    return replace(hand, reason=reason)


def _label_fingers(
    labels: NDArray[np.uint16], placed: list[_Placed], loose: list[SingleBone]
) -> int:
    """Label the bones of all digits and the pieces beside them; how many pieces lie elsewhere."""
    named = [
        (single, Phalanx(digit, bone, one.hand.laterality).label)
        for one in placed
        for digit, posture in one.digits
        for bone, single in posture.naming.bones
    ]
    trees = [(cKDTree(single.points), number) for single, number in named]
    passed_over = 0
    for piece in loose:
        gap, number = min(((_gap(piece, [tree]), n) for tree, n in trees), default=(np.inf, 0))
        if gap <= LOOSE_REACH_MM:
            named.append((piece, number))
        else:
            passed_over += 1
    for single, number in named:
        labels[tuple(single.index.T)] = number
    return passed_over


def _label_wrist(
    labels: NDArray[np.uint16], grid: Grid, parts: list[WristPart], placed: list[_Placed]
) -> None:
    """Carry the wrist's bones over, each part to the hand nearest to it."""
    for number, index in parts:
        nearest = _nearest_hand(grid.index_to_mm(index.mean(axis=0)), placed)
        left = nearest is not None and nearest.hand.laterality is Laterality.LEFT
        labels[tuple(index.T)] = number + (LEFT_HAND_OFFSET if left else 0)


def _label_sesamoids(
    labels: NDArray[np.uint16], types: Segmentation, placed: list[_Placed]
) -> None:
    """Give each sesamoid to the finger nearest to it."""
    for index in _parts(types.label_map == Bone.SESAMOID):
        centre = types.grid.index_to_mm(index.mean(axis=0))
        nearest = _nearest_hand(centre, placed)
        if nearest is None:
            labels[tuple(index.T)] = Phalanx(Digit.UNKNOWN, Bone.SESAMOID).label
            continue
        distances = [
            min(float(np.linalg.norm(bone.points - centre, axis=1).min()) for _, bone in own)
            for own in (posture.naming.bones for _, posture in nearest.digits)
        ]
        digit = nearest.digits[int(np.argmin(distances))][0]
        if min(distances) > SESAMOID_REACH_MM:
            digit = Digit.UNKNOWN
        labels[tuple(index.T)] = Phalanx(digit, Bone.SESAMOID, nearest.hand.laterality).label


def _label_found_sesamoids(
    labels: NDArray[np.uint16], parts: NDArray[np.integer], grid: Grid, placed: list[_Placed]
) -> None:
    """Give small pieces at knuckles their name, whatever they were taken for before."""
    for one in placed:
        digits = [(digit, posture) for digit, posture in one.digits if digit]
        for number, digit in find_sesamoids(parts, grid, digits, one.palmar).items():
            name = Phalanx(digit, Bone.SESAMOID, one.hand.laterality)
            labels[parts == number] = name.label


def _parts(mask: NDArray[np.bool_]) -> list[NDArray[np.intp]]:
    """Indices of the voxels of each connected part of a mask."""
    numbers, _ = ndimage.label(mask)
    return [
        np.argwhere(numbers[box] == n) + [part.start for part in box]
        for n, box in enumerate(ndimage.find_objects(numbers), start=1)
    ]


def _nearest_hand(place: FloatArray, placed: list[_Placed]) -> _Placed | None:
    """The hand with the bone nearest to a place in mm; None where there is no hand."""
    return min(
        placed,
        key=lambda one: float(np.linalg.norm(one.points - place, axis=1).min()),
        default=None,
    )
