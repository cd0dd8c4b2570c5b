"""A finger as solid geometry: the bones of one digit and the flesh around them.

Lengths in millimetres throughout. The finger's own frame is (x, y, z): x towards
the back of the hand (dorsal), y across the finger, z from the wrist to the tip.
Sizes follow a statistical shape model of right hands (index finger proximal
phalanx 41.2 x 16.2 x 12.4 mm, and so on: docs/explanation/simulator.md).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from calcimetry.model import Bone, Digit

Array = NDArray[np.floating[Any]]

#: How far in mm the bones of a closed-up finger would reach into each other.
_OVERLAP_MM = (1.0, 2.8)

# Along a bone: fraction of its length from base to head.
STATIONS = np.array([0.0, 0.08, 0.22, 0.5, 0.75, 0.9, 1.0])

# Half sizes at the stations, as part of the half size at the base: breadth, depth
# on the dorsal side, depth on the palmar side. Read off the published mean bones.
_OUTLINES: dict[Bone, tuple[list[float], list[float], list[float]]] = {
    Bone.PROXIMAL_PHALANX: (
        [0.92, 1.0, 0.80, 0.58, 0.62, 0.74, 0.66],
        [0.80, 0.85, 0.70, 0.55, 0.52, 0.60, 0.52],
        [1.00, 1.0, 0.72, 0.48, 0.52, 0.78, 0.74],
    ),
    Bone.MIDDLE_PHALANX: (
        [0.95, 1.0, 0.80, 0.60, 0.62, 0.76, 0.68],
        [0.85, 0.90, 0.70, 0.55, 0.50, 0.58, 0.50],
        [1.00, 1.0, 0.72, 0.52, 0.50, 0.72, 0.66],
    ),
    Bone.DISTAL_PHALANX: (
        [0.95, 1.0, 0.72, 0.46, 0.58, 0.68, 0.55],
        [0.90, 0.95, 0.70, 0.46, 0.42, 0.46, 0.36],
        [1.00, 1.0, 0.66, 0.44, 0.44, 0.52, 0.42],
    ),
    Bone.METACARPAL: (
        [0.95, 1.0, 0.75, 0.55, 0.65, 0.88, 0.75],
        [0.95, 1.0, 0.78, 0.62, 0.70, 0.95, 0.80],
        [0.95, 1.0, 0.72, 0.58, 0.75, 1.05, 0.90],
    ),
}

# Mean length, base breadth and base depth per digit and bone.
SIZES: dict[Digit, dict[Bone, tuple[float, float, float]]] = {
    Digit.THUMB: {
        Bone.METACARPAL: (46.2, 15.5, 14.5),
        Bone.PROXIMAL_PHALANX: (31.6, 15.5, 12.0),
        Bone.DISTAL_PHALANX: (21.7, 14.0, 9.5),
    },
    Digit.INDEX: {
        Bone.METACARPAL: (67.7, 15.0, 14.5),
        Bone.PROXIMAL_PHALANX: (41.2, 16.2, 12.4),
        Bone.MIDDLE_PHALANX: (24.8, 13.4, 9.8),
        Bone.DISTAL_PHALANX: (17.5, 11.0, 7.6),
    },
    Digit.MIDDLE: {
        Bone.METACARPAL: (66.1, 15.0, 15.0),
        Bone.PROXIMAL_PHALANX: (45.7, 16.0, 13.1),
        Bone.MIDDLE_PHALANX: (29.7, 14.0, 10.4),
        Bone.DISTAL_PHALANX: (18.7, 11.6, 8.0),
    },
    Digit.RING: {
        Bone.METACARPAL: (58.0, 13.5, 13.5),
        Bone.PROXIMAL_PHALANX: (42.3, 14.5, 11.9),
        Bone.MIDDLE_PHALANX: (28.2, 13.0, 9.6),
        Bone.DISTAL_PHALANX: (19.1, 11.0, 7.4),
    },
    Digit.LITTLE: {
        Bone.METACARPAL: (52.3, 12.5, 12.0),
        Bone.PROXIMAL_PHALANX: (33.7, 14.1, 10.6),
        Bone.MIDDLE_PHALANX: (19.8, 11.4, 8.2),
        Bone.DISTAL_PHALANX: (17.5, 9.4, 6.4),
    },
}

CHAIN = (
    Bone.METACARPAL,
    Bone.PROXIMAL_PHALANX,
    Bone.MIDDLE_PHALANX,
    Bone.DISTAL_PHALANX,
)


@dataclass(frozen=True, slots=True)
class Solid:
    """One bone as an implicit surface in its own frame.

    The own frame has its origin at the middle of the base, w along the bone, u
    dorsal and v across. `origin` and the rows of `axes` (u, v, w) place it in the
    finger's frame.
    """

    bone: Bone
    length: float
    half_breadth: Array
    half_dorsal: Array
    half_palmar: Array
    bow: float
    squareness: float
    head_round: float
    base_hollow: float
    groove: float
    origin: Array
    axes: Array
    cortex_shaft: float
    cortex_end: float

    @property
    def tip(self) -> Array:
        """Far end of the bone's axis in the finger's frame."""
        return np.asarray(self.origin + self.length * self.axes[2])

    def distance(self, points: Array) -> tuple[Array, Array]:
        """Signed distance (mm, negative inside, first order) and station, for points (..., 3).

        The implicit function is the largest of three: the shaft's superellipse, the
        rounded head and the hollow base. It is divided by its gradient by the
        caller, which has the neighbouring points.
        """
        local = (points - self.origin.astype(points.dtype)) @ self.axes.T.astype(points.dtype)
        u, v, w = local[..., 0], local[..., 1], local[..., 2]
        t = np.clip(w / float(self.length), 0.0, 1.0)
        breadth, dorsal, palmar = (
            _profile(half, t) for half in (self.half_breadth, self.half_dorsal, self.half_palmar)
        )
        u = u - float(self.bow) * 4.0 * t * (1.0 - t)
        depth = np.where(u > 0, dorsal, palmar)
        a, b = np.abs(u) / depth, np.abs(v) / breadth
        n = float(self.squareness)
        radius = (a**n + b**n) ** (1.0 / n)
        shaft = (radius - 1.0) * np.minimum(depth, breadth)
        groove = float(self.groove) * np.exp(-((v / float(0.3 * self.half_breadth[-2])) ** 2))
        head = w - float(self.length) + float(self.head_round) * (a * a + 0.5 * b * b) + groove
        base = -w + float(self.base_hollow) * (1.0 - np.minimum(a * a + b * b, 2.0))
        return _smooth_max(shaft, _smooth_max(head, base)), t


_STEPS = 512


def _profile(half: Array, t: Array) -> Array:
    """Half size at `t`, from a table of the smooth curve through the stations."""
    table = PchipInterpolator(STATIONS, half)(np.linspace(0.0, 1.0, _STEPS + 1))
    return np.asarray(table.astype(t.dtype)[(t * _STEPS).astype(np.int32)])


def _smooth_max(a: Array, b: Array, radius: float = 0.6) -> Array:
    """Largest of two, rounded over `radius` mm so that edges are not sharp."""
    return np.asarray(0.5 * (a + b + np.sqrt((a - b) ** 2 + radius**2)) - 0.15 * radius)


def rotation(flexion: float, abduction: float, roll: float) -> Array:
    """Rows u, v, w of a bone bent by `flexion` towards the palm (radians throughout)."""
    cf, sf = np.cos(flexion), np.sin(flexion)
    ca, sa = np.cos(abduction), np.sin(abduction)
    cr, sr = np.cos(roll), np.sin(roll)
    w = np.array([-sf * ca, sa, cf * ca])
    u = np.array([cf, 0.0, sf])
    v = np.cross(w, u)
    v /= np.linalg.norm(v)
    u = np.cross(v, w)
    return np.stack([cr * u + sr * v, cr * v - sr * u, w])


def draw_finger(rng: np.random.Generator) -> tuple[Digit, list[Solid]]:
    """One random finger: its digit, and its bones from the wrist to the tip.

    Joint one's origin (the base of the proximal phalanx) lies at the frame's origin.
    """
    digit = Digit(int(rng.choice([2, 3, 4, 5], p=[0.22, 0.22, 0.22, 0.34])))
    size = rng.normal(1.0, 0.07)
    slender = rng.normal(1.0, 0.08)
    flexed = rng.random() < 0.35
    flexion = np.deg2rad(rng.normal(0.0, 4.0))
    abduction = np.deg2rad(rng.normal(0.0, 2.0))
    roll = np.deg2rad(rng.normal(0.0, 8.0))
    resorbed = rng.random() < 0.12
    cortex = rng.lognormal(0.0, 0.3)
    solids: list[Solid] = []
    base = np.zeros(3)
    for bone in CHAIN[1:]:
        solid = draw_bone(rng, bone, SIZES[digit][bone], size, slender, cortex)
        if bone is Bone.DISTAL_PHALANX and resorbed:
            solid = resorb(rng, solid)
        axes = rotation(flexion, abduction, roll)
        solid = replace(solid, origin=base, axes=axes)
        solids.append(solid)
        gap = rng.uniform(0.4, 1.8)
        # The next bone's base hollow sits on this head.
        base = solid.tip + gap * axes[2]
        base = base + rng.normal(0.0, 0.3 if rng.random() < 0.9 else 1.5, 3) * np.array([1, 0.5, 0])
        flexion += np.deg2rad(rng.uniform(5, 55) if flexed else rng.normal(2.0, 5.0))
        abduction += np.deg2rad(rng.normal(0.0, 2.5))
    if rng.random() < 0.25:  # some exports end at the joint
        return digit, solids
    metacarpal = draw_bone(
        rng, Bone.METACARPAL, SIZES[digit][Bone.METACARPAL], size, slender, cortex
    )
    axes = rotation(
        np.deg2rad(rng.uniform(-60, 5) if flexed else rng.normal(-8.0, 10.0)), 0.0, roll
    )
    start = solids[0].origin - (metacarpal.length + rng.uniform(0.6, 2.0)) * axes[2]
    return digit, [replace(metacarpal, origin=start, axes=axes), *solids]


def close_up(rng: np.random.Generator, solids: list[Solid]) -> list[Solid]:
    """A finger's bones so close that heads would reach into the bases after them."""

    def overlap() -> float:
        return float(rng.uniform(*_OVERLAP_MM))

    moved: list[Solid] = []
    shift = np.zeros(3)
    for solid in solids:
        if solid.bone is Bone.METACARPAL:
            moved.append(replace(solid, origin=solid.origin + overlap() * solid.axes[2]))
            continue
        if solid.bone is not Bone.PROXIMAL_PHALANX:
            shift = shift - overlap() * solid.axes[2]
        moved.append(replace(solid, origin=solid.origin + shift))
    return moved


