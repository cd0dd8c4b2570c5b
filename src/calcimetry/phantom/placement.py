"""Where in a finger deposits lie: on bone, under the skin, or between."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calcimetry.phantom.deposits import Deposit, draw_deposit

Array = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class DepositMix:
    """How many deposits a picture holds, and how many of them lie on bone.

    Parameters
    ----------
    none : float
        Share of pictures without any.
    further : float
        Mean number of deposits beyond the first in the others (Poisson).
    on_bone : float
        Share that lies on bone; the rest lies at the finger's tip, under the skin, in between, or
        over bone.
    """

    none: float = 0.2
    further: float = 0.9
    on_bone: float = 0.38


#: What pictures hold unless a training asks for more.
USUAL = DepositMix()
#: Where deposits lie that do not lie on bone.
_ELSEWHERE = {"skin": 0.14 / 0.62, "flesh": 0.34 / 0.62, "over": 0.05 / 0.62, "tip": 0.09 / 0.62}
#: How far from the end of the last phalanx a deposit at the tip begins: there calcinosis is
#: commonest, beside a tuft that disease has resorbed or not.
_TIP_MM = 4.0
#: Where a plane grazes a finger, so much of the deposits off bone lies in the place of bone that
#: the plane has missed, if it has missed so much: they look like the end of that bone.
_MISSED, _MISSED_MM2 = 0.5, 15.0
#: Deposits at the tip and in the place of bone are so much larger.
_LARGER = 2.5


def place_deposits(
    rng: np.random.Generator,
    points: Array,
    bone: Array,
    inside: NDArray[np.bool_],
    tip: Array,
    spacing: float,
    mix: DepositMix = USUAL,
    in_middle: Array | None = None,
) -> list[Deposit]:
    """Random deposits in the flesh: on bone, at the finger's tip, under the skin and in between.

    `tip` (3,) is the end of the last phalanx, in mm like `points` (layers, rows, columns, 3);
    `bone` (layers, rows, columns) is the part of each point's pixel that it fills, `inside`
    (rows, columns) is where the finger is. `in_middle` (rows, columns) is the same of the plane
    through the finger's middle: where that shows bone and this one none, deposits lie too.
    """
    if rng.random() < mix.none or not inside.any():
        return []
    middle = points[points.shape[0] // 2]
    where = _Surroundings(
        inside,
        bone.mean(axis=0) > 0.4,
        np.zeros_like(inside)
        if in_middle is None
        else (in_middle > 0.6) & (bone.mean(axis=0) < 0.1),
        np.linalg.norm((middle - tip)[..., [0, 2]], axis=-1),
        spacing,
    )
    sites, shares = _sites(mix, missed_mm2=float(where.missed.sum()) * spacing**2)
    deposits = []
    for _ in range(1 + rng.poisson(mix.further)):
        site = rng.choice(sites, p=shares)
        area = float(np.clip(rng.lognormal(np.log(3.5), 1.35), 0.3, 90.0))
        if site in ("tip", "missed"):
            area = min(_LARGER * area, 90.0)
        radius = float(np.sqrt(area / np.pi))
        choices = np.flatnonzero(where.allowed(site, radius))
        if choices.size == 0:
            continue
        at = int(rng.choice(choices))
        row, column = np.unravel_index(at, inside.shape)
        centre = middle[row, column].copy()
        centre[1] += rng.normal(0.0, 0.4 * radius)
        field = where.to_bone if site in ("bone", "over") else where.to_skin
        along = _contour_direction(field, int(row), int(column), middle)
        deposits.append(draw_deposit(rng, centre, radius, along))
    return deposits


def _sites(mix: DepositMix, missed_mm2: float) -> tuple[list[str], list[float]]:
    """Sites of deposits and their shares."""
    elsewhere = dict(_ELSEWHERE)
    if missed_mm2 > _MISSED_MM2:
        elsewhere = {site: (1.0 - _MISSED) * share for site, share in _ELSEWHERE.items()}
        elsewhere["missed"] = _MISSED
    shares = [mix.on_bone, *((1.0 - mix.on_bone) * share for share in elsewhere.values())]
    return ["bone", *elsewhere], shares


class _Surroundings:
    """What lies where in a picture's plane; all arrays (rows, columns), distances in mm."""

    def __init__(
        self,
        inside: NDArray[np.bool_],
        bone: NDArray[np.bool_],
        missed: NDArray[np.bool_],
        to_tip: Array,
        spacing: float,
    ) -> None:
        self.inside, self.bone, self.missed, self.to_tip = inside, bone, missed, to_tip
        self.to_skin = ndimage.distance_transform_edt(inside) * spacing
        self.to_bone = np.full(inside.shape, 99.0)
        if bone.any():
            self.to_bone = ndimage.distance_transform_edt(~bone) * spacing

    def allowed(self, site: str, radius: float) -> NDArray[np.bool_]:
        """Where the middle of a deposit of a site and of such a radius (mm) may lie."""
        if site == "bone":
            near = (self.to_bone > 0) & (self.to_bone < 0.9 * radius + 0.4)
        elif site == "skin":
            near = (self.to_skin < radius + 1.0) & (self.to_bone > 0.8)
        elif site == "flesh":
            near = self.to_bone > min(radius + 0.6, 3.0)
        elif site == "tip":
            near = self.to_tip < _TIP_MM
        elif site == "missed":
            near = self.missed
        else:
            return self.bone
        return np.asarray(near & self.inside)


def _contour_direction(field: Array, row: int, column: int, points: Array) -> Array:
    """Unit vector of the finger's frame along the field's contour at a pixel."""
    rows, columns = field.shape
    up, down = max(row - 2, 0), min(row + 2, rows - 1)
    left, right = max(column - 2, 0), min(column + 2, columns - 1)
    slope = np.array(
        [field[down, column] - field[up, column], field[row, right] - field[row, left]]
    )
    step_row = points[down, column] - points[up, column]
    step_column = points[row, right] - points[row, left]
    along = -slope[1] * step_row + slope[0] * step_column
    along[1] = 0.0
    length = np.linalg.norm(along)
    return np.asarray(along / length) if length > 1e-6 else np.array([0.0, 0.0, 1.0])
