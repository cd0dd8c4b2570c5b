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

#: Lesions that are followed from visit to visit, on a dark ground and on white paper; a number
#: beside each tells apart those whose colours come round again.
TRACKS: tuple[Colour, ...] = (
    *((255, 140, 50), (86, 180, 233), (70, 214, 130), (245, 130, 190), (246, 226, 80)),
    *((178, 150, 255), (255, 105, 100), (110, 230, 235)),
)
TRACKS_ON_PAPER: tuple[Colour, ...] = (
    *((213, 94, 0), (0, 114, 178), (0, 138, 80), (190, 60, 130), (150, 122, 0)),
    *((110, 70, 200), (190, 30, 45), (0, 130, 140)),
)
#: Lesions that no other visit was compared at.
UNTRACKED: Colour = (200, 200, 200)

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


def track_colour(number: int, on_paper: bool = False) -> Colour:
    """Colour of a followed lesion by its number, from 1; grey for 0.

    >>> track_colour(1) == track_colour(9)
    True
    """
    if not number:
        return UNTRACKED
    colours = TRACKS_ON_PAPER if on_paper else TRACKS
    return colours[(number - 1) % len(colours)]
