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
#: How far from the end of the last phalanx a deposit at the tip begins, and how much larger it
#: is: there calcinosis is commonest, beside a tuft that disease has resorbed or not.
_TIP_MM, _TIP_LARGER = 4.0, 2.5


def place_deposits(
    rng: np.random.Generator,
    points: Array,
    bone: Array,
    inside: NDArray[np.bool_],
    tip: Array,
    spacing: float,
    mix: DepositMix = USUAL,
) -> list[Deposit]:
    """Random deposits in the flesh: on bone, at the finger's tip, under the skin and in between.

    `tip` (3,) is the end of the last phalanx, in mm like `points` (layers, rows, columns, 3);
    `bone` (layers, rows, columns) is the part of each point's pixel that it fills, `inside`
    (rows, columns) is where the finger is.
    """
    if rng.random() < mix.none:
        return []
    sites = ["bone", *_ELSEWHERE]
    shares = [mix.on_bone, *((1.0 - mix.on_bone) * share for share in _ELSEWHERE.values())]
    middle = points[points.shape[0] // 2]
    bone_here = bone.mean(axis=0) > 0.4
    if not inside.any():
        return []
    to_bone = (
        ndimage.distance_transform_edt(~bone_here) * spacing
        if bone_here.any()
        else np.full(inside.shape, 99.0)
    )
    to_skin = ndimage.distance_transform_edt(inside) * spacing
    to_tip = np.linalg.norm((middle - tip)[..., [0, 2]], axis=-1)
    deposits = []
    for _ in range(1 + rng.poisson(mix.further)):
        site = rng.choice(sites, p=shares)
        area = float(np.clip(rng.lognormal(np.log(3.5), 1.35), 0.3, 90.0))
        if site == "tip":
            area = min(_TIP_LARGER * area, 90.0)
        radius = float(np.sqrt(area / np.pi))
        if site == "bone":
            allowed = (to_bone > 0) & (to_bone < 0.9 * radius + 0.4) & inside
        elif site == "skin":
            allowed = inside & (to_skin < radius + 1.0) & (to_bone > 0.8)
        elif site == "flesh":
            allowed = inside & (to_bone > min(radius + 0.6, 3.0))
        elif site == "tip":
            allowed = inside & (to_tip < _TIP_MM)
        else:
            allowed = bone_here
        choices = np.flatnonzero(allowed)
        if choices.size == 0:
            continue
        at = int(rng.choice(choices))
        row, column = np.unravel_index(at, inside.shape)
        centre = middle[row, column].copy()
        centre[1] += rng.normal(0.0, 0.4 * radius)
        field = to_bone if site in ("bone", "over") else to_skin
        along = _contour_direction(field, int(row), int(column), middle)
        deposits.append(draw_deposit(rng, centre, radius, along))
    return deposits


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
