"""A hand of rods, drawn where its joints are known: bent, spread, turned and cut at will."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calcimetry.model import Grid, Segmentation, bone_name

Floats = NDArray[np.float64]

#: In the hand's frame (to the thumb, to the fingertips, out of the palm), which taken as LPS is
#: a right hand: where each metacarpal starts (mm), where it points, and the bones' lengths.
BASES = {1: (29, -2, 9), 2: (18, 0, 2), 3: (5, 0, 0), 4: (-8, 0, 2), 5: (-20, 0, 5)}
LEANS = {2: 6.0, 3: 2.0, 4: -4.0, 5: -9.0}
THUMB_WAY = (0.6, 0.62, 0.5)
LENGTHS = {1: (45, 30, 21), 2: (66, 40, 23, 16), 3: (64, 43, 27, 17), 4: (58, 40, 25, 17)}
LENGTHS[5] = (54, 32, 19, 15)
#: Radius of shaft and ends in mm, by bone.
RADII = {4: (4.2, 6.2), 1: (4.0, 5.8), 2: (3.4, 4.8), 3: (2.5, 4.0)}
GAP_MM = 1.6


@dataclass(frozen=True)
class Stick:
    """One bone: its label, its base and its tip in mm."""

    label: int
    base: Floats
    tip: Floats


def sticks(bend: float = 10.0, digits: tuple[int, ...] = (1, 2, 3, 4, 5)) -> list[Stick]:
    """Bones of a right hand; each joint bends by `bend` degrees, the knuckle by half of it."""
    found = []
    for digit in digits:
        if digit == 1:
            way, palmar = _unit(THUMB_WAY), _unit((-0.6, 0.0, 0.7))
        else:
            lean = np.radians(LEANS[digit])
            way, palmar = np.array([np.sin(lean), np.cos(lean), 0.0]), np.array([0.0, 0.0, 1.0])
        hinge = _unit(np.cross(way, palmar))
        base = np.array(BASES[digit], float)
        names = (4, 1, 3) if digit == 1 else (4, 1, 2, 3)
        for place, (name, length) in enumerate(zip(names, LENGTHS[digit], strict=True)):
            if place:
                way = _turn(way, hinge, np.radians(bend / 2 if place == 1 else bend))
            found.append(Stick(10 * digit + name, base, base + length * way))
            base = base + (length + GAP_MM) * way
    return found


def fused(bones: list[Stick], outer: int, inner: int) -> list[Stick]:
    """The same, but two bones that follow each other did not come apart: both are the inner one."""
    both = {bone.label: bone for bone in bones if bone.label in (outer, inner)}
    one = Stick(inner, both[inner].base, both[outer].tip)
    return [*(bone for bone in bones if bone.label not in both), one]


def draw(bones: list[Stick], spacing: float = 1.0, margin: float = 12.0) -> tuple[Floats, Grid]:
    """Label map of bones, and its grid: slices to the thumb, rows to the tips, columns palmar."""
    ends = np.concatenate([[bone.base, bone.tip] for bone in bones])
    low, high = ends.min(axis=0) - margin, ends.max(axis=0) + margin
    affine = np.diag([spacing, spacing, spacing, 1.0])
    affine[:3, 3] = low
    a, b, c = np.ceil((high - low) / spacing).astype(int)
    grid = Grid((int(a), int(b), int(c)), affine)
    labels = np.zeros(grid.shape, int)
    for bone in bones:
        shaft, end = RADII[bone.label % 10]
        reach = np.array([bone.base, bone.tip])
        start = np.maximum(np.floor((reach.min(axis=0) - low - end) / spacing), 0).astype(int)
        stop = np.ceil((reach.max(axis=0) - low + end) / spacing).astype(int) + 1
        box = tuple(slice(i, j) for i, j in zip(start, stop, strict=True))
        index = np.stack(
            np.meshgrid(
                *(np.arange(n)[s] for n, s in zip(grid.shape, box, strict=True)), indexing="ij"
            ),
            -1,
        )
        offset = grid.index_to_mm(index) - bone.base
        length = np.linalg.norm(bone.tip - bone.base)
        along = offset @ ((bone.tip - bone.base) / length)
        aside = np.sqrt(np.maximum((offset**2).sum(-1) - along**2, 0.0))
        place = along / length
        radius = shaft + (end - shaft) * np.abs(2 * place - 1) ** 2
        labels[box][(place >= 0) & (place <= 1) & (aside <= radius)] = bone.label
    return labels, grid


def types(labels: Floats, grid: Grid) -> Segmentation:
    """The same bones without digits."""
    kinds = np.where(labels < 60, labels % 10, labels)
    return Segmentation(kinds, grid, {int(n): bone_name(int(n)) for n in np.unique(kinds) if n})


def moved(grid: Grid, rotation: Floats, mirror: bool = False) -> Grid:
    """The grid turned in space, and mirrored before if asked: then a right hand is a left one."""
    turn = np.eye(4)
    turn[:3, :3] = rotation @ np.diag([-1.0 if mirror else 1.0, 1.0, 1.0])
    return Grid(grid.shape, turn @ grid.affine)


def rotation(*degrees: float) -> Floats:
    """Turn about x, then y, then z."""
    result = np.eye(3)
    for axis, angle in enumerate(np.radians(degrees)):
        result = _about(np.eye(3)[axis], angle) @ result
    return result


def part(labels: Floats, grid: Grid, *slices: slice) -> tuple[Floats, Grid]:
    """What a smaller field of view would show."""
    affine = grid.affine.copy()
    affine[:3, 3] = grid.index_to_mm([s.start or 0 for s in slices])
    cut = labels[slices]
    return cut, Grid(cut.shape, affine)


def _turn(vector: Floats, axis: Floats, angle: float) -> Floats:
    return _about(axis, angle) @ vector


def _about(axis: Floats, angle: float) -> Floats:
    x, y, z = axis
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


def _unit(vector: tuple[float, ...] | Floats) -> Floats:
    return np.asarray(vector, float) / np.linalg.norm(vector)
