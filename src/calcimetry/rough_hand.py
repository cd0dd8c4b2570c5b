"""The hands of a volume, roughly: which mineral is which bone, before any border is settled."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from calcimetry.bone import NETWORKS
from calcimetry.bone.kinds import WRIST, tell_kinds
from calcimetry.bone.pieces import RoughBones, split_bones
from calcimetry.fingers.name import NamedBones, name_fingers
from calcimetry.model import Bone, Image, Laterality, Segmentation, bone_name

#: Long bones of a hand's digits: with all of them named there is nothing left to gain.
_WHOLE_HAND = 19
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
        Of the ways tried the one that names more bones.
    """
    if method not in NETWORKS:
        rough = split_bones(image)
        return rough, name_fingers(rough.kinds, laterality, rough.pieces)
    told = tell_kinds(image)
    wrist = told.types.label_map == WRIST
    shape = split_bones(image, left_out=wrist)
    rough = replace(shape, deposits=told.deposits)
    # Mineral of no kind keeps what its size says: what hangs on a bone is looked for by its name.
    types = np.where(told.types.mask, told.types.label_map, shape.kinds.label_map)
    meanings = {**shape.kinds.meanings, **told.types.meanings}
    known = Segmentation(types, image.grid, meanings)
    by_kind = name_fingers(known, laterality, pieces=rough.pieces)
    if _is_whole(by_kind):
        return rough, by_kind
    guessed = Segmentation(
        np.where(wrist, WRIST, shape.kinds.label_map),
        image.grid,
        {**shape.kinds.meanings, WRIST: bone_name(WRIST)},
    )
    by_shape = name_fingers(guessed, laterality, rough.pieces)
    best = by_shape if _is_whole(by_shape) else max(by_kind, by_shape, key=_named)
    if _is_whole(best) or not wrist.any():
        return rough, best
    # What was taken for the wrist may be what is missing.
    alone = split_bones(image)
    without = name_fingers(alone.kinds, laterality, alone.pieces)
    if _named(without) > _named(best):
        return replace(alone, deposits=told.deposits), without
    return rough, best


def _is_whole(bones: NamedBones) -> bool:
    """Whether all long bones of each hand have their names, and little else is there."""
    with_names = sum(any(finger.digit for finger in hand.fingers) for hand in bones.hands)
    known, every = _named(bones)
    return with_names > 0 and known == _WHOLE_HAND * with_names and every - known <= _FEW


def _named(bones: NamedBones) -> tuple[int, int]:
    """How many long bones belong to digits with a name, and how many to any."""
    fingers = [finger for hand in bones.hands for finger in hand.fingers]
    counts = [sum(label % 10 <= Bone.METACARPAL for label in one.labels) for one in fingers]
    known = sum(n for one, n in zip(fingers, counts, strict=True) if one.digit)
    return known, sum(counts)
