"""Bones on the samples of a volume: cortex, trabeculae and marrow along each of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calcimetry.phantom.canvas import Canvas
from calcimetry.phantom.joints import MARGIN_MM, bone_fields
from calcimetry.phantom.parts import Part

Array = NDArray[np.floating[Any]]


def paint_bones(
    rng: np.random.Generator, canvas: Canvas, parts: list[Part], waves: Array, bone_loss: float
) -> None:
    """Put bones into a canvas.

    Parameters
    ----------
    rng : numpy.random.Generator
        The only source of chance.
    canvas : Canvas
        With its flesh.
    parts : list of Part
        The bones.
    waves : ndarray, shape (n, 7)
        The warp of space.
    bone_loss : float
        0 healthy to 1 severe: less dense cortex, fewer trabeculae, fattier marrow.
    """
    # Hydroxyapatite in mg/cm3. Trabeculae fill the ends of long bones; shafts hold marrow.
    cortex = rng.uniform(950.0, 1250.0) * (1.0 - 0.15 * bone_loss)
    ends = rng.uniform(160.0, 380.0) * (1.0 - 0.7 * bone_loss)
    shaft = ends * rng.uniform(0.1, 0.45)
    marrow_hu = rng.uniform(-60.0, 30.0) - 40.0 * bone_loss
    grain, contrast = rng.uniform(0.4, 1.0), rng.uniform(0.15, 0.5) + 0.2 * bone_loss
    spacing = canvas.spacing_mm
    for field in bone_fields(parts, canvas.lattice, waves):
        box, depth = field.box, field.depth
        closer = depth > canvas.depth[box]
        canvas.depth[box][closer] = depth[closer]
        canvas.bone_map[box][closer & (depth > -MARGIN_MM)] = field.part.label
        share = np.clip(0.5 + depth / spacing, 0.0, 1.0).astype(np.float32)
        # From here on only intensities are at stake: single precision is enough. Most of a box
        # lies outside its bone.
        inside = share > 0.0
        share, depth = share[inside], depth[inside].astype(np.float32)
        station = field.station[inside].astype(np.float32)
        wall = np.clip(0.5 + (field.part.cortex(station) - depth) / spacing, 0.0, 1.0)
        towards_end = (
            np.abs(2 * station - 1) ** 1.5 if field.part.is_long else np.ones_like(station)
        )
        spongy: Array = (shaft + (ends - shaft) * towards_end) * float(rng.normal(1.0, 0.1))
        spongy = spongy * _texture(rng, inside, station, grain, contrast, spacing)
        held = wall * float(cortex * rng.normal(1.0, 0.03)) + (1.0 - wall) * spongy
        base = wall * 50.0 + (1.0 - wall) * float(marrow_hu + 20.0 * rng.normal())
        # Of bones grown together each sample belongs to the deeper one.
        more = np.clip(share - canvas.bone[box][inside], 0.0, None)
        canvas.bone[box][inside] += more
        canvas.mineral[box][inside] += (more * held).astype(np.float32)
        flesh = canvas.base[box][inside]
        canvas.base[box][inside] = flesh + (share * (base - flesh)).astype(np.float32)


def _texture(
    rng: np.random.Generator,
    inside: NDArray[np.bool_],
    station: Array,
    grain: float,
    contrast: float,
    spacing: float,
) -> Array:
    """Factor on trabecular density: fine strands, and stretches that have lost more of them.

    Of the samples `inside` a bone's box, whose stations these are.
    """
    fine = rng.standard_normal(inside.shape, dtype=np.float32)
    sigma = 0.6 * grain / spacing
    if sigma > 0.3:
        fine = ndimage.gaussian_filter(fine, sigma, truncate=2.5)
        fine /= fine.std() + 1e-9
    knots = np.clip(rng.normal(1.0, 0.25, 7), 0.3, 1.7)
    along = np.interp(station, np.linspace(0.0, 1.0, 7), knots).astype(np.float32)
    return np.asarray(np.clip(along + np.float32(contrast) * fine[inside], 0.0, 3.0))
