"""The hands of a volume, roughly: which mineral is which bone, before any border is settled."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calcimetry.bone import NETWORKS
from calcimetry.bone.kinds import tell_kinds
from calcimetry.bone.pieces import RoughBones, split_bones
from calcimetry.fingers.bones import LONG_BONES
from calcimetry.fingers.name import NamedBones, name_fingers
from calcimetry.fingers.sesamoids import SIZE_MM3
from calcimetry.model import Bone, Image, Laterality, Segmentation, bone_name
from calcimetry.model.anatomy import CARPAL, LEFT_HAND_OFFSET
from calcimetry.regions import (
    ALL_NEIGHBOURS,
    component_sizes,
    components_near,
    connected_components,
)

#: Long bones of a hand's digits: with all of them named there is nothing left to gain.
_WHOLE_HAND = 19
#: What touches the wrist and is smaller is part of it: metacarpals are larger.
_LEAST_METACARPAL_MM3 = 1000.0
#: Of a smaller piece, under 5 mm across, the network of kinds cannot say that it is bone.
_LEAST_TOLD_MM3 = 125.0
#: A sesamoid lies so close to both bones of its joint.
_SESAMOID_REACH_MM = 8.0
#: Names that go against what the network of kinds told in more than the rest of their samples
#: are those of a hand put together wrongly, however many bones have one.
_AGREES = 0.75
#: So many pieces more that belong to nothing are no reason to try another way.
_FEW = 3


def find_rough_hands(
    image: Image, method: str, laterality: Laterality | None = None
) -> tuple[RoughBones, NamedBones]:
    """Part the mineral of a volume into bones and name them.

    Parameters
    ----------
    image : Image
        A volume in HU of one hand or two.
    method : str
        Of finding bone. For a network, another one says what kinds of bone there are
        (`calcimetry.bone.kinds`), and shape (`calcimetry.bone.pieces`) parts what is of one kind.
        Where that does not name all 19 long bones of each hand, kinds guessed by size are
        tried as well, and then shape alone, as for the methods that are no networks.
    laterality : Laterality, optional
        Which hand it is, where the file states it.

    Returns
    -------
    RoughBones, NamedBones
        Of the ways tried the one that names more bones, if their names are the kinds that the
        network told.
    """
    if method not in NETWORKS:
        rough = split_bones(image)
        return rough, name_fingers(rough.kinds, laterality, rough.pieces)
    told = tell_kinds(image)
    wrist = told.types.label_map == CARPAL
    shape = split_bones(image, left_out=wrist)
    wrist |= _of_wrist(shape.pieces, wrist, image.grid.voxel_mm3)
    shape = replace(shape, pieces=np.where(wrist, 0, shape.pieces), deposits=told.deposits)
    known_bone = _mostly(shape.pieces, told.types.mask, _LEAST_TOLD_MM3 / image.grid.voxel_mm3)
    sesamoid = told.types.label_map == Bone.SESAMOID
    whole = np.where(shape.pieces > 0, _mostly(shape.pieces, sesamoid), sesamoid)
    touching = _without_slips(sesamoid & known_bone, sesamoid, whole, image.grid.voxel_mm3)
    sesamoid = _at_joints(whole | touching, told.types, shape.pieces)
    rough = replace(shape, bone=known_bone | sesamoid)
    meanings = {**shape.kinds.meanings, **told.types.meanings, CARPAL: bone_name(CARPAL)}

    def typed(long_bones: NDArray[np.integer]) -> Segmentation:
        types = np.where(sesamoid, Bone.SESAMOID, long_bones)
        return Segmentation(np.where(wrist, CARPAL, types), image.grid, meanings)

    # Mineral of no kind keeps what its size says: what hangs on a bone is looked for by its name.
    is_long = np.isin(told.types.label_map, LONG_BONES)
    known = typed(np.where(is_long, told.types.label_map, shape.kinds.label_map))
    by_kind = name_fingers(known, laterality, pieces=rough.pieces)
    if _is_whole(by_kind):
        return rough, by_kind
    by_shape = name_fingers(typed(shape.kinds.label_map), laterality, rough.pieces)
    if _is_whole(by_shape) or (_worth(by_shape) > _worth(by_kind) and _agree(by_shape, told.types)):
        best = shape, by_shape
    else:
        best = rough, by_kind
    if _is_whole(best[1]) or not wrist.any():
        return best
    # What was taken for the wrist may be what is missing.
    alone = split_bones(image)
    without = name_fingers(alone.kinds, laterality, alone.pieces)
    if _worth(without) > _worth(best[1]) and _agree(without, told.types):
        return replace(alone, deposits=told.deposits), without
    return best


def _mostly(
    pieces: NDArray[np.int32], mask: NDArray[np.bool_], least: float = 0.0
) -> NDArray[np.bool_]:
    """Pieces of so many samples most of which lie in a mask."""
    every = np.bincount(pieces.ravel())
    inside = np.bincount(pieces[mask], minlength=len(every))
    most = (2 * inside > every) & (every >= least)
    most[0] = False
    return np.asarray(most[pieces])


def _without_slips(
    touching: NDArray[np.bool_],
    sesamoid: NDArray[np.bool_],
    whole: NDArray[np.bool_],
    voxel_mm3: float,
) -> NDArray[np.bool_]:
    """What is told of sesamoids that touch a larger bone, and so are of its piece.

    No slips: what is smaller than one, or goes on one that is a piece by itself.
    """
    if not touching.any():
        return touching
    parts, count = connected_components(sesamoid)
    alone = np.bincount(parts[touching], minlength=count + 1) * voxel_mm3 >= SIZE_MM3[0]
    alone[parts[whole & sesamoid]] = False
    return touching & alone[parts]


def _at_joints(
    mask: NDArray[np.bool_], types: Segmentation, pieces: NDArray[np.int32]
) -> NDArray[np.bool_]:
    """Parts of a mask that may be sesamoids: no larger, and beside two bones that have some.

    Those are a metacarpal and a proximal phalanx, or a thumb's two phalanges: of a finger's,
    proximal and distal lie far apart. A piece that is mostly such a bone is one throughout: what
    a network says may leave out its end.
    """
    if not mask.any():
        return mask
    parts, _ = connected_components(mask)

    def beside(*bones: Bone) -> NDArray[np.bool_]:
        some = np.isin(types.label_map, bones)
        some |= _mostly(pieces, some)
        return components_near(parts, some, types.grid, _SESAMOID_REACH_MM)

    at_joint = beside(Bone.PROXIMAL_PHALANX) & beside(Bone.METACARPAL, Bone.DISTAL_PHALANX)
    allowed = (component_sizes(parts, types.grid) <= SIZE_MM3[1]) & at_joint
    allowed[0] = False
    return np.asarray(allowed[parts])


def _of_wrist(
    pieces: NDArray[np.int32], wrist: NDArray[np.bool_], voxel_mm3: float
) -> NDArray[np.bool_]:
    """Small pieces that touch the wrist: parts of carpals, as no metacarpal is so small."""
    if not wrist.any():
        return wrist
    beside = pieces[ndimage.binary_dilation(wrist, ALL_NEIGHBOURS) & ~wrist]
    small = np.bincount(pieces.ravel()) * voxel_mm3 < _LEAST_METACARPAL_MM3
    small[0] = False
    touching = np.zeros(len(small), bool)
    touching[beside] = True
    return np.asarray((small & touching)[pieces])


def _is_whole(bones: NamedBones) -> bool:
    """Whether all long bones of each hand have their names, and little else is there."""
    with_names = sum(any(finger.digit for finger in hand.fingers) for hand in bones.hands)
    known, every = _named(bones)
    return with_names > 0 and known == _WHOLE_HAND * with_names and every - known <= _FEW


def _agree(bones: NamedBones, told: Segmentation) -> bool:
    """Whether most of what is named a long bone is what the network of kinds told there.

    Of a hand without its wrist the network knows where bones end, but not which is which.
    """
    if CARPAL not in told.labels:
        return True
    names = bones.bones.label_map % LEFT_HAND_OFFSET
    asked = (names > 0) & (names < CARPAL) & told.mask
    alike = names[asked] % 10 == told.label_map[asked]
    return not alike.size or float(alike.mean()) >= _AGREES


def _worth(bones: NamedBones) -> tuple[int, int]:
    """The more the better: long bones of digits with a name, then few that belong to others.

    Where no digit has a name, as in lone fingers, long bones that belong to any.
    """
    known, every = _named(bones)
    return (known, known - every) if known else (0, every)


def _named(bones: NamedBones) -> tuple[int, int]:
    """How many long bones belong to digits with a name, and how many to any."""
    fingers = [finger for hand in bones.hands for finger in hand.fingers]
    counts = [sum(label % 10 <= Bone.METACARPAL for label in one.labels) for one in fingers]
    known = sum(n for one, n in zip(fingers, counts, strict=True) if one.digit)
    return known, sum(counts)
