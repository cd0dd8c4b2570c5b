"""Solids of known size in volumes of any grid, drawn by counting points within each sample."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from calcimetry.bone.method import BoneEvidence
from calcimetry.model import Grid, Image, Segmentation, bone_name

Floats = NDArray[np.float64]
#: From points in mm, shape (..., 3), to whether they lie within.
Inside = Callable[[Floats], NDArray[np.bool_]]

SOFT_HU, CORTEX_HU, MARROW_HU = 40.0, 1400.0, 350.0
#: Points counted along each side of a sample.
OVERSAMPLE = 3


def volume_grid(
    shape: tuple[int, int, int], spacing: ArrayLike, tilt: tuple[float, float] = (0.0, 0.0)
) -> Grid:
    """Grid with its middle at (0, 0, 0) mm.

    Slices run along x, rows along y, columns along z, unless `tilt` turns them about two
    axes, in radians.
    """
    turn = np.eye(3)
    for angle, (first, second) in zip(tilt, ((0, 1), (1, 2)), strict=True):
        step = np.eye(3)
        step[first, first] = step[second, second] = np.cos(angle)
        step[first, second], step[second, first] = -np.sin(angle), np.sin(angle)
        turn = turn @ step
    affine = np.eye(4)
    affine[:3, :3] = turn * np.asarray(spacing)
    affine[:3, 3] = -affine[:3, :3] @ ((np.array(shape) - 1) / 2)
    return Grid(shape, affine)


def coverage(grid: Grid, inside: Inside) -> Floats:
    """Part of each sample that lies inside, shape of the grid."""
    parts = (np.arange(OVERSAMPLE) + 0.5) / OVERSAMPLE - 0.5
    index = np.stack(np.meshgrid(*(np.arange(n) for n in grid.shape), indexing="ij"), axis=-1)
    total = np.zeros(grid.shape)
    for offset in np.stack(np.meshgrid(parts, parts, parts), axis=-1).reshape(-1, 3):
        total += inside(grid.index_to_mm(index + offset))
    return total / OVERSAMPLE**3


def ellipsoid(
    axes: tuple[float, float, float], centre: tuple[float, float, float] = (0.0, 0.0, 0.0)
) -> Inside:
    """Ellipsoid of three full axes in mm along x, y and z."""

    def inside(points: Floats) -> NDArray[np.bool_]:
        return np.asarray((((points - centre) * 2 / axes) ** 2).sum(axis=-1) < 1.0)

    return inside


def ball(diameter: float, centre: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> Inside:
    return ellipsoid((diameter, diameter, diameter), centre)


def rod(diameter: float, centre: tuple[float, float] = (0.0, 0.0)) -> Inside:
    """Endless cylinder along z; `centre` in x and y."""

    def inside(points: Floats) -> NDArray[np.bool_]:
        distance = np.linalg.norm(points[..., :2] - centre, axis=-1)
        return np.asarray(distance < diameter / 2)

    return inside


#: A finger along z: soft tissue, and a bone of 9 mm with a cortex of 1.4 mm.
FINGER, BONE, MARROW = rod(20.0), rod(9.0), rod(6.2)


def finger_volume(
    grid: Grid,
    deposits: tuple[tuple[Inside, float], ...] = (),
    blur_mm: float = 0.35,
    noise_hu: float = 15.0,
    seed: int = 0,
) -> tuple[Image, BoneEvidence]:
    """A piece of a finger with a shaft of bone along z, and where its bone truly is."""
    bone = coverage(grid, BONE)
    hu = -1000.0 + (SOFT_HU + 1000.0) * coverage(grid, FINGER)
    hu += bone * (CORTEX_HU - SOFT_HU) + coverage(grid, MARROW) * (MARROW_HU - CORTEX_HU)
    for inside, deposit_hu in deposits:
        hu += np.minimum(coverage(grid, inside), 1.0 - bone) * (deposit_hu - SOFT_HU)
    sigma = blur_mm / np.array(grid.spacing)
    hu = ndimage.gaussian_filter(hu, sigma, mode="nearest")
    hu += np.random.default_rng(seed).normal(0.0, noise_hu, grid.shape)
    bones = Segmentation(bone >= 0.5, grid, {1: bone_name(1)})
    return Image(hu, grid), BoneEvidence(bones, bone, None, "truth")
