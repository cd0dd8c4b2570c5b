"""Region growing: the samples connected to a seed, and a border set by the region's statistics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.segmentation import flood

from calcimetry.regions import ALL_NEIGHBOURS

#: A border that holds moves little when it asks for so much more signal.
_TIGHTER = 1.1
#: A seed in more pieces than this is grown by labelling.
_FEW = 4

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class RegionStatistics:
    """How many samples a region has taken so far, their mean and standard deviation (HU)."""

    count: int
    mean_hu: float
    sd_hu: float


#: From the statistics of the whole region and of its core, to the signal (HU) that it stops at.
StoppingRule = Callable[[RegionStatistics, RegionStatistics], float]


@dataclass(frozen=True, slots=True)
class ShareOfCore:
    """Stops at a share of the core's mean: the border of a blurred object lies at its half.

    >>> rule = ShareOfCore(0.5)
    >>> rule(RegionStatistics(90, 500.0, 200.0), RegionStatistics(20, 700.0, 30.0))
    350.0
    """

    share: float = 0.5

    def __call__(self, _whole: RegionStatistics, core: RegionStatistics) -> float:
        """Return the signal (HU) at which a region of these statistics stops."""
        return self.share * core.mean_hu


@dataclass(frozen=True, slots=True)
class Growth:
    """How one region grows.

    Parameters
    ----------
    start_hu : float
        Signal that the region stops at first, while nothing is known of it.
    floor_hu : float
        No round stops at less.
    core_samples : tuple of int
        How deep the core lies within the region, in samples along each axis.
    core_count : float
        A core of fewer samples says nothing: the region then keeps its last border.
    rounds : int
        The border is set anew at most so many times; 0 keeps the first.
    leak_factor : float
        A round that makes the region more than so many times as large has leaked, and is
        undone; so is a border that a tenth more of signal would make so much smaller.
    """

    start_hu: float
    floor_hu: float
    core_samples: tuple[int, ...]
    core_count: float = 1.0
    rounds: int = 5
    leak_factor: float = 2.0


@dataclass(frozen=True, eq=False, slots=True)
class Region:
    """A grown region: its samples, where it stopped (HU), and its core's statistics.

    `core` is None where the region is too thin to have a core.
    """

    mask: BoolArray
    stop_hu: float
    core: RegionStatistics | None


def statistics(signal: FloatArray, mask: BoolArray) -> RegionStatistics:
    """Number, mean and standard deviation of a signal within a mask, which is not empty.

    >>> statistics(np.array([[[1.0, 3.0, 9.0]]]), np.array([[[True, True, False]]]))
    RegionStatistics(count=2, mean_hu=2.0, sd_hu=1.0)
    """
    values = signal[mask].astype(np.float64)
    return RegionStatistics(values.size, float(values.mean()), float(values.std()))


def connected(allowed: BoolArray, seed: BoolArray) -> BoolArray:
    """The allowed samples that hang together with an allowed sample of the seed.

    Parameters
    ----------
    allowed, seed : array of bool, one shape
        Samples touch by face, edge or corner.

    Returns
    -------
    array of bool, the same shape

    Examples
    --------
    >>> allowed = np.array([[[1, 1, 0, 1]]], bool)
    >>> connected(allowed, np.array([[[1, 0, 0, 0]]], bool)).astype(int).tolist()
    [[[1, 1, 0, 0]]]
    """
    grown = np.zeros(allowed.shape, dtype=bool)
    left = allowed & seed
    # A seed hangs together, so that one flood is nearly always all; labelling costs several.
    for _ in range(_FEW):
        if not left.any():
            return grown
        place = np.unravel_index(int(left.argmax()), left.shape)
        grown |= flood(allowed, place)
        left &= ~grown
    labels, count = ndimage.label(allowed, structure=ALL_NEIGHBOURS)
    chosen = np.zeros(count + 1, dtype=bool)
    chosen[labels[left]] = True
    return np.asarray(grown | chosen[labels])


def grow_region(
    signal: FloatArray,
    seed: BoolArray,
    free: BoolArray,
    growth: Growth,
    rule: StoppingRule = ShareOfCore(),
) -> Region:
    """Grow a region whose border follows from what it has taken.

    Parameters
    ----------
    signal : array of float, three-dimensional
        HU over soft tissue.
    seed : array of bool, shape of `signal`
    free : array of bool, shape of `signal`
        What may be taken.
    growth : Growth
    rule : callable
        Where to stop, from the statistics of the region and of its core.

    Returns
    -------
    Region
        Empty where no sample of the seed is free and reaches `growth.start_hu`.

    Notes
    -----
    Each round takes all free samples that are connected to the seed and not below the
    border, then sets the border by the rule, until nothing changes, the rounds are over, or
    the region leaks. With a rule of ``mean - k SD`` of the whole region this is
    confidence-connected growing (Yoo, Insight into Images, 2004, 5.3) without its upper end:
    nothing is too bright to belong to a deposit. The core leaves out the border that blur
    has drawn out, so that its mean is the deposit's own brightness and its SD that of the
    deposit and the noise.
    """
    stop = growth.start_hu
    mask = connected(free & (signal >= stop), seed)
    core = None
    for _ in range(growth.rounds):
        core = core or _core(signal, mask, growth)
        if core is None:
            break
        wanted = max(rule(statistics(signal, mask), core), growth.floor_hu)
        if wanted == stop:
            break
        grown = connected(free & (signal >= wanted), seed)
        before, after = int(mask.sum()), int(grown.sum())
        if after > growth.leak_factor * before or after == 0:
            break
        stop, mask = wanted, grown
        core = _core(signal, mask, growth) or core
        if after == before:
            break
    for _ in range(growth.rounds):
        tight = connected(mask & (signal >= _TIGHTER * stop), seed)
        if not 0 < growth.leak_factor * int(tight.sum()) < int(mask.sum()):
            break
        stop, mask = _TIGHTER * stop, tight
        core = _core(signal, mask, growth) or core
    return Region(mask, stop, core)


def _core(signal: FloatArray, mask: BoolArray, growth: Growth) -> RegionStatistics | None:
    """Statistics of what lies deep enough in a region; None where too little does."""
    deep = mask
    for axis, depth in enumerate(growth.core_samples):
        for _ in range(depth):
            # Shifted slices take a tenth of the time of scipy's filters.
            along, inner = np.moveaxis(deep, axis, 0), np.zeros(deep.shape, dtype=bool)
            np.moveaxis(inner, axis, 0)[1:-1] = along[1:-1] & along[:-2] & along[2:]
            deep = inner
    if int(deep.sum()) < max(growth.core_count, 1.0):
        return None
    return statistics(signal, deep)
