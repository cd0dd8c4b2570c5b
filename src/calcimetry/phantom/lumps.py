"""Deposits in a simulated volume: how many, how large, of what shape, and what is true of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calcimetry.phantom.canvas import Canvas
from calcimetry.phantom.deposits import Deposit, Shape
from calcimetry.phantom.flesh import lump_box
from calcimetry.phantom.parts import Part
from calcimetry.phantom.sites import Place, find_place
from calcimetry.phantom.tissue import smooth_noise

Array = NDArray[np.floating[Any]]

#: Volume aimed at, mm3: log-normal, cut to balls of 0.3 mm and of 34 mm. So its mean is 656.7
#: and its standard deviation 1939.9 mm3, as published for fingers on CT (Semin Arthritis
#: Rheum 2019, 10.1016/j.semarthrit.2019.03.001).
_MEDIAN_MM3, _SIGMA, _CUT_MM3 = 66.24, 2.5535, (0.014, 20000.0)
#: Stone, plate, net as published (n = 316; Bartoli, Rheumatology 2016), beside the pasty kind,
#: whose share is chosen.
_SHAPES: tuple[Shape, ...] = ("stone", "plate", "net", "pasty")
_PASTY = 0.08
_PUBLISHED = (0.914, 0.048, 0.038)
#: As published; a hand may have more.
PLATES = _PUBLISHED[1] * (1 - _PASTY)
#: Part of the plates that are sheets of even thickness, as thin as this (half of it, mm) at least.
_SHEETS, _THINNEST_MM = 0.5, 0.25
#: Bone and skin take about a third of what large deposits would fill.
_LOST = 1.45
_TRIES = 8
#: No deposit is denser than cortical bone.
_MOST_MG_CM3 = 1250.0


@dataclass(frozen=True, slots=True)
class TrueVolumeLesion:
    """One deposit of a volume, as far as it lies in the image.

    Parameters
    ----------
    number : int
        Its number in the lesion map.
    volume_mm3 : float
        What it fills, bone and earlier deposits left out.
    mass_mg : float
        Hydroxyapatite in it.
    density_mg_cm3 : float
        Mean density of hydroxyapatite: mass over volume.
    shape : str
        "stone", "plate", "net" or "pasty".
    site : str
        "pulp", "tendon sheath", "periarticular", "cortex", "resorbed tuft", "muscle" or
        "carpal tunnel".
    touches_bone : bool
        Whether bone lies within about half a millimetre.
    deposit : int
        Which of the deposits tried it is, from 1: the same at every visit of a patient.
    """

    number: int
    volume_mm3: float
    mass_mg: float
    density_mg_cm3: float
    shape: str
    site: str
    touches_bone: bool
    deposit: int = 0


@dataclass(frozen=True, slots=True)
class Lump:
    """One deposit as solid geometry, and the site it was put at."""

    deposit: Deposit
    site: str


def draw_lumps(
    rng: np.random.Generator, parts: list[Part], number: int, plates: float = PLATES
) -> list[Lump]:
    """Deposits of a hand, apart from each other where there is room.

    Parameters
    ----------
    rng : numpy.random.Generator
        The only source of chance.
    parts : list of Part
        The bones they lie beside.
    number : int
        How many to try; one that finds no place is left out.
    plates : float
        Share of plates; stones, nets and the pasty kind keep theirs of the rest.
    """
    stones, _, nets = (share * (1 - _PASTY) for share in _PUBLISHED)
    shares = np.array([stones, 0.0, nets, _PASTY])
    shares *= (1.0 - plates) / shares.sum()
    shares[1] = plates
    lumps: list[Lump] = []
    balls: list[tuple[Array, float]] = []
    for _ in range(number):
        shape: Shape = str(rng.choice(_SHAPES, p=shares))  # type: ignore[assignment]
        radius = float(np.cbrt(_draw_volume(rng) * 0.75 / np.pi))
        for _ in range(_TRIES):
            place = find_place(rng, parts, radius)
            if place is not None and all(
                np.linalg.norm(place.centre - centre) > 1.1 * (radius + other) + 0.6
                for centre, other in balls
            ):
                lumps.append(Lump(draw_lump(rng, shape, radius, place), place.site))
                balls.append((place.centre, radius))
                break
    return lumps


def _draw_volume(rng: np.random.Generator) -> float:
    while True:
        volume = float(rng.lognormal(np.log(_MEDIAN_MM3), _SIGMA))
        if _CUT_MM3[0] < volume < _CUT_MM3[1]:
            return volume * _LOST


def draw_lump(rng: np.random.Generator, shape: Shape, radius: float, place: Place) -> Deposit:
    """One deposit of a shape, of about the volume of a ball of `radius` mm, at a place."""
    frame = _frame(rng, place, free=shape in ("stone", "pasty"))
    offsets: Array
    halves: Array
    if shape == "plate":
        thin = rng.uniform(1.4, 2.1)
        flat = radius * thin**0.5 * np.exp(rng.normal(0.0, 0.2))
        offsets = np.zeros((1, 3))
        halves = np.array([[flat, radius**2 * thin / flat, radius / thin**2]])
        halves = np.maximum(halves, 0.12)
    elif shape == "net":
        offsets, halves = _net(rng, radius)
    else:
        lobes = int(rng.integers(1, 4) if shape == "stone" else rng.integers(3, 7))
        lean = rng.uniform(1.0, 1.5)
        half = radius * np.array([lean, rng.uniform(0.8, 1.1), 1.0 / lean])
        offsets = rng.normal(0.0, 0.4 * radius, (lobes, 3)) * (lobes > 1)
        halves = (
            half
            * rng.uniform(0.85, 1.1, (lobes, 3))
            * (1.0, 0.8, 0.72, 0.68, 0.65, 0.62)[lobes - 1]
        )
    pasty = shape == "pasty"
    waves = np.column_stack(
        [rng.normal(0.0, 1.0, (6, 3)) * 2.2 / max(radius, 0.6), rng.uniform(0.0, 2 * np.pi, 6)]
    )
    low, high = (120.0, 300.0) if pasty else (120.0, 1200.0)
    cloudy = rng.uniform(0.8, 2.0) if pasty else rng.choice([0.0, rng.uniform(0.2, 0.8)])
    rough = rng.uniform(0.1, 0.35) * (radius if shape != "net" else 0.2)
    density = float(np.exp(rng.uniform(np.log(low), np.log(high))))
    squareness = 2.0
    # Drawn last, so that hands without plates stay what they were.
    if shape == "plate" and rng.random() < _SHEETS:
        squareness, rough = float(rng.uniform(3.0, 10.0)), 0.08 * radius
        thinner = rng.uniform(1.0, 2.5)
        halves = np.maximum(halves * [[thinner**0.5, thinner**0.5, 1 / thinner]], _THINNEST_MM)
    return Deposit(
        shape=shape,
        centres=place.centre + offsets @ frame,
        half_axes=halves,
        axes=frame,
        roughness_mm=float(rough),
        waves=waves,
        density=density,
        cloudiness_mm=float(min(cloudy, radius)),
        squareness=squareness,
    )


def _frame(rng: np.random.Generator, place: Place, *, free: bool) -> Array:
    """Rows: along, aside and across the layers that the deposit lies in."""
    along = place.along - (place.along @ place.normal) * place.normal
    if float(np.linalg.norm(along)) < 0.1:
        along = np.cross(place.normal, [0.3, 0.9, 0.1])
    rows = np.stack([along, np.cross(place.normal, along), place.normal])
    rows = rows + rng.normal(0.0, 0.3 if free else 0.08, (3, 3))
    turned, upper = np.linalg.qr(rows.T)
    return np.asarray((turned * np.sign(np.diag(upper))).T)


def _net(rng: np.random.Generator, radius: float) -> tuple[Array, Array]:
    """Strands that cross each other: offsets and half axes in the deposit's frame."""
    strands = int(rng.integers(2, 5))
    wide = 1.7 * radius
    thick = max(float(np.sqrt(radius**3 / (2 * strands * wide))), 0.15)
    offsets, halves = [], []
    for axis in (0, 1):
        for at in np.linspace(-0.75, 0.75, strands):
            offset = rng.normal(0.0, 0.15, 3) * radius
            offset[1 - axis] += at * wide
            half = np.full(3, thick)
            half[axis] = wide * np.sqrt(1.0 - at * at) * rng.uniform(0.8, 1.1)
            offsets.append(offset)
            halves.append(half)
    return np.array(offsets), np.array(halves)


