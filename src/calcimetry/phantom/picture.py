"""Sagittal finger pictures with known bones and deposits, first version.

A random finger (`anatomy`) is cut by a plane that may be tilted or graze the bones,
averaged over the slice's thickness, given marrow, flesh, skin and deposits
(`deposits`), and put through a scanner and a PACS export (`scanner`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calcimetry.model import Grid, Image
from calcimetry.phantom.anatomy import Solid, draw_finger
from calcimetry.phantom.deposits import Deposit, draw_deposit
from calcimetry.phantom.scanner import Scanner, draw_scanner

Array = NDArray[np.float64]

#: Materials whose fractions are known: index into `FingerPicture.fractions`.
MATERIALS = ("other", "proximal", "middle", "distal", "metacarpal", "deposit")
DEPOSIT = 5

_AIR_HU = -1000.0


@dataclass(frozen=True, slots=True)
class View:
    """How a picture looks at the finger.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns.
    spacing_mm : float
        Pixel spacing.
    rotation : float
        Radians by which the finger's axis is turned away from the row direction.
    mirrored : bool
        Whether the palm is on the other side.
    centre_z : float
        Where along the finger the picture's centre lies, in mm from the base of
        the proximal phalanx towards the tip.
    centre_x : float
        Dorsal offset of the picture's centre in mm.
    plane_y : float
        Offset of the plane from the finger's middle in mm; large ones graze bone.
    plane_tilt : float
        Slope of that offset along the finger.
    thickness_mm : float
        Slice thickness over which the picture averages.
    """

    shape: tuple[int, int]
    spacing_mm: float
    rotation: float
    mirrored: bool
    centre_z: float
    centre_x: float
    plane_y: float
    plane_tilt: float
    thickness_mm: float

    def points(self, layers: int = 4) -> Array:
        """Points of the finger's frame, shape (layers, rows, columns, 3), in mm."""
        rows, columns = self.shape
        down = (np.arange(rows) - (rows - 1) / 2) * self.spacing_mm
        right = (np.arange(columns) - (columns - 1) / 2) * self.spacing_mm
        if self.mirrored:
            right = -right
        cos, sin = np.cos(self.rotation), np.sin(self.rotation)
        # Tip towards the first row at rotation 0.
        z = self.centre_z - cos * down[:, None] + sin * right[None, :]
        x = self.centre_x + sin * down[:, None] + cos * right[None, :]
        depth = ((np.arange(layers) + 0.5) / layers - 0.5) * self.thickness_mm
        y = self.plane_y + self.plane_tilt * (z - self.centre_z) + depth[:, None, None]
        # Single precision: a micrometre at 10 cm, and twice as fast.
        points = np.empty((layers, rows, columns, 3), np.float32)
        points[..., 0], points[..., 1], points[..., 2] = x, y, z
        return points


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

    `fractions` has shape (6, rows, columns): the part of each pixel that each of
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
        """Label map (rows, columns): 1 proximal, 2 middle, 3 distal, 4 metacarpal."""
        bones = self.fractions[1:DEPOSIT]
        return np.where(bones.sum(axis=0) >= 0.5, bones.argmax(axis=0) + 1, 0).astype(np.uint8)


def draw_view(rng: np.random.Generator, solids: list[Solid], *, upright: bool) -> View:
    """One random view of a finger, either end up and either way round."""
    graze = rng.random() < 0.3
    plane = {
        "plane_y": float(rng.normal(0.0, 2.6 if graze else 0.7)),
        "plane_tilt": float(rng.normal(0.0, 0.05 if graze else 0.015)),
        "thickness_mm": float(rng.uniform(0.3, 2.0)),
    }
    phalanges = np.concatenate(
        [np.linspace(solid.origin, solid.tip, 9) for solid in solids[-3:]]
    )[:, [0, 2]]
    middle = phalanges.mean(axis=0)
    turned = np.pi if rng.random() < 0.5 else 0.0
    # Exports differ in pixel size; 0.4 mm is the commonest.
    spacing = 0.4 if rng.random() < 0.4 else float(np.exp(rng.uniform(*np.log([0.28, 0.9]))))
    if upright:
        _, _, (axis, _) = np.linalg.svd(phalanges - middle)
        axis = axis * np.sign(axis[1])
        lean = -float(np.arctan2(axis[0], axis[1]))
        size_mm = (115.2, 51.2)
        rotation = lean + rng.normal(0.0, 0.12) + turned
        centre = middle + rng.normal(0.0, [5.0, 8.0])
    else:
        size_mm = (76.8, 76.8)
        rotation = rng.uniform(0.0, 2 * np.pi)
        centre = phalanges[rng.integers(len(phalanges))] + rng.normal(0.0, 8.0, 2)
    return View(
        shape=(round(size_mm[0] / spacing), round(size_mm[1] / spacing)),
        spacing_mm=spacing,
        rotation=float(rotation),
        mirrored=bool(rng.random() < 0.5),
        centre_z=float(centre[1]),
        centre_x=float(centre[0]),
        **plane,
    )


