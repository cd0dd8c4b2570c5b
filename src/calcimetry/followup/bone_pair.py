"""One bone at two visits: starts that are tried, and what the best of them is worth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calcimetry.followup.result import BoneAlignment
from calcimetry.followup.rigid import Motion, misfit, refined, shortest_turn, turn_about
from calcimetry.followup.surface import BoneSurface

FloatArray = NDArray[np.float64]

#: Points that a start is tried with, and that the best one is refined with.
COARSE_POINTS, FINE_POINTS = 250, 2000
#: Bones whose lengths differ by more are laid end to end too, not only centre on centre.
_OTHER_LENGTH_MM = 2.5


@dataclass(frozen=True, eq=False, slots=True)
class BonePair:
    """One bone at both visits."""

    first: BoneSurface
    last: BoneSurface

    def coarse(self, start: Motion, most: int = COARSE_POINTS) -> tuple[float, Motion]:
        """Refine a motion of the later onto the first; its misfit with it."""
        turned_round = self.last.length_mm > self.first.length_mm
        source, target = (self.first, self.last) if turned_round else (self.last, self.first)
        points, normals = source.thinned(most)
        found = refined(start.back() if turned_round else start, points, normals, target)
        return misfit(found, points, normals, target), found.back() if turned_round else found

    def starts(self, turn: FloatArray, rolls: Sequence[float], axes: int = 1) -> Iterator[Motion]:
        """Motions to try: `turn` corrected for the bone's own axis, and rolled about it.

        `axes` -1 has the bone point either way, 1 as `turn` says.
        """
        way = turn @ self.last.axis
        sign = 1.0 if way @ self.first.axis >= 0 else -1.0
        for side in (sign, -sign) if axes < 0 else (sign,):
            towards = side * self.first.axis
            straight = shortest_turn(way, towards) @ turn
            for roll in rolls:
                turned = turn_about(towards, roll) @ straight
                yield Motion.about(turned, self.last.centre, self.first.centre)
                more = self.first.length_mm - self.last.length_mm
                if abs(more) > _OTHER_LENGTH_MM:
                    for end in (-0.5, 0.5):
                        at = self.first.centre + end * more * towards
                        yield Motion.about(turned, self.last.centre, at)


def judged(
    labels: tuple[int, int], motion: Motion, pair: BonePair, kept_share: float, limit_mm: float
) -> BoneAlignment:
    """The alignment of a bone, by its labels at both visits, accepted or with why not."""
    turned_round = pair.last.length_mm > pair.first.length_mm
    source, target = (pair.first, pair.last) if turned_round else (pair.last, pair.first)
    points, _ = source.thinned(FINE_POINTS)
    moved = (motion.back() if turned_round else motion).of(points)
    distance, at = target.tree.query(moved)
    # Across the surface: along it, the nearest of its points is somewhere between others.
    gap = np.abs(((target.points_mm[at] - moved) * target.normals[at]).sum(axis=1))
    gap = np.where(distance > limit_mm * 2.0, distance, gap)
    closest = np.sort(gap)[: max(1, round(kept_share * len(gap)))]
    residual = float(np.sqrt((closest**2).mean()))
    accepted = residual <= limit_mm
    reason = (
        ""
        if accepted
        else f"the two surfaces lie {residual:.2f} mm apart after alignment, more than "
        f"{limit_mm:.2f} mm"
    )
    together = float((gap <= limit_mm).mean())
    return BoneAlignment(
        labels[0],
        motion.turn,
        motion.shift_mm,
        residual,
        together,
        accepted,
        reason,
        labels[1],
    )
