"""Deposits in a simulated volume: where they lie, and how they are drawn into it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calcimetry.phantom.deposits import Deposit, draw_deposit
from calcimetry.phantom.lattice import Lattice
from calcimetry.phantom.tissue import smooth_noise

Array = NDArray[np.floating[Any]]

#: Deposits of less are not kept: no scanner shows them.
_LEAST_DEPOSIT_MM3 = 0.15


@dataclass(frozen=True, slots=True)
class TrueVolumeLesion:
    """One deposit of a volume."""

    number: int
    volume_mm3: float
    shape: str
    density_mg_cm3: float
    touches_bone: bool
    #: Which of the deposits tried it is, from 1: the same at every visit of a patient.
    deposit: int = 0


def place_lumps(
    rng: np.random.Generator,
    lattice: Lattice,
    bone: Array,
    depth: Array,
    outside: Array,
) -> list[Deposit]:
    """Random deposits: half of them on bone, the others under the skin and in between."""
    inside = (outside < -0.5) & (bone < 0.5)
    room = int(inside.sum())
    # About one in every 4 cm3 of flesh, at least a chance of some in a small piece.
    expected = 0.4 + room * lattice.spacing_mm**3 / 4000.0
    if room == 0 or rng.random() < 0.2:
        return []
    coarse = (slice(None, None, 2),) * 3
    near_bone = np.argwhere((inside & (depth > -1.0))[coarse]) * 2
    near_skin = np.argwhere((inside & (outside > -2.5) & (depth < -1.0))[coarse]) * 2
    anywhere = np.argwhere((inside & (depth < -1.5))[coarse]) * 2
    deposits = []
    for _ in range(min(1 + int(rng.poisson(expected)), 40)):
        volume = float(np.clip(rng.lognormal(np.log(6.0), 1.7), 0.2, 900.0))
        radius = float(np.cbrt(volume * 0.75 / np.pi))
        sites = (near_bone, near_skin, anywhere)
        places = sites[int(rng.choice(3, p=[0.5, 0.15, 0.35]))]
        if len(places) == 0:
            continue
        index = places[rng.integers(len(places))]
        field = depth if places is near_bone else outside
        normal = _slope(field, index) @ (lattice.steps / lattice.spacing_mm)
        normal = normal / max(float(np.linalg.norm(normal)), 1e-6)
        centre = lattice.origin + index @ lattice.steps
        if places is near_bone:  # half sunk at most, often only touching
            centre = centre - normal * rng.uniform(-0.3, 0.9) * radius
        deposits.append(_turned(rng, draw_deposit(rng, centre, radius, np.eye(3)[2]), normal))
    return deposits


def _slope(field: Array, index: NDArray[np.int64]) -> Array:
    """Gradient of a field at one sample, per sample step."""
    slope = np.zeros(3)
    for axis in range(3):
        low, high = index.copy(), index.copy()
        low[axis], high[axis] = (
            max(index[axis] - 2, 0),
            min(index[axis] + 2, field.shape[axis] - 1),
        )
        slope[axis] = field[tuple(high)] - field[tuple(low)]
    return slope


def _turned(rng: np.random.Generator, deposit: Deposit, normal: Array) -> Deposit:
    """A deposit turned so that its x axis, across a plate, lies along `normal`."""
    if float(np.linalg.norm(normal)) < 0.5:
        normal = np.array([1.0, 0.0, 0.0])
    frame, _ = np.linalg.qr(np.column_stack([normal, rng.normal(0.0, 1.0, (3, 2))]))
    centre = deposit.centres[0]
    return replace(
        deposit,
        centres=centre + (deposit.centres - centre) @ frame.T,
        axes=deposit.axes @ frame.T,
    )


def add_lump(
    rng: np.random.Generator,
    deposit: Deposit,
    lattice: Lattice,
    number: int,
    gain: float,
    fields: tuple[Array, Array, Array, Array, NDArray[np.uint8]],
) -> TrueVolumeLesion | None:
    """Draw one deposit into the fields where there is room; None where there is too little."""
    bone, taken, mineral, base, lesion_map = fields
    low, high = deposit.centres.min(axis=0), deposit.centres.max(axis=0)
    reach = float(deposit.half_axes.max() + deposit.roughness_mm + 1.0)
    middle = 0.5 * (low + high)
    box = lattice.box((middle, middle), reach + float(np.linalg.norm(high - low)) / 2)
    if box is None:
        return None
    spacing = lattice.spacing_mm
    distance = deposit.distance(lattice.points(box).astype(np.float64)).astype(np.float32)
    share = np.clip(0.5 - distance / spacing, 0.0, 1.0)
    share = np.minimum(share, 1.0 - np.maximum(bone[box], taken[box]))
    volume = float(share.sum()) * spacing**3
    if volume < _LEAST_DEPOSIT_MM3:
        return None
    border = spacing + deposit.cloudiness_mm
    fade = np.clip(0.5 - distance / border, 0.25, 1.0) if deposit.cloudiness_mm else 1.0
    texture = 1.0 + rng.uniform(0.0, 0.25) * smooth_noise(rng, share.shape, 1.0, spacing)
    hu = deposit.density * gain * np.clip(texture, 0.4, 1.6) * fade
    mineral[box] += share * hu
    base[box] *= 1.0 - share
    taken[box] += share
    own = (share >= 0.5 * np.maximum(1.0 - bone[box], 0.3)) & (lesion_map[box] == 0)
    lesion_map[box][own] = number
    near = ndimage.binary_dilation(share >= 0.3, iterations=max(1, round(0.5 / spacing)))
    touches = bool((bone[box][near] > 0.5).any())
    return TrueVolumeLesion(number, volume, deposit.shape, deposit.density, touches)
