"""Sagittal finger pictures with known bones and deposits, first version.

A random finger (`anatomy`) is cut by a plane that may be tilted or graze the bones,
averaged over the slice's thickness, given marrow, flesh, skin and deposits
(`deposits`), and put through a scanner and a PACS export (`scanner`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calcimetry.model import Bone, Grid, Image
from calcimetry.phantom.anatomy import Solid, close_up, draw_finger
from calcimetry.phantom.deposits import Deposit
from calcimetry.phantom.parts import Part
from calcimetry.phantom.placement import USUAL, DepositMix, place_deposits
from calcimetry.phantom.scanner import Scanner, draw_scanner
from calcimetry.phantom.tissue import flesh_hu, marrow_hu, smooth_noise
from calcimetry.phantom.view import View, draw_view
from calcimetry.phantom.wrist import draw_sesamoid

Array = NDArray[np.floating[Any]]

#: Materials whose fractions are known: index into `FingerPicture.fractions`.
MATERIALS = ("other", "proximal", "middle", "distal", "metacarpal", "sesamoid", "deposit")
DEPOSIT = 6
#: Part of the fingers whose joints fit snugly, and how wide the joint spaces of one are in mm.
_SNUG, _GAP_MM = 0.6, (0.4, 1.5)
#: So far off the middle a plane may miss bone that lies in the middle.
_GRAZES_MM = 1.5
#: Part of the fingers with a metacarpal that have a sesamoid at its head. The plane meets half.
_SESAMOID_CHANCE = 0.4


@dataclass(frozen=True, slots=True)
class TrueLesion:
    """One deposit as it lies in the picture plane."""

    number: int
    area_mm2: float
    shape: str
    density_mg_cm3: float
    touches_bone: bool


@dataclass(frozen=True, eq=False, slots=True)
class FingerPicture:
    """A simulated picture and its truth.

    `fractions` has shape (7, rows, columns): the part of each pixel that each of
    `MATERIALS` fills, averaged over the slice's thickness; they add up to 1.
    `lesion_map` numbers the deposits where they fill at least half of what bone
    leaves of a pixel.
    """

    image: Image
    fractions: NDArray[np.float32]
    lesion_map: NDArray[np.uint8]
    lesions: tuple[TrueLesion, ...]
    view: View
    scanner: Scanner

    @property
    def bone_map(self) -> NDArray[np.uint8]:
        """Label map (rows, columns): 1 proximal, 2 middle, 3 distal, 4 metacarpal, 5 sesamoid."""
        bones = self.fractions[1:DEPOSIT]
        return np.where(bones.sum(axis=0) >= 0.5, bones.argmax(axis=0) + 1, 0).astype(np.uint8)


def finger_picture(
    rng: np.random.Generator,
    *,
    view: View | None = None,
    scanner: Scanner | None = None,
    upright: bool = True,
    palm: bool = False,
    mix: DepositMix = USUAL,
    name: str = "phantom",
) -> FingerPicture:
    """Draw one finger picture with its truth.

    Parameters
    ----------
    rng : numpy.random.Generator
        The only source of chance: the same state gives the same picture.
    view, scanner : View, Scanner, optional
        Drawn at random where not given.
    upright : bool
        Kind of view to draw where none is given: a whole finger in a long frame
        (either end up), or part of one in a square frame, turned at random.
    palm : bool
        Whether that part is the metacarpal.
    mix : DepositMix
        How many deposits, and how many of them on bone.
    name : str
        The image's name.

    Returns
    -------
    FingerPicture

    Examples
    --------
    >>> picture = finger_picture(np.random.default_rng(7))
    >>> picture.fractions.shape[0] == len(MATERIALS)
    True
    """
    solids, gap_mm = _finger(rng)
    view = view or draw_view(rng, solids, upright=upright, palm=palm)
    scanner = scanner or draw_scanner(rng)
    points = view.points()
    points = points + _warp(rng, points[points.shape[0] // 2])
    step = view.thickness_mm / points.shape[0]
    parts = [*(Part(int(solid.bone), solid) for solid in solids), *_sesamoids(rng, solids)]
    bone, labels, depth, thickness = _bones(parts, points, view.spacing_mm, step, gap_mm)
    flesh, inside = flesh_hu(rng, solids, points[points.shape[0] // 2], view.spacing_mm)
    in_middle = None
    if abs(view.plane_y) > _GRAZES_MM:
        two = _through_middle(points, step)
        filled, named = _bones(parts, two, view.spacing_mm, step, gap_mm)[:2]
        # A metacarpal's head or a sesamoid that the plane misses is no place of calcinosis.
        in_middle = (filled * (named <= int(Bone.DISTAL_PHALANX))).mean(axis=0)
    place = (points, bone, inside, solids[-1].tip, view.spacing_mm)
    deposits = place_deposits(rng, *place, mix, in_middle)

    hu = flesh + bone * (_bone_hu(rng, depth, thickness, view.spacing_mm) - flesh)

    occupied = np.zeros_like(bone)
    lesion_map = np.zeros(view.shape, np.uint8)
    lesions: list[TrueLesion] = []
    gain = rng.uniform(1.2, 2.2)  # HU per mg/cm3 of hydroxyapatite
    pixel = view.spacing_mm**2
    bone_here = bone.mean(axis=0)
    for deposit in deposits:
        distance = np.full(bone.shape, 9.0, np.float32)
        box = _near(deposit, points)
        distance[:, *box] = deposit.distance(points[:, *box])
        fraction = np.clip(0.5 - distance / view.spacing_mm, 0.0, 1.0)
        fraction = np.minimum(fraction, 1.0 - np.maximum(bone, occupied)) * inside
        flat = fraction.mean(axis=0)
        area = float(flat.sum() * pixel)
        if area < 0.15:
            continue
        border = view.spacing_mm + deposit.cloudiness_mm
        fade = np.clip(0.5 - distance / border, 0.25, 1.0) if deposit.cloudiness_mm else 1.0
        texture = 1.0 + rng.uniform(0.0, 0.25) * smooth_noise(rng, view.shape, 1.0, view.spacing_mm)
        excess = deposit.density * gain * np.clip(texture, 0.4, 1.6) * fade
        hu = hu + fraction * (flesh + excess - hu)
        occupied = np.maximum(occupied, fraction)
        number = len(lesions) + 1
        own = (flat >= 0.5 * np.maximum(1.0 - bone_here, 0.3)) & (lesion_map == 0)
        lesion_map[own] = number
        near = ndimage.binary_dilation(flat >= 0.3, iterations=max(1, round(0.5 / view.spacing_mm)))
        lesions.append(
            TrueLesion(
                number, area, deposit.shape, deposit.density, bool((bone_here[near] > 0.5).any())
            )
        )

    fractions = _fractions(bone, labels, occupied)
    acquired = scanner.acquire(hu.mean(axis=0), view.spacing_mm, rng)
    exported = scanner.grey_to_hu(scanner.export(acquired))
    image = Image(
        exported, Grid.picture(view.shape, view.spacing_mm), "HU", scanner.clipped_hu, name
    )
    return FingerPicture(image, fractions, lesion_map, tuple(lesions), view, scanner)


def _finger(rng: np.random.Generator) -> tuple[list[Solid], float | None]:
    """The bones of a finger, and the width of its joint spaces if its joints fit snugly."""
    _, solids = draw_finger(rng)
    if rng.random() < _SNUG:
        return close_up(rng, solids), float(rng.uniform(*_GAP_MM))
    return solids, None


def _bone_hu(rng: np.random.Generator, depth: Array, thickness: Array, spacing: float) -> Array:
    """What each layer's points show if bone fills them: marrow under cortex."""
    marrow = marrow_hu(rng, depth.shape[1:], spacing)
    cortex_hu = float(rng.uniform(1000.0, 2100.0))
    cortical = np.clip(0.5 + (thickness - depth) / spacing, 0.0, 1.0)
    return np.asarray(cortical * cortex_hu + (1 - cortical) * marrow)


