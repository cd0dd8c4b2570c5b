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
from calcimetry.phantom.anatomy import CHAIN, SIZES, STATIONS, Solid, draw_bone, resorb, rotation

Array = NDArray[np.floating[Any]]

CARPAL, RADIUS, ULNA = 60, 61, 62
#: Joint angles of a digit in a pose: mean and spread in degrees at its three joints.
_POSES = {
    "flat": ((4.0, 7.0), (4.0, 5.0), (3.0, 4.0)),
    "relaxed": ((22.0, 12.0), (28.0, 14.0), (14.0, 8.0)),
    "bent": ((35.0, 25.0), (55.0, 22.0), (25.0, 15.0)),
}
_POSE_SHARES = (0.5, 0.35, 0.15)
#: Carpal bones: (x, y, z) of the centre and half axes, for a hand whose third
#: metacarpal begins at the origin. Read off drawings of a dorsal view.
_CARPALS = (
    ((-4.0, 17.0, -7.0), (7.5, 7.5, 6.0)),  # trapezium
    ((0.0, 9.0, -7.5), (7.0, 5.5, 5.5)),  # trapezoid
    ((0.0, 0.0, -12.5), (7.5, 6.0, 10.5)),  # capitate
    ((-1.0, -11.0, -11.0), (7.5, 6.5, 8.5)),  # hamate
    ((-3.0, 13.0, -19.0), (7.0, 6.0, 9.5)),  # scaphoid
    ((0.0, 1.0, -26.0), (8.0, 7.0, 6.0)),  # lunate
    ((0.0, -12.0, -22.5), (7.0, 5.5, 6.5)),  # triquetrum
    ((-10.0, -14.0, -22.0), (4.5, 4.5, 6.0)),  # pisiform
)


@dataclass(frozen=True, slots=True)
class Pebble:
    """A rounded bone without a shaft: a carpal or a sesamoid.

    The rows of `axes` (3, 3) are the directions of `half_axes`; `waves` (n, 4: wave
    vector in radians per mm and phase) make the surface uneven by `roughness`, a part
    of its size.
    """

    centre: Array
    half_axes: Array
    axes: Array
    squareness: float
    roughness: float
    waves: Array
    cortex: float

    def distance(self, points: Array) -> tuple[Array, Array]:
        """Signed distance (mm, negative inside, first order) and 0, for points (..., 3)."""
        kind = points.dtype
        offset = points - self.centre.astype(kind)
        own = np.abs(offset @ self.axes.T.astype(kind)) / self.half_axes.astype(kind)
        n = float(self.squareness)
        radius = (own**n).sum(axis=-1) ** (1.0 / n)
        bumps = np.sin(offset @ self.waves[:, :3].T.astype(kind) + self.waves[:, 3].astype(kind))
        radius = radius + float(self.roughness) * bumps.mean(axis=-1)
        return (radius - 1.0) * float(self.half_axes.min()), np.zeros_like(radius)


@dataclass(frozen=True, slots=True)
class Part:
    """One bone of a hand: its label (10 x digit + bone, or 60 to 62) and its shape."""

    label: int
    shape: Solid | Pebble

    @property
    def ends(self) -> tuple[Array, Array]:
        """Two points of the hand's frame between which the bone's middle line runs."""
        if isinstance(self.shape, Pebble):
            return self.shape.centre, self.shape.centre
        return self.shape.origin, self.shape.tip

    @property
    def reach(self) -> float:
        """Largest distance in mm of the surface from the middle line."""
        if isinstance(self.shape, Pebble):
            return float(self.shape.half_axes.max()) * 1.3
        s = self.shape
        sizes = (s.half_breadth.max(), s.half_palmar.max(), s.half_dorsal.max())
        return float(max(sizes)) * 1.3 + abs(s.bow) + 1.0

    def cortex(self, station: Array) -> Array:
        """Thickness of the cortex in mm at stations from 0 (base) to 1 (head)."""
        if isinstance(self.shape, Pebble):
            return np.full_like(station, self.shape.cortex)
        ends = np.abs(2 * station - 1) ** 2
        return np.asarray(
            self.shape.cortex_shaft * (1 - ends) + self.shape.cortex_end * ends, station.dtype
        )


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
    size = rng.normal(1.0, 0.08)
    slender = rng.normal(1.0, 0.08)
    cortex = rng.lognormal(0.0, 0.3)
    pose = rng.choice(list(_POSES), p=_POSE_SHARES)
    splay = rng.uniform(0.0, 1.6)
    arch = rng.uniform(0.0, 0.02)
    parts: list[Part] = []
    y = 0.0
    breadth_before = 0.0
    for digit, usual_lean, back in (
        (Digit.MIDDLE, 0.0, 0.0),
        (Digit.RING, -5.0, -2.0),
        (Digit.LITTLE, -10.0, -5.0),
        (Digit.INDEX, 5.0, -1.0),
    ):
        breadth = SIZES[digit][Bone.METACARPAL][1] * size * slender
        if digit is Digit.INDEX:
            y, breadth_before = 0.0, SIZES[Digit.MIDDLE][Bone.METACARPAL][1] * size * slender
        step = 0.5 * (breadth + breadth_before) * rng.uniform(0.85, 1.08)
        y += 0.0 if digit is Digit.MIDDLE else (step if digit is Digit.INDEX else -step)
        breadth_before = breadth
        base = np.array([-arch * y * y, y, back * size + rng.normal(0.0, 1.0)])
        lean = usual_lean * rng.uniform(0.4, 1.5) + rng.normal(0.0, 1.5)
        roll = np.deg2rad(y * rng.uniform(0.2, 1.2) + rng.normal(0.0, 5.0))
        angles = (rng.normal(0.0, 4.0) + max(-y, 0.0) * 0.3, lean, roll)
        parts += _digit(rng, digit, base, angles, pose, splay, size, slender, cortex)
    thumb_base = np.array(
        [rng.uniform(-14.0, -4.0), rng.uniform(17.0, 25.0), rng.uniform(-6.0, 1.0)]
    )
    angles = (rng.uniform(5.0, 50.0), rng.uniform(15.0, 60.0), np.deg2rad(rng.uniform(30.0, 100.0)))
    parts += _digit(rng, Digit.THUMB, thumb_base * size, angles, pose, 0.0, size, slender, cortex)
    parts += _sesamoids(rng, parts, size)
    if rng.random() < 0.65:
        parts += _wrist(rng, size, slender, cortex)
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
        if bone not in SIZES[digit]:
            continue
        if parts:
            mean, spread = _POSES[own_pose][min(len(parts) - 1, 2)]
            aside = angles[1] * (splay - 0.6) if len(parts) == 1 else 0.0
            axes = axes @ _about(axes[1], np.deg2rad(max(rng.normal(mean, spread), -10.0)))
            axes = axes @ _about(axes[0], np.deg2rad(aside + rng.normal(0.0, 2.5)))
        solid = draw_bone(rng, bone, SIZES[digit][bone], size, slender, cortex)
        if bone is Bone.DISTAL_PHALANX and resorbed:
            solid = resorb(rng, solid)
        parts.append(Part(10 * digit + bone, replace(solid, origin=base, axes=axes)))
        base = base + (solid.length + rng.uniform(0.3, 1.8)) * axes[2]
        base = base + rng.normal(0.0, 0.3 if rng.random() < 0.92 else 1.5, 3) * [1.0, 0.7, 0.0]
    return parts