def finger_picture(
    rng: np.random.Generator,
    *,
    view: View | None = None,
    scanner: Scanner | None = None,
    upright: bool = True,
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
    _, solids = draw_finger(rng)
    view = view or draw_view(rng, solids, upright=upright)
    scanner = scanner or draw_scanner(rng)
    points = view.points()
    points = points + _warp(rng, points)
    step = view.thickness_mm / points.shape[0]
    bone, labels, depth, thickness = _bones(solids, points, view.spacing_mm, step)
    flesh, inside = _flesh(rng, solids, points[points.shape[0] // 2], view.spacing_mm)
    deposits = _place_deposits(rng, points, bone, inside, view.spacing_mm)

    marrow = _marrow(rng, depth.shape, view.spacing_mm)
    cortex_hu = rng.uniform(1000.0, 2100.0)
    cortical = np.clip(0.5 + (thickness - depth) / view.spacing_mm, 0.0, 1.0)
    bone_hu = cortical * cortex_hu + (1 - cortical) * marrow
    hu = flesh + bone * (bone_hu - flesh)

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
        fraction = np.minimum(fraction, 1.0 - np.maximum(bone, occupied))
        flat = fraction.mean(axis=0)
        area = float(flat.sum() * pixel)
        if area < 0.15:
            continue
        border = view.spacing_mm + deposit.cloudiness_mm
        fade = np.clip(0.5 - distance / border, 0.25, 1.0) if deposit.cloudiness_mm else 1.0
        texture = 1.0 + rng.uniform(0.0, 0.25) * _smooth_noise(rng, view.shape, 1.0, view.spacing_mm)
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

    fractions = np.zeros((len(MATERIALS), *view.shape), np.float32)
    for label in range(1, DEPOSIT):
        fractions[label] = np.where(labels == label, bone, 0.0).mean(axis=0)
    fractions[DEPOSIT] = occupied.mean(axis=0)
    fractions[0] = np.clip(1.0 - fractions[1:].sum(axis=0), 0.0, 1.0)

    acquired = scanner.acquire(hu.mean(axis=0), view.spacing_mm, rng)
    exported = scanner.grey_to_hu(scanner.export(acquired))
    image = Image(
        exported, Grid.picture(view.shape, view.spacing_mm), "HU", scanner.clipped_hu, name
    )
    return FingerPicture(image, fractions, lesion_map, tuple(lesions), view, scanner)


def _bones(
    solids: list[Solid], points: Array, spacing: float, step: float
) -> tuple[Array, NDArray[np.uint8], Array, Array]:
    """Bone fraction, label, depth under the surface and cortical thickness at each point."""
    shape = points.shape[:-1]
    fraction = np.zeros(shape)
    labels = np.zeros(shape, np.uint8)
    depth = np.full(shape, -10.0)
    cortex = np.ones(shape)
    for solid in solids:
        box = _box(solid, points)
        if box is None:
            continue
        near = points[:, box[0], box[1]]
        value, station = solid.distance(near)
        slopes = np.gradient(value, step, spacing, spacing)
        slope = np.sqrt(sum(s * s for s in slopes))
        distance = value / np.clip(slope, 0.5, 2.0)
        own = np.clip(0.5 - distance / spacing, 0.0, 1.0)
        window = (slice(None), *box)
        closer = -distance > depth[window]
        ends = np.abs(2 * station - 1) ** 2
        thick = solid.cortex_shaft * (1 - ends) + solid.cortex_end * ends
        depth[window] = np.where(closer, -distance, depth[window])
        labels[window] = np.where(closer, int(solid.bone), labels[window])
        cortex[window] = np.where(closer, thick, cortex[window])
        fraction[window] = np.maximum(fraction[window], own)
    return fraction, labels, depth, cortex


def _box(solid: Solid, points: Array, margin: float = 3.0) -> tuple[slice, slice] | None:
    """Rows and columns that may hold the bone; None where it lies outside."""
    offset = points[points.shape[0] // 2] - solid.origin
    reach = max(solid.half_breadth.max(), solid.half_palmar.max(), solid.half_dorsal.max())
    along = offset @ solid.axes[2]
    aside = np.abs(offset @ solid.axes[0])
    near = (along > -margin) & (along < solid.length + margin)
    near &= aside < reach + margin + abs(solid.bow)
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
    """A smooth random displacement (mm), so that no two bones share a formula's regularity."""
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


def _smooth_noise(
    rng: np.random.Generator, shape: tuple[int, ...], grain_mm: float, spacing: float
) -> Array:
    """Noise of unit standard deviation, smooth over `grain_mm`, shape (rows, columns)."""
    coarse = max(1, int(grain_mm / spacing))
    size = tuple(n // coarse + 2 for n in shape[-2:])
    noise = ndimage.gaussian_filter(rng.standard_normal(size), grain_mm / spacing / coarse)
    if coarse > 1:
        noise = ndimage.zoom(noise, coarse, order=1)
    noise = noise[: shape[-2], : shape[-1]]
    return np.asarray((noise - noise.mean()) / (noise.std() + 1e-9))


def _marrow(rng: np.random.Generator, shape: tuple[int, ...], spacing: float) -> Array:
    """HU of the bone inside its cortex: fatty to densely trabecular, (rows, columns)."""
    mean = rng.uniform(50.0, 600.0)
    fine = rng.uniform(0.0, 120.0) * _smooth_noise(rng, shape, rng.uniform(0.4, 1.2), spacing)
    broad = rng.uniform(0.0, 150.0) * _smooth_noise(rng, shape, rng.uniform(4.0, 12.0), spacing)
    return np.asarray(np.clip(mean + fine + broad, -120.0, 1200.0))


def _flesh(
    rng: np.random.Generator, solids: list[Solid], points: Array, spacing: float
) -> tuple[Array, NDArray[np.bool_]]:
    """HU of everything that is not bone or deposit, and where the finger is, (rows, columns)."""
    flat = points[..., [0, 2]]
    palmar, dorsal = rng.uniform(4.0, 9.0), rng.uniform(2.0, 5.0)
    tip = rng.uniform(2.5, 6.0)
    outside = np.full(flat.shape[:-1], np.inf)
    for i, solid in enumerate(solids):
        start, axis = solid.origin[[0, 2]], solid.axes[2][[0, 2]]
        axis = axis / np.linalg.norm(axis)
        offset = flat - start
        along = offset @ axis
        side = offset @ np.array([axis[1], -axis[0]])  # towards the back of the hand
        last = i == len(solids) - 1
        length = solid.length + (tip - dorsal if last else 0.0)
        beyond = along - np.clip(along, -80.0 if i == 0 else 0.0, length)
        taper = 1.0 - 0.06 * i - (0.1 * np.clip(along / solid.length, 0, 1) if last else 0.0)
        half_bone = 0.5 * (solid.half_dorsal.mean() + solid.half_palmar.mean())
        reach = (np.where(side > 0, dorsal, palmar) + half_bone) * taper
        outside = np.minimum(outside, (np.hypot(side / reach, beyond / reach) - 1.0) * reach)
    tissue = rng.uniform(20.0, 90.0)
    fat = rng.uniform(-130.0, -50.0)
    patches = _smooth_noise(rng, outside.shape, rng.uniform(0.8, 3.0), spacing)
    share = 1 / (1 + np.exp(-(patches - rng.normal(0.3, 0.7)) * rng.choice([2.0, 20.0])))
    hu = tissue + (fat - tissue) * share
    skin = rng.uniform(0.6, 1.8)
    hu = np.where(outside > -skin, rng.uniform(10.0, 110.0), hu)
    hu = hu + rng.uniform(0.0, 15.0) * _smooth_noise(rng, outside.shape, 1.0, spacing)
    background = _AIR_HU
    if rng.random() < 0.12:  # a cushion or a cloth against the skin
        background = rng.uniform(-900.0, -150.0)
    hu = np.where(outside > 0, background, hu)
    if rng.random() < 0.08:  # a table or a neighbour's skin a little way off
        gap = rng.uniform(1.5, 8.0)
        hu = np.where((outside > gap) & (flat[..., 0] < 0), rng.uniform(-200.0, 120.0), hu)
    edge = np.clip(0.5 - outside / spacing, 0.0, 1.0)
    hu = np.where(np.abs(outside) < spacing, background + edge * (tissue - background), hu)
    if rng.random() < 0.4:  # nail plate over the back of the last bone
        nail = solids[-1]
        offset = flat - nail.origin[[0, 2]]
        along = offset @ nail.axes[2][[0, 2]] / nail.length
        plate = (np.abs(outside + 0.4) < 0.35) & (along > 0.4)
        plate &= offset @ nail.axes[0][[0, 2]] > 0
        hu = np.where(plate, rng.uniform(80.0, 350.0), hu)
    return hu, outside < -0.4


def _place_deposits(
    rng: np.random.Generator,
    points: Array,
    bone: Array,
    inside: NDArray[np.bool_],
    spacing: float,
) -> list[Deposit]:
    """Random deposits in the flesh: some on bone, some under the skin, most between."""
    if rng.random() < 0.2:
        return []
    middle = points[points.shape[0] // 2]
    bone_here = bone.mean(axis=0) > 0.4
    if not inside.any():
        return []
    to_bone = (
        ndimage.distance_transform_edt(~bone_here) * spacing
        if bone_here.any()
        else np.full(inside.shape, 99.0)
    )
    to_skin = ndimage.distance_transform_edt(inside) * spacing
    deposits = []
    for _ in range(1 + rng.poisson(0.9)):
        area = float(np.clip(rng.lognormal(np.log(3.5), 1.35), 0.3, 90.0))
        radius = float(np.sqrt(area / np.pi))
        site = rng.choice(["bone", "skin", "flesh", "over"], p=[0.38, 0.15, 0.42, 0.05])
        if site == "bone":
            allowed = (to_bone > 0) & (to_bone < 0.9 * radius + 0.4) & inside
        elif site == "skin":
            allowed = inside & (to_skin < radius + 1.0) & (to_bone > 0.8)
        elif site == "flesh":
            allowed = inside & (to_bone > min(radius + 0.6, 3.0))
        else:
            allowed = bone_here
        choices = np.flatnonzero(allowed)
        if choices.size == 0:
            continue
        at = int(rng.choice(choices))
        row, column = np.unravel_index(at, inside.shape)
        centre = middle[row, column].copy()
        centre[1] += rng.normal(0.0, 0.4 * radius)
        field = to_bone if site in ("bone", "over") else to_skin
        along = _contour_direction(field, int(row), int(column), middle)
        deposits.append(draw_deposit(rng, centre, radius, along))
    return deposits


def _contour_direction(field: Array, row: int, column: int, points: Array) -> Array:
    """Unit vector of the finger's frame along the field's contour at a pixel."""
    rows, columns = field.shape
    up, down = max(row - 2, 0), min(row + 2, rows - 1)
    left, right = max(column - 2, 0), min(column + 2, columns - 1)
    slope = np.array([field[down, column] - field[up, column], field[row, right] - field[row, left]])
    step_row = points[down, column] - points[up, column]
    step_column = points[row, right] - points[row, left]
    along = -slope[1] * step_row + slope[0] * step_column
    along[1] = 0.0
    length = np.linalg.norm(along)
    return np.asarray(along / length) if length > 1e-6 else np.array([0.0, 0.0, 1.0])
