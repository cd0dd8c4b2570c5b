"""How well the reference pictures' bones are found when one thing about the pictures changes.

    python benchmarks/disturbances.py [--data ../shared/data/fingers] [--method unet]
        [--model runs/unet/model.onnx]

Bone alone, before anything is subtracted or grown: Dice of the complete pictures, mean and
worst, what the mean loses, and the mean of the pictures whose plane grazes bones. Where
pixels must be interpolated, truth is too, and cut at a half.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import fingers
import numpy as np
from judging import Case, dice, print_table
from numpy.typing import NDArray
from reference import FINGERS
from rich.progress import track
from scipy import ndimage

import calcimetry as cm
from calcimetry.bone import find_method
from calcimetry.resample import resample_image

Masks = NDArray[np.bool_]
Shown = tuple[cm.Image, Masks]
#: Lowest of the exports' window, and what is soft tissue for the noise in it.
AIR_HU, SOFT_HU = -300.0, (-150.0, 150.0)
TURNS_DEG = (10, 35, 60, 135)
SPACINGS_MM = (0.15, 0.2, 0.3, 0.4, 0.5, 0.8)
#: A normal distribution's standard deviation over its median absolute value.
_MAD = 1.4826


def turned(case: Case, degrees: float) -> Shown:
    """Turned by an angle, around its middle."""
    bones = ndimage.rotate((case.bones > 0).astype(float), degrees, order=1) >= 0.5
    return fingers.tilted(case, degrees).image, bones


def at_spacing(case: Case, spacing_mm: float) -> Shown:
    """At another pixel spacing."""
    image = fingers.at_spacing(case, spacing_mm).image
    whole = (case.bones > 0).astype(np.float32)[None]
    return image, resample_image(whole, case.image.grid, image.grid)[0] >= 0.5


def noisier(case: Case) -> Shown:
    """With noise added so that it doubles, as far as soft tissue tells what there was."""
    array = case.image.array[0]
    soft = (array > SOFT_HU[0]) & (array < SOFT_HU[1])
    steps = np.diff(array, axis=1)[soft[:, 1:] & soft[:, :-1]]
    noise = _MAD * float(np.median(np.abs(steps))) / np.sqrt(2.0)
    rng = np.random.default_rng(5)
    more = rng.normal(0.0, np.sqrt(3.0) * noise, array.shape)
    noisy = np.clip(array + more, AIR_HU, None).astype(np.float32)
    return replace(case.image, array=noisy[None]), case.bones > 0


def flat(case: Case, change: Callable[[NDArray[np.generic]], NDArray[np.generic]]) -> Shown:
    """Mirrored or turned by a right angle, exactly."""
    changed = fingers.turned(case, change)
    return changed.image, changed.bones > 0


DISTURBANCES: dict[str, Callable[[Case], Shown]] = {
    "as exported": lambda case: flat(case, lambda a: a),
    "mirrored": lambda case: flat(case, lambda a: a[:, ::-1]),
    "turned by 90 degrees": lambda case: flat(case, np.rot90),
    "noise about doubled": noisier,
    **{f"turned by {n} degrees": lambda case, n=n: turned(case, n) for n in TURNS_DEG},
    **{f"{n:g} mm": lambda case, n=n: at_spacing(case, n) for n in SPACINGS_MM},
}


def main() -> None:
    """Disturb, find bone and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=FINGERS)
    parser.add_argument("--method", default="unet")
    parser.add_argument("--model", default="", help="other weights of the method")
    options = parser.parse_args()
    method = find_method(options.method, options.model)
    cases = fingers.read_cases(options.data)
    rows: dict[str, dict[str, str]] = {}
    before = 0.0
    for name, disturb in track(DISTURBANCES.items(), "Disturbing"):
        found = []
        for case in cases:
            image, bones = disturb(case)
            found.append(dice(method.segment(image).bones.mask[0], bones))
        whole = [one for one, case in zip(found, cases, strict=True) if case.complete]
        grazing = [one for one, case in zip(found, cases, strict=True) if not case.complete]
        mean = float(np.mean(whole))
        before = before or mean
        rows[name] = {
            "complete: mean / worst": f"{mean:.3f} / {min(whole):.3f}",
            "lost": f"{before - mean:+.3f}",
            "grazing: mean": f"{np.mean(grazing):.3f}",
        }
    quantities = next(iter(rows.values()))
    columns = {what: {name: row[what] for name, row in rows.items()} for what in quantities}
    print_table(f"Bone Dice of {options.method}, one disturbance at a time", columns)


if __name__ == "__main__":
    main()
