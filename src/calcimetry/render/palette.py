"""Colours of drawings: Okabe and Ito's set, which colour-blind readers can tell apart.

Okabe M, Ito K. Color Universal Design (2008), https://jfly.uni-koeln.de/color/;
two of its colours are lightened here to stand out on a dark picture.
"""

from __future__ import annotations

from calcimetry.model import Bone
from calcimetry.model.anatomy import LEFT_HAND_OFFSET, WRIST_BONES

Colour = tuple[int, int, int]

BACKGROUND: Colour = (16, 19, 24)
RULE: Colour = (62, 70, 82)
TEXT: Colour = (236, 240, 245)
MUTED: Colour = (163, 173, 186)

LESION: Colour = (255, 119, 31)
AXIS: Colour = (255, 255, 255)
STATUS: dict[str, Colour] = {
    "complete": (64, 196, 158),
    "partial": (240, 190, 70),
    "failed": (232, 106, 106),
}

_BONES: dict[Bone, Colour] = {
    Bone.PROXIMAL_PHALANX: (86, 180, 233),
    Bone.MIDDLE_PHALANX: (38, 200, 150),
    Bone.DISTAL_PHALANX: (240, 228, 66),
    Bone.METACARPAL: (214, 137, 180),
    Bone.SESAMOID: (200, 200, 200),
}
_WRIST: Colour = (160, 160, 200)


def bone_colour(label: int) -> Colour:
    """Colour of a bone label: one per kind of bone, the same in every digit.

    >>> bone_colour(23) == bone_colour(3)
    True
    """
    rest = label % LEFT_HAND_OFFSET
    return _WRIST if rest in WRIST_BONES else _BONES[Bone(rest % 10)]
