"""Plant simulated deposits beside real bones, and see how many are found.

    python benchmarks/planted.py [--data ../shared/data/fingers] [--times 6] [--methods unet]
        [--model runs/unet/model.onnx]

The reference pictures are few: all but one or two of their lesions come out alike whatever
the weights. Each picture is taken several times here, with other deposits of the
simulator's shapes and places added to what it shows, blurred as it is blurred itself.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from fingers import read_cases
from judging import Case, judge, print_table, summary
from numpy.typing import NDArray
from reference import FINGERS
from rich.progress import track
from scipy import ndimage

import calcimetry as cm
from calcimetry.phantom.placement import DepositMix, place_deposits
from calcimetry.settings import Settings

#: No training begins with this.
SEED = 77
#: One picture in ten gets none; half of the others more than one, and half lie on bone.
MIX = DepositMix(none=0.1, further=0.7, on_bone=0.5)
#: Layers that a slice is averaged over, and how thick it is.
LAYERS, THICKNESS_MM = 4, 1.0
#: Border of the finger in HU, and what is known of the reference pictures' blur in mm.
FLESH_HU, BLUR_MM = -200.0, 0.45
_WINDOW_HU, _STEPS = (-300.0, 1200.0), 255
#: Thinner ones are not drawn.
_LEAST_MM2 = 0.3


def planted(case: Case, rng: np.random.Generator) -> Case:
    """The same picture with more deposits in it."""
    spacing = case.image.grid.spacing[1]
    hu = case.image.array[0].astype(float)
    inside = ndimage.binary_fill_holes(hu > FLESH_HU)
    points = _points(hu.shape, spacing)
    bone = np.repeat((case.bones > 0).astype(float)[None], LAYERS, axis=0)
    tip = _tip(case.bones, points[0])
    shown = np.zeros(hu.shape)
    taken = (case.bones > 0) | (case.lesions > 0)
    lesions, area = case.lesions.copy(), case.true_area_mm2
    for deposit in place_deposits(rng, points, bone, inside, tip, spacing, MIX):
        filled = np.clip(0.5 - deposit.distance(points) / spacing, 0.0, 1.0).mean(axis=0)
        filled = filled * inside * ~taken
        own = filled >= 0.5
        if filled.sum() * spacing**2 < _LEAST_MM2 or not own.any():
            continue
        shown += filled * deposit.density * rng.uniform(1.2, 2.2)  # HU of 1 mg/cm3
        lesions[own] = lesions.max() + 1
        taken |= own
        area += float(filled.sum()) * spacing**2
    hu = hu + ndimage.gaussian_filter(shown, BLUR_MM / spacing)
    low, high = _WINDOW_HU
    grey = np.rint((np.clip(hu, low, high) - low) / (high - low) * _STEPS)
    seen = (low + grey / _STEPS * (high - low)).astype(np.float32)
    image = cm.Image(seen, case.image.grid, "HU", case.image.clipped_hu, case.name)
    return Case(case.name, image, case.bones, lesions, case.complete, area)


def _points(shape: tuple[int, ...], spacing: float) -> NDArray[np.float64]:
    """Where pixels lie, (layers, rows, columns, 3) in mm, as the simulator lays its planes."""
    rows, columns = np.indices(shape) * spacing
    layers = (np.arange(LAYERS) - (LAYERS - 1) / 2) * THICKNESS_MM / LAYERS
    return np.stack([np.stack([columns, np.full(shape, y), rows], axis=-1) for y in layers])


def _tip(bones: NDArray[np.uint8], middle: NDArray[np.float64]) -> NDArray[np.float64]:
    """The end of the last phalanx in mm: its point farthest from the bone before it."""
    last = int(bones.max())
    before = middle[bones == last - 1].mean(axis=0)
    own = middle[bones == last]
    return np.asarray(own[np.linalg.norm(own - before, axis=1).argmax()])


def main() -> None:
    """Plant, measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=FINGERS)
    parser.add_argument("--times", type=int, default=6, help="how often each picture is taken")
    parser.add_argument("--methods", nargs="+", default=["unet"])
    parser.add_argument("--model", default="", help="other weights of the method")
    options = parser.parse_args()
    known = read_cases(options.data)
    cases = [
        planted(case, np.random.default_rng((SEED, i, n)))
        for n in range(options.times)
        for i, case in enumerate(known)
    ]
    columns = {}
    for method in options.methods:
        settings = Settings(method=method, model=options.model)
        columns[method] = summary([judge(c, settings) for c in track(cases, f"Using {method}")])
    print_table(f"{len(cases)} pictures of real bones with more deposits", columns)


if __name__ == "__main__":
    main()
