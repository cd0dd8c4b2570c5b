"""Draw docs/images/simulator-presets.png: a slice of one finger both ways, at two presets.

    python benchmarks/figure_presets.py [OUT.png]

Needs matplotlib, which nothing else here does.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import matplotlib as mpl
import numpy as np

mpl.use("Agg")
from matplotlib import pyplot as plt

from calcimetry.phantom.hand import draw_hand
from calcimetry.phantom.hand_settings import PLAIN_HAND
from calcimetry.phantom.lattice import Lattice
from calcimetry.phantom.scan_settings import ScanMode
from calcimetry.phantom.volume import lattice_around, simulate

SPACING, SLICES, FIRST = 0.4, 5, 92
PRESETS = ("80-Sn150", "70-Sn150")


def main() -> None:
    """Scan a few slices of a finger and draw the middle one."""
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/images/simulator-presets.png")
    settings = replace(PLAIN_HAND, deposits=6)
    parts = [
        part for part in draw_hand(np.random.default_rng(2), settings) if part.label in (31, 32)
    ]
    whole = lattice_around(parts, SPACING)
    lattice = Lattice(
        (SLICES, *whole.shape[1:]), whole.origin + FIRST * whole.steps[0], whole.steps
    )
    figure, axes = plt.subplots(2, 4, figsize=(9.0, 6.0), layout="constrained")
    for row, physics in enumerate(("image", "projection")):
        for column, preset in enumerate(PRESETS):
            mode = ScanMode(preset, physics)
            made = simulate(
                np.random.default_rng(11), parts, lattice, settings=settings, mode=mode
            ).image
            for energy, (one, tube) in enumerate(
                ((made.low, made.low_setting), (made.high, made.high_setting))
            ):
                place = axes[row, 2 * column + energy]
                high, wide = (n * SPACING for n in one.grid.shape[1:])
                shade = place.imshow(
                    one.array[SLICES // 2],
                    cmap="gray",
                    vmin=-300,
                    vmax=1200,
                    extent=(0.0, wide, high, 0.0),
                )
                place.set_title(f"{preset}: {tube} kV\n{physics}", fontsize=8)
                place.tick_params(labelsize=6)
    figure.colorbar(shade, ax=axes, shrink=0.7, label="HU").ax.tick_params(labelsize=7)
    figure.supxlabel("mm", fontsize=8)
    figure.savefig(target, dpi=90)


if __name__ == "__main__":
    main()
