"""What shines like a deposit and is none: urate, arteries, callus, splinters, metal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from calcimetry.phantom.canvas import Canvas
from calcimetry.phantom.flesh import lump_box
from calcimetry.phantom.hand_settings import HandSettings
from calcimetry.phantom.lumps import draw_lump
from calcimetry.phantom.parts import Part
from calcimetry.phantom.sites import find_place
from calcimetry.phantom.surroundings import METAL_HU, put_on_ring, streak

Array = NDArray[np.floating[Any]]
Kind = Literal["tophus", "vessel", "callus", "foreign body", "metal", "ring"]

#: Slope of the excess over tissue of urate, low against high energy, at 80
#: and Sn150 kV (ART 2020;22:212).
URATE_RATIO = 1.06
_TISSUE_HU = 50.0


@dataclass(frozen=True, slots=True)
class TrueDistractor:
    """One thing that is no calcinosis, and what it fills of the image.

    `number` is its number in the distractor map.
    """

    number: int
    kind: Kind
    volume_mm3: float


def paint_distractors(
    rng: np.random.Generator, canvas: Canvas, parts: list[Part], settings: HandSettings
) -> tuple[TrueDistractor, ...]:
    """Put into a canvas whatever the settings ask for.

    Parameters
    ----------
    rng : numpy.random.Generator
        The only source of chance.
    canvas : Canvas
        With bones, flesh and deposits.
    parts : list of Part
        The bones.
    settings : HandSettings
        Settled ones.

    Returns
    -------
    tuple of TrueDistractor
        Those that found room in the image.
    """
    wanted: list[tuple[Kind, int | None, _Painter]] = [
        ("callus", settings.calluses, _callus),
        ("tophus", settings.tophi, _tophus),
        ("vessel", settings.vessels, _vessel),
        ("foreign body", settings.foreign_bodies, _splinter),
        ("metal", settings.metals, _metal),
        ("ring", int(settings.ring or 0), _ring),
    ]
    found: list[TrueDistractor] = []
    for kind, number, painter in wanted:
        for _ in range(number or 0):
            volume = painter(rng, canvas, parts, len(found) + 1)
            if volume > 0.0:
                found.append(TrueDistractor(len(found) + 1, kind, volume))
    return tuple(found)


_Painter = Callable[[np.random.Generator, Canvas, list[Part], int], float]


def _put(
    canvas: Canvas, box: Any, distance: Array, hu: tuple[Array | float, Array | float], number: int
) -> float:
    """Fill what room a body finds, and give the volume in mm3."""
    share = canvas.room(box, distance)
    canvas.fill(box, share, *hu)
    canvas.thing[box] += share
    canvas.thing_map[box][share >= 0.5] = number
    return float(share.sum(dtype=np.float64)) * canvas.sample_mm3


def _tophus(rng: np.random.Generator, canvas: Canvas, parts: list[Part], number: int) -> float:
    """A lump of urate beside a joint or a tendon."""
    radius = float(np.clip(rng.lognormal(np.log(3.0), 0.5), 1.0, 9.0))
    excess = rng.uniform(80.0, 220.0)
    place = find_place(rng, parts, radius)
    if place is None:
        return 0.0
    lump = draw_lump(rng, "stone", radius, place)
    box = lump_box(canvas, lump, 1.0)
    if box is None:
        return 0.0
    hu = _TISSUE_HU + excess * URATE_RATIO, _TISSUE_HU + excess
    return _put(canvas, box, lump.distance(canvas.lattice.points(box)), hu, number)


def _vessel(rng: np.random.Generator, canvas: Canvas, parts: list[Part], number: int) -> float:
    """A calcified stretch of the wall of an artery beside a finger's bone."""
    able = [p for p in parts if p.is_long and p.label % 10 in (1, 4) and p.label != 14]
    pick, side, start = rng.random(), rng.choice([-1.0, 1.0]), rng.uniform(0.0, 0.6)
    length, lumen, wall = rng.uniform(5.0, 20.0), rng.uniform(0.4, 0.8), rng.uniform(0.15, 0.3)
    density, phase = rng.uniform(200.0, 700.0), rng.uniform(0.0, 2 * np.pi, 3)
    if not able:
        return 0.0
    part = able[int(pick * len(able))]
    point, normal = part.surface(float(start), float(np.pi - side * 0.9))
    shape = part.shape
    begin = point + 2.5 * normal
    axis = shape.axes[2]
    box = canvas.lattice.box((begin, begin + length * axis), 3.0)
    if box is None:
        return 0.0
    local = (canvas.lattice.points(box) - begin) @ shape.axes.T
    w = local[..., 2]
    bend = np.sin(0.5 * w + phase[0]), np.sin(0.4 * w + phase[1])  # arteries wind
    across = np.hypot(local[..., 0] - 0.6 * bend[0], local[..., 1] - 0.6 * bend[1])
    tube = np.abs(across - lumen) - wall
    ends = np.maximum(-w, w - length)
    gaps = 0.4 - 0.8 * np.abs(np.sin(0.9 * w + phase[2]))  # calcified here and there
    distance = np.maximum(np.maximum(tube, ends), gaps)
    hu = (_TISSUE_HU + density * canvas.low_gain, _TISSUE_HU + density * canvas.high_gain)
    return _put(canvas, box, distance, hu, number)


