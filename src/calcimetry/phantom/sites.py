"""Where in a hand deposits lie: the sites that are described in systemic sclerosis.

Fingertip pad, tendon sheath, carpal tunnel and muscle (Hsu 2014), around joints, on the
cortex, and in what acro-osteolysis has left of a tuft. Sites are found from the bones'
shapes alone, so that a hand has the same deposits on whatever grid it is sampled.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcimetry.model import Bone, Digit
from calcimetry.phantom.anatomy import Solid
from calcimetry.phantom.bones import BONES
from calcimetry.phantom.parts import Part

Array = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Place:
    """One place for a deposit, in the hand's frame.

    `centre` is in mm; plates lie across `normal`, and deposits stretch along `along`.
    """

    site: str
    centre: Array
    normal: Array
    along: Array


Finder = Callable[[np.random.Generator, list[Part], float], Place | None]


def find_place(rng: np.random.Generator, parts: list[Part], radius_mm: float) -> Place | None:
    """A random place for a deposit of about `radius_mm`; None where the drawn site is not there.

    Parameters
    ----------
    rng : numpy.random.Generator
        The only source of chance.
    parts : list of Part
        The bones.
    radius_mm : float
        Of the ball of the deposit's volume. Those over 6 mm lie around joints or in the palm,
        where there is room.
    """
    shares = _SHARES_LARGE if radius_mm > 6.0 else _SHARES
    site = str(rng.choice(list(shares), p=list(shares.values())))
    return _FINDERS[site](rng, parts, radius_mm)


def _bones(parts: list[Part], *kinds: int) -> list[tuple[Part, Solid]]:
    """Long bones of the given kinds."""
    return [
        (part, part.shape)
        for part in parts
        if part.is_long and isinstance(part.shape, Solid) and part.label % 10 in kinds
    ]


def _one(rng: np.random.Generator, bones: list[tuple[Part, Solid]]) -> tuple[Part, Solid] | None:
    pick = rng.random()
    return bones[int(pick * len(bones))] if bones else None


def _beside(
    rng: np.random.Generator,
    site: str,
    kinds: tuple[int, ...],
    parts: list[Part],
    station: tuple[float, float],
    angle: tuple[float, float],
    away: tuple[float, float],
) -> Place | None:
    """A place at a bone's surface: stations from U, angle from N, distance from U in mm."""
    chosen = _one(rng, _bones(parts, *kinds))
    t, turn, mm = rng.uniform(*station), rng.normal(*angle), rng.uniform(*away)
    if chosen is None:
        return None
    part, solid = chosen
    point, normal = part.surface(float(t), float(turn))
    return Place(site, point + mm * normal, normal, solid.axes[2])


def _pulp(rng: np.random.Generator, parts: list[Part], radius: float) -> Place | None:
    return _beside(
        rng, "pulp", (3,), parts, (0.5, 1.1), (np.pi, 0.6), (1.0 + 0.6 * radius, 3.0 + 0.6 * radius)
    )


def _sheath(rng: np.random.Generator, parts: list[Part], radius: float) -> Place | None:
    return _beside(
        rng,
        "tendon sheath",
        (1, 2),
        parts,
        (0.15, 0.85),
        (np.pi, 0.3),
        (1.5 + 0.5 * radius, 3.0 + 0.7 * radius),
    )


def _periarticular(rng: np.random.Generator, parts: list[Part], radius: float) -> Place | None:
    base = rng.random() < 0.5
    station = (0.0, 0.1) if base else (0.88, 1.0)
    kinds = (1, 2, 3) if base else (1, 2, 4)
    # Hardly ever between the heads of the metacarpals: their sides are no outside.
    return _beside(
        rng,
        "periarticular",
        kinds,
        parts,
        station,
        (rng.choice([0.0, np.pi]), 0.8),
        (0.2 + 0.3 * radius, 2.0 + 0.6 * radius),
    )


def _cortex(rng: np.random.Generator, parts: list[Part], radius: float) -> Place | None:
    return _beside(
        rng, "cortex", (1, 2, 3, 4), parts, (0.12, 0.88), (0.0, 2.5), (-0.2 * radius, 0.75 * radius)
    )


def _tuft(rng: np.random.Generator, parts: list[Part], radius: float) -> Place | None:
    short = [
        (part, solid)
        for part, solid in _bones(parts, 3)
        if solid.length < 0.75 * BONES[Digit(part.label // 10)][Bone.DISTAL_PHALANX].length
    ]
    chosen = _one(rng, short)
    away, aside = rng.uniform(0.3 * radius, 2.0 + radius), rng.normal(0.0, 1.0, 2)
    if chosen is None:
        return None
    solid = chosen[1]
    centre = solid.tip + away * solid.axes[2] + aside @ solid.axes[:2]
    return Place("resorbed tuft", centre, solid.axes[0], solid.axes[2])


def _palm(rng: np.random.Generator, parts: list[Part], radius: float) -> Place | None:
    return _beside(
        rng,
        "muscle",
        (4,),
        parts,
        (0.2, 0.8),
        (np.pi, 0.5),
        (2.0 + 0.4 * radius, 4.0 + 0.6 * radius),
    )


def _tunnel(rng: np.random.Generator, parts: list[Part], radius: float) -> Place | None:
    offset = rng.normal(0.0, [1.0, 3.0, 5.0])
    capitate = [part for part in parts if part.name == "capitate"]
    if not capitate:
        return None
    centre = capitate[0].ends[0] + np.array([-13.0 - 0.3 * radius, 1.0, 0.0]) + offset
    return Place("carpal tunnel", centre, np.array([1.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0]))


#: Chosen: no publication counts them. What the drawn site's bones lack is drawn again.
_SHARES = {
    "pulp": 0.27,
    "tendon sheath": 0.15,
    "periarticular": 0.22,
    "cortex": 0.2,
    "resorbed tuft": 0.06,
    "muscle": 0.06,
    "carpal tunnel": 0.04,
}
_SHARES_LARGE = {"periarticular": 0.6, "muscle": 0.25, "carpal tunnel": 0.15}
_FINDERS: dict[str, Finder] = {
    "pulp": _pulp,
    "tendon sheath": _sheath,
    "periarticular": _periarticular,
    "cortex": _cortex,
    "resorbed tuft": _tuft,
    "muscle": _palm,
    "carpal tunnel": _tunnel,
}
