"""What disease does to bones: resorbed tips, pits, spurs, joints out of place or fused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcimetry.phantom.anatomy import STATIONS, Solid
from calcimetry.phantom.parts import Part

Array = NDArray[np.floating[Any]]
Ball = tuple[float, float, float, float]

#: Acro-osteolysis: what part of the distal phalanx each grade leaves.
_LEFT = {1: (0.72, 0.9), 2: (0.42, 0.7), 3: (0.2, 0.4)}
MISSING_GRADE = 4


def resorbed(rng: np.random.Generator, solid: Solid, grade: int) -> Solid:
    """A distal phalanx of which acro-osteolysis has left a part, tapered like a pencil.

    Parameters
    ----------
    rng : numpy.random.Generator
        The only source of chance.
    solid : Solid
        The whole bone.
    grade : int
        0 leaves it as it is; 1 to 3 take the tuft's border, about half, all but the base.
    """
    if grade == 0:
        return solid
    left = float(rng.uniform(*_LEFT[grade]))
    taper = np.interp(STATIONS, [0.0, 0.4, 1.0], [1.0, 1.0, rng.uniform(0.35, 0.9)])

    def kept(half: Array) -> Array:
        return np.asarray(np.interp(STATIONS * left, STATIONS, half) * taper)

    return replace(
        solid,
        length=solid.length * left,
        half_breadth=kept(solid.half_breadth),
        half_dorsal=kept(solid.half_dorsal),
        half_palmar=kept(solid.half_palmar),
        bow=solid.bow * left,
        head_round=rng.uniform(0.2, 0.9),
    )


def worn(
    rng: np.random.Generator, parts: list[Part], erosions: int, osteophytes: int
) -> list[Part]:
    """The same bones with pits and spurs beside their joints.

    Parameters
    ----------
    rng : numpy.random.Generator
        The only source of chance.
    parts : list of Part
        Bones; only long ones of digits are changed.
    erosions, osteophytes : int
        How many pits (radius U(0.8, 2.2) mm) and spurs (U(0.6, 1.5) mm) to make.
    """
    long = [i for i, part in enumerate(parts) if part.is_long]
    made = list(parts)
    for number, spur in ((erosions, False), (osteophytes, True)):
        for _ in range(number if long else 0):
            at = long[int(rng.integers(len(long)))]
            part = made[at]
            near_base = rng.random() < 0.5
            station = float(rng.uniform(0.03, 0.12) if near_base else rng.uniform(0.86, 0.96))
            point, normal = part.surface(station, float(rng.uniform(0.0, 2 * np.pi)))
            if spur:
                made[at] = replace(
                    part, spurs=part.spurs + _spur(rng, part, point, normal, near_base)
                )
            else:
                radius = float(rng.uniform(0.8, 2.2))
                made[at] = replace(part, pits=(*part.pits, _ball(point - 0.1 * normal, radius)))
    return made


def _spur(
    rng: np.random.Generator, part: Part, point: Array, normal: Array, near_base: bool
) -> tuple[Ball, ...]:
    """Two or three balls that lean out of the bone and over the joint."""
    axis = part.ends[1] - part.ends[0]
    towards = (-axis if near_base else axis) / np.linalg.norm(axis)
    way = normal + rng.uniform(0.0, 0.6) * towards
    radius = float(rng.uniform(0.6, 1.5))
    return tuple(
        _ball(point + step * radius * way, radius * (1.0 - 0.25 * step))
        for step in (0.0, 0.7, 1.4)[: int(rng.integers(2, 4))]
    )


def _ball(centre: Array, radius: float) -> Ball:
    x, y, z = (float(c) for c in centre)
    return x, y, z, radius


def picked(rng: np.random.Generator, names: list[str], number: int) -> set[str]:
    """So many of the names, each at most once."""
    order = rng.permutation(len(names))
    return {names[int(i)] for i in order[:number]}
