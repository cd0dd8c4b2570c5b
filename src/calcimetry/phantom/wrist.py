"""The round bones of a hand: carpals, sesamoids, and the ends of radius and ulna beside them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcimetry.model import Bone
from calcimetry.model.anatomy import CARPAL, RADIUS, ULNA
from calcimetry.phantom.anatomy import STATIONS, Solid, rotation
from calcimetry.phantom.parts import Part, Pebble, draw_pebble

Array = NDArray[np.floating[Any]]

#: Carpals: (x, y, z) of the centre and half axes in mm for a hand whose third metacarpal
#: begins at the origin, and rank. They reach into each other where they have joints.
#: Chosen near anatomical handbooks.
CARPALS: dict[str, tuple[tuple[float, float, float], tuple[float, float, float], int]] = {
    "trapezium": ((-7.0, 23.0, -8.0), (8.5, 8.0, 7.5), 5),
    "trapezoid": ((0.0, 12.0, -7.0), (8.0, 6.5, 6.5), 5),
    "capitate": ((-0.5, 0.5, -12.5), (8.5, 7.0, 12.0), 5),
    "hamate": ((-2.0, -13.5, -10.0), (8.5, 8.5, 9.5), 5),
    "scaphoid": ((-4.0, 15.0, -20.5), (7.0, 8.0, 10.5), 4),
    "lunate": ((-1.0, 1.0, -27.0), (8.5, 8.5, 7.0), 4),
    "triquetrum": ((-2.0, -14.5, -23.0), (7.0, 7.5, 7.0), 4),
    "pisiform": ((-12.0, -18.0, -22.0), (4.5, 5.0, 6.0), 4),
}
_FOREARM = (
    # label, name, end's middle, length, breadth, depth, shaft's part of the breadth
    (RADIUS, "radius", (-1.0, 9.0, -31.5), 70.0, 30.0, 20.0, 0.47),
    (ULNA, "ulna", (1.0, -14.5, -34.5), 70.0, 15.0, 14.0, 0.8),
)
#: Sesamoids on the palmar side of joints: label of the bone before the joint, how often,
#: and on which sides.
_SESAMOIDS = (
    (14, 0.95, (-1, 1)),
    (24, 0.4, (1,)),
    (54, 0.5, (-1,)),
    (11, 0.3, (0,)),
)


def draw_wrist(
    rng: np.random.Generator, bend: Array, size: float, slender: float, cortex: float
) -> list[Part]:
    """Carpals and the ends of radius and ulna.

    Parameters
    ----------
    rng : numpy.random.Generator
        The only source of chance.
    bend : ndarray, shape (3, 3)
        Rotation of the forearm against the hand.
    size, slender, cortex : float
        Factors on all measures, on breadth and depth, and on the cortex.
    """
    parts = []
    half_bend = _partly(bend)
    for name, (centre, half, rank) in CARPALS.items():
        place = half_bend @ (np.array(centre) * size + rng.normal(0.0, 0.4, 3))
        halves = np.array(half) * size * slender * rng.uniform(0.96, 1.06, 3)
        pebble = draw_pebble(rng, place, halves, tilt=0.1, roughness=0.18)
        parts.append(Part(CARPAL, pebble, name, rank, rng.uniform(0.7, 1.3)))
    for label, name, start, length, breadth, depth, waist in _FOREARM:
        axes = rotation(rng.normal(0.0, 0.06), rng.normal(0.0, 0.04), 0.0) @ bend.T
        outline = np.interp(STATIONS, [0.0, 0.08, 0.5, 1.0], [0.95, 1.0, waist, waist])
        half = 0.5 * size * slender * np.sqrt(outline) if label == ULNA else 0.5 * size * outline
        deep = depth * half * (1.0 if label == ULNA else slender)
        shape = Solid(
            bone=Bone.METACARPAL,
            length=length * size,
            half_breadth=breadth * half,
            half_dorsal=deep,
            half_palmar=deep,
            bow=0.0,
            squareness=rng.uniform(2.0, 2.6),
            head_round=1.0,
            base_hollow=0.0,
            groove=0.0,
            origin=half_bend @ (np.array(start) * size),
            axes=np.stack([axes[0], -axes[1], -axes[2]]),  # from its far end inwards
            cortex_shaft=2.2 * cortex,
            cortex_end=rng.uniform(0.4, 0.9) * min(cortex, 1.3),
        )
        parts.append(Part(label, shape, name, 3, rng.uniform(0.9, 1.6)))
    return parts


def _partly(bend: Array) -> Array:
    """Half of a small rotation: the wrist bends in two rows of joints."""
    frame, _, other = np.linalg.svd(np.eye(3) + bend)
    return np.asarray(frame @ other)


def draw_sesamoids(rng: np.random.Generator, parts: list[Part], size: float) -> list[Part]:
    """Sesamoids on the palmar side of joints: two at the thumb, others now and then."""
    found = []
    by_label = {part.label: part.shape for part in parts}
    for label, chance, sides in _SESAMOIDS:
        below = by_label[label]
        if not isinstance(below, Solid):  # resorbed or never drawn
            continue
        for side in sides:
            if rng.random() > chance:
                continue
            digit = label // 10
            name = f"sesamoid {label}{side:+d}"
            pebble = draw_sesamoid(rng, below, side, size)
            found.append(Part(10 * digit + Bone.SESAMOID, pebble, name, 0, rng.uniform(0.6, 1.3)))
    return found


def draw_sesamoid(rng: np.random.Generator, below: Solid, side: float, size: float) -> Pebble:
    """One sesamoid on the palmar side of a joint.

    Parameters
    ----------
    rng : numpy.random.Generator
        The only source of chance.
    below : Solid
        The bone before the joint.
    side : float
        0 for the middle of that bone's head, 1 and -1 for the usual places beside it.
    size : float
        Factor on its measures.
    """
    u, v, w = below.axes
    half = size * rng.uniform(0.8, 2.6) * rng.uniform(0.7, 1.3, 3)
    centre = (
        below.tip
        - rng.uniform(2.0, 5.0) * w
        - (below.half_palmar[-2] + half.max() + rng.uniform(0.3, 1.5)) * u
        + side * rng.uniform(0.4, 0.7) * below.half_breadth[-2] * v
    )
    return draw_pebble(rng, centre, half)
