"""The same finger held another way: its bones and deposits turned about its joints."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcimetry.phantom.anatomy import Solid
from calcimetry.phantom.deposits import Deposit
from calcimetry.phantom.parts import Part, Pebble
from calcimetry.phantom.pose import about

Array = NDArray[np.floating[Any]]
Ball = tuple[float, float, float, float]

#: From visit to visit a joint is bent so much more or less, as a standard deviation in degrees,
#: and never more than this.
JOINT_SD_DEG, MOST_JOINT_DEG = 5.0, 12.0
#: The centre of a head's curvature lies so far behind its end, as a part of its depth.
_PIVOT = 0.9


@dataclass(frozen=True, eq=False, slots=True)
class Motion:
    """One rigid motion: ``point @ turn + shift``."""

    turn: Array
    shift: Array

    def point(self, place: Array) -> Array:
        """Where a point (..., 3) goes."""
        return np.asarray(place @ self.turn + self.shift)

    def after(self, first: Motion) -> Motion:
        """Both motions, `first` first."""
        return Motion(first.turn @ self.turn, self.point(first.shift))

    def part(self, part: Part) -> Part:
        """A bone that has moved, with its pits and spurs."""
        s = part.shape
        axes = s.axes @ self.turn
        moved: Solid | Pebble
        if isinstance(s, Pebble):
            moved = replace(s, centre=self.point(s.centre), axes=axes, waves=self._turned(s.waves))
        else:
            moved = replace(s, origin=self.point(s.origin), axes=axes)
        balls = (tuple(self._ball(one) for one in many) for many in (part.pits, part.spurs))
        pits, spurs = balls
        return replace(part, shape=moved, pits=pits, spurs=spurs)

    def deposit(self, deposit: Deposit) -> Deposit:
        """A deposit that has moved."""
        waves = self._turned(deposit.waves)
        waves[:, 3] -= waves[:, :3] @ self.shift  # its waves run through all space
        centres = self.point(deposit.centres)
        return replace(deposit, centres=centres, axes=deposit.axes @ self.turn, waves=waves)

    def _turned(self, waves: Array) -> Array:
        return np.column_stack([waves[:, :3] @ self.turn, waves[:, 3]])

    def _ball(self, ball: Ball) -> Ball:
        x, y, z = (float(one) for one in self.point(np.array(ball[:3])))
        return x, y, z, ball[3]


@dataclass(frozen=True, eq=False, slots=True)
class Posing:
    """How each bone of one finger moves from the way it was drawn.

    Parameters
    ----------
    rest : tuple of Part
        The finger as it was drawn.
    motions : tuple of Motion
        One for each.
    """

    rest: tuple[Part, ...]
    motions: tuple[Motion, ...]

    def parts(self) -> list[Part]:
        """The bones, moved."""
        return [motion.part(part) for part, motion in zip(self.rest, self.motions, strict=True)]

    def deposit(self, deposit: Deposit) -> Deposit:
        """A deposit, moved with the bone that is nearest to its first centre."""
        away = [part.from_middle_line(deposit.centres[0]) for part in self.rest]
        return self.motions[int(np.argmin(away))].deposit(deposit)


def at_rest(parts: list[Part]) -> Posing:
    """Nothing moves."""
    still = Motion(np.eye(3), np.zeros(3))
    return Posing(tuple(parts), (still,) * len(parts))


def draw_posing(rng: np.random.Generator, parts: list[Part]) -> Posing:
    """Each joint of one finger bent a little more or less.

    Parameters
    ----------
    rng : numpy.random.Generator
        The only source of chance; three normal numbers are drawn.
    parts : list of Part
        Of one digit, its long bones from the wrist outwards.

    Returns
    -------
    Posing
        Fused joints stay as they are; sesamoids go with the bone nearest to them.
    """
    bends = np.deg2rad(np.clip(rng.normal(0.0, JOINT_SD_DEG, 3), -MOST_JOINT_DEG, MOST_JOINT_DEG))
    motion = Motion(np.eye(3), np.zeros(3))
    moved: dict[str, Motion] = {}
    before: Part | None = None
    joint = 0
    for part in parts:
        if not part.is_long:
            continue
        if before is not None and isinstance(before.shape, Solid):
            head = before.shape
            bend = 0.0 if part.fused_to == before.name else float(bends[joint])
            depth = 0.5 * float(head.half_palmar[-2] + head.half_dorsal[-2])
            pivot = head.tip - _PIVOT * depth * head.axes[2]
            turn = about(head.axes[1], bend)
            motion = motion.after(Motion(turn, pivot - pivot @ turn))
            joint += 1
        moved[part.name] = motion
        before = part
    long = [part for part in parts if part.is_long]
    motions = []
    for part in parts:
        away = [one.from_middle_line(part.ends[0]) for one in long]
        motions.append(moved[part.name] if part.is_long else moved[long[int(np.argmin(away))].name])
    return Posing(tuple(parts), tuple(motions))