def paint_lump(
    rng: np.random.Generator, canvas: Canvas, lump: Lump, number: int
) -> TrueVolumeLesion | None:
    """Put one deposit where there is room; None where it leaves the image or finds none.

    Parameters
    ----------
    rng : numpy.random.Generator
        The only source of chance: its texture.
    canvas : Canvas
        With bones and flesh.
    lump : Lump
        What to draw.
    number : int
        Its number in the lesion map.
    """
    deposit = lump.deposit
    box = lump_box(canvas, deposit, 1.0)
    if box is None:
        return None
    # Skin stays over it; where there is no flesh, nothing needs to be asked.
    distance = canvas.outside[box].astype(np.float64) + 0.5
    asked = distance < canvas.spacing_mm
    own_distance = deposit.distance(canvas.lattice.points_of(box, asked))
    distance[asked] = np.maximum(distance[asked], own_distance)
    share = canvas.room(box, distance)
    volume = float(share.sum(dtype=np.float64)) * canvas.sample_mm3
    if volume < 0.5 * _CUT_MM3[0]:
        return None
    fade: Array | float = 1.0
    if deposit.cloudiness_mm:
        fade = np.clip(0.5 - distance / (canvas.spacing_mm + 2 * deposit.cloudiness_mm), 0.3, 1.0)
    grain = rng.uniform(0.6, 1.6)
    texture = rng.uniform(0.05, 0.3) * smooth_noise(rng, share.shape, grain, canvas.spacing_mm)
    density: Array = deposit.density * np.clip(1.0 + texture, 0.5, 1.4) * fade
    density = np.clip(density, 0.0, _MOST_MG_CM3).astype(np.float32)
    held = share * density
    canvas.deposit[box] += share
    canvas.deposit_mg_cm3[box] += held
    canvas.mineral[box] += held - share * canvas.mineral[box]
    canvas.base[box] += share * (np.float32(40.0) - canvas.base[box])
    free = 1.0 - canvas.bone[box] - canvas.thing[box]
    own = (share >= 0.5 * np.maximum(free, 0.3)) & (canvas.lesion_map[box] == 0)
    canvas.lesion_map[box][own] = number
    near = ndimage.binary_dilation(share >= 0.3, iterations=max(1, round(0.5 / canvas.spacing_mm)))
    touches = bool((canvas.bone[box][near] > 0.5).any())
    mass = float(held.sum(dtype=np.float64)) * canvas.sample_mm3 / 1000.0
    return TrueVolumeLesion(
        number, volume, mass, 1000.0 * mass / volume, deposit.shape, lump.site, touches
    )
