"""Where bones meet: each keeps its own side of a joint space, and no two overlap.

Bones are placed so that their surfaces would reach into each other. Where two do, the
one of lower rank is hollowed out to fit the other at the width of the joint space, as the
base of a phalanx is by the head before it; two of equal rank, like carpals, both give way,
so that the faces they turn to each other run side by side.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcimetry.phantom.canvas import FAR_MM
from calcimetry.phantom.lattice import Box, Lattice, unwarped, warped
from calcimetry.phantom.parts import Part

Array = NDArray[np.floating[Any]]

#: How far in mm beyond its surface a bone's depth is known.
MARGIN_MM = 1.8
#: And so much farther off it is looked for: what the warp of space may move it.
_BEYOND_MM = 2.5


@dataclass(frozen=True, eq=False, slots=True)
class BoneField:
    """One bone on the samples of a box of the lattice.

    `depth` is how deep in mm each sample lies under its surface (first order, negative
    outside), `station` how far along the bone from 0 (base) to 1 (head).
    """

    part: Part
    box: Box
    depth: Array
    station: Array


def bone_fields(parts: list[Part], lattice: Lattice, waves: Array) -> list[BoneField]:
    """All bones that the lattice reaches, each within its joint spaces.

    Parameters
    ----------
    parts : list of Part
        Bones as they were drawn.
    lattice : Lattice
        Where to sample.
    waves : ndarray, shape (n, 7)
        The warp of space, from `calcimetry.phantom.lattice.draw_waves`.
    """
    drawn = []
    for part in parts:
        start, end = unwarped(np.stack(part.ends), waves)
        box = lattice.box((start, end), part.reach + MARGIN_MM)
        if box is not None:
            drawn.append(_field(part, box, lattice, waves))
    fields = [BoneField(f.part, f.box, f.depth.copy(), f.station) for f in drawn]
    for i, one in enumerate(drawn):
        for j in range(i + 1, len(drawn)):
            other = drawn[j]
            common = _common(one.box, other.box)
            if common is not None and not _fused(one.part, other.part):
                _part_ways(one, other, fields[i], fields[j], common)
    return fields


def _fused(one: Part, other: Part) -> bool:
    """True where two bones have grown together."""
    return bool(one.name) and (one.fused_to == other.name or other.fused_to == one.name)


def _field(part: Part, box: Box, lattice: Lattice, waves: Array) -> BoneField:
    """A bone before its neighbours press on it, in double precision: labels depend on it."""
    spacing = np.linalg.norm(lattice.steps, axis=1)
    start, end = unwarped(np.stack(part.ends), waves)
    away, _ = lattice.from_line(box, (start, end))
    near = part.reach + MARGIN_MM + _BEYOND_MM
    # The box of a bone that lies askew is mostly empty: only what is near is worth a look,
    # and one sample more for the slopes.
    looked = away < near + float(spacing.max())
    points = warped(lattice.points_of(box, looked), waves)
    value, station = np.full(looked.shape, FAR_MM), np.zeros(looked.shape)
    value[looked], station[looked] = part.shape.distance(points)
    slopes = np.gradient(value, *spacing)
    slope = np.sqrt(slopes[0] ** 2 + slopes[1] ** 2 + slopes[2] ** 2)
    depth = np.where(away < near, -value / np.clip(slope, 0.5, 2.0), -FAR_MM)
    for *centre, radius in part.spurs:
        depth[looked] = np.maximum(depth[looked], radius - _from(points, centre))
    for *centre, radius in part.pits:
        depth[looked] = np.minimum(depth[looked], _from(points, centre) - radius)
    return BoneField(part, box, depth, station)


def _from(points: Array, centre: list[float]) -> Array:
    return np.asarray(np.linalg.norm(points - np.array(centre), axis=-1))


def _common(one: Box, other: Box) -> Box | None:
    """Samples of both boxes; None where there are none."""
    low = [max(a.start, b.start) for a, b in zip(one, other, strict=True)]
    high = [min(a.stop, b.stop) for a, b in zip(one, other, strict=True)]
    if any(a >= b for a, b in zip(low, high, strict=True)):
        return None
    return slice(low[0], high[0]), slice(low[1], high[1]), slice(low[2], high[2])


def _within(common: Box, box: Box) -> Box:
    """A box of the lattice as samples of a field's own box."""
    i, j, k = (slice(c.start - b.start, c.stop - b.start) for c, b in zip(common, box, strict=True))
    return i, j, k


def _part_ways(
    one: BoneField, other: BoneField, one_kept: BoneField, other_kept: BoneField, common: Box
) -> None:
    """Take from two bones what lies in the joint space between them."""
    here, there = _within(common, one.box), _within(common, other.box)
    a, b = one.depth[here], other.depth[there]
    gap = 0.5 * (one.part.gap_mm + other.part.gap_mm)
    rank = one.part.rank - other.part.rank
    kept_a, kept_b = one_kept.depth[here], other_kept.depth[there]
    if rank <= 0:
        limit = -b - gap if rank < 0 else 0.5 * (a - b - gap)
        np.minimum(kept_a, limit, out=kept_a)
    if rank >= 0:
        limit = -a - gap if rank > 0 else 0.5 * (b - a - gap)
        np.minimum(kept_b, limit, out=kept_b)
