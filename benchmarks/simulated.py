"""Measure calcimetry on simulated pictures it was not trained on.

    python benchmarks/simulated.py [--pictures 100] [--methods unet kmeans]

Prints the table of docs/results.md for simulated fingers, how often the 95% interval
of the total area holds the truth, and lesions found by size.
"""

from __future__ import annotations

import argparse

import numpy as np
from judging import Case, Result, judge, print_table, summary
from rich.progress import track

from calcimetry.phantom.picture import finger_picture
from calcimetry.settings import Settings

#: Neither training nor validation pictures start with this seed.
SEED = 31


def simulate(count: int) -> list[Case]:
    """Pictures of whole fingers with their truth."""
    cases = []
    for i in track(range(count), "Simulating"):
        picture = finger_picture(np.random.default_rng((SEED, i)), name=f"phantom {i}")
        phalanges = picture.bone_map * (picture.bone_map <= 3)
        cases.append(
            Case(
                picture.image.name,
                picture.image,
                picture.bone_map,
                picture.lesion_map,
                len(np.unique(phalanges)) == 4,
                sum(one.area_mm2 for one in picture.lesions),
            )
        )
    return cases


def coverage(results: list[Result]) -> str:
    """Share of pictures with lesions found whose 95% interval holds the true total area."""
    held = [
        one.area_interval.low <= one.case.true_area_mm2 <= one.area_interval.high
        for one in results
        if one.area_interval is not None and one.area_mm2 > 0
    ]
    return f"{np.mean(held):.0%} of {len(held)}"


def main() -> None:
    """Run everything and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=int, default=100)
    parser.add_argument("--methods", nargs="+", default=["unet", "kmeans"])
    options = parser.parse_args()
    cases = simulate(options.pictures)
    columns = {}
    for method in options.methods:
        settings = Settings(method=method)
        results = [judge(case, settings) for case in track(cases, f"Measuring with {method}")]
        columns[method] = summary(results) | {
            "95% interval holds the true total": coverage(results)
        }
    print_table(f"{options.pictures} simulated fingers", columns)


if __name__ == "__main__":
    main()
