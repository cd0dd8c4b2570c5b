"""The bones of a simulated hand as solid bodies: long ones, round ones, and what they are called.

Lengths in millimetres, in the hand's frame of `calcimetry.phantom.hand`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcimetry.errors import SettingsError
from calcimetry.model.anatomy import CARPAL
from calcimetry.phantom.anatomy import STATIONS, Solid

Array = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Pebble:
    """A rounded bone without a shaft: a carpal or a sesamoid.

    The rows of `axes` (3, 3) are the directions of `half_axes`; `waves` (n, 4: wave
    vector in radians per mm and phase) make the surface uneven by `roughness`, a part
    of its size.
    """

    centre: Array
    half_axes: Array
    axes: Array
    squareness: float
    roughness: float
    waves: Array
    cortex: float

    def distance(self, points: Array) -> tuple[Array, Array]:
        """Signed distance (mm, negative inside, first order) and 0, for points (..., 3)."""
        kind = points.dtype
        offset = points - self.centre.astype(kind)
        own = np.abs(offset @ self.axes.T.astype(kind)) / self.half_axes.astype(kind)
        n = float(self.squareness)
        radius = (own**n).sum(axis=-1) ** (1.0 / n)
        bumps = np.sin(offset @ self.waves[:, :3].T.astype(kind) + self.waves[:, 3].astype(kind))
        radius = radius + float(self.roughness) * bumps.mean(axis=-1)
        return (radius - 1.0) * float(self.half_axes.min()), np.zeros_like(radius)


@dataclass(frozen=True, slots=True)
class Part:
    """One bone of a hand.

    Parameters
    ----------
    label : int
        10 x digit + bone, or 60 to 62 at the wrist.
    shape : Solid or Pebble
        Its surface, before neighbours press on it.
    name : str
        Tells carpals apart, which share a label.
    rank : int
        Where two bones meet, the one of higher rank keeps its shape and the other is
        hollowed to fit; those of equal rank give way alike.
    gap_mm : float
        Width of the joint space that it keeps; the mean of both where two bones meet.
    fused_to : str
        Name of the bone it has grown together with; empty for none.
    pits, spurs : tuple of (x, y, z, radius)
        Balls in mm that disease has taken from it, or added to it.
    """

    label: int
    shape: Solid | Pebble
    name: str = ""
    rank: int = 0
    gap_mm: float = 0.9
    fused_to: str = ""
    pits: tuple[tuple[float, float, float, float], ...] = ()
    spurs: tuple[tuple[float, float, float, float], ...] = ()

    @property
    def is_long(self) -> bool:
        """True for metacarpals and phalanges."""
        return self.label < CARPAL and isinstance(self.shape, Solid)

    @property
    def ends(self) -> tuple[Array, Array]:
        """Two points of the hand's frame between which the bone's middle line runs."""
        if isinstance(self.shape, Pebble):
            return self.shape.centre, self.shape.centre
        return self.shape.origin, self.shape.tip

    def from_middle_line(self, points: Array) -> Array:
        """Distance in mm of points (..., 3) of the hand's frame from the bone's middle line."""
        start, end = self.ends
        axis = end - start
        share = np.clip((points - start) @ axis / max(float(axis @ axis), 1e-6), 0.0, 1.0)
        return np.asarray(np.linalg.norm(points - start - share[..., None] * axis, axis=-1))

    @property
    def reach(self) -> float:
        """Largest distance in mm of the surface from the middle line."""
        if isinstance(self.shape, Pebble):
            return float(self.shape.half_axes.max()) * 1.12 + 0.5
        s = self.shape
        sizes = (s.half_breadth.max(), s.half_palmar.max(), s.half_dorsal.max())
        return float(max(sizes)) * 1.08 + (2.5 if self.spurs else 0.6)

    def surface(self, station: float, angle: float) -> tuple[Array, Array]:
        """A point of a long bone's surface, and the direction out of it, in the hand's frame.

        Parameters
        ----------
        station : float
            From 0 (base) to 1 (head).
        angle : float
            About the shaft in radians: 0 to the back of the hand, pi to the palm.

        Raises
        ------
        SettingsError
            If the part is a bone without a shaft.
        """
        if isinstance(self.shape, Pebble):
            raise SettingsError(
                f"Drawing bone {self.label}: expected a long bone, whose surface has stations and "
                "angles; found one without a shaft."
            )
        s = self.shape
        cos, sin = np.cos(angle), np.sin(angle)
        depth = s.half_dorsal if cos > 0 else s.half_palmar
        deep, wide = (float(np.interp(station, STATIONS, half)) for half in (depth, s.half_breadth))
        normal = cos * s.axes[0] + sin * s.axes[1]
        bow = s.bow * 4.0 * station * (1.0 - station)
        middle = s.origin + station * s.length * s.axes[2] + bow * s.axes[0]
        return middle + normal / np.hypot(cos / deep, sin / wide), normal

    def cortex(self, station: Array) -> Array:
        """Thickness of the cortex in mm at stations from 0 (base) to 1 (head)."""
        if isinstance(self.shape, Pebble):
            return np.full_like(station, self.shape.cortex)
        ends = np.abs(2 * station - 1) ** 2
        return np.asarray(
            self.shape.cortex_shaft * (1 - ends) + self.shape.cortex_end * ends, station.dtype
        )


def draw_pebble(
    rng: np.random.Generator,
    centre: Array,
    half: Array,
    *,
    tilt: float = 0.15,
    roughness: float = 0.25,
) -> Pebble:
    """A round bone of given half axes (mm), a little tilted and uneven.

    Parameters
    ----------
    rng : numpy.random.Generator
        The only source of chance.
    centre, half : ndarray, shape (3,)
        Centre and half axes in mm.
    tilt : float
        Standard deviation in radians, about, by which its axes leave the hand's.
    roughness : float
        Largest unevenness, as a part of its size.
    """
    turn, _ = np.linalg.qr(np.eye(3) + rng.normal(0.0, tilt, (3, 3)))
    waves = np.column_stack(
        [rng.normal(0.0, 1.0, (4, 3)) * 2.0 / half.mean(), rng.uniform(0.0, 2 * np.pi, 4)]
    )
    return Pebble(
        centre=np.asarray(centre, np.float64),
        half_axes=np.asarray(half, np.float64),
        axes=turn * np.sign(np.diag(turn))[:, None],
        squareness=rng.uniform(2.0, 2.8),
        roughness=rng.uniform(0.0, roughness),
        waves=waves,
        cortex=rng.uniform(0.4, 1.0),
    )
