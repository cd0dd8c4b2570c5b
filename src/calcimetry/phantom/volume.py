"""Volumes of hands with known bones and deposits, first version.

The bones of `hand`, wrapped in flesh and given deposits, are sampled on a regular
lattice that may lie in any direction and hold the whole hand or a part of it, then
blurred and given noise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calcimetry.model import DualEnergyImage, Grid, Image, Laterality
from calcimetry.phantom.deposits import Deposit
from calcimetry.phantom.hand import draw_hand, lone_finger
from calcimetry.phantom.joints import MARGIN_MM, bone_fields
from calcimetry.phantom.lattice import Lattice, draw_waves, warped
from calcimetry.phantom.lumps import TrueVolumeLesion, add_lump, place_lumps
from calcimetry.phantom.parts import Part
from calcimetry.phantom.tissue import marrow_hu, smooth_noise

Array = NDArray[np.floating[Any]]

_AIR_HU = -1000.0
#: Low- over high-energy brightness of calcium, as at 80 and Sn150 kV, about 2.
_MINERAL_RATIO = 2.0
_FAR_MM = 50.0


@dataclass(frozen=True, eq=False, slots=True)
class HandVolume:
    """A simulated volume and its truth, all of the grid's shape.

    `image` holds both energies; `bone_map` labels bones (10 x digit + bone, 60 to 62),
    also a little beyond them; `bone_fraction` and `deposit_fraction` say what part of
    each sample they fill; `lesion_map` numbers the deposits.
    """

    image: DualEnergyImage
    laterality: Laterality
    bone_map: NDArray[np.uint8]
    bone_fraction: NDArray[np.float32]
    deposit_fraction: NDArray[np.float32]
    lesion_map: NDArray[np.uint8]
    lesions: tuple[TrueVolumeLesion, ...]


def finger_volume(rng: np.random.Generator, spacing_mm: float = 0.6) -> HandVolume:
    """A dual-energy volume of one finger, some of its bones perhaps cut by the field of view.

    Parameters
    ----------
    rng : numpy.random.Generator
        The only source of chance.
    spacing_mm : float
        Of the isotropic samples.
    """
    parts = lone_finger(rng, draw_hand(rng))
    return simulate(rng, parts, lattice_around(parts, spacing_mm), _side(rng))


def hand_volume(rng: np.random.Generator, spacing_mm: float = 0.6) -> HandVolume:
    """A dual-energy volume of one hand; parameters as of `finger_volume`."""
    parts = draw_hand(rng)
    return simulate(rng, parts, lattice_around(parts, spacing_mm), _side(rng))


def _side(rng: np.random.Generator) -> Laterality:
    return Laterality.LEFT if rng.random() < 0.5 else Laterality.RIGHT


def lattice_around(
    parts: list[Part], spacing_mm: float, margin_mm: float = 14.0, longest_mm: float = 235.0
) -> Lattice:
    """Isotropic samples over all parts, slices from the tips to the wrist, cut at `longest_mm`."""
    ends = np.concatenate([np.stack(part.ends) for part in parts])
    low, high = ends.min(axis=0) - margin_mm, ends.max(axis=0) + margin_mm
    low[2] = max(low[2] + margin_mm / 2, high[2] - longest_mm)
    x, y, z = np.ceil((high - low) / spacing_mm).astype(int)
    steps = spacing_mm * np.array([[0.0, 0.0, -1.0], [-1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    origin = np.array([high[0], low[1], high[2]])
    return Lattice((int(z), int(x), int(y)), origin, steps)


def simulate(
    rng: np.random.Generator,
    parts: list[Part],
    lattice: Lattice,
    laterality: Laterality = Laterality.LEFT,
    name: str = "phantom",
    change: Callable[[list[Deposit]], list[Deposit]] | None = None,
    scan_rng: np.random.Generator | None = None,
) -> HandVolume:
    """Sample parts of a hand on a lattice, add flesh and deposits, and scan it.

    Parameters
    ----------
    rng : numpy.random.Generator
        The only source of chance.
    parts : list of Part
        From `calcimetry.phantom.hand`.
    lattice : Lattice
        Where to sample, in the hand's frame.
    laterality : Laterality
        Which hand the image shows; the right one is the left one's mirror image.
    name : str
        The image's name.
    change : callable, optional
        What becomes of the deposits before they are drawn, such as growth until a later
        visit. It must keep their number and order.
    scan_rng : numpy.random.Generator, optional
        For blur and noise alone: another one gives another scan of the same hand.
    """
    waves = draw_waves(rng)
    bone, labels, depth, cortex, inner = _sample_bones(rng, parts, lattice, waves)
    outside = _flesh_distance(rng, parts, lattice, waves)
    spacing = lattice.spacing_mm
    flesh = _flesh_hu(rng, outside, spacing)
    cortical = np.clip(0.5 + (cortex - depth) / spacing, 0.0, 1.0)
    marrow = marrow_hu(rng, lattice.shape, spacing) + inner
    cortex_hu = rng.uniform(1000.0, 2100.0)
    # Calcium is kept apart from the rest, since the energies differ in it alone.
    mineral = bone * np.clip(cortical * cortex_hu + (1 - cortical) * marrow, 0.0, None)
    base = flesh * (1.0 - bone) + bone * np.clip((1 - cortical) * marrow, None, 0.0)
    deposit = np.zeros(lattice.shape, np.float32)
    lesion_map = np.zeros(lattice.shape, np.uint8)
    lesions: list[TrueVolumeLesion] = []
    gain = rng.uniform(1.2, 2.2)  # HU per mg/cm3 of hydroxyapatite
    deposits = place_lumps(rng, lattice, bone, depth, outside)
    for place, one in enumerate(change(deposits) if change else deposits, start=1):
        number = len(lesions) + 1
        lesion = add_lump(
            rng, one, lattice, number, gain, (bone, deposit, mineral, base, lesion_map)
        )
        lesions += [replace(lesion, deposit=place)] if lesion else []
    image = _scan(scan_rng or rng, base, mineral, lattice, laterality, name)
    return HandVolume(image, laterality, labels, bone, deposit, lesion_map, tuple(lesions))


def _sample_bones(
    rng: np.random.Generator, parts: list[Part], lattice: Lattice, waves: Array
) -> tuple[Array, NDArray[np.uint8], Array, Array, Array]:
    """Fraction, label, depth under the surface, cortex and extra marrow HU of all samples."""
    shape = lattice.shape
    fraction = np.zeros(shape, np.float32)
    labels = np.zeros(shape, np.uint8)
    depth = np.full(shape, -_FAR_MM, np.float32)
    cortex = np.ones(shape, np.float32)
    inner = np.zeros(shape, np.float32)
    spacing = lattice.spacing_mm
    for field in bone_fields(parts, lattice, waves):
        box, own = field.box, field.depth
        closer = own > depth[box]
        depth[box] = np.where(closer, own, depth[box])
        labels[box] = np.where(closer & (own > -MARGIN_MM), field.part.label, labels[box])
        cortex[box] = np.where(closer, field.part.cortex(field.station), cortex[box])
        inner[box] = np.where(closer, rng.normal(0.0, 80.0), inner[box])
        fraction[box] = np.maximum(fraction[box], np.clip(0.5 + own / spacing, 0.0, 1.0))
    return fraction, labels, depth, cortex, inner


def _flesh_distance(
    rng: np.random.Generator, parts: list[Part], lattice: Lattice, waves: Array
) -> Array:
    """Signed distance in mm to the skin, negative inside, up to a few mm outside."""
    pad = rng.uniform(2.5, 6.0)
    lines = [(*part.ends, 0.8 * part.reach + pad) for part in parts if part.label % 10 != 5]
    by_label = {part.label: part for part in parts}
    # The palm between metacarpals, and the web to the thumb.
    for one, other in ((24, 34), (34, 44), (44, 54), (14, 24)):
        if one in by_label and other in by_label:
            (a, b), (c, d) = by_label[one].ends, by_label[other].ends
            share = 0.55 if one == 14 else 0.95
            line = (0.5 * (a + c), 0.5 * (a + c) + share * 0.5 * (b - a + d - c))
            lines.append((*line, 0.9 * by_label[other].reach + pad))
    outside = np.full(lattice.shape, 8.0, np.float32)
    for start, end, radius in lines:
        box = lattice.box((start, end), radius + 8.0)
        if box is None:
            continue
        points = warped(lattice.points(box, np.float32), waves) - start.astype(np.float32)
        axis = (end - start).astype(np.float32)
        length2 = max(float(axis @ axis), 1e-6)
        along = np.clip(points @ axis / length2, 0.0, 1.0)
        away = np.linalg.norm(points - along[..., None] * axis, axis=-1)
        outside[box] = np.minimum(outside[box], away - radius * (1.0 - 0.15 * along))
    return outside


def _flesh_hu(rng: np.random.Generator, outside: Array, spacing: float) -> Array:
    """HU of everything that is not bone or deposit."""
    shape = outside.shape
    tissue, fat = rng.uniform(20.0, 90.0), rng.uniform(-130.0, -50.0)
    patches = smooth_noise(rng, shape, rng.uniform(1.5, 4.0), spacing)
    share = 1 / (1 + np.exp(-(patches - rng.normal(0.3, 0.7)) * rng.choice([2.0, 12.0])))
    hu = tissue + (fat - tissue) * share
    hu = np.where(outside > -rng.uniform(0.6, 1.8), rng.uniform(10.0, 110.0), hu)
    around = _AIR_HU
    if rng.random() < 0.15:  # a cushion or a cloth against the skin
        around = rng.uniform(-900.0, -250.0)
    if rng.random() < 0.2:  # a table or a plate near the hand
        axis = int(rng.integers(3))
        start = int(rng.integers(shape[axis]))
        table = [slice(None)] * 3
        table[axis] = slice(start, start + max(1, int(rng.uniform(1.0, 12.0) / spacing)))
        background = np.full(shape, around, np.float32)
        background[tuple(table)] = rng.uniform(-600.0, 300.0)
    else:
        background = np.full(shape, around, np.float32)
    edge = np.clip(0.5 - outside / spacing, 0.0, 1.0)
    return np.asarray(background + edge * (hu - background), np.float32)


def _scan(
    rng: np.random.Generator,
    base: Array,
    mineral: Array,
    lattice: Lattice,
    laterality: Laterality,
    name: str,
) -> DualEnergyImage:
    """Both energies: blurred, scaled and noisy."""
    steps = np.linalg.norm(lattice.steps, axis=1)
    # The samples' own width is in the fractions already.
    sigma = rng.uniform(0.15, 0.6) * np.array([rng.uniform(0.8, 1.6), 1.0, 1.0]) / steps
    base, mineral = (ndimage.gaussian_filter(a, sigma, mode="nearest") for a in (base, mineral))
    noise_hu, grain = rng.uniform(3.0, 55.0), rng.uniform(0.0, 0.6) / steps
    tube = rng.uniform(0.9, 1.1)
    mix = _MINERAL_RATIO * 0.6 + 0.4
    arrays = []
    for factor in (_MINERAL_RATIO / mix, 1.0 / mix):
        noise = rng.standard_normal(lattice.shape, dtype=np.float32)
        if grain.max() > 0.2:
            noise = ndimage.gaussian_filter(noise, grain)
            noise /= noise.std() + 1e-9
        arrays.append(base + tube * factor * mineral + noise_hu * noise)
    grid = Grid(lattice.shape, _lps(steps, laterality))
    low, high = (Image(array, grid, name=name) for array in arrays)
    return DualEnergyImage(low, high, "80", "Sn150")


def _lps(steps: Array, laterality: Laterality) -> NDArray[np.float64]:
    """Affine of a grid whose slices go down and rows back; columns decide which hand it is."""
    across = 1 if laterality is Laterality.LEFT else -1
    affine = np.eye(4)
    affine[:3, :3] = np.array([[0, 0, across], [0, 1, 0], [-1, 0, 0]]) * steps
    return affine
