"""Bones on the samples of a volume: cortex, trabeculae and marrow along each of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcimetry.phantom.canvas import Canvas
from calcimetry.phantom.joints import MARGIN_MM, bone_fields
from calcimetry.phantom.parts import Part
from calcimetry.phantom.tissue import smooth_noise

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
        canvas.depth[box] = np.where(closer, depth, canvas.depth[box])
        nearest = closer & (depth > -MARGIN_MM)
        canvas.bone_map[box] = np.where(nearest, field.part.label, canvas.bone_map[box])
        share = np.clip(0.5 + depth / spacing, 0.0, 1.0).astype(np.float32)
        wall = np.clip(0.5 + (field.part.cortex(field.station) - depth) / spacing, 0.0, 1.0)
        towards_end = np.abs(2 * field.station - 1) ** 1.5 if field.part.is_long else 1.0
        spongy = (shaft + (ends - shaft) * towards_end) * rng.normal(1.0, 0.1)
        spongy = spongy * _texture(rng, share.shape, grain, contrast, spacing)
        held = wall * (cortex * rng.normal(1.0, 0.03)) + (1.0 - wall) * spongy
        base = wall * 50.0 + (1.0 - wall) * (marrow_hu + 20.0 * rng.normal())
        # Of bones grown together each sample belongs to the deeper one.
        more = np.clip(share - canvas.bone[box], 0.0, None)
        canvas.bone[box] += more
        canvas.mineral[box] += (more * held).astype(np.float32)
        canvas.base[box] += (share * (base - canvas.base[box])).astype(np.float32)


def _texture(
    rng: np.random.Generator, shape: tuple[int, ...], grain: float, contrast: float, spacing: float
) -> Array:
    """Factor on trabecular density: fine strands, and regions that have lost more of them."""
    fine = smooth_noise(rng, shape, max(grain, spacing), spacing)
    broad = smooth_noise(rng, shape, 5.0, spacing)
    return np.clip(1.0 + contrast * fine + 0.3 * broad, 0.0, 3.0)
