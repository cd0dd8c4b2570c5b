"""Time region growing in three dimensions, beside SimpleITK and scikit-image in the same run.

    python benchmarks/growing_speed.py [--side 160] [--repeats 5]

One ball of mineral with noise in a cube of soft tissue. Confidence-connected growing is our
`grow_region` with its stopping rule, with as many rounds as SimpleITK's ConfidenceConnected
(target: within 3 times its time); one flood at a fixed border is timed beside SimpleITK's
ConnectedThreshold and scikit-image's flood. SimpleITK is no dependency of the package: without
it the others are printed (pip install SimpleITK).
"""

from __future__ import annotations

import argparse
import importlib
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from skimage.segmentation import flood

from calcimetry.lesions.region import Growth, RegionStatistics, connected, grow_region

MINERAL_HU, NOISE_HU, MULTIPLIER, ROUNDS, BORDER_HU = 800.0, 40.0, 2.5, 5, 400.0

Array = NDArray[np.float32]
Mask = NDArray[np.bool_]


def cube(side: int) -> tuple[Array, Mask, tuple[int, int, int]]:
    """Signal of a ball of a third of the cube's side, a seed in its middle, and that place."""
    middle = (side - 1) / 2.0
    index = np.indices((side,) * 3, dtype=np.float32)
    distance = np.sqrt(((index - middle) ** 2).sum(axis=0))
    noise = np.random.default_rng(0).normal(0.0, NOISE_HU, (side,) * 3)
    ball = np.clip(side / 6.0 - distance + 0.5, 0.0, 1.0) * MINERAL_HU
    return (ball + noise).astype(np.float32), distance <= 3.0, (side // 2,) * 3


def confidence(whole: RegionStatistics, _core: RegionStatistics) -> float:
    """The lower end of confidence-connected growing."""
    return whole.mean_hu - MULTIPLIER * whole.sd_hu


def ours(signal: Array, seed: Mask) -> Mask:
    """Confidence-connected growing by our own."""
    values = signal[seed]
    start = float(values.mean() - MULTIPLIER * values.std())
    growth = Growth(start, -np.inf, (0, 0, 0), rounds=ROUNDS, leak_factor=np.inf)
    return grow_region(signal, seed, np.ones_like(seed), growth, confidence).mask


def simple_itk() -> Any:
    """SimpleITK on one thread, as we are; None where it is not installed."""
    try:
        module: Any = importlib.import_module("SimpleITK")
    except ImportError:
        return None
    module.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    return module


def theirs(peer: Any, image: Any, place: tuple[int, int, int]) -> Any:
    """SimpleITK's, from the neighbourhood of one place."""
    return peer.ConfidenceConnected(
        image, seedList=[place[::-1]], numberOfIterations=ROUNDS, multiplier=MULTIPLIER,
        initialNeighborhoodRadius=3, replaceValue=1,
    )  # fmt: skip


def median_seconds(work: Callable[[], object], repeats: int) -> float:
    """Median wall time of some repeats, after one that warms up."""
    work()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return float(np.median(times))


def main() -> None:
    """Time everything and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, default=160)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    signal, seed, place = cube(options.side)
    confident: dict[str, Callable[[], Any]] = {"calcimetry": lambda: ours(signal, seed)}
    fixed: dict[str, Callable[[], Any]] = {
        "calcimetry": lambda: connected(signal >= BORDER_HU, seed),
        "scikit-image flood": lambda: flood(signal >= BORDER_HU, place),
    }
    peer = simple_itk()
    if peer is None:
        print("SimpleITK is not installed: not compared.")
    else:
        image = peer.GetImageFromArray(signal)
        confident["SimpleITK ConfidenceConnected"] = lambda: peer.GetArrayFromImage(
            theirs(peer, image, place)
        )
        fixed["SimpleITK ConnectedThreshold"] = lambda: peer.GetArrayFromImage(
            peer.ConnectedThreshold(image, [place[::-1]], BORDER_HU, 1e9)
        )
    table = Table("growing", "by", "samples taken", "median ms", "against ours")
    table.title = f"one region in {options.side}^3 samples"
    for name, works in ((f"confidence, {ROUNDS} rounds", confident), ("fixed border", fixed)):
        seconds = {who: median_seconds(work, options.repeats) for who, work in works.items()}
        for who, took in seconds.items():
            against = took / seconds["calcimetry"]
            size = f"{int(works[who]().sum())}"
            table.add_row(name, who, size, f"{1000 * took:.0f}", f"{against:.2f}")
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
