"""Draw docs/images/simulator-physics.png: four fingers projected, in the image, and apart.

    python benchmarks/figure_physics.py [OUT.png]

Needs matplotlib, which nothing else here does.
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np

mpl.use("Agg")
from matplotlib import pyplot as plt

from calcimetry.model import Grid
from calcimetry.phantom.ct import scan_quickly, scan_volume
from calcimetry.phantom.scan_settings import ScanSettings

SIZE, SPACING = 360, 0.25
PLACES = (-30.0, -10.0, 10.0, 30.0)


def disc(x: float, y: float, radius: float) -> np.ndarray:
    """Part of each pixel that a disc fills."""
    points = 4
    at = (np.arange(SIZE * points) - (SIZE * points - 1) / 2) * SPACING / points
    inside = np.hypot(at[None, :] - x, at[:, None] - y) <= radius
    return inside.reshape(SIZE, points, SIZE, points).mean(axis=(1, 3))


def fingers() -> dict[str, np.ndarray]:
    """Four fingers in mg/cm3; deposits of hydroxyapatite in all but the last, which has urate."""
    flesh, bone, marrow, mineral, urate = (np.zeros((SIZE, SIZE)) for _ in range(5))
    for number, x in enumerate(PLACES):
        flesh += disc(x, 0.0, 9.5)
        bone += disc(x, 1.5, 5.0)
        marrow += disc(x, 1.5, 3.4)
        deposit = disc(x, -6.2, 1.6)
        if number < 3:
            mineral += (200.0, 400.0, 800.0)[number] * deposit
        else:
            urate += 800.0 * deposit
    return {
        "soft_tissue": 1060.0 * np.clip(flesh - bone - mineral / 3160 - urate / 1700, 0.0, None),
        "cortical_bone": 1920.0 * (bone - marrow),
        "yellow_marrow": 980.0 * marrow,
        "hydroxyapatite": mineral,
        "monosodium_urate": urate,
    }


def main() -> None:
    """Scan both ways and draw."""
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/images/simulator-physics.png")
    grid = Grid((1, SIZE, SIZE), np.diag([1.0, SPACING, SPACING, 1.0]))
    materials = {name: one[None] for name, one in fingers().items()}
    figure, axes = plt.subplots(3, 2, figsize=(9.0, 4.9), layout="constrained")
    shown = slice(SIZE // 2 - 48, SIZE // 2 + 48)
    made = {
        (scan, noise): scan(
            materials, grid, ScanSettings(noise_hu=(noise, noise)), np.random.default_rng(7)
        )
        for scan in (scan_volume, scan_quickly)
        for noise in (0.0, 25.0)
    }
    extent = (0.0, SIZE * SPACING, 96 * SPACING, 0.0)
    for column, (energy, tube) in enumerate((("low", "80 kV"), ("high", "Sn150 kV"))):
        for row, (scan, way) in enumerate(
            ((scan_volume, "projection mode"), (scan_quickly, "fast mode"))
        ):
            hu = getattr(made[scan, 25.0], energy).array[0][shown]
            shade = axes[row, column].imshow(hu, cmap="gray", vmin=-300, vmax=1200, extent=extent)
            axes[row, column].set_title(f"{tube}, {way}", fontsize=9)
        projected, quick = (
            getattr(made[scan, 0.0], energy).array[0][shown] for scan in (scan_volume, scan_quickly)
        )
        colour = axes[2, column].imshow(
            projected - quick, cmap="RdBu_r", vmin=-100, vmax=100, extent=extent
        )
        axes[2, column].set_title(f"{tube}, first minus second, without noise", fontsize=9)
    for image, where in ((shade, axes[:2]), (colour, axes[2:])):
        figure.colorbar(image, ax=where, shrink=0.9).ax.tick_params(labelsize=7)
    for one in axes.flat:
        one.tick_params(labelsize=7)
    figure.supxlabel("mm", fontsize=8)
    figure.savefig(target, dpi=110)


if __name__ == "__main__":
    main()
