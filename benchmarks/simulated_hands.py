"""Measure simulated hands that no training saw, and print the table of docs/results.md.

    python benchmarks/simulated_hands.py [--hands 12] [--spacing 0.6]

Harder than patients: more deposits, half of them on bone, any pose, and bones from healthy
to worn away.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import numpy as np
from judging import concordance, dice, is_found, print_table

import calcimetry as cm
from calcimetry.errors import CalcimetryError
from calcimetry.model.anatomy import CARPAL
from calcimetry.phantom.volume import HandVolume, finger_volume, hand_volume

COUNTED_MM3 = 1.5


@dataclass(frozen=True)
class Result:
    """What became of one volume."""

    digits: int
    side_right: bool
    phalanges: list[float]
    metacarpals: list[float]
    counted: int
    found: int
    false: int
    true_mm3: float
    measured_mm3: float
    covered: list[bool]


def judge(truth: HandVolume) -> Result | None:
    """Measure one volume and compare; None where it could not be measured."""
    try:
        report = cm.measure(truth.image)
    except CalcimetryError as error:
        print(error)
        return None
    true_bones = np.where(truth.bone_fraction >= 0.5, truth.bone_map, 0)
    bones, lesions = report.bones.label_map % 100, report.lesion_map.label_map
    lone = len({n // 10 for n in np.unique(true_bones[true_bones > 0])}) == 1
    if lone:  # a lone finger has no number
        true_bones, bones = true_bones % 10, bones % 10
    overlap = {int(n): dice(bones == n, true_bones == n) for n in np.unique(true_bones) if n}
    volumes = {one.number: one for one in report.lesions}
    counted = found = 0
    covered = []
    for lesion in truth.lesions:
        true = truth.lesion_map == lesion.number
        if lesion.volume_mm3 < COUNTED_MM3 or not true.any():
            continue
        counted += 1
        for n in np.unique(lesions[true]):
            mask = lesions == n
            if n and is_found(mask, true):
                found += 1
                interval = volumes[int(n)].volume_interval
                alone = len(np.unique(truth.lesion_map[mask])) <= 2
                if interval and alone:
                    covered.append(interval.low <= lesion.volume_mm3 <= interval.high)
                break
    touched = set(np.unique(lesions[truth.deposit_fraction > 0.1]).tolist())
    false = [one for one in report.lesions if one.number not in touched]
    sides = {hand.laterality for hand in report.hands}
    return Result(
        len({finger.digit for hand in report.hands for finger in hand.fingers if finger.digit}),
        sides == {truth.laterality},
        [value for n, value in overlap.items() if n % 10 in (1, 2, 3) and n < CARPAL],
        [value for n, value in overlap.items() if n % 10 == 4 and n < CARPAL],
        counted,
        found,
        sum((one.volume_mm3 or 0.0) >= COUNTED_MM3 for one in false),
        sum(one.volume_mm3 for one in truth.lesions),
        report.volume_mm3 or 0.0,
        covered,
    )


def summary(results: list[Result | None]) -> dict[str, str]:
    """One column of the table."""
    measured = [one for one in results if one is not None]
    true, found = (
        np.array([getattr(one, name) for one in measured]) for name in ("true_mm3", "measured_mm3")
    )
    counted = sum(one.counted for one in measured)
    covered = [inside for one in measured for inside in one.covered]
    metacarpals = [value for one in measured for value in one.metacarpals]
    return {
        "measured": f"{len(measured)} of {len(results)}",
        "all five digits named": f"{sum(one.digits == 5 for one in measured)}",
        "side told rightly": f"{sum(one.side_right for one in measured)}",
        "Dice of phalanges: mean": f"{np.mean([v for one in measured for v in one.phalanges]):.3f}",
        "Dice of metacarpals: mean": f"{np.mean(metacarpals):.3f}" if metacarpals else "-",
        f"lesions of {COUNTED_MM3} mm3 or more found": (
            f"{sum(one.found for one in measured)} of {counted} "
            f"({sum(one.found for one in measured) / max(counted, 1):.0%})"
        ),
        f"false ones of {COUNTED_MM3} mm3 or more, each": (
            f"{np.mean([one.false for one in measured]):.2f}"
        ),
        "total volume: Lin's CCC with truth": f"{concordance(true, found):.3f}",
        "found lesions whose 95% interval holds the truth": (
            f"{np.mean(covered):.0%} of {len(covered)}" if covered else "-"
        ),
    }


def main() -> None:
    """Run everything and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hands", type=int, default=12)
    parser.add_argument("--spacing", type=float, default=0.6)
    options = parser.parse_args()
    columns = {}
    for name, make in (("hands", hand_volume), ("lone fingers", finger_volume)):
        volumes = (
            make(np.random.default_rng((2026, 11, i)), options.spacing)
            for i in range(options.hands)
        )
        columns[f"{options.hands} {name}"] = summary([judge(one) for one in volumes])
    print_table(f"Simulated volumes of {options.spacing:g} mm", columns)


if __name__ == "__main__":
    main()
