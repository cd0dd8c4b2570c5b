"""Calcium deposits as solid geometry: stones, plates and nets.

Lengths in millimetres. Shapes come in about the published proportions (stone 91%,
plate 5%, net 4% of deposits: Bartoli, Rheumatology 2016), with plates and nets
drawn more often because a measuring tool must survive them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]
Shape = Literal["stone", "plate", "net", "pasty"]

#: Part of the plates that are sheets of even thickness with blunt ends; the others taper.
_SHEETS = 0.6


@dataclass(frozen=True, slots=True)
class Deposit:
    """One deposit: rough ellipsoids that together make a stone, a plate, a net or a cloud.

    `centres` and `half_axes` have shape (parts, 3); the rows of `axes` (3, 3) are the
    directions of the half axes. `roughness_mm` and `waves` (n, 4: wave vector in
    radians per mm and phase) make the surface uneven.
    """

    shape: Shape
    centres: Array
    half_axes: Array
    axes: Array
    roughness_mm: float
    waves: Array
    #: Hydroxyapatite density in mg/cm3.
    density: float
    #: Width in mm over which the border fades.
    cloudiness_mm: float
    #: 2 for ellipsoids; the larger, the more like a box, as a sheet of even thickness is.
    squareness: float = 2.0

    def distance(self, points: Array) -> Array:
        """Signed distance in mm (first order, negative inside) for points (..., 3).

        Of superellipsoids (Barr, IEEE Computer Graphics and Applications 1981): the norm of what
        is scaled by the half axes, less 1, over the length of its slope.
        """
        nearest = np.full(points.shape[:-1], np.inf)
        power = self.squareness
        for centre, half in zip(self.centres, self.half_axes, strict=True):
            own = np.abs((points - centre) @ self.axes.T) / half
            norm = np.maximum((own**power).sum(axis=-1) ** (1.0 / power), 1e-6)
            slope = np.linalg.norm((own / norm[..., None]) ** (power - 1.0) / half, axis=-1)
            nearest = np.minimum(nearest, (norm - 1.0) / np.maximum(slope, 1e-6))
        bumps = np.sin(points @ self.waves[:, :3].T + self.waves[:, 3]).mean(axis=-1)
        return np.asarray(nearest + self.roughness_mm * bumps)


def draw_deposit(
    rng: np.random.Generator, centre: Array, radius_mm: float, along: Array
) -> Deposit:
    """One random deposit of about `radius_mm` (of the disc of equal area) at `centre`.

    A plate lies along the unit vector `along` of the picture plane, as plates follow
    skin, sheath and cortex.
    """
    shape: Shape = rng.choice(["stone", "plate", "net"], p=[0.74, 0.18, 0.08])
    across = np.array([along[2], 0.0, -along[0]])
    axes = np.stack([along, np.array([0.0, 1.0, 0.0]), across])
    squareness = 2.0
    uneven = 0.35
    if shape == "plate":
        if rng.random() < _SHEETS:
            squareness, uneven = float(rng.uniform(3.0, 10.0)), 0.08
        stretch = rng.uniform(1.8, 8.0)
        half = np.array(
            [radius_mm * stretch**0.5, radius_mm * rng.uniform(0.5, 2), radius_mm / stretch**0.5]
        )
        half = np.maximum(half, 0.3)
        centres, halves = centre[None], half[None]
    else:
        if rng.random() < 0.7:
            angle = rng.uniform(0.0, np.pi)
            turn = np.array(
                [
                    [np.cos(angle), 0, np.sin(angle)],
                    [0, 1, 0],
                    [-np.sin(angle), 0, np.cos(angle)],
                ]
            )
            axes = axes @ turn
        stretch = rng.uniform(1.0, 1.8)
        half = radius_mm * np.array([stretch**0.5, rng.uniform(0.6, 1.6), stretch**-0.5])
        parts = 1
        if shape == "net":
            parts = int(rng.integers(3, 8))
            half = np.maximum(half * 0.45, 0.3)
        elif rng.random() < 0.3:
            parts = int(rng.integers(2, 4))
            half = half * 0.8
        spread = radius_mm * (0.9 if shape == "net" else 0.5)
        steps = rng.normal(0.0, spread, (parts, 3)) * np.array([1.0, 0.5, 1.0])
        steps[0] = 0.0
        centres = centre + steps
        halves = half * rng.uniform(0.7, 1.15, (parts, 3))
    waves = np.column_stack(
        [
            rng.normal(0.0, 1.0, (5, 3)) * 2.2 / max(radius_mm, 0.6),
            rng.uniform(0.0, 2 * np.pi, 5),
        ]
    )
    return Deposit(
        shape=shape,
        centres=centres,
        half_axes=halves,
        axes=axes,
        roughness_mm=rng.uniform(0.0, uneven) * radius_mm,
        waves=waves,
        density=float(np.exp(rng.uniform(np.log(110.0), np.log(1300.0)))),
        cloudiness_mm=float(rng.choice([0.0, rng.uniform(0.2, 1.0)], p=[0.7, 0.3])),
        squareness=squareness,
    )
