"""The hands of a volume, roughly: which mineral is which bone, before any border is settled."""

from __future__ import annotations

from calcimetry.bone import NETWORKS
from calcimetry.bone.kinds import bones_by_kind
from calcimetry.bone.pieces import RoughBones, split_bones
from calcimetry.fingers.name import NamedBones, name_fingers
from calcimetry.model import Image, Laterality

#: With so many digits named there is nothing left to gain.
_ENOUGH_DIGITS = 4


def find_rough_hands(
    image: Image, method: str, laterality: Laterality | None = None
) -> tuple[RoughBones, NamedBones]:
    """Part the mineral of a volume into bones and name them.

    Parameters
    ----------
    image : Image
        A volume in HU of one hand or two.
    method : str
        Of finding bone. A network's volumes are parted by what another network says the kinds
        of bone are (`calcimetry.bone.kinds`). Where that names fewer than four digits, and for
        the methods that are no networks, they are parted by shape (`calcimetry.bone.pieces`).
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
        found.append((rough, name_fingers(rough.kinds, laterality, pieces=rough.pieces)))
        digits = [f for hand in found[0][1].hands for f in hand.fingers if f.digit]
        if len(digits) >= _ENOUGH_DIGITS:
            return found[0]
    rough = split_bones(image)
    found.append((rough, name_fingers(rough.kinds, laterality, rough.pieces)))
    return max(found, key=lambda one: _named(one[1]))


def _named(bones: NamedBones) -> tuple[int, int]:
    """How many bones belong to digits with a name, and how many to any."""
    fingers = [finger for hand in bones.hands for finger in hand.fingers]
    known = sum(len(finger.labels) for finger in fingers if finger.digit)
    return known, sum(len(finger.labels) for finger in fingers)