def _through_middle(points: Array, step: float) -> Array:
    """Two layers of points on either side of the finger's middle, in place of the plane's own."""
    aside = np.array([-step / 2, step / 2])[:, None, None, None]
    return points[1:3] * (1, 0, 1) + aside * (0, 1, 0)


def _fractions(bone: Array, labels: NDArray[np.uint8], deposit: Array) -> NDArray[np.float32]:
    """What part of each pixel each material fills, from that of each layer's."""
    fractions = np.zeros((len(MATERIALS), *bone.shape[1:]), np.float32)
    for label in range(1, DEPOSIT):
        fractions[label] = np.where(labels == label, bone, 0.0).mean(axis=0)
    fractions[DEPOSIT] = deposit.mean(axis=0)
    fractions[0] = np.clip(1.0 - fractions[1:].sum(axis=0), 0.0, 1.0)
    return fractions


def _sesamoids(rng: np.random.Generator, solids: list[Solid]) -> list[Part]:
    """Now and then one or two sesamoids at the knuckle."""
    knuckle = solids[0]
    if knuckle.bone is not Bone.METACARPAL or rng.random() > _SESAMOID_CHANCE:
        return []
    sides = rng.uniform(-1.4, 1.4, 1 if rng.random() < 0.7 else 2)
    return [Part(int(Bone.SESAMOID), draw_sesamoid(rng, knuckle, side, 1.0)) for side in sides]


