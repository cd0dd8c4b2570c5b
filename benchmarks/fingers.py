"""Measure calcimetry against pictures of known truth, and print the table of docs/results.md.

    python benchmarks/fingers.py [--data ../shared/data/fingers] [--methods unet kmeans]

A folder of data holds ``manifest.csv``, ``truth.csv`` (image, complete,
true_area_mm2), and for each picture ``<stem>_bones.png`` (60 x label) and
``<stem>_lesions.png`` (25 x lesion number). Each method is also run on the same
pictures turned and mirrored, since exports come any way round.
"""

from __future__ import annotations

import argparse
import csv
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage
from rich.console import Console
from rich.table import Table
from scipy import ndimage

import calcimetry as cm
from calcimetry.settings import Settings

SMALL_AREA_MM2 = 20.0
#: A lesion counts as found if one lesion covers so much of it, and is not far larger.
COVERED, AT_MOST_TIMES, COUNTED_MM2 = 0.3, 3.0, 0.5

Mask = NDArray[np.uint8]


@dataclass(frozen=True)
class Case:
    """One picture and its truth."""

    name: str
    image: cm.Image
    bones: Mask
    lesions: Mask
    complete: bool
    true_area_mm2: float


@dataclass(frozen=True)
class Result:
    """What one method made of one picture."""

    case: Case
    area_mm2: float
    bone_dice: float
    name_dice: float
    found: int
    counted: int
    false: int


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


def dice(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
    """Overlap of two masks, 1 where both are empty (Dice, Ecology 1945)."""
    total = int(a.sum() + b.sum())
    return 2.0 * int((a & b).sum()) / total if total else 1.0


def concordance(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Lin's concordance correlation coefficient (Biometrics 1989)."""
    covariance = np.mean((a - a.mean()) * (b - b.mean()))
    return float(2 * covariance / (a.var() + b.var() + (a.mean() - b.mean()) ** 2))


def judge(case: Case, settings: Settings) -> Result:
    """Measure one picture and compare it with its truth; a failure counts as nothing found."""
    try:
        report = cm.measure(case.image, settings)
        bones, lesions = report.bones.label_map[0], report.lesion_map.label_map[0]
        area = report.area_mm2
    except cm.errors.CalcimetryError as error:
        print(f"{case.name}: {error}", file=sys.stderr)
        bones = lesions = np.zeros_like(case.bones)
        area = 0.0
    pixel = case.image.grid.pixel_area_mm2
    counted = found = 0
    for number in np.unique(case.lesions[case.lesions > 0]):
        true = case.lesions == number
        if true.sum() * pixel < COUNTED_MM2:
            continue
        counted += 1
        for other in np.unique(lesions[true & (lesions > 0)]):
            measured = lesions == other
            if (measured & true).sum() >= COVERED * true.sum() and (
                measured.sum() <= AT_MOST_TIMES * true.sum()
            ):
                found += 1
                break
    numbers = np.unique(lesions[lesions > 0])
    false = sum(not case.lesions[lesions == number].any() for number in numbers)
    names = [dice(bones == n, case.bones == n) for n in np.unique(case.bones[case.bones > 0])]
    overlap = dice(bones > 0, case.bones > 0)
    return Result(case, area, overlap, float(np.mean(names)), found, counted, false)


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


WAYS_ROUND: dict[str, Callable[[Case], Case]] = {
    "as exported": lambda case: case,
    "mirrored": lambda case: turned(case, lambda a: a[:, ::-1]),
    "upside down": lambda case: turned(case, lambda a: a[::-1]),
    "on its side": lambda case: turned(case, np.rot90),
    "turned by 35 degrees": tilted,
}


def summary(results: list[Result]) -> dict[str, str]:
    """The table's rows for one method."""
    whole = [one for one in results if one.case.complete]
    measured = np.array([one.area_mm2 for one in results])
    true = np.array([one.case.true_area_mm2 for one in results])
    difference = (measured - true)[true <= SMALL_AREA_MM2]
    counted = sum(one.counted for one in results)
    bone = [one.bone_dice for one in whole]
    return {
        "bone Dice, complete pictures: mean / worst": f"{np.mean(bone):.3f} / {min(bone):.3f}",
        "per-phalanx Dice, complete pictures: mean": (
            f"{np.mean([one.name_dice for one in whole]):.3f}"
        ),
        "total lesion area: Lin's CCC with truth": f"{concordance(measured, true):.3f}",
        f"area, {SMALL_AREA_MM2:g} mm2 or less: bias / 95% LoA (mm2)": (
            f"{difference.mean():+.2f} / +-{1.96 * difference.std(ddof=1):.2f}"
        ),
        "lesions of 0.5 mm2 or more found": (
            f"{sum(one.found for one in results)} of {counted} "
            f"({sum(one.found for one in results) / max(counted, 1):.0%})"
        ),
        "false lesions per picture": f"{np.mean([one.false for one in results]):.2f}",
    }


def print_table(title: str, columns: dict[str, dict[str, str]]) -> None:
    """One row per quantity, one column per method or way round."""
    table = Table("", *columns, title=title)
    for row in next(iter(columns.values())):
        table.add_row(row, *(column[row] for column in columns.values()))
    Console(width=160).print(table)


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
    shared = Path(os.environ.get("CALCIMETRY_SHARED", Path(__file__).parents[2] / "shared"))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=shared / "data" / "fingers")
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
    picture = options.data / next(_rows(options.data, "manifest"))["image"]
    cold = [time_command(picture, cases[0].image.grid.spacing[1], options.out) for _ in range(3)]
    print(f"one JPEG from a cold start: {np.median(cold):.2f} s (median of 3)")
    for method, took in time_methods(cases[0], options.methods).items():
        print(f"one JPEG, warm, {method}: {took}")


if __name__ == "__main__":
    main()
