"""What several raters read in the same images: the input of a comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from calcimetry.agreement.pairs import Floats
from calcimetry.errors import InputError

_DOING = "Comparing readings"


@dataclass(frozen=True, slots=True)
class Readings:
    """Readings of the same images by two raters or more.

    Parameters
    ----------
    images : tuple of str
        What was read, each once.
    values : mapping
        Readings by rater, each of one value for each image, in one unit; None where the
        rater has none.
    subjects : tuple of str or None
        The patient of each image; None where images are taken as independent.
    unit : str
        Such as ``mm2``; empty where it is not known.
    remarks : mapping
        What the table says about an image, such as why it could not be measured.
    notes : tuple of str
        What whoever reads the results should know about the tables.
    """

    images: tuple[str, ...]
    values: Mapping[str, tuple[float | None, ...]]
    subjects: tuple[str, ...] | None = None
    unit: str = ""
    remarks: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        lengths = {name: len(row) for name, row in self.values.items()}
        lengths |= {} if self.subjects is None else {"subjects": len(self.subjects)}
        wrong = {name: one for name, one in lengths.items() if one != len(self.images)}
        if wrong:
            raise InputError(
                f"{_DOING}: {len(self.images)} images need as many values, found {wrong}."
            )

    @property
    def raters(self) -> tuple[str, ...]:
        """Their names, in order."""
        return tuple(self.values)

    def pair(self, a: str, b: str) -> Pair:
        """The images that both raters read."""
        both, without = [], {"a": 0, "b": 0, "both": 0}
        for place, (first, second) in enumerate(zip(self.values[a], self.values[b], strict=True)):
            if first is not None and second is not None:
                both.append(place)
            elif first is None and second is None:
                without["both"] += 1
            else:
                without["a" if first is None else "b"] += 1
        return Pair(
            a,
            b,
            self._columns((a, b), both),
            tuple(self.images[place] for place in both),
            None if self.subjects is None else tuple(self.subjects[place] for place in both),
            without["a"],
            without["b"],
            without["both"],
        )

    def complete(self, raters: Sequence[str]) -> tuple[Floats, tuple[str, ...] | None]:
        """Table of the images that all of these raters read, and their subjects."""
        rows = [
            place
            for place in range(len(self.images))
            if all(self.values[name][place] is not None for name in raters)
        ]
        subjects = None if self.subjects is None else tuple(self.subjects[row] for row in rows)
        return self._columns(raters, rows), subjects

    def left_out(self, raters: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Which of these raters each image lacks, for the images that lack one."""
        lacking = {
            image: tuple(name for name in raters if self.values[name][place] is None)
            for place, image in enumerate(self.images)
        }
        return {image: names for image, names in lacking.items() if names}

    def _columns(self, raters: Sequence[str], rows: Sequence[int]) -> Floats:
        return np.array(
            [[self.values[name][row] for name in raters] for row in rows], dtype=np.float64
        ).reshape(len(rows), len(raters))


@dataclass(frozen=True, slots=True)
class Pair:
    """The images that two raters both read.

    Parameters
    ----------
    a, b : str
        Names of the raters; a difference is a - b.
    values : numpy.ndarray, shape (n, 2)
        Readings of a and b.
    images : tuple of str, length n
        Their names.
    subjects : tuple of str or None
        The patient of each.
    lacks_a, lacks_b, lacks_both : int
        Images that were left out because a, b or both have no reading.
    """

    a: str
    b: str
    values: Floats
    images: tuple[str, ...]
    subjects: tuple[str, ...] | None
    lacks_a: int
    lacks_b: int
    lacks_both: int

    @property
    def patients(self) -> int | None:
        """How many patients there are; None where that is not known."""
        return None if self.subjects is None else len(set(self.subjects))
