"""Shapes and fingers of known size, drawn by counting sub-pixels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calcimetry.model import Grid, Image, Segmentation, bone_name

Floats = NDArray[np.float64]
Inside = Callable[[Floats, Floats], NDArray[np.bool_]]


def pixel_coverage(
    size: tuple[int, int], spacing: tuple[float, float], inside: Inside, oversample: int = 12
) -> Floats:
    """Part of each pixel that lies inside, shape `size`.

    `inside` takes millimetres (row, column) from the middle of the picture.
    """
    axes = [
        ((np.arange(n * oversample) + 0.5) / oversample - n / 2.0) * step
        for n, step in zip(size, spacing, strict=True)
    ]
    fine = inside(axes[0][:, None], axes[1][None, :])
    return fine.reshape(size[0], oversample, size[1], oversample).mean(axis=(1, 3))


def ellipse(
    long: float, short: float, angle: float = 0.0, centre: tuple[float, float] = (0, 0)
) -> Inside:
    """Ellipse of two full axes in mm; `angle` turns the long one from row to column."""

    def inside(row: Floats, column: Floats) -> NDArray[np.bool_]:
        along, across = _turned(row - centre[0], column - centre[1], angle)
        return (2 * along / long) ** 2 + (2 * across / short) ** 2 < 1.0

    return inside


def rectangle(
    long: float, short: float, angle: float = 0.0, centre: tuple[float, float] = (0, 0)
) -> Inside:
    """Rectangle of two full sides in mm."""

    def inside(row: Floats, column: Floats) -> NDArray[np.bool_]:
        along, across = _turned(row - centre[0], column - centre[1], angle)
        return (abs(2 * along) < long) & (abs(2 * across) < short)

    return inside


def _turned(row: Floats, column: Floats, angle: float) -> tuple[Floats, Floats]:
    return (
        np.cos(angle) * row + np.sin(angle) * column,
        np.cos(angle) * column - np.sin(angle) * row,
    )


@dataclass(frozen=True)
class Bone:
    """A bone as an ellipse: label, centre (row mm), length and width in mm."""

    label: int
    centre: float
    length: float
    width: float


#: Three phalanges, the tip at the top, in mm from the middle of the picture.
BONES = (Bone(3, -30.0, 15.0, 5.0), Bone(2, -9.0, 24.0, 7.0), Bone(1, 23.0, 36.0, 9.0))
CORTEX_MM, SOFT_HU, CORTEX_HU, MARROW_HU = 1.2, 40.0, 1400.0, 350.0


def finger(
    spacing_mm: float = 0.4,
    *,
    deposits: tuple[tuple[Inside, float], ...] = (),
    bones: tuple[Bone, ...] = BONES,
    blur_mm: float = 0.25,
    noise_hu: float = 12.0,
    seed: int = 0,
) -> tuple[Image, Segmentation]:
    """A finger picture and its true bones.

    `deposits` are shapes and their HU; soft tissue is one ellipse whose base the
    lower border cuts. Window and clipping are those of a W1500 L450 export.
    """
    size = (round(100 / spacing_mm), round(36 / spacing_mm))
    spacing = (spacing_mm, spacing_mm)
    oversample = max(2, round(spacing_mm / 0.1))

    def coverage(inside: Inside) -> Floats:
        return pixel_coverage(size, spacing, inside, oversample)

    hu = -1000.0 + (SOFT_HU + 1000.0) * coverage(ellipse(120.0, 22.0, centre=(18.0, 0.0)))
    labels = np.zeros((1, *size), dtype=np.uint16)
    for bone in bones:
        place = (bone.centre, 0.0)
        outer = coverage(ellipse(bone.length, bone.width, centre=place))
        hollow = ellipse(bone.length - 2 * CORTEX_MM, bone.width - 2 * CORTEX_MM, centre=place)
        inner = coverage(hollow)
        hu += outer * (CORTEX_HU - SOFT_HU) + inner * (MARROW_HU - CORTEX_HU)
        labels[0][outer >= 0.5] = bone.label
    for inside, deposit_hu in deposits:
        hu += coverage(inside) * (deposit_hu - SOFT_HU)
    hu = ndimage.gaussian_filter(hu, blur_mm / spacing_mm, mode="nearest")
    hu += np.random.default_rng(seed).normal(0.0, noise_hu, size)
    grid = Grid.picture(size, spacing_mm)
    image = Image(np.clip(hu, -300.0, 1200.0), grid, clipped_hu=(-300.0, 1200.0))
    return image, Segmentation(labels, grid, {bone.label: bone_name(bone.label) for bone in bones})


def dice(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> float:
    """Overlap of two masks, 0 to 1."""
    return 2.0 * float((first & second).sum()) / float(first.sum() + second.sum())
