"""The hands of a volume, roughly: which mineral is which bone, before any border is settled."""

from __future__ import annotations

from calcimetry.bone import NETWORKS
from calcimetry.bone.kinds import bones_by_kind
from calcimetry.bone.pieces import RoughBones, split_bones
from calcimetry.fingers.name import NamedBones, name_fingers
from calcimetry.model import Bone, Image, Laterality

#: Long bones of a hand's digits: with all of them named there is nothing left to gain.
_WHOLE_HAND = 19


def find_rough_hands(
    image: Image, method: str, laterality: Laterality | None = None
) -> tuple[RoughBones, NamedBones]:
    """Part the mineral of a volume into bones and name them.

    Parameters
    ----------
    image : Image
        A volume in HU of one hand or two.
    method : str
        Of finding bone. For a network, another one says first what kinds of bone there are
        (`calcimetry.bone.kinds`). Where that does not name all 19 long bones of each hand, and
        for the methods that are no networks, bones are parted by their shape
        (`calcimetry.bone.pieces`).
    laterality : Laterality, optional
        Which hand it is, where the file states it.

    Returns
    -------
    RoughBones, NamedBones
        Of the ways tried the one that names more bones.
    """
    found = []
    if method in NETWORKS:
        rough = bones_by_kind(image)
        named = name_fingers(rough.kinds, laterality, pieces=rough.pieces)
        if named.hands and _named(named)[0] == _WHOLE_HAND * len(named.hands):
            return rough, named
        found.append((rough, named))
    rough = split_bones(image)
    found.append((rough, name_fingers(rough.kinds, laterality, rough.pieces)))
    return max(found, key=lambda one: _named(one[1]))


def _named(bones: NamedBones) -> tuple[int, int]:
    """How many long bones belong to digits with a name, and how many to any."""
    fingers = [finger for hand in bones.hands for finger in hand.fingers]
    counts = [sum(label % 10 <= Bone.METACARPAL for label in one.labels) for one in fingers]
    known = sum(n for one, n in zip(fingers, counts, strict=True) if one.digit)
    return known, sum(counts)
