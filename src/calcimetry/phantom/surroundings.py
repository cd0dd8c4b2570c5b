"""What lies around a hand in the scanner: foam, the table, a ring; and metal's streaks."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcimetry.model.anatomy import CARPAL
from calcimetry.phantom.anatomy import Solid
from calcimetry.phantom.canvas import Canvas
from calcimetry.phantom.flesh import Capsule
from calcimetry.phantom.parts import Part

Array = NDArray[np.floating[Any]]

#: The highest HU of 12-bit CT: what metal shows as.
METAL_HU = 3071.0


def lay_on(
    rng: np.random.Generator, canvas: Canvas, rods: list[Capsule], *, table: bool, cushion: bool
) -> None:
    """Put foam around the palm's side of the hand, or a plate under it, before its flesh.

    Parameters
    ----------
    rng : numpy.random.Generator
        The only source of chance.
    canvas : Canvas
        Still empty but for its skin.
    rods : list of Capsule
        The hand's outside.
    table, cushion : bool
        What there is.
    """
    lowest = min(
        min(float(start[0]) - first, float(end[0]) - last) for start, end, first, last in rods
    )
    foam, thick = rng.uniform(-980.0, -850.0), rng.uniform(5.0, 20.0)
    gap, plate = rng.uniform(0.0, 4.0), rng.uniform(1.5, 12.0)
    plate_hu = rng.uniform(-600.0, 250.0)
    if not (table or cushion):
        return
    x = _dorsal(canvas)
    if cushion:
        canvas.base[x < lowest + thick] = foam
    if table:
        under = np.abs(x - (lowest - gap - plate / 2)) - plate / 2
        share = np.clip(0.5 - under / canvas.spacing_mm, 0.0, 1.0)
        canvas.base[...] += share * (np.float32(plate_hu) - canvas.base)


def _dorsal(canvas: Canvas) -> Array:
    """The x coordinate (towards the back of the hand) of all samples, single precision."""
    i, j, k = (np.arange(n, dtype=np.float32) for n in canvas.lattice.shape)
    a, b, c = canvas.lattice.steps[:, 0].astype(np.float32)
    x0 = np.float32(canvas.lattice.origin[0])
    return np.asarray(x0 + (i * a)[:, None, None] + (j * b)[None, :, None] + k * c)


def put_on_ring(
    rng: np.random.Generator, canvas: Canvas, parts: list[Part], number: int
) -> tuple[Array, float] | None:
    """A finger ring around a proximal phalanx, in the canvas's map of things.

    Returns
    -------
    (ndarray, float) or None
        Where it is in the hand's frame and its volume in mm3; None where no finger can
        bear one.
    """
    able = [part for part in parts if part.label % 10 == 1 and 20 < part.label < CARPAL]
    at, half_width, inner = rng.random(), rng.uniform(1.0, 3.0), rng.uniform(0.2, 0.9)
    if not able:
        return None
    s = able[int(at * len(able))].shape
    if not isinstance(s, Solid):
        return None
    middle = s.origin + 0.4 * s.length * s.axes[2] - 0.8 * s.axes[0]
    box = canvas.lattice.box((middle, middle), 18.0)
    if box is None:
        return None
    local = (canvas.lattice.points(box) - middle) @ s.axes.T
    across = np.abs(local[..., 2]) - half_width
    shell = np.abs(canvas.outside[box] - inner - 0.7) - 0.7
    share = canvas.room(box, np.maximum(across, shell))
    share[canvas.outside[box] < 0] = 0.0
    share[np.hypot(local[..., 0], local[..., 1]) > 15.0] = 0.0  # not the next finger's
    canvas.fill(box, share, METAL_HU, METAL_HU)
    canvas.thing[box] += share
    canvas.thing_map[box][share >= 0.5] = number
    return middle, float(share.sum(dtype=np.float64)) * canvas.sample_mm3


def streak(rng: np.random.Generator, canvas: Canvas, centre: Array, half_mm: float) -> None:
    """Bright and dark rays within the slices that hold metal, where the canvas wants them.

    Parameters
    ----------
    rng : numpy.random.Generator
        The only source of chance.
    canvas : Canvas
        Complete but for this.
    centre : ndarray, shape (3,)
        Where the metal is, in the hand's frame.
    half_mm : float
        How far along the slices it reaches to both sides.
    """
    steps = canvas.lattice.steps
    index = (centre - canvas.lattice.origin) @ (
        steps / np.linalg.norm(steps, axis=1)[:, None] ** 2
    ).T
    strength = rng.uniform(150.0, 500.0)
    # Few broad rays and many thin ones, each a wave around the metal.
    waves = [(n, rng.normal(), rng.uniform(0, 2 * np.pi)) for n in (1, 2, 3, 5, 9, 14, 22)]
    if not canvas.streaks:  # drawn all the same, so that what comes after does not change
        return
    slices, rows, columns = canvas.lattice.shape
    reach = max(1, round(half_mm / canvas.spacing_mm))
    at = round(float(index[0]))
    down = (np.arange(rows) - index[1])[:, None] * canvas.spacing_mm
    right = (np.arange(columns) - index[2])[None, :] * canvas.spacing_mm
    angle, radius = np.arctan2(down, right), np.hypot(down, right)
    rays = sum(size * np.cos(2 * n * angle + phase) for n, size, phase in waves)
    pattern = (strength * rays / 2.6 * np.exp(-radius / 35.0) / (1.0 + radius / 6.0)).astype(
        np.float32
    )
    for i in range(max(at - reach, 0), min(at + reach + 1, slices)):
        canvas.base[i] += pattern
