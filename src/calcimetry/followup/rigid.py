"""Laying one bone's surface rigidly onto another's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calcimetry.followup.surface import BoneSurface

FloatArray = NDArray[np.float64]

#: Tukey's biweight gives a point no weight beyond so many robust standard deviations, never
#: fewer mm than the second: a surface drawn through samples is no better known.
_TUKEY, _LEAST_MM = 4.685, 0.4
#: Surfaces that face apart more than this cosine are not the same.
_FACING = 0.3
#: Steps, and where they end: the largest movement of a point in mm.
_MOST_STEPS, _STILL_MM = 60, 1e-3
#: Points farther apart count all the same when starts are compared.
_REACH_MM = 2.0


@dataclass(frozen=True, eq=False, slots=True)
class Motion:
    """A rigid motion: ``points @ turn.T + shift_mm``."""

    turn: FloatArray
    shift_mm: FloatArray

    def of(self, points_mm: FloatArray) -> FloatArray:
        """Points (..., 3), moved."""
        return np.asarray(points_mm @ self.turn.T + self.shift_mm)

    def back(self) -> Motion:
        """The motion that undoes it."""
        return Motion(self.turn.T, -self.shift_mm @ self.turn)

    @classmethod
    def about(cls, turn: FloatArray, source: FloatArray, target: FloatArray) -> Motion:
        """The turn that takes one point onto another."""
        return cls(turn, target - turn @ source)


def turn_about(axis: FloatArray, angle: float) -> FloatArray:
    """Matrix that turns columns by `angle` radians about a unit vector (Rodrigues)."""
    x, y, z = axis
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.asarray(np.eye(3) + np.sin(angle) * cross + (1.0 - np.cos(angle)) * cross @ cross)


def shortest_turn(source: FloatArray, target: FloatArray) -> FloatArray:
    """The smallest turn that takes one unit vector to another."""
    across = np.cross(source, target)
    sine, cosine = float(np.linalg.norm(across)), float(source @ target)
    if sine > 1e-9:
        return turn_about(across / sine, float(np.arctan2(sine, cosine)))
    if cosine > 0.0:
        return np.eye(3)
    aside = np.linalg.svd(source[None])[2][1]
    return turn_about(aside, np.pi)


def turn_of_points(source: FloatArray, target: FloatArray) -> tuple[FloatArray, float]:
    """The turn that best takes points onto others, and how well they define it.

    Kabsch (Acta Crystallographica A 1976) by singular values.

    Parameters
    ----------
    source, target : array, shape (n, 3)
        In pairs.

    Returns
    -------
    turn : array, shape (3, 3)
    spread_mm : float
        Root mean square distance of the points from the line that fits them best: near 0
        the turn about that line is arbitrary.
    """
    a, b = source - source.mean(axis=0), target - target.mean(axis=0)
    left, _, right = np.linalg.svd(b.T @ a)
    sign = np.diag([1.0, 1.0, np.sign(np.linalg.det(left @ right))])
    spread = np.linalg.svd(a, compute_uv=False)
    return left @ sign @ right, float(spread[1] / np.sqrt(len(a))) if len(a) > 1 else 0.0


def misfit(motion: Motion, points: FloatArray, normals: FloatArray, target: BoneSurface) -> float:
    """How badly moved points fit a surface, 0 to 1: of each its squared distance, at most 2 mm."""
    distance, at = target.tree.query(motion.of(points))
    facing = ((normals @ motion.turn.T) * target.normals[at]).sum(axis=1)
    part = np.where(facing > _FACING, np.minimum(distance / _REACH_MM, 1.0), 1.0)
    return float((part**2).mean())


def refined(start: Motion, points: FloatArray, normals: FloatArray, target: BoneSurface) -> Motion:
    """Iterated closest points to a surface's tangent planes, robustly.

    Chen and Medioni (Image and Vision Computing 1992), each point weighted by Tukey's
    biweight of its distance, so that what has changed (a resorbed tuft, an erosion, the end
    that one scan has cut off) does not pull.

    Parameters
    ----------
    start : Motion
        Near enough: within some mm and some 30 degrees.
    points, normals : array, shape (n, 3)
        Of the surface to be moved.
    target : BoneSurface

    Returns
    -------
    Motion
    """
    motion = start
    extent = float(np.abs(points - points.mean(axis=0)).max())
    for _ in range(_MOST_STEPS):
        moved, turned = motion.of(points), normals @ motion.turn.T
        distance, at = target.tree.query(moved)
        planes = target.normals[at]
        facing = (turned * planes).sum(axis=1) > _FACING
        gap = ((target.points_mm[at] - moved) * planes).sum(axis=1)
        if facing.sum() < 6:
            return motion
        scale = _TUKEY * max(1.4826 * float(np.median(distance[facing])), _LEAST_MM / 2.0)
        weight = facing * np.maximum(0.0, 1.0 - (distance / scale) ** 2) ** 2
        middle = moved.mean(axis=0)
        rows = np.column_stack([np.cross(moved - middle, planes), planes])
        # A trace of stiffness keeps what no point decides, such as turns of a ball.
        normal = (rows * weight[:, None]).T @ rows + 1e-6 * len(rows) * np.eye(6)
        step = np.linalg.solve(normal, (rows * weight[:, None]).T @ gap)
        angle = float(np.linalg.norm(step[:3]))
        turn = turn_about(step[:3] / angle, angle) if angle > 0.0 else np.eye(3)
        shift = middle + step[3:] - turn @ middle
        motion = Motion(turn @ motion.turn, turn @ motion.shift_mm + shift)
        if angle * extent + float(np.linalg.norm(step[3:])) < _STILL_MM:
            break
    return motion