def _bones(
    parts: list[Part], points: Array, spacing: float, step: float, gap_mm: float | None
) -> tuple[Array, NDArray[np.uint8], Array, Array]:
    """Bone fraction, label, depth under the surface and cortical thickness at each point.

    Where `gap_mm` is given, each bone keeps so far from those before it, so that its base fits
    the head there.
    """
    shape = points.shape[:-1]
    fraction = np.zeros(shape, np.float32)
    labels = np.zeros(shape, np.uint8)
    depth = np.full(shape, -10.0, np.float32)
    cortex = np.ones(shape, np.float32)
    for part in parts:
        box = _box(part, points)
        if box is None:
            continue
        near = points[:, box[0], box[1]]
        value, station = part.shape.distance(near)
        slopes = np.gradient(value, float(step), spacing, spacing)
        slope = np.sqrt(sum(s * s for s in slopes))
        distance = value / np.clip(slope, 0.5, 2.0)
        window = (slice(None), *box)
        if gap_mm is not None:
            distance = np.maximum(distance, depth[window] + gap_mm)
        own = np.clip(0.5 - distance / spacing, 0.0, 1.0)
        closer = -distance > depth[window]
        depth[window] = np.where(closer, -distance, depth[window])
        labels[window] = np.where(closer, part.label, labels[window])
        cortex[window] = np.where(closer, part.cortex(station), cortex[window])
        fraction[window] = np.maximum(fraction[window], own)
    return fraction, labels, depth, cortex


def _box(part: Part, points: Array, margin: float = 3.0) -> tuple[slice, slice] | None:
    """Rows and columns that may hold the bone; None where it lies outside."""
    near = part.from_middle_line(points[points.shape[0] // 2]) < part.reach + margin
    if not near.any():
        return None
    rows, columns = np.flatnonzero(near.any(axis=1)), np.flatnonzero(near.any(axis=0))
    if len(rows) < 2 or len(columns) < 2:
        return None
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def _near(deposit: Deposit, points: Array, margin: float = 1.5) -> tuple[slice, slice]:
    """Rows and columns that may hold the deposit."""
    reach = deposit.half_axes.max(axis=1, keepdims=True) + deposit.roughness_mm + margin
    low, high = (deposit.centres - reach).min(axis=0), (deposit.centres + reach).max(axis=0)
    middle = points[points.shape[0] // 2][..., [0, 2]]
    near = ((middle > low[[0, 2]]) & (middle < high[[0, 2]])).all(axis=-1)
    rows, columns = np.flatnonzero(near.any(axis=1)), np.flatnonzero(near.any(axis=0))
    if len(rows) == 0:
        return slice(0, 0), slice(0, 0)
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def _warp(rng: np.random.Generator, points: Array) -> Array:
    """A smooth random displacement (mm), so that no two bones share a formula's regularity.

    One for all layers (rows, columns, 3): a slice is far thinner than its waves.
    """
    offset = np.zeros_like(points)
    strength = rng.uniform(0.0, 0.016)
    for _ in range(4):
        direction = rng.normal(0.0, 1.0, 3)
        wavelength = rng.uniform(8.0, 40.0)
        wave = 2 * np.pi / wavelength * direction / np.linalg.norm(direction)
        phase = np.sin(points @ wave.astype(np.float32) + rng.uniform(0, 2 * np.pi))
        amplitude = strength * wavelength * rng.normal(0.0, 1.0, 3)
        offset += amplitude.astype(np.float32) * phase[..., None].astype(np.float32)
    return offset
