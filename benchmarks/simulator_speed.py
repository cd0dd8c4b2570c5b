"""Time the simulator against its targets.

    python benchmarks/simulator_speed.py [--fingers 8] [--pictures 40] [--no-hand]

Seconds of one core and on the clock: a busy machine makes the second longer, not the first.
"""

from __future__ import annotations

import argparse
import multiprocessing
import time
from collections.abc import Callable

import numpy as np
from projection import rods, scanning
from rich.console import Console
from rich.progress import track
from rich.table import Table

from calcimetry.phantom.ct import scan_volume
from calcimetry.phantom.picture import finger_picture
from calcimetry.phantom.volume import finger_volume, hand_volume

#: Seed of all that is made here.
SEED = 51
PROCESSES = 2


def timed(name: str, make: Callable[[int], object], count: int) -> tuple[list[float], list[float]]:
    """Processor and clock seconds of each of `count` calls, after one to warm up."""
    make(count)
    processor, clock = [], []
    for i in track(range(count), name):
        started = time.process_time(), time.perf_counter()
        make(i)
        processor.append(time.process_time() - started[0])
        clock.append(time.perf_counter() - started[1])
    return processor, clock


def picture(number: int) -> None:
    """One sagittal finger picture, as training draws them."""
    finger_picture(np.random.default_rng((SEED, number)))


def pictures_a_second(count: int) -> float:
    """Of all processes together, on the clock."""
    # Threads of libraries would be counted twice.
    with multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
        pool.map(picture, range(2 * PROCESSES), chunksize=1)
        started = time.perf_counter()
        pool.map(picture, range(count), chunksize=8)
        return count / (time.perf_counter() - started)


def main() -> None:
    """Time all and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fingers", type=int, default=8)
    parser.add_argument("--pictures", type=int, default=40)
    parser.add_argument("--no-hand", dest="hand", action="store_false")
    options = parser.parse_args()
    table = Table("what", "target", "one core: mean (longest)", "clock: mean", title="Simulator")

    def row(name: str, target: str, make: Callable[[int], object], count: int) -> None:
        processor, clock = timed(name, make, count)
        table.add_row(
            name,
            target,
            f"{np.mean(processor):.3f} s ({max(processor):.3f})",
            f"{np.mean(clock):.3f} s",
        )

    row("finger picture", "0.06 s", picture, options.pictures)
    rate = pictures_a_second(4 * options.pictures)
    table.add_row(f"finger pictures, {PROCESSES} processes", "30 a second", "", f"{rate:.0f}")
    row(
        "finger volume, 0.4 mm",
        "2 s",
        lambda i: finger_volume(np.random.default_rng((SEED, i)), 0.4),
        options.fingers,
    )
    if options.hand:
        row(
            "hand, 0.5 mm, two energies",
            "30 s",
            lambda i: hand_volume(np.random.default_rng((SEED, i)), 0.5),
            1,
        )
    started = time.process_time()
    _, clock = scanning(scan_volume, rods(512), 1, 1)
    # Two slices are scanned, the first of them to warm up.
    processor = (time.process_time() - started) / 2
    table.add_row(
        "512 x 512 slice, projection mode", "10 s", f"{processor:.3f} s", f"{clock:.3f} s"
    )
    Console().print(table)


if __name__ == "__main__":
    main()
