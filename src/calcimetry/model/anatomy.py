"""Names of fingers and their bones, and the label numbers that stand for them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum

from calcimetry.errors import InputError


class Laterality(Enum):
    """Which hand. The value is DICOM's code for it."""

    RIGHT = "R"
    LEFT = "L"


class Digit(IntEnum):
    """Which finger. UNKNOWN is a lone finger picture that does not say."""

    UNKNOWN = 0
    THUMB = 1
    INDEX = 2
    MIDDLE = 3
    RING = 4
    LITTLE = 5


class Bone(IntEnum):
    """Bones of one digit; the value is the last figure of a label number."""

    PROXIMAL_PHALANX = 1
    MIDDLE_PHALANX = 2
    DISTAL_PHALANX = 3
    METACARPAL = 4
    SESAMOID = 5


#: Bones that belong to no digit, by label number.
CARPAL, RADIUS, ULNA = 60, 61, 62
WRIST_BONES = {CARPAL: "carpal", RADIUS: "radius", ULNA: "ulna"}
LEFT_HAND_OFFSET = 100


@dataclass(frozen=True, slots=True)
class Phalanx:
    """One bone of one digit. The thumb has no middle phalanx.

    Examples
    --------
    >>> Phalanx(Digit.INDEX, Bone.DISTAL_PHALANX).label
    23
    >>> Phalanx.from_label(2).name
    'middle phalanx'
    """

    digit: Digit
    bone: Bone
    laterality: Laterality | None = None

    def __post_init__(self) -> None:
        if self.digit is Digit.THUMB and self.bone is Bone.MIDDLE_PHALANX:
            raise InputError("Naming a bone: the thumb has no middle phalanx.")

    @property
    def label(self) -> int:
        """``10 * digit + bone``, and 100 more in the left hand."""
        offset = LEFT_HAND_OFFSET if self.laterality is Laterality.LEFT else 0
        return offset + 10 * self.digit + self.bone

    @property
    def name(self) -> str:
        """Plain English, such as ``left ring proximal phalanx``."""
        words = [self.bone.name.lower().replace("_", " ")]
        if self.digit is not Digit.UNKNOWN:
            words.insert(0, self.digit.name.lower())
        if self.laterality is not None:
            words.insert(0, self.laterality.name.lower())
        return " ".join(words)

    @classmethod
    def from_label(cls, label: int) -> Phalanx:
        """Read a label number below 60 (or 100 to 159) back.

        A right hand and an unknown one share their numbers: laterality is then None.
        """
        left, rest = divmod(int(label), LEFT_HAND_OFFSET)
        digit, bone = divmod(rest, 10)
        if left > 1 or digit > Digit.LITTLE or bone not in tuple(Bone):
            raise InputError(
                f"Naming a bone: label {label} is none of 10 x digit + bone (+ 100 if left)."
            )
        return cls(Digit(digit), Bone(bone), Laterality.LEFT if left else None)


def bone_name(label: int) -> str:
    """Plain English for any bone label, wrist included.

    >>> bone_name(61)
    'radius'
    """
    left, rest = divmod(int(label), LEFT_HAND_OFFSET)
    if rest in WRIST_BONES:
        return ("left " if left else "") + WRIST_BONES[rest]
    return Phalanx.from_label(label).name
