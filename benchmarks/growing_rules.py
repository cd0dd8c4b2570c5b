"""Compare rules for where a growing region stops, on simulated pictures with their true bones.

    python benchmarks/growing_rules.py [--pictures 100]

Prints the table of docs/decisions/0011-growing.md. The bones are the true ones and nothing is
known of calcium, so that growing alone is judged. Deposits drawn outside the skin are not counted.
"""

from __future__ import annotations

import argparse

import numpy as np
from judging import COUNTED_MM2, is_found
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from calcimetry.bone.method import BoneEvidence
from calcimetry.lesions.grow import GrownLesions, grow_lesions
from calcimetry.lesions.region import RegionStatistics, ShareOfCore, StoppingRule
from calcimetry.lesions.subtract import Remainder, subtract_bone
from calcimetry.measurement.volume import nearest_lesion
from calcimetry.model import Segmentation, bone_name
from calcimetry.phantom.picture import FingerPicture, finger_picture

SEED, AIR_HU, LARGE_MM2 = 4713, -100.0, 5.0
Case = tuple[FingerPicture, BoneEvidence, Remainder]


def confidence(times: float, bounded: bool = False) -> StoppingRule:
    """Mean less so many SD of the whole region; bounded by half of the core's mean."""

    def rule(whole: RegionStatistics, core: RegionStatistics) -> float:
        stop = whole.mean_hu - times * whole.sd_hu
        return min(stop, 0.5 * core.mean_hu) if bounded else stop

    return rule


def uneven(times: float) -> StoppingRule:
    """Half of the core's mean, or its mean less so many of its SD where that is less."""

    def rule(_whole: RegionStatistics, core: RegionStatistics) -> float:
        return min(0.5 * core.mean_hu, core.mean_hu - times * core.sd_hu)

    return rule


def never(_whole: RegionStatistics, _core: RegionStatistics) -> float:
    """Keep the first border: half of the seed's brightest quarter."""
    return float("inf")


RULES: dict[str, StoppingRule] = {
    "half of the seed's brightest quarter": never,
    "half of the core's mean": ShareOfCore(0.5),
    "mean - 2 SD": confidence(2.0),
    "mean - 2.5 SD": confidence(2.5),
    "mean - 3 SD": confidence(3.0),
    "mean - 2.5 SD, at most half of the core's mean": confidence(2.5, bounded=True),
    "core's mean - 2.5 SD, at most its half": uneven(2.5),
    "core's mean - 3.5 SD, at most its half": uneven(3.5),
}


def simulate(count: int) -> list[Case]:
    """Pictures, their true bones as evidence, and what subtraction leaves."""
    cases = []
    for i in track(range(count), "Simulating"):
        picture = finger_picture(np.random.default_rng((SEED, i)), name=f"phantom {i}")
        labels = picture.bone_map[None].astype(np.uint16)
        meanings = {int(n): bone_name(int(n)) for n in np.unique(labels) if n}
        fraction = np.clip(picture.fractions[1:5].sum(axis=0), 0.0, 1.0)[None]
        bones = Segmentation(labels, picture.image.grid, meanings)
        evidence = BoneEvidence(bones, fraction, None, "truth")
        cases.append((picture, evidence, subtract_bone(picture.image, evidence)))
    return cases


def judged(picture: FingerPicture, grown: GrownLesions) -> tuple[list[tuple[float, float]], int]:
    """Of each counted deposit its size in mm2 and relative error, or -1 if missed; false ones."""
    labels, pixel = grown.lesion_map.label_map[0], picture.image.grid.pixel_area_mm2
    nearest = nearest_lesion(grown.lesion_map, grown.mineral_fraction)[0]
    areas = np.bincount(nearest.ravel(), grown.mineral_fraction.ravel(), int(labels.max()) + 1)
    rows = []
    for lesion in picture.lesions:
        true: NDArray[np.bool_] = picture.lesion_map == lesion.number
        if true.sum() * pixel < COUNTED_MM2 or picture.image.array[0][true].min() < AIR_HU:
            continue
        error = -1.0
        for number in np.unique(labels[true & (labels > 0)]):
            if is_found(labels == number, true):
                error = float(areas[number] * pixel / lesion.area_mm2 - 1.0)
        rows.append((lesion.area_mm2, error))
    false = [n for n in np.unique(labels) if n and not picture.lesion_map[labels == n].any()]
    return rows, len(false)


def main() -> None:
    """Run every rule and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=int, default=100)
    cases = simulate(parser.parse_args().pictures)
    columns = (
        "found",
        "false per picture",
        "median error",
        "of 5 mm2 or more",
        "median size of it",
    )
    table = Table("stops at", *columns, title=f"{len(cases)} simulated fingers, true bones")
    for name, rule in RULES.items():
        results = [
            judged(picture, grow_lesions(picture.image, evidence, left, None, rule))
            for picture, evidence, left in cases
        ]
        rows = np.array([row for one, _ in results for row in one])
        found = rows[rows[:, 1] > -1.0]
        large = found[found[:, 0] >= LARGE_MM2, 1]
        table.add_row(
            name,
            f"{len(found)} of {len(rows)}",
            f"{np.mean([false for _, false in results]):.2f}",
            f"{np.median(found[:, 1]):+.1%}",
            f"{np.median(large):+.1%}",
            f"{np.median(np.abs(large)):.1%}",
        )
    Console(width=140).print(table)


if __name__ == "__main__":
    main()
