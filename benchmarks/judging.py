"""What the benchmarks share: a picture with its truth, and how a measurement is judged."""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

import calcimetry as cm
from calcimetry.agreement.concordance import concordance
from calcimetry.errors import CalcimetryError
from calcimetry.model import Bone
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
    area_interval: cm.Interval | None
    bone_dice: float
    name_dice: float
    found: int
    counted: int
    false: int


def dice(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
    """Overlap of two masks, 1 where both are empty (Dice, Ecology 1945)."""
    total = int(a.sum() + b.sum())
    return 2.0 * int((a & b).sum()) / total if total else 1.0


def is_found(measured: NDArray[np.bool_], true: NDArray[np.bool_]) -> bool:
    """Whether one measured lesion covers enough of a true one, and is not far larger."""
    covered = (measured & true).sum() >= COVERED * true.sum()
    return bool(covered and measured.sum() <= AT_MOST_TIMES * true.sum())


def judge(case: Case, settings: Settings) -> Result:
    """Measure one picture and compare it with its truth; a failure counts as nothing found."""
    try:
        report = cm.measure(case.image, settings)
    except CalcimetryError as error:
        print(f"{case.name}: {error}", file=sys.stderr)
        nothing = np.zeros_like(case.bones)
        return compare(case, nothing, nothing, 0.0, None)
    bones, lesions = report.bones.label_map[0], report.lesion_map.label_map[0]
    return compare(case, bones, lesions, report.area_mm2, report.area_interval)


def compare(
    case: Case,
    bones: NDArray[np.integer],
    lesions: NDArray[np.integer],
    area: float,
    interval: cm.Interval | None,
) -> Result:
    """Compare label maps (rows, columns) and a total area in mm2 with the truth."""
    pixel = case.image.grid.pixel_area_mm2
    counted = found = 0
    for number in np.unique(case.lesions[case.lesions > 0]):
        true = case.lesions == number
        if true.sum() * pixel < COUNTED_MM2:
            continue
        counted += 1
        for other in np.unique(lesions[true & (lesions > 0)]):
            if is_found(lesions == other, true):
                found += 1
                break
    numbers = np.unique(lesions[lesions > 0])
    false = sum(not case.lesions[lesions == number].any() for number in numbers)
    long = np.unique(case.bones[(case.bones > 0) & (case.bones <= Bone.METACARPAL)])
    names = [dice(bones == n, case.bones == n) for n in long]
    overlap = dice(bones > 0, case.bones > 0)
    return Result(case, area, interval, overlap, float(np.mean(names)), found, counted, false)


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
