"""Where the numbered badges beside a picture go, so that none covers another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> NDArray[np.float64]:
    """Positions closest to the wanted ones that keep order, distance and limits.

    With ``gap`` taken off once per badge, "at least a gap apart" becomes "not
    falling", so the least-squares answer is an isotonic regression.

    Parameters
    ----------
    wanted : sequence of float, ascending
        Where each badge would go if it were alone.
    gap : float
        Smallest distance between neighbours.
    low, high : float
        Limits for the first and the last badge.

    Returns
    -------
    float array, one position per wanted one
        Where the limits leave too little room for all, the last ones pass `high`.

    Examples
    --------
    >>> spread([10.0, 11.0, 80.0], gap=20.0, low=0.0, high=90.0).tolist()
    [0.5, 20.5, 80.0]
    """
    if not wanted:
        return np.zeros(0)
    steps = gap * np.arange(len(wanted))
    flat = isotonic_regression(np.asarray(wanted, dtype=float) - steps).x
    return np.asarray(np.clip(flat, low, max(low, high - steps[-1])) + steps)


def sides(wanted: Sequence[float], across: Sequence[float], size: float, room: int) -> list[bool]:
    """Which badges go to the far side: the nearer one, unless that is full.

    Parameters
    ----------
    wanted, across : sequences of float
        Each badge's place along the two sides, and its target's distance from the
        near side.
    size : float
        Distance between the sides.
    room : int
        How many badges one side holds.

    Returns
    -------
    list of bool
        True for the far side. Those that a full side sends across are the ones
        whose targets lie closest to the middle.

    Examples
    --------
    >>> sides([5.0, 6.0, 7.0], across=[1.0, 2.0, 9.0], size=10.0, room=2)
    [False, False, True]
    """
    far = [distance > size / 2 for distance in across]
    for full_side in (False, True):
        crowd = [i for i, side in enumerate(far) if side is full_side]
        crowd.sort(key=lambda i: (abs(across[i] - size / 2), wanted[i]))
        for i in crowd[: max(0, len(crowd) - room)]:
            far[i] = not full_side
    return far