def draw_bone(
    rng: np.random.Generator,
    bone: Bone,
    sizes: tuple[float, float, float],
    size: float,
    slender: float,
    cortex: float,
) -> Solid:
    """One bone of random shape at the origin, not yet placed."""
    length, breadth, depth = sizes
    length *= size * rng.normal(1.0, 0.07)
    breadth *= size * slender * rng.normal(1.0, 0.06)
    depth *= size * slender * rng.normal(1.0, 0.08)

    def vary(outline: list[float], half: float) -> Array:
        wobble = rng.normal(1.0, 0.07, STATIONS.size)
        wobble[2:4] *= rng.normal(1.0, 0.07)  # the shaft as a whole
        return np.asarray(outline) * wobble * half

    outlines = _OUTLINES[bone]
    half_depth = depth / 2
    wide_head = bone is not Bone.DISTAL_PHALANX
    return Solid(
        bone=bone,
        length=length,
        half_breadth=vary(outlines[0], breadth / 2),
        half_dorsal=vary(outlines[1], half_depth),
        half_palmar=vary(outlines[2], half_depth),
        bow=rng.normal(0.03, 0.02) * length if wide_head else rng.normal(0.0, 0.3),
        squareness=rng.uniform(1.9, 2.7),
        head_round=rng.uniform(0.25, 0.7) * half_depth,
        base_hollow=rng.uniform(0.0, 0.25) * half_depth,
        groove=rng.uniform(0.0, 0.8) if wide_head else 0.0,
        origin=np.zeros(3),
        axes=np.eye(3),
        cortex_shaft=cortex * rng.uniform(0.8, 1.7) * breadth / 16.0 + 0.2,
        cortex_end=rng.uniform(0.25, 1.0) * min(cortex, 1.3),
    )


def resorb(rng: np.random.Generator, solid: Solid) -> Solid:
    """Acro-osteolysis: the tuft is lost and what is left tapers."""
    left = rng.uniform(0.3, 0.85)
    taper = np.interp(STATIONS, [0.0, 0.3, 1.0], [1.0, 1.0, rng.uniform(0.4, 0.9)])
    return replace(
        solid,
        length=solid.length * left,
        half_breadth=solid.half_breadth * taper,
        half_dorsal=solid.half_dorsal * taper,
        half_palmar=solid.half_palmar * taper,
    )