def _about(axis: Array, angle: float) -> Array:
    """Rotation matrix about a unit vector (Rodrigues)."""
    x, y, z = axis
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.asarray(np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross)


def _sesamoids(rng: np.random.Generator, parts: list[Part], size: float) -> list[Part]:
    """Sesamoids on the palmar side of joints: two at the thumb, others now and then."""
    found = []
    by_label = {part.label: part.shape for part in parts}
    for label, chance, aside in (
        (14, 0.95, (-1, 1)),
        (24, 0.4, (1,)),
        (54, 0.5, (-1,)),
        (11, 0.3, (0,)),
    ):
        below = by_label[label]
        assert isinstance(below, Solid)  # noqa: S101 - digits are made of them
        for side in aside:
            if rng.random() > chance:
                continue
            u, v, w = below.axes
            half = size * rng.uniform(0.8, 2.6) * rng.uniform(0.7, 1.3, 3)
            centre = (
                below.tip
                - rng.uniform(-1.0, 5.0) * w
                - (below.half_palmar[-2] + half.max() + rng.uniform(0.3, 1.5)) * u
                + side * rng.uniform(0.3, 0.7) * below.half_breadth[-2] * v
            )
            digit = label // 10
            found.append(Part(10 * digit + Bone.SESAMOID, _pebble(rng, centre, half)))
    return found


def _wrist(rng: np.random.Generator, size: float, slender: float, cortex: float) -> list[Part]:
    """Carpals and the ends of radius and ulna."""
    bend = _about(np.array([0.0, 1.0, 0.0]), np.deg2rad(rng.normal(0.0, 12.0)))
    parts = []
    for centre, half in _CARPALS:
        place = bend @ (np.array(centre) * size + rng.normal(0.0, 0.6, 3))
        halves = np.array(half) * size * slender * rng.uniform(0.82, 1.0, 3)
        parts.append(Part(CARPAL, _pebble(rng, place, halves)))
    for label, start, sizes in (
        (RADIUS, (0.0, 6.0, -34.0), (70.0, 30.0, 20.0)),
        (ULNA, (2.0, -15.0, -33.0), (70.0, 16.0, 15.0)),
    ):
        shaft = 0.5 if label == RADIUS else 0.8
        solid = draw_bone(rng, Bone.METACARPAL, sizes, size, slender, cortex)
        waist = np.interp(STATIONS, [0.0, 0.08, 0.5, 1.0], [1.0, 1.0, shaft, shaft])
        axes = rotation(rng.normal(0.0, 0.08), rng.normal(0.0, 0.05), 0.0) @ bend.T
        turned = np.stack([axes[0], -axes[1], -axes[2]])  # from its distal end inwards
        solid = replace(
            solid,
            origin=bend @ (np.array(start) * size),
            axes=turned,
            bow=0.0,
            half_breadth=waist * 0.5 * sizes[1] * size * slender,
            half_dorsal=waist * 0.5 * sizes[2] * size * slender,
            half_palmar=waist * 0.5 * sizes[2] * size * slender,
        )
        parts.append(Part(label, solid))
    return parts


def _pebble(rng: np.random.Generator, centre: Array, half: Array) -> Pebble:
    turn, _ = np.linalg.qr(np.eye(3) + rng.normal(0.0, 0.15, (3, 3)))
    waves = np.column_stack(
        [rng.normal(0.0, 1.0, (4, 3)) * 2.0 / half.mean(), rng.uniform(0.0, 2 * np.pi, 4)]
    )
    return Pebble(
        centre=np.asarray(centre),
        half_axes=np.asarray(half),
        axes=turn * np.sign(np.diag(turn))[:, None],
        squareness=rng.uniform(2.0, 3.2),
        roughness=rng.uniform(0.0, 0.25),
        waves=waves,
        cortex=rng.uniform(0.4, 1.2),
    )
