"""Sesamoids: small bones on the palmar side of knuckles, told from deposits by where they lie."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calcimetry.fingers.posture import Posture
from calcimetry.fingers.rod import FloatArray
from calcimetry.model.anatomy import Digit
from calcimetry.model.geometry import Grid

#: A sesamoid is so large, in mm3.
SIZE_MM3 = (10.0, 400.0)
#: Its centre lies so far from the line of its finger, and at most so far along it from the
#: knuckle, in mm.
ASIDE_MM, ALONG_MM = (3.0, 14.0), 9.0
#: The thumb's two lie side by side: so far apart, at about the same height and depth (mm), the
#: larger one at most so many times the smaller one.
APART_MM, LEVEL_MM, MOST_TIMES = (4.0, 16.0), 5.0, 5.0
#: One of another finger lies towards the palm within this angle (cosine).
PALMAR_COSINE = 0.7
#: Other fingers that often have one.
OTHERS = (Digit.INDEX, Digit.LITTLE)


@dataclass(frozen=True, eq=False, slots=True)
class _Small:
    """A small piece: its number, its volume, and its centre in mm."""

    number: int
    volume_mm3: float
    centre: FloatArray


def find_sesamoids(
    parts: NDArray[np.integer],
    grid: Grid,
    digits: list[tuple[Digit, Posture]],
    palmar: FloatArray | None,
) -> dict[int, Digit]:
    """Which pieces of mineral are sesamoids, and of which digit.

    Parameters
    ----------
    parts : array of int, shape of the grid
        Numbers of single pieces, 0 for none.
    grid : Grid
    digits : list of (Digit, Posture)
        Of one hand.
    palmar : array, shape (3,), or None
        Unit vector out of the palm, where it is known.

    Returns
    -------
    dict of int to Digit

    Notes
    -----
    Nearly everybody has two beside each other at the thumb's knuckle, which a deposit seldom
    imitates. Without such a pair nothing is called a sesamoid; with it, a single one at the
    index or little finger's knuckle is too, towards the palm.
    """
    knuckles = {digit: posture for digit, posture in digits if posture.knuckle is not None}
    if Digit.THUMB not in knuckles:
        return {}
    small = _small_pieces(parts, grid)
    near = [one for one in small if _offset(one, knuckles[Digit.THUMB]) is not None]
    pairs = [p for p in itertools.combinations(near, 2) if _is_pair(*p, knuckles[Digit.THUMB])]
    if not pairs:
        return {}
    pair = max(pairs, key=lambda two: min(one.volume_mm3 for one in two))
    found = {one.number: Digit.THUMB for one in pair}
    for digit in OTHERS:
        if digit not in knuckles or palmar is None:
            continue
        at_knuckle = [
            one
            for one in small
            if one.number not in found and _lies_palmar(_offset(one, knuckles[digit]), palmar)
        ]
        if len(at_knuckle) == 1:
            found[at_knuckle[0].number] = digit
    return found


def _small_pieces(parts: NDArray[np.integer], grid: Grid) -> list[_Small]:
    found = []
    for number, box in enumerate(ndimage.find_objects(parts), 1):
        if box is None:
            continue
        index = np.argwhere(parts[box] == number) + [part.start for part in box]
        volume = len(index) * grid.voxel_mm3
        if SIZE_MM3[0] <= volume <= SIZE_MM3[1]:
            found.append(_Small(number, volume, grid.index_to_mm(index.mean(axis=0))))
    return found


def _offset(one: _Small, digit: Posture) -> FloatArray | None:
    """Way in mm from the digit's line to a piece at its knuckle; None where it lies elsewhere."""
    if digit.knuckle is None:
        return None
    way = one.centre - digit.knuckle
    along = float(way @ digit.root)
    aside = way - along * digit.root
    if abs(along) > ALONG_MM or not ASIDE_MM[0] <= np.linalg.norm(aside) <= ASIDE_MM[1]:
        return None
    return np.asarray(aside)


def _is_pair(first: _Small, second: _Small, thumb: Posture) -> bool:
    one, other = _offset(first, thumb), _offset(second, thumb)
    if one is None or other is None:
        return False
    way = second.centre - first.centre
    middle = (one + other) / 2.0
    depth = abs(float((other - one) @ middle)) / max(float(np.linalg.norm(middle)), 1e-9)
    sizes = sorted((first.volume_mm3, second.volume_mm3))
    return bool(
        APART_MM[0] <= np.linalg.norm(other - one) <= APART_MM[1]
        and abs(float(way @ thumb.root)) <= LEVEL_MM
        and depth <= LEVEL_MM
        # On one side of the bone, not at opposite ends of it.
        and np.linalg.norm(middle) >= ASIDE_MM[0]
        and sizes[1] <= MOST_TIMES * sizes[0]
    )


def _lies_palmar(offset: FloatArray | None, palmar: FloatArray) -> bool:
    if offset is None:
        return False
    return bool(offset @ palmar >= PALMAR_COSINE * np.linalg.norm(offset))
