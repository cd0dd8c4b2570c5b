"""Planes through simulated fingers, as the network for volumes is shown them.

Each finger is cut along its true straightened grid, off by as much as a grid found in a
rough guess of the bones may be, in sagittal and in coronal planes, and shown with the planes
beside each (`calcimetry.bone.two_planes`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial.transform import Rotation

from calcimetry.bone.two_planes import ORDERS, plane_view, with_neighbours
from calcimetry.bone.working_view import AIR_HU, MINERAL_HU
from calcimetry.fingers.name import name_fingers
from calcimetry.model import Bone, Grid, Segmentation, bone_name
from calcimetry.phantom.picture import DEPOSIT
from calcimetry.phantom.volume import HandVolume, finger_volume
from calcimetry.resample import resample_image

#: Rows and columns of a plane; planes taken of one volume, half of either direction.
FRAME, PER_VOLUME = (256, 112), 32
#: Finest and coarsest spacing of the simulated volumes in mm.
_SPACING_MM = (0.4, 0.8)
#: How far a grid is turned and moved off the true one (standard deviations).
_TURN_DEG, _SHIFT_MM = 6.0, 0.6
#: In so many volumes nothing farther from bone than this (mm) is shown: it belongs to
#: another finger.
_BLANKED, _BLANKED_MM = 0.4, (2.5, 9.0)
#: Planes without anything this bright are rarely worth showing.
_BRIGHT_HU = 200.0

Sample = tuple[NDArray[np.uint8], NDArray[np.uint8]]


def finger_planes(seed: tuple[int, ...]) -> Sample:
    """Planes of one simulated finger.

    Parameters
    ----------
    seed : tuple of int

    Returns
    -------
    grey : array of uint8, shape (PER_VOLUME, 3, rows, columns)
        0 to 255 spans AIR_HU to MINERAL_HU; the middle channel is the plane itself.
    fractions : array of uint8, shape (PER_VOLUME, 5, rows, columns)
        Part of each pixel that each bone and deposit fills, in 255ths.
    """
    rng = np.random.default_rng(seed)
    while True:  # a finger may lie outside its volume, with no bone of it in view
        truth = finger_volume(rng, rng.uniform(*_SPACING_MM))
        kinds = _kinds(truth)
        hands = name_fingers(kinds).hands
        if hands:
            break
    finger = hands[0].fingers[0].grid
    grid = truth.image.mixed.grid
    hu = np.clip(truth.image.mixed.array, AIR_HU, MINERAL_HU)
    if rng.random() < _BLANKED:
        away = ndimage.distance_transform_edt(~kinds.mask, sampling=grid.spacing)
        hu = np.where(away > rng.uniform(*_BLANKED_MM), np.float32(AIR_HU), hu)
    grey = np.zeros((PER_VOLUME, 3, *FRAME), np.uint8)
    fractions = np.zeros((PER_VOLUME, DEPOSIT, *FRAME), np.uint8)
    for number, order in enumerate(ORDERS):
        view = plane_view(_moved(rng, finger), order)
        seen = np.asarray(resample_image(hu, grid, view, fill=AIR_HU), np.float32)
        parts = _fractions(truth, grid, view)
        half = slice(number * PER_VOLUME // 2, (number + 1) * PER_VOLUME // 2)
        planes = _choose(rng, seen, PER_VOLUME // 2)
        scaled = (with_neighbours(seen, planes) - AIR_HU) * (255.0 / (MINERAL_HU - AIR_HU))
        box = _frame(rng, seen.shape[1:])
        grey[half] = _cut(np.rint(scaled).astype(np.uint8), box)
        fractions[half] = _cut(np.rint(parts[planes] * 255.0).astype(np.uint8), box)
    return grey, fractions


def _kinds(truth: HandVolume) -> Segmentation:
    kinds = np.where(truth.bone_fraction >= 0.5, truth.bone_map % 10, 0).astype(np.uint16)
    kinds[kinds == Bone.SESAMOID] = 0
    names = {int(n): bone_name(int(n)) for n in np.unique(kinds) if n}
    return Segmentation(kinds, truth.image.mixed.grid, names)


def _fractions(truth: HandVolume, grid: Grid, view: Grid) -> NDArray[np.float32]:
    """Part of each sample of a view that each material fills, shape (planes, 5, rows, columns)."""
    kinds = truth.bone_map % 10
    # A sesamoid is bone of no shaft; the network has no name for it but the nearest bone's.
    kinds = np.where(kinds == Bone.SESAMOID, Bone.METACARPAL, kinds)
    free = 1.0 - truth.deposit_fraction
    materials = [np.where(kinds == n, truth.bone_fraction * free, 0.0) for n in range(1, DEPOSIT)]
    parts = [
        np.clip(resample_image(part.astype(np.float32), grid, view), 0.0, 1.0)
        for part in (*materials, truth.deposit_fraction)
    ]
    return np.asarray(np.stack(parts, axis=1), np.float32)


def _moved(rng: np.random.Generator, grid: Grid) -> Grid:
    """A grid turned and moved a little about its middle."""
    turn = Rotation.from_rotvec(np.deg2rad(rng.normal(0.0, _TURN_DEG, 3))).as_matrix()
    middle = grid.index_to_mm((np.array(grid.shape) - 1.0) / 2.0)
    affine = grid.affine.copy()
    affine[:3, :3] = turn @ affine[:3, :3]
    affine[:3, 3] = middle + turn @ (grid.affine[:3, 3] - middle) + rng.normal(0.0, _SHIFT_MM, 3)
    return Grid(grid.shape, affine)


def _choose(rng: np.random.Generator, seen: NDArray[np.float32], count: int) -> NDArray[np.integer]:
    """Some planes, mostly such as show mineral."""
    bright = (seen > _BRIGHT_HU).sum(axis=(1, 2))
    chance = np.where(bright > 3, 1.0, 0.02)
    return np.sort(rng.choice(len(seen), count, p=chance / chance.sum()))


def _frame(rng: np.random.Generator, size: tuple[int, int]) -> tuple[int, int]:
    """First row and column of a frame somewhere along the finger, below 0 where it is larger."""
    rows, columns = (have - want for have, want in zip(size, FRAME, strict=True))
    row = int(rng.integers(min(rows, 0), max(rows, 0) + 1))
    return row, int(np.clip(columns // 2 + rng.integers(-12, 13), min(columns, 0), max(columns, 0)))


def _cut(planes: NDArray[np.uint8], start: tuple[int, int]) -> NDArray[np.uint8]:
    """The frame that starts at a row and column, 0 beyond the planes."""
    pads = [
        (max(-first, 0), max(first + want - have, 0))
        for first, want, have in zip(start, FRAME, planes.shape[2:], strict=True)
    ]
    padded = np.pad(planes, ((0, 0), (0, 0), *pads))
    row, column = (max(first, 0) for first in start)
    return padded[:, :, row : row + FRAME[0], column : column + FRAME[1]]
