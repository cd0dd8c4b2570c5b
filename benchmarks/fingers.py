"""Measure calcimetry against pictures of known truth, and print the tables of docs/results.md.

    python benchmarks/fingers.py [--data ../shared/data/fingers] [--methods unet kmeans]

A folder of data holds ``manifest.csv``, ``truth.csv`` (image, complete,
true_area_mm2), and for each picture ``<stem>_bones.png`` (60 x label) and
``<stem>_lesions.png`` (25 x lesion number). The default method is also run on the
same pictures turned, mirrored and at other pixel spacings, since exports come so.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from judging import Case, judge, print_table, summary
from numpy.typing import NDArray
from PIL import Image as PillowImage
from reference import FINGERS
from rich.console import Console
from rich.table import Table
from scipy import ndimage

import calcimetry as cm
from calcimetry.resample import grid_with_spacing, resample_image
from calcimetry.settings import Settings


def read_cases(folder: Path) -> list[Case]:
    """The pictures of `folder` with their truth."""
    spacing = {row["image"]: float(row["pixel_spacing_mm"]) for row in _rows(folder, "manifest")}
    cases = []
    for row in _rows(folder, "truth"):
        path = folder / row["image"]
        cases.append(
            Case(
                path.stem,
                cm.read(path, pixel_spacing_mm=spacing[row["image"]]),
                np.asarray(PillowImage.open(path.with_name(f"{path.stem}_bones.png"))) // 60,
                np.asarray(PillowImage.open(path.with_name(f"{path.stem}_lesions.png"))) // 25,
                row["complete"] == "1",
                float(row["true_area_mm2"]),
            )
        )
    return cases


def _rows(folder: Path, name: str) -> Iterator[dict[str, str]]:
    with (folder / f"{name}.csv").open(newline="") as lines:
        yield from csv.DictReader(lines)


def turned(case: Case, change: Callable[[NDArray[np.generic]], NDArray[np.generic]]) -> Case:
    """The same case with its picture and truth turned or mirrored, exactly."""
    array = change(case.image.array[0])
    grid = cm.Grid.picture(array.shape, case.image.grid.spacing[1])
    image = cm.Image(array, grid, "HU", case.image.clipped_hu, case.name)
    truth = (change(case.bones), change(case.lesions))
    return Case(case.name, image, *truth, case.complete, case.true_area_mm2)


def tilted(case: Case, degrees: float = 35.0) -> Case:
    """The same case turned by an angle that needs interpolation."""
    array = ndimage.rotate(case.image.array[0], degrees, order=1, cval=-300.0)
    bones, lesions = (
        ndimage.rotate(mask, degrees, order=0, cval=0) for mask in (case.bones, case.lesions)
    )
    grid = cm.Grid.picture(array.shape, case.image.grid.spacing[1])
    image = cm.Image(array, grid, "HU", case.image.clipped_hu, case.name)
    return Case(case.name, image, bones, lesions, case.complete, case.true_area_mm2)


def at_spacing(case: Case, spacing_mm: float) -> Case:
    """The same case at another pixel spacing, as an export of other settings would have it."""
    grid = case.image.grid
    target = grid_with_spacing(grid, spacing_mm)
    array = resample_image(case.image.array, grid, target, fill=-300.0)
    bones, lesions = (
        resample_image(mask[None], grid, target, order=0)[0] for mask in (case.bones, case.lesions)
    )
    image = cm.Image(array, target, "HU", case.image.clipped_hu, case.name)
    return Case(case.name, image, bones, lesions, case.complete, case.true_area_mm2)


SPACINGS_MM = (0.1, 0.2, 0.6, 0.8, 1.0)

WAYS_ROUND: dict[str, Callable[[Case], Case]] = {
    "as exported": lambda case: case,
    "mirrored": lambda case: turned(case, lambda a: a[:, ::-1]),
    "upside down": lambda case: turned(case, lambda a: a[::-1]),
    "on its side": lambda case: turned(case, np.rot90),
    "turned by 35 degrees": tilted,
}


def time_command(picture: Path, spacing: float, out: Path) -> float:
    """Seconds of one `calcimetry measure` from a cold start."""
    command = [sys.executable, "-m", "calcimetry", "measure", str(picture), "--overwrite"]
    command += ["--pixel-spacing", str(spacing), "--out", str(out)]
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - our own command
    return time.perf_counter() - start


def time_methods(case: Case, methods: list[str], repeats: int = 10) -> dict[str, str]:
    """Median milliseconds of one warm measurement."""
    took = {}
    for method in methods:
        settings = Settings(method=method)
        cm.measure(case.image, settings)
        times = []
        for _ in range(repeats):
            start = time.perf_counter()
            cm.measure(case.image, settings)
            times.append(time.perf_counter() - start)
        took[method] = f"{1000 * np.median(times):.0f} ms"
    return took


def main() -> None:
    """Run everything and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=FINGERS)
    parser.add_argument("--methods", nargs="+", default=["unet", "kmeans"])
    parser.add_argument("--out", type=Path, default=Path("runs/bench"))
    options = parser.parse_args()
    cases = read_cases(options.data)
    by_method = {
        method: [judge(case, Settings(method=method)) for case in cases]
        for method in options.methods
    }
    first = options.methods[0]
    table = Table("picture", "true mm2", "measured mm2", "bone Dice", "per phalanx", "false")
    table.title = f"{first}, each picture"
    for one in by_method[first]:
        table.add_row(
            one.case.name + ("" if one.case.complete else " (grazes bone)"),
            f"{one.case.true_area_mm2:.2f}",
            f"{one.area_mm2:.2f}",
            f"{one.bone_dice:.3f}",
            f"{one.name_dice:.3f}",
            str(one.false),
        )
    Console(width=160).print(table)
    print_table(
        f"{len(cases)} pictures of {options.data.name}",
        {method: summary(results) for method, results in by_method.items()},
    )
    print_table(
        f"{first}, any way round",
        {
            way: summary([judge(change(case), Settings(method=first)) for case in cases])
            for way, change in WAYS_ROUND.items()
        },
    )
    print_table(
        f"{first}, any pixel spacing",
        {
            f"{spacing:g} mm": summary(
                [judge(at_spacing(case, spacing), Settings(method=first)) for case in cases]
            )
            for spacing in SPACINGS_MM
        },
    )
    picture = options.data / next(_rows(options.data, "manifest"))["image"]
    cold = [time_command(picture, cases[0].image.grid.spacing[1], options.out) for _ in range(3)]
    print(f"one JPEG from a cold start: {np.median(cold):.2f} s (median of 3)")
    for method, took in time_methods(cases[0], options.methods).items():
        print(f"one JPEG, warm, {method}: {took}")


if __name__ == "__main__":
    main()
