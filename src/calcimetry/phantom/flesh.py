"""What wraps the bones of a volume: skin, fat with its septa, muscle, tendons and nails."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calcimetry.phantom.anatomy import Solid
from calcimetry.phantom.canvas import FAR_MM, Canvas
from calcimetry.phantom.deposits import Deposit
from calcimetry.phantom.lattice import Box, unwarped
from calcimetry.phantom.parts import Part

Array = NDArray[np.floating[Any]]
#: Two ends in mm, radius at each.
Capsule = tuple[Array, Array, float, float]

#: How far outside the skin its distance is known, in mm.
_BEYOND_MM = 2.5
#: Creases between neighbouring fingers are rounded over so many mm.
_CREASE_MM = 2.0


def capsules(rng: np.random.Generator, parts: list[Part], fat_mm: float) -> list[Capsule]:
    """Tapered rods that together are the hand's outside.

    Parameters
    ----------
    rng : numpy.random.Generator
        The only source of chance.
    parts : list of Part
        The bones to wrap.
    fat_mm : float
        Thickness of the fat under the skin.
    """
    pad = rng.uniform(1.0, 2.2) + 0.55 * fat_mm
    found: list[Capsule] = []
    by_label = {part.label: part for part in parts}
    for part in parts:
        start, end = part.ends
        shape = part.shape
        if part.label % 10 == 5:
            continue
        if not isinstance(shape, Solid):
            radius = float(shape.half_axes.mean()) + 3.5 + pad
            found.append((start, end, radius, radius))
        elif part.label > 60:
            deep = float(shape.half_dorsal.mean()) + 4.0 + pad
            found.append((start, end, deep, deep + 3.0))
        elif part.label % 10 == 4 and part.label != 14:
            towards_palm = -3.5 * shape.axes[0]  # the muscles lie on this side
            found.append((start + towards_palm, end + towards_palm, 10.0 + pad, 9.5 + pad))
        else:
            half = 0.5 * (shape.half_palmar + shape.half_dorsal + 2 * shape.half_breadth) / 2
            palmar = -0.8 * shape.axes[0]
            tuft = 1.0 if part.label % 10 == 3 else 0.0  # the pulp
            more = 3.0 if part.label == 14 else 0.6
            radii = float(half[1]) + pad + more, float(half[-2]) + pad + more + tuft
            found.append((start + palmar, end + palmar, *radii))
    # The palm between metacarpals, and the web to the thumb.
    for one, other in ((24, 34), (34, 44), (44, 54), (14, 24)):
        if one in by_label and other in by_label:
            (a, b), (c, d) = by_label[one].ends, by_label[other].ends
            share = 0.55 if one == 14 else 1.0
            middle = 0.5 * (a + c)
            far = middle + share * 0.5 * (b - a + d - c)
            down = np.array([-3.0, 0.0, 0.0])
            found.append((middle + down, far + down, 10.0 + pad, 8.0 + pad))
    return found


def wrap(canvas: Canvas, rods: list[Capsule], lumps: list[Deposit], waves: Array) -> None:
    """Find the skin: around the rods, and bulging over large deposits."""
    outside = canvas.outside
    moved: list[Capsule] = [_bulge(lump) for lump in lumps]
    for start, end, first, last in rods:
        start, end = unwarped(np.stack([start, end]), waves)  # noqa: PLW2901 - as bones appear
        moved.append((start, end, first, last))
    for start, end, first, last in moved:
        box = canvas.lattice.box((start, end), max(first, last) + _BEYOND_MM)
        if box is None:
            continue
        away, along = canvas.lattice.from_line(box, (start, end))
        # The skin decides where deposits end: rounded only after all that chips do unlike.
        _join(outside, box, (away - first - along * (last - first)).astype(np.float32))


def _bulge(lump: Deposit) -> Capsule:
    """The skin over a deposit."""
    half = lump.half_axes.mean(axis=0)
    middle = lump.centres.mean(axis=0)
    least, between, most = np.sort(half)
    flat = lump.shape in ("plate", "net")
    radius = float(least + 1.0 if flat else between + 1.4)
    stretch = lump.axes[int(np.argmax(half))] * (most - least if flat else most - between)
    return middle - stretch, middle + stretch, radius, radius


def lump_box(canvas: Canvas, lump: Deposit, margin_mm: float) -> Box | None:
    """Samples that a deposit may reach."""
    low, high = lump.centres.min(axis=0), lump.centres.max(axis=0)
    reach = float(lump.half_axes.max() + lump.roughness_mm + margin_mm)
    middle = 0.5 * (low + high)
    return canvas.lattice.box((middle, middle), reach + float(np.linalg.norm(high - low)) / 2)


def _join(outside: Array, box: Box, distance: Array) -> None:
    """Smooth least of two distances (the polynomial one of computer graphics)."""
    here = outside[box]
    blend = np.clip(_CREASE_MM - np.abs(here - distance), 0.0, None)
    blend *= blend * np.float32(0.25 / _CREASE_MM)
    outside[box] = np.minimum(here, distance) - blend


def paint_flesh(
    rng: np.random.Generator, canvas: Canvas, parts: list[Part], waves: Array, fat_mm: float
) -> None:
    """Give everything inside the skin its HU.

    Parameters
    ----------
    rng : numpy.random.Generator
        The only source of chance.
    canvas : Canvas
        With its skin found.
    parts : list of Part
        The bones, along which tendons run.
    waves : ndarray, shape (n, 7)
        The warp of space.
    fat_mm : float
        Mean thickness of the fat under the skin.
    """
    spacing = canvas.spacing_mm
    samples = np.flatnonzero(canvas.outside < spacing)
    if samples.size == 0:
        return
    inwards = -canvas.outside.ravel()[samples]
    index = np.stack(np.unravel_index(samples, canvas.lattice.shape)).astype(np.float32)
    broad, lobules, grain = (
        _noise(rng, canvas, index, size)
        for size in (rng.uniform(6.0, 10.0), rng.uniform(1.6, 3.2), max(1.0, spacing))
    )
    skin_mm = rng.uniform(0.8, 1.6)
    fat = np.where(np.abs(lobules) < rng.uniform(0.1, 0.3), rng.uniform(-40.0, 30.0), 0.0)
    fat = fat + rng.uniform(-115.0, -80.0)
    muscle = rng.uniform(40.0, 65.0) + 12.0 * lobules
    thickness = skin_mm + fat_mm * np.clip(1.0 + 0.4 * broad, 0.2, 2.0)
    hu = np.where(inwards < thickness, fat, muscle)
    # Fat also lies between muscles and around joints.
    hu = np.where((broad > rng.uniform(0.4, 1.4)) & (inwards >= thickness), fat, hu)
    tendon = _tendons(canvas, parts, waves).ravel()[samples]
    hu = np.where(tendon & (inwards > skin_mm + 0.5), rng.uniform(80.0, 115.0), hu)
    hu = np.where(inwards < skin_mm, rng.uniform(30.0, 90.0), hu) + rng.uniform(2.0, 12.0) * grain
    edge = np.clip(0.5 + inwards / spacing, 0.0, 1.0)
    flat = canvas.base.reshape(-1)
    flat[samples] += (edge * (hu - flat[samples])).astype(np.float32)


def _noise(rng: np.random.Generator, canvas: Canvas, index: Array, grain_mm: float) -> Array:
    """Smooth noise of about unit spread at samples (3, n)."""
    cell = max(grain_mm / canvas.spacing_mm, 1.0)
    size = tuple(int(n / cell) + 3 for n in canvas.lattice.shape)
    coarse = ndimage.gaussian_filter(rng.standard_normal(size, dtype=np.float32), 0.7)
    coarse /= coarse.std(dtype=np.float64) + 1e-9
    return np.asarray(ndimage.map_coordinates(coarse, index / cell, order=1, mode="nearest"))


def _tendons(canvas: Canvas, parts: list[Part], waves: Array) -> NDArray[np.bool_]:
    """Flexor tendons on the palmar side of every long bone, and thin ones on its back."""
    found = np.zeros(canvas.lattice.shape, np.bool_)
    for part in parts:
        s = part.shape
        if not part.is_long or not isinstance(s, Solid):
            continue
        palm = float(s.half_palmar.max())
        back = float(s.half_dorsal.max())
        for offset, radius in ((-(palm + 2.2), 2.4), (back + 0.4, 0.9)):
            side = offset * s.axes[0]
            start, end = unwarped(np.stack([s.origin + side, s.tip + side]), waves)
            if part.label % 10 == 3:
                end = start + 0.35 * (end - start)  # they end on the last bone's base
            box = canvas.lattice.box((start, end), 2 * radius)
            if box is None:
                continue
            u, v, w = (canvas.lattice.coordinate(box, start, axis) for axis in s.axes)
            along = (w > -2.0) & (w < float(np.linalg.norm(end - start)) + 2.0)
            found[box] |= along & (u**2 + (v / 1.6) ** 2 < radius**2)
    return found


def paint_nails(rng: np.random.Generator, canvas: Canvas, parts: list[Part]) -> None:
    """A nail on the back of every distal phalanx that is long enough to bear one."""
    hu, half = rng.uniform(100.0, 300.0), rng.uniform(0.2, 0.35)
    for part in parts:
        s = part.shape
        if not isinstance(s, Solid) or part.label > 60 or part.label % 10 != 3:
            continue
        box = canvas.lattice.box(part.ends, 12.0)
        if box is None:
            continue
        u, v, w = (canvas.lattice.coordinate(box, s.origin, axis) for axis in s.axes)
        on_back = (u > 0.8 * np.abs(v)) & (w > 0.4 * s.length)
        distance = np.abs(canvas.outside[box] + half) - half
        share = np.where(on_back, np.clip(0.5 - distance / canvas.spacing_mm, 0.0, 1.0), 0.0)
        share *= (canvas.outside[box] < FAR_MM / 2) * np.clip(
            2 * half / canvas.spacing_mm, 0.0, 1.0
        )
        canvas.base[box] += (share * (hu - canvas.base[box])).astype(np.float32)
