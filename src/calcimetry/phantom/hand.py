"""A hand as solid geometry: five digits in a pose, their sesamoids, and the wrist.

Lengths in millimetres. The hand's own frame is (x, y, z): x towards its back, y
towards the thumb, z from the wrist to the fingertips: a right hand. A left hand is
its mirror image, which `calcimetry.phantom.volume` makes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcimetry.model import Bone, Digit
from calcimetry.phantom.anatomy import CHAIN, Solid
from calcimetry.phantom.bones import BONES, draw_long_bone
from calcimetry.phantom.disease import MISSING_GRADE, picked, resorbed, worn
from calcimetry.phantom.hand_settings import HandSettings
from calcimetry.phantom.parts import Part
from calcimetry.phantom.pose import Ray, about, draw_flexion, draw_rays
from calcimetry.phantom.wrist import draw_sesamoids, draw_wrist

Array = NDArray[np.floating[Any]]

#: Where two bones meet, the one nearer to the wrist keeps its shape.
_RANKS = {
    Bone.METACARPAL: 5,
    Bone.PROXIMAL_PHALANX: 4,
    Bone.MIDDLE_PHALANX: 3,
    Bone.DISTAL_PHALANX: 2,
}

#: Digits that run into others are bent anew, so many times at most.
_POSE_TRIES = 12
#: Skin lies between the bones of two fingers that touch, at least so much.
_APART_MM = 2.0


@dataclass(frozen=True, slots=True)
class _Build:
    """What all digits of one hand share; joints are named by the bone beyond them."""

    size: float
    slender: float
    cortex: float
    pose: str
    splay: float
    grades: tuple[int, ...]
    out_of_place: set[str]
    fused: set[str]


def draw_hand(rng: np.random.Generator, settings: HandSettings | None = None) -> list[Part]:
    """One hand: digits in a pose, sesamoids, and mostly a wrist.

    Parameters
    ----------
    rng : numpy.random.Generator
        The only source of chance.
    settings : HandSettings, optional
        What it is like; all drawn where nothing is chosen.

    Returns
    -------
    list of Part
        In the hand's frame, whose origin is where the third metacarpal begins.
    """
    s = (settings or HandSettings()).settled(rng)
    joints = [str(10 * d + b) for d in Digit for b in CHAIN[1:] if b in BONES.get(d, ())]
    fused = picked(rng, joints, s.ankyloses or 0)
    build = _Build(
        size=float(s.size or 1.0),
        slender=float(s.slenderness or 1.0),
        cortex=float(rng.lognormal(0.0, 0.2) * (1.15 - 0.65 * (s.bone_loss or 0.0))),
        pose=s.pose or "flat",
        splay=float(s.splay or 0.0),
        grades=s.acro_osteolysis or (0,) * 5,
        out_of_place=picked(rng, [j for j in joints if j not in fused], s.subluxations or 0),
        fused=fused,
    )
    parts: list[Part] = []
    for ray in draw_rays(rng, build.size, build.slender):
        for _ in range(_POSE_TRIES):
            digit = _digit(rng, ray, build)
            if not _collide(digit, parts):
                break
        parts += digit
    parts = worn(rng, parts, s.erosions or 0, s.osteophytes or 0)
    parts += draw_sesamoids(rng, parts, build.size)
    if s.wrist:
        bend = about(np.array([0.0, 1.0, 0.0]), float(np.deg2rad(rng.normal(0.0, 12.0))))
        parts += draw_wrist(rng, bend, build.size, build.slender, build.cortex)
    return parts


def lone_finger(rng: np.random.Generator, parts: list[Part]) -> list[Part]:
    """The phalanges (and half the time the metacarpal) of one random digit of a hand."""
    digit = int(rng.integers(1, 6))
    kept = (1, 2, 3, 4, 5) if rng.random() < 0.5 else (1, 2, 3, 5)
    return [part for part in parts if part.label // 10 == digit and part.label % 10 in kept]


def _digit(rng: np.random.Generator, ray: Ray, build: _Build) -> list[Part]:
    """Metacarpal and phalanges of one digit."""
    digit = ray.digit
    flexion = draw_flexion(rng, build.pose, digit)
    grade = build.grades[digit - 1]
    base, axes = ray.base, ray.axes
    parts: list[Part] = []
    before: Solid | None = None
    for bone in CHAIN:
        if bone not in BONES[digit]:
            continue
        name = str(10 * digit + bone)
        solid = draw_long_bone(rng, digit, bone, build.size, build.slender, build.cortex)
        gap = float(rng.uniform(0.6, 1.2))
        if before is not None:
            bend = flexion[len(parts) - 1]
            aside = np.deg2rad(rng.normal(0.0, 2.0))
            if len(parts) == 1 and digit is not Digit.THUMB:
                aside += np.deg2rad(ray.lean * (build.splay - 0.75))
            base, axes = _beyond(before, axes, bend, float(aside), gap * (name not in build.fused))
            far = name in build.out_of_place
            step = rng.normal(0.0, 0.3, 3) + far * rng.uniform(1.5, 3.5) * _any_way(rng)
            base = base + (step * [1.0, 0.7, 0.0]) @ axes
        if bone is Bone.DISTAL_PHALANX:
            if grade == MISSING_GRADE:
                break
            solid = resorbed(rng, solid, grade)
        before = replace(solid, origin=base, axes=axes)
        fused_to = parts[-1].name if name in build.fused else ""
        parts.append(Part(int(name), before, name, _RANKS[bone], gap, fused_to))
    return parts


def _collide(digit: list[Part], others: list[Part]) -> bool:
    """Whether phalanges of one digit run into bones of others; metacarpals may touch."""
    if not others or len(digit) < 2:
        return False
    (line, reach), (other_line, other_reach) = _middle_lines(digit[1:]), _middle_lines(others)
    apart = np.linalg.norm(line[:, None, :, None] - other_line[None, :, None, :], axis=-1)
    least = 0.5 * (reach[:, None] + other_reach[None]) + _APART_MM
    return bool((apart.min(axis=(2, 3)) < least).any())


def _middle_lines(parts: list[Part]) -> tuple[Array, Array]:
    """Seven points along each bone, and how far its surface lies from them."""
    ends = np.array([part.ends for part in parts])
    share = np.linspace(0.0, 1.0, 7)[:, None]
    reach = np.array([part.reach for part in parts])
    return ends[:, :1] + share * (ends[:, 1:] - ends[:, :1]), reach


def _beyond(
    before: Solid, axes: Array, bend: float, aside: float, gap: float
) -> tuple[Array, Array]:
    """Base and axes of the next bone, whose hollow base rolls on the head before it."""
    depth = 0.5 * float(before.half_palmar[-2] + before.half_dorsal[-2])
    radius = 0.9 * depth
    pivot = before.tip - radius * before.axes[2]
    axes = axes @ about(axes[1], bend)
    axes = axes @ about(axes[0], aside)
    # It starts before the head ends: what is too much is hollowed out.
    return pivot + (radius + gap - 0.44 * depth) * axes[2], axes


def _any_way(rng: np.random.Generator) -> Array:
    """Mostly towards the palm, as joints leave their place."""
    angle = rng.normal(np.pi, 0.9)
    return np.array([np.cos(angle), np.sin(angle), 0.0])
