"""A hand as solid geometry: five digits in a pose, their sesamoids, and the wrist.

Lengths in millimetres. The hand's own frame is (x, y, z): x towards its back, y
towards the thumb, z from the wrist to the fingertips: a right hand. A left hand is
its mirror image, which `calcimetry.phantom.volume` makes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcimetry.model import Bone, Digit
from calcimetry.phantom.anatomy import CHAIN, resorb, rotation
from calcimetry.phantom.bones import BONES, SIZE_SPREAD, draw_long_bone
from calcimetry.phantom.parts import Part
from calcimetry.phantom.wrist import CARPALS, draw_sesamoids, draw_wrist

Array = NDArray[np.floating[Any]]

#: Joint angles of a digit in a pose: mean and spread in degrees at its three joints.
_POSES = {
    "flat": ((4.0, 7.0), (4.0, 5.0), (3.0, 4.0)),
    "relaxed": ((22.0, 12.0), (28.0, 14.0), (14.0, 8.0)),
    "bent": ((35.0, 25.0), (55.0, 22.0), (25.0, 15.0)),
}
_POSE_SHARES = (0.5, 0.35, 0.15)
#: Where two bones meet, the one nearer to the wrist keeps its shape.
_RANKS = {
    Bone.METACARPAL: 5,
    Bone.PROXIMAL_PHALANX: 4,
    Bone.MIDDLE_PHALANX: 3,
    Bone.DISTAL_PHALANX: 2,
}


def draw_hand(rng: np.random.Generator) -> list[Part]:
    """One random left hand: digits in a pose, sesamoids, and mostly a wrist.

    Parameters
    ----------
    rng : numpy.random.Generator
        The only source of chance.

    Returns
    -------
    list of Part
        In the hand's frame, whose origin is where the third metacarpal begins.
    """
    size = rng.normal(1.0, SIZE_SPREAD)
    slender = rng.normal(1.0, 0.05)
    cortex = rng.lognormal(0.0, 0.3)
    pose = rng.choice(list(_POSES), p=_POSE_SHARES)
    splay = rng.uniform(0.0, 1.6)
    arch = rng.uniform(0.0, 0.015)
    parts: list[Part] = []
    y = 0.0
    before = Digit.MIDDLE
    for digit, usual_lean, back in (
        (Digit.MIDDLE, 0.0, 0.0),
        (Digit.RING, -5.0, -2.0),
        (Digit.LITTLE, -10.0, -5.0),
        (Digit.INDEX, 5.0, -1.0),
    ):
        if digit is Digit.INDEX:
            y, before = 0.0, Digit.MIDDLE
        step = 0.5 * sum(BONES[d][Bone.METACARPAL].base[0] for d in (digit, before))
        step *= size * slender * rng.uniform(0.95, 1.02)
        y += 0.0 if digit is Digit.MIDDLE else (step if digit is Digit.INDEX else -step)
        before = digit
        base = np.array([-arch * y * y, y, (back - 2.0) * size + rng.normal(0.0, 0.4)])
        lean = usual_lean * rng.uniform(0.6, 1.4) + rng.normal(0.0, 1.0)
        roll = np.deg2rad(y * rng.uniform(0.2, 1.0) + rng.normal(0.0, 4.0))
        angles = (rng.normal(0.0, 3.0) + max(-y, 0.0) * 0.3, lean, roll)
        parts += _digit(rng, digit, base, angles, pose, splay, size, slender, cortex)
    angles = (rng.uniform(5.0, 50.0), rng.uniform(15.0, 60.0), np.deg2rad(rng.uniform(30.0, 100.0)))
    along = rotation(np.deg2rad(angles[0]), np.deg2rad(angles[1]), angles[2])[2]
    thumb_base = (np.array(CARPALS["trapezium"][0]) + 5.0 * along) * size
    parts += _digit(rng, Digit.THUMB, thumb_base, angles, pose, 0.0, size, slender, cortex)
    parts += draw_sesamoids(rng, parts, size)
    if rng.random() < 0.65:
        bend = _about(np.array([0.0, 1.0, 0.0]), np.deg2rad(rng.normal(0.0, 12.0)))
        parts += draw_wrist(rng, bend, size, slender, cortex)
    return parts


def lone_finger(rng: np.random.Generator, parts: list[Part]) -> list[Part]:
    """The phalanges (and half the time the metacarpal) of one random digit of a hand."""
    digit = int(rng.integers(1, 6))
    kept = (1, 2, 3, 4, 5) if rng.random() < 0.5 else (1, 2, 3, 5)
    return [part for part in parts if part.label // 10 == digit and part.label % 10 in kept]


def _digit(
    rng: np.random.Generator,
    digit: Digit,
    base: Array,
    angles: tuple[float, float, float],
    pose: str,
    splay: float,
    size: float,
    slender: float,
    cortex: float,
) -> list[Part]:
    """Metacarpal and phalanges of one digit; angles in degrees, the last in radians."""
    axes = rotation(np.deg2rad(angles[0]), np.deg2rad(angles[1]), angles[2])
    own_pose = pose if rng.random() < 0.8 else rng.choice(list(_POSES))
    resorbed = rng.random() < 0.1
    parts: list[Part] = []
    for bone in CHAIN:
        if bone not in BONES[digit]:
            continue
        solid = draw_long_bone(rng, digit, bone, size, slender, cortex)
        gap = rng.uniform(0.6, 1.2)
        if parts:
            before = parts[-1].shape
            mean, spread = _POSES[own_pose][min(len(parts) - 1, 2)]
            aside = angles[1] * (splay - 0.6) if len(parts) == 1 else 0.0
            # The head rolls in the hollow base about the middle of its own curve.
            radius = 0.45 * float(before.half_palmar[-2] + before.half_dorsal[-2])
            pivot = before.tip - radius * before.axes[2]
            axes = axes @ _about(axes[1], np.deg2rad(max(rng.normal(mean, spread), -10.0)))
            axes = axes @ _about(axes[0], np.deg2rad(aside + rng.normal(0.0, 2.5)))
            hollow = 0.22 * float(before.half_palmar[-2] + before.half_dorsal[-2])
            base = pivot + (radius + gap - hollow) * axes[2]
            step = rng.normal(0.0, 0.3 if rng.random() < 0.92 else 1.5, 3) * [1.0, 0.7, 0.0]
            base = base + step @ axes
        if bone is Bone.DISTAL_PHALANX and resorbed:
            solid = resorb(rng, solid)
        label = 10 * digit + bone
        placed = replace(solid, origin=base, axes=axes)
        parts.append(Part(label, placed, str(label), _RANKS[bone], gap))
    return parts


def _about(axis: Array, angle: float) -> Array:
    """Rotation matrix about a unit vector (Rodrigues)."""
    x, y, z = axis
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.asarray(np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross)