def _callus(rng: np.random.Generator, canvas: Canvas, parts: list[Part], number: int) -> float:
    """The cuff of young bone around a healing fracture of a shaft."""
    able = [p for p in parts if p.is_long and p.label % 10 in (1, 2, 4)]
    pick, at, spread = rng.random(), rng.uniform(0.35, 0.65), rng.uniform(2.5, 6.0)
    thick, density, tilt = rng.uniform(1.0, 2.8), rng.uniform(120.0, 400.0), rng.normal(0, 0.4, 2)
    if not able:
        return 0.0
    part = able[int(pick * len(able))]
    shape = part.shape
    middle = part.ends[0] + at * (part.ends[1] - part.ends[0])
    reach = 2 * spread * shape.axes[2]
    box = canvas.lattice.box((middle - reach, middle + reach), part.reach + 3.0)
    if box is None:
        return 0.0
    local = (canvas.lattice.points(box) - middle) @ shape.axes.T
    w = local[..., 2] - local[..., :2] @ tilt
    cuff = -canvas.depth[box] - (thick * np.exp(-((w / spread) ** 2)) - 0.25)
    cuff[canvas.bone_map[box] != part.label] = 9.0
    hu = (_TISSUE_HU + density * canvas.low_gain, _TISSUE_HU + density * canvas.high_gain)
    return _put(canvas, box, np.maximum(cuff, canvas.outside[box] + 0.8), hu, number)


def _splinter(rng: np.random.Generator, canvas: Canvas, parts: list[Part], number: int) -> float:
    """A splinter of glass, stone or wood in the flesh."""
    low, high = {"glass": (900.0, 640.0), "stone": (1500.0, 950.0), "wood": (-350.0, -360.0)}[
        str(rng.choice(["glass", "stone", "wood"]))
    ]
    return _shard(rng, canvas, parts, number, (low, high), rng.uniform(0.25, 0.7))[0]


def _metal(rng: np.random.Generator, canvas: Canvas, parts: list[Part], number: int) -> float:
    """A needle or a chip of metal with its streaks."""
    hu = METAL_HU, METAL_HU
    volume, centre, half = _shard(rng, canvas, parts, number, hu, rng.uniform(0.3, 0.9))
    if volume > 0.0:
        streak(rng, canvas, centre, half)
    return volume


def _shard(
    rng: np.random.Generator,
    canvas: Canvas,
    parts: list[Part],
    number: int,
    hu: tuple[float, float],
    thick: float,
) -> tuple[float, Array, float]:
    """Volume, centre and half length of a long thin body."""
    length = float(rng.uniform(1.0, 5.0))
    place = find_place(rng, parts, 1.5)
    turn, _ = np.linalg.qr(rng.normal(0.0, 1.0, (3, 3)))
    if place is None:
        return 0.0, np.zeros(3), 0.0
    box = canvas.lattice.box((place.centre, place.centre), length + 1.5)
    if box is None:
        return 0.0, np.zeros(3), 0.0
    local = np.abs((canvas.lattice.points(box) - place.centre) @ turn)
    distance = (local - np.array([length, thick, thick])).max(axis=-1)
    return _put(canvas, box, distance, hu, number), place.centre, length


def _ring(rng: np.random.Generator, canvas: Canvas, parts: list[Part], number: int) -> float:
    """A finger ring with its streaks."""
    worn = put_on_ring(rng, canvas, parts, number)
    if worn is None:
        return 0.0
    centre, volume = worn
    streak(rng, canvas, centre, 2.0)
    return volume
