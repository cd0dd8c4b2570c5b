"""What the numbers of a bone mask mean, whatever program wrote them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from calcimetry.errors import InputError
from calcimetry.model import Bone
from calcimetry.model.anatomy import LEFT_HAND_OFFSET, WRIST_BONES

#: Pictures that people look at store a label times this.
STEP = 60
_MOST_DIGITS = 5
_SHOWN = 6


class Rule(Enum):
    """How the numbers of a mask are read; the value is how it is told."""

    NUMBERS = "label numbers (10 x digit + bone, + 100 in the left hand)"
    STEPS = f"{STEP} x label"
    ONE_VALUE = "one value, so bone without names"


@dataclass(frozen=True, slots=True)
class Reading:
    """How one mask is read: the class (1 to 5) of each of its numbers, and by which rule."""

    classes: Mapping[int, int]
    rule: Rule

    def read(self, mask: NDArray[np.integer]) -> NDArray[np.uint8]:
        """Classes of a mask, of any shape."""
        result = np.zeros(mask.shape, np.uint8)
        for value, bone in self.classes.items():
            result[mask == value] = bone
        return result


def label_class(value: int) -> int | None:
    """Class of a label number; None where it is none of a bone's.

    The bones of the wrist have no class of their own. They count as metacarpal, since they are
    bone, and no deposit.

    Examples
    --------
    >>> [label_class(value) for value in (3, 23, 121, 35, 61, 70, 255)]
    [3, 3, 1, 5, 4, None, None]
    """
    left, rest = divmod(value, LEFT_HAND_OFFSET)
    digit, bone = divmod(rest, 10)
    if value <= 0 or left > 1:
        return None
    if rest in WRIST_BONES:
        return int(Bone.METACARPAL)
    return bone if digit <= _MOST_DIGITS and 1 <= bone <= Bone.SESAMOID else None


def readings_of(masks: Sequence[Collection[int]]) -> list[Reading | InputError]:
    """How each mask of a set is read.

    Parameters
    ----------
    masks : sequence of collections of int
        The numbers other than 0 in each mask; at least one in each.

    Returns
    -------
    list of Reading or InputError
        One per mask: an error, yet to be raised, where numbers are no bone's.

    Notes
    -----
    Multiples of 60 up to 240 are 60 x label. One value alone is bone without names, unless
    it is a label number and other masks of the set hold other label numbers: a picture that
    shows one bone only stays named among named ones. Everything else is label numbers.
    """
    numbers = [values for values in masks if not _are_steps(values)]
    named = {value for values in numbers for value in values if label_class(value) is not None}
    return [_reading(set(values), named) for values in masks]


def told_rules(readings: Sequence[Reading]) -> list[str]:
    """One sentence for each rule that was applied, the most frequent first."""
    counts = Counter(reading.rule for reading in readings)
    return [
        f"{count} of {len(readings)} bone masks hold {rule.value}."
        for rule, count in counts.most_common()
    ]


def _are_steps(values: Collection[int]) -> bool:
    return all(value % STEP == 0 and value // STEP <= Bone.METACARPAL for value in values)


def _reading(values: set[int], named: set[int]) -> Reading | InputError:
    if _are_steps(values):
        return Reading({value: value // STEP for value in values}, Rule.STEPS)
    if len(values) == 1 and not (values < named):
        return Reading({values.pop(): 1}, Rule.ONE_VALUE)
    classes = {value: bone for value in values if (bone := label_class(value)) is not None}
    strange = sorted(values - classes.keys())
    if strange:
        shown = ", ".join(map(str, strange[:_SHOWN])) + (", ..." if strange[_SHOWN:] else "")
        return InputError(
            f"expected 1 to 5, 10 x digit + bone (+ 100 if left), {STEP} x label or a single "
            f"value, found {shown}: save the label numbers themselves, without smoothing or "
            "loss (PNG, not JPEG)"
        )
    return Reading(classes, Rule.NUMBERS)
