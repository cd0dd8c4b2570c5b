"""Volumes of hands with known bones and deposits, first version.

The bones of `hand`, wrapped in flesh and given deposits, are sampled on a regular
lattice that may lie in any direction and hold the whole hand or a part of it, then
blurred and given noise.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calcimetry.model import DualEnergyImage, Grid, Image, Laterality
from calcimetry.phantom.deposits import Deposit, draw_deposit
from calcimetry.phantom.hand import Part, draw_hand, lone_finger
from calcimetry.phantom.tissue import marrow_hu, smooth_noise

Array = NDArray[np.floating[Any]]
Box = tuple[slice, slice, slice]

_AIR_HU = -1000.0
#: Low- over high-energy brightness of calcium, as at 80 and Sn150 kV, about 2.
_MINERAL_RATIO = 2.0
#: Deposits of less are not kept: no scanner shows them.
_LEAST_DEPOSIT_MM3 = 0.15
_FAR_MM = 50.0


@dataclass(frozen=True, eq=False, slots=True)
class Lattice:
    """Where samples lie in the hand's frame: `origin` + index @ `steps`, in mm.

    The rows of `steps` (3, 3) are the ways from one (slice, row, column) to the next;
    they are at right angles.
    """

    shape: tuple[int, int, int]
    origin: Array
    steps: Array

    @property
    def spacing_mm(self) -> float:
        """Mean distance of neighbours."""
        return float(np.cbrt(np.prod(np.linalg.norm(self.steps, axis=1))))

    def points(self, box: Box) -> Array:
        """Points of a box of samples, shape (slices, rows, columns, 3), single precision."""
        i, j, k = (np.arange(s.start, s.stop, dtype=np.float32)[..., None] for s in box)
        a, b, c = self.steps.astype(np.float32)
        start = self.origin.astype(np.float32)
        return np.asarray((start + i * a)[:, None, None] + (j * b)[None, :, None] + (k * c))

    def box(self, ends: tuple[Array, Array], reach: float) -> Box | None:
        """Samples within `reach` mm of the line between two points; None where there is none."""
        spacing = np.linalg.norm(self.steps, axis=1)
        index = (np.stack(ends) - self.origin) @ (self.steps / spacing[:, None] ** 2).T
        low = np.floor(index.min(axis=0) - reach / spacing).astype(int)
        high = np.ceil(index.max(axis=0) + reach / spacing).astype(int) + 1
        low, high = np.maximum(low, 0), np.minimum(high, self.shape)
        if (low + 2 > high).any():  # a gradient needs two samples
            return None
        return slice(low[0], high[0]), slice(low[1], high[1]), slice(low[2], high[2])


@dataclass(frozen=True, slots=True)
class TrueVolumeLesion:
    """One deposit of a volume."""

    number: int
    volume_mm3: float
    shape: str
    density_mg_cm3: float
    touches_bone: bool


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
    """
    waves = _draw_waves(rng)
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
    for one in _place_deposits(rng, lattice, bone, depth, outside):
        number = len(lesions) + 1
        lesion = _add_deposit(
            rng, one, lattice, number, gain, (bone, deposit, mineral, base, lesion_map)
        )
        lesions += [lesion] if lesion else []
    image = _scan(rng, base, mineral, lattice, laterality, name)
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
    steps = np.linalg.norm(lattice.steps, axis=1)
    for part in parts:
        box = lattice.box(part.ends, part.reach + 2.5)
        if box is None:
            continue
        points = _warped(lattice.points(box), waves)
        value, station = part.shape.distance(points)
        slopes = np.gradient(value, *steps)
        slope = np.sqrt(sum(s * s for s in slopes))
        inwards = -value / np.clip(slope, 0.5, 2.0)
        closer = inwards > depth[box]
        depth[box] = np.where(closer, inwards, depth[box])
        labels[box] = np.where(closer & (inwards > -2.5), part.label, labels[box])
        cortex[box] = np.where(closer, part.cortex(station), cortex[box])
        inner[box] = np.where(closer, rng.normal(0.0, 80.0), inner[box])
        fraction[box] = np.maximum(fraction[box], np.clip(0.5 + inwards / spacing, 0.0, 1.0))
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
        points = _warped(lattice.points(box), waves) - start.astype(np.float32)
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


