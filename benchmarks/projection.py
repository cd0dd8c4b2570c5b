"""Seconds that projection and reconstruction of a slice take, beside scikit-image's.

    python benchmarks/projection.py [--size 512] [--slices 4] [--workers 1]

The slice holds calibration rods. scikit-image's radon and iradon do parallel beams without
energies, quanta or a detector: two projections (one per material) and two back projections
(one per energy) are what they would be needed for.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
from skimage.transform import iradon, radon

from calcimetry.model import Grid
from calcimetry.phantom.ct import scan_quickly, scan_volume
from calcimetry.phantom.scan_settings import ScanSettings

FIELD_MM = 205.0
VIEWS = 1152


def rods(size: int) -> dict[str, np.ndarray]:
    """Water cylinder of 160 mm with six rods of 400 mg/cm3, as one slice."""
    at = (np.arange(size) - (size - 1) / 2) * FIELD_MM / size
    water = 1000.0 * (np.hypot(at[:, None], at) < 80.0)
    mineral = np.zeros_like(water)
    for angle in np.arange(6) * np.pi / 3:
        away = np.hypot(at[:, None] - 50 * np.sin(angle), at - 50 * np.cos(angle))
        mineral[away < 6.0] = 400.0
    return {"water": water - mineral / 3.16, "hydroxyapatite": mineral}


def scanning(
    scan: Callable[..., object], materials: dict[str, np.ndarray], slices: int, workers: int
) -> tuple[float, float]:
    """Seconds before the first slice starts, and per slice."""
    size = len(materials["water"])
    grid = Grid((slices + 1, size, size), np.diag([1.0, FIELD_MM / size, FIELD_MM / size, 1.0]))
    volume = {name: np.stack([one] * (slices + 1)) for name, one in materials.items()}
    done = [time.perf_counter()]
    scan(
        volume,
        grid,
        ScanSettings(views=VIEWS),
        np.random.default_rng(0),
        workers=workers,
        progress=lambda *_: done.append(time.perf_counter()),
    )
    each = (done[-1] - done[1]) / slices
    return done[1] - done[0] - each, each


def peer(materials: dict[str, np.ndarray]) -> tuple[float, float]:
    """Seconds of scikit-image for two projections and two back projections; worst error in HU."""
    angles = np.arange(VIEWS // 2) * 360.0 / VIEWS
    start = time.perf_counter()
    made = [
        iradon(radon(one, angles, circle=True), angles, circle=True, filter_name="hann")
        for one in materials.values()
    ]
    took = time.perf_counter() - start
    size = len(made[0])
    at = (np.arange(size) - (size - 1) / 2) * FIELD_MM / size
    middle = np.hypot(at[:, None], at) < 35.0
    return took, float(np.abs(made[0][middle] - 1000.0).max())


def ours_flat(materials: dict[str, np.ndarray]) -> float:
    """The same worst error of ours, without noise."""
    size = len(materials["water"])
    grid = Grid((1, size, size), np.diag([1.0, FIELD_MM / size, FIELD_MM / size, 1.0]))
    water = {"water": materials["water"][None]}
    made = scan_volume(water, grid, ScanSettings(noise_hu=(0, 0)), np.random.default_rng(0))
    at = (np.arange(size) - (size - 1) / 2) * FIELD_MM / size
    return float(np.abs(made.high.array[0][np.hypot(at[:, None], at) < 35.0]).max())


def main() -> None:
    """Time all and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--slices", type=int, default=4)
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    materials = rods(options.size)
    setup, each = scanning(scan_volume, materials, options.slices, options.workers)
    _, quick = scanning(scan_quickly, materials, options.slices, 1)
    seconds, error = peer(materials)
    print(f"one slice of {options.size} x {options.size}, {VIEWS} views, two energies:")
    print(f"  projection mode: {each:.2f} s per slice with {options.workers} worker(s),")
    print(f"      {setup:.1f} s once per volume before the first")
    print(f"  fast mode: {quick:.3f} s per slice")
    print(f"  scikit-image, radon and iradon only: {seconds:.1f} s")
    print(f"worst error of flat water: {ours_flat(materials):.2f} HU, scikit-image {error:.2f} HU")


if __name__ == "__main__":
    main()
