"""What bones are filled with and wrapped in: marrow, fat, tendon, skin, nail, air."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calcimetry.phantom.anatomy import Solid

Array = NDArray[np.floating[Any]]

_AIR_HU = -1000.0


def smooth_noise(
    rng: np.random.Generator, shape: tuple[int, ...], grain_mm: float, spacing: float
) -> Array:
    """Noise of unit standard deviation, smooth over `grain_mm`, of any shape."""
    coarse = max(1, int(grain_mm / spacing))
    size = tuple(n // coarse + 2 for n in shape)
    noise = ndimage.gaussian_filter(rng.standard_normal(size), grain_mm / spacing / coarse)
    if coarse > 1:
        noise = ndimage.zoom(noise, coarse, order=1)
    noise = noise[tuple(slice(n) for n in shape)]
    return np.asarray((noise - noise.mean()) / (noise.std() + 1e-9))


def marrow_hu(rng: np.random.Generator, shape: tuple[int, ...], spacing: float) -> Array:
    """HU of the bone inside its cortex, of any shape: fatty to densely trabecular."""
    mean = rng.uniform(50.0, 600.0)
    fine = rng.uniform(0.0, 120.0) * smooth_noise(rng, shape, rng.uniform(0.4, 1.2), spacing)
    broad = rng.uniform(0.0, 150.0) * smooth_noise(rng, shape, rng.uniform(4.0, 12.0), spacing)
    return np.clip(mean + fine + broad, -120.0, 1200.0).astype(np.float32)


def flesh_hu(
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
    patches = smooth_noise(rng, outside.shape, rng.uniform(0.8, 3.0), spacing)
    share = 1 / (1 + np.exp(-(patches - rng.normal(0.3, 0.7)) * rng.choice([2.0, 20.0])))
    hu = tissue + (fat - tissue) * share
    skin = rng.uniform(0.6, 1.8)
    hu = np.where(outside > -skin, rng.uniform(10.0, 110.0), hu)
    hu = hu + rng.uniform(0.0, 15.0) * smooth_noise(rng, outside.shape, 1.0, spacing)
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
    return hu.astype(np.float32), outside < -0.4