def _place_deposits(
    rng: np.random.Generator,
    lattice: Lattice,
    bone: Array,
    depth: Array,
    outside: Array,
) -> list[Deposit]:
    """Random deposits: half of them on bone, the others under the skin and in between."""
    inside = (outside < -0.5) & (bone < 0.5)
    room = int(inside.sum())
    # About one in every 4 cm3 of flesh, at least a chance of some in a small piece.
    expected = 0.4 + room * lattice.spacing_mm**3 / 4000.0
    if room == 0 or rng.random() < 0.2:
        return []
    coarse = (slice(None, None, 2),) * 3
    near_bone = np.argwhere((inside & (depth > -1.0))[coarse]) * 2
    near_skin = np.argwhere((inside & (outside > -2.5) & (depth < -1.0))[coarse]) * 2
    anywhere = np.argwhere((inside & (depth < -1.5))[coarse]) * 2
    deposits = []
    for _ in range(min(1 + int(rng.poisson(expected)), 40)):
        volume = float(np.clip(rng.lognormal(np.log(6.0), 1.7), 0.2, 900.0))
        radius = float(np.cbrt(volume * 0.75 / np.pi))
        sites = (near_bone, near_skin, anywhere)
        places = sites[int(rng.choice(3, p=[0.5, 0.15, 0.35]))]
        if len(places) == 0:
            continue
        index = places[rng.integers(len(places))]
        field = depth if places is near_bone else outside
        normal = _slope(field, index) @ (lattice.steps / lattice.spacing_mm)
        normal = normal / max(float(np.linalg.norm(normal)), 1e-6)
        centre = lattice.origin + index @ lattice.steps
        if places is near_bone:  # half sunk at most, often only touching
            centre = centre - normal * rng.uniform(-0.3, 0.9) * radius
        deposits.append(_turned(rng, draw_deposit(rng, centre, radius, np.eye(3)[2]), normal))
    return deposits


def _slope(field: Array, index: NDArray[np.int64]) -> Array:
    """Gradient of a field at one sample, per sample step."""
    slope = np.zeros(3)
    for axis in range(3):
        low, high = index.copy(), index.copy()
        low[axis], high[axis] = (
            max(index[axis] - 2, 0),
            min(index[axis] + 2, field.shape[axis] - 1),
        )
        slope[axis] = field[tuple(high)] - field[tuple(low)]
    return slope


def _turned(rng: np.random.Generator, deposit: Deposit, normal: Array) -> Deposit:
    """A deposit turned so that its x axis, across a plate, lies along `normal`."""
    if float(np.linalg.norm(normal)) < 0.5:
        normal = np.array([1.0, 0.0, 0.0])
    frame, _ = np.linalg.qr(np.column_stack([normal, rng.normal(0.0, 1.0, (3, 2))]))
    centre = deposit.centres[0]
    return replace(
        deposit,
        centres=centre + (deposit.centres - centre) @ frame.T,
        axes=deposit.axes @ frame.T,
    )


def _add_deposit(
    rng: np.random.Generator,
    deposit: Deposit,
    lattice: Lattice,
    number: int,
    gain: float,
    fields: tuple[Array, Array, Array, Array, NDArray[np.uint8]],
) -> TrueVolumeLesion | None:
    """Draw one deposit into the fields where there is room; None where there is too little."""
    bone, taken, mineral, base, lesion_map = fields
    low, high = deposit.centres.min(axis=0), deposit.centres.max(axis=0)
    reach = float(deposit.half_axes.max() + deposit.roughness_mm + 1.0)
    middle = 0.5 * (low + high)
    box = lattice.box((middle, middle), reach + float(np.linalg.norm(high - low)) / 2)
    if box is None:
        return None
    spacing = lattice.spacing_mm
    distance = deposit.distance(lattice.points(box).astype(np.float64)).astype(np.float32)
    share = np.clip(0.5 - distance / spacing, 0.0, 1.0)
    share = np.minimum(share, 1.0 - np.maximum(bone[box], taken[box]))
    volume = float(share.sum()) * spacing**3
    if volume < _LEAST_DEPOSIT_MM3:
        return None
    border = spacing + deposit.cloudiness_mm
    fade = np.clip(0.5 - distance / border, 0.25, 1.0) if deposit.cloudiness_mm else 1.0
    texture = 1.0 + rng.uniform(0.0, 0.25) * smooth_noise(rng, share.shape, 1.0, spacing)
    hu = deposit.density * gain * np.clip(texture, 0.4, 1.6) * fade
    mineral[box] += share * hu
    base[box] *= 1.0 - share
    taken[box] += share
    own = (share >= 0.5 * np.maximum(1.0 - bone[box], 0.3)) & (lesion_map[box] == 0)
    lesion_map[box][own] = number
    near = ndimage.binary_dilation(share >= 0.3, iterations=max(1, round(0.5 / spacing)))
    touches = bool((bone[box][near] > 0.5).any())
    return TrueVolumeLesion(number, volume, deposit.shape, deposit.density, touches)


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


def _draw_waves(rng: np.random.Generator) -> Array:
    """Smooth displacement of space, so that no two bones share a formula's regularity.

    Shape (waves, 7): wave vector in radians per mm, phase, amplitude in mm.
    """
    strength = rng.uniform(0.0, 0.016)
    waves = np.zeros((4, 7), np.float32)
    for wave in waves:
        direction = rng.normal(0.0, 1.0, 3)
        wavelength = rng.uniform(8.0, 40.0)
        wave[:3] = 2 * np.pi / wavelength * direction / np.linalg.norm(direction)
        wave[3] = rng.uniform(0.0, 2 * np.pi)
        wave[4:] = strength * wavelength * rng.normal(0.0, 1.0, 3)
    return waves


def _warped(points: Array, waves: Array) -> Array:
    """Points displaced by `_draw_waves`."""
    phase = np.sin(points @ waves[:, :3].T + waves[:, 3])
    return np.asarray(points + phase @ waves[:, 4:])
