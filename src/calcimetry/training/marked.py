"""Pictures with the numbers of their masks, before it is known what the numbers mean."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calcimetry.errors import InputError
from calcimetry.model import Image


@dataclass(frozen=True, eq=False, slots=True)
class Cut:
    """One slice, the numbers of its bone mask, and where its deposits are.

    `bones` and `deposits` have the shape (rows, columns); `deposits` is None where nobody
    marked them.
    """

    name: str
    image: Image
    bones: NDArray[np.integer]
    deposits: NDArray[np.bool_] | None


@dataclass(frozen=True, eq=False, slots=True)
class Marked:
    """All that one picture or volume gives: one cut, or several planes.

    `patient` is empty where nobody says. `values` are the numbers other than 0 in the whole
    mask, which is called `mask_name`.
    """

    name: str
    patient: str
    mask_name: str
    values: frozenset[int]
    cuts: tuple[Cut, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """Something to learn from: what it is called, and how to read it with its masks."""

    name: str
    read: Callable[[], Marked]


def values_of(bones: NDArray[np.integer], mask_name: str) -> frozenset[int]:
    """The numbers of a mask other than 0.

    Raises
    ------
    InputError
        If there are none.
    """
    values = frozenset(int(value) for value in np.unique(bones)) - {0}
    if not values:
        raise InputError(
            f"Reading {mask_name}: the mask is empty, every value is 0. Mark the bones, or take "
            "the image out of the folder."
        )
    return values


def refuse_other_size(
    found: tuple[int, ...], expected: tuple[int, ...], mask_name: str, name: str
) -> None:
    """Make sure that a mask has the size of its image.

    Raises
    ------
    InputError
        If it has not.
    """
    if found != expected:
        raise InputError(
            f"Reading {mask_name}: expected the size of {name}, {_told(expected)}, found "
            f"{_told(found)}. Save the mask on the image's own pixels, uncropped and unscaled."
        )


def _told(size: Iterable[int]) -> str:
    return " x ".join(map(str, size))
