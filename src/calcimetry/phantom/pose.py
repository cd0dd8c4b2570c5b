"""How a hand is held: where its metacarpals begin, and the angles of its joints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcimetry.model import Bone, Digit
from calcimetry.phantom.anatomy import rotation
from calcimetry.phantom.bones import BONES
from calcimetry.phantom.wrist import CARPALS

Array = NDArray[np.floating[Any]]

#: Flexion in degrees at the three joints of a digit: mean and spread.
_FLEXION = {
    "flat": ((4.0, 7.0), (4.0, 5.0), (3.0, 4.0)),
    "relaxed": ((22.0, 10.0), (28.0, 12.0), (14.0, 7.0)),
    "bent": ((35.0, 20.0), (55.0, 18.0), (25.0, 12.0)),
    "contracture": ((8.0, 12.0), (68.0, 14.0), (14.0, 12.0)),
}
#: Lean of the metacarpal to the thumb's side in degrees; how far in mm its base stands back.
_FINGERS = (
    (Digit.MIDDLE, 0.0, 0.0),
    (Digit.RING, -5.0, -2.0),
    (Digit.LITTLE, -10.0, -5.0),
    (Digit.INDEX, 5.0, -1.0),
)


@dataclass(frozen=True, slots=True)
class Ray:
    """One digit before its bones are drawn.

    `base` and the rows of `axes` (u, v, w) are its metacarpal's; `lean` says by how many
    degrees that points to the thumb's side.
    """

    digit: Digit
    base: Array
    axes: Array
    lean: float


def draw_rays(rng: np.random.Generator, size: float, slender: float) -> list[Ray]:
    """Where the five metacarpals begin and point, in the hand's frame.

    Parameters
    ----------
    rng : numpy.random.Generator
        The only source of chance.
    size, slender : float
        Factors on all measures, and on breadth and depth.
    """
    arch = rng.uniform(0.0, 0.015)
    rays = []
    y, before = 0.0, Digit.MIDDLE
    for digit, usual_lean, back in _FINGERS:
        if digit is Digit.INDEX:
            y, before = 0.0, Digit.MIDDLE
        step = 0.5 * sum(BONES[d][Bone.METACARPAL].base[0] for d in (digit, before))
        step *= size * slender * rng.uniform(0.95, 1.02)
        y += 0.0 if digit is Digit.MIDDLE else (step if digit is Digit.INDEX else -step)
        before = digit
        # Two mm further back than the carpals end: both give way to the joint.
        base = np.array([-arch * y * y, y, (back - 2.0) * size + rng.normal(0.0, 0.4)])
        lean = usual_lean * rng.uniform(0.6, 1.4) + rng.normal(0.0, 1.0)
        roll = np.deg2rad(y * rng.uniform(0.2, 1.0) + rng.normal(0.0, 4.0))
        flexion = rng.normal(0.0, 3.0) + max(-y, 0.0) * 0.3
        axes = rotation(np.deg2rad(flexion), np.deg2rad(lean), roll)
        rays.append(Ray(digit, base, axes, lean))
    flexion, lean, roll = (rng.uniform(*r) for r in ((5.0, 45.0), (18.0, 55.0), (30.0, 100.0)))
    axes = rotation(*np.deg2rad([flexion, lean, roll]))
    base = (np.array(CARPALS["trapezium"][0]) + 5.0 * axes[2]) * size
    rays.append(Ray(Digit.THUMB, base, axes, 0.0))
    return rays


def draw_flexion(rng: np.random.Generator, pose: str, digit: Digit) -> list[float]:
    """Flexion in radians at the joints of one digit, most often those of the hand's pose."""
    own = pose if rng.random() < 0.85 else str(rng.choice(["flat", "relaxed"]))
    means = _FLEXION[own]
    if digit is Digit.THUMB and own == "contracture":
        means = _FLEXION["relaxed"]
    return [
        float(np.deg2rad(np.clip(rng.normal(mean, spread), -12.0, 105.0))) for mean, spread in means
    ]


def about(axis: Array, angle: float) -> Array:
    """Rotation matrix about a unit vector by an angle in radians (Rodrigues)."""
    x, y, z = axis
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.asarray(np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross)
