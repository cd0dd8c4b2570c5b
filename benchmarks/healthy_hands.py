"""Measure healthy simulated hands without any deposit: all that is found is false.

    python benchmarks/healthy_hands.py [--hands 50] [--spacing 0.7] [--out runs/healthy]
        [--method vnet]

Every hand has a wrist and the usual sesamoids, and no disease. A hand is a row of
``hands.csv``, and each false lesion one of ``false.csv``; hands that are there already
are not measured again.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from judging import print_table
from rich.progress import track

import calcimetry as cm
from calcimetry.errors import CalcimetryError
from calcimetry.model import bone_name
from calcimetry.phantom.hand_settings import HandSettings
from calcimetry.phantom.volume import hand_volume
from calcimetry.settings import Settings

#: Larger ones count.
COUNTED_MM3 = 1.5
#: No training and no other benchmark begins with this.
SEED = (2026, 12)
HEALTHY = HandSettings(
    bone_loss=0.1,
    wrist=True,
    cut_share=0.0,
    acro_osteolysis=(0, 0, 0, 0, 0),
    erosions=0,
    osteophytes=0,
    subluxations=0,
    ankyloses=0,
    deposits=0,
    tophi=0,
    vessels=0,
    calluses=0,
    foreign_bodies=0,
    metals=0,
    ring=False,
)
HANDS = ("hand", "status", "lesions", "over_1.5_mm3", "volume_mm3", "digits")
FALSE = ("hand", "volume_mm3", "nearest_bone", "touches_bone", "true_bone_share")


def measure(
    number: int, spacing_mm: float, settings: Settings
) -> tuple[list[object], list[list[object]]]:
    """One hand's row, and one row for each of its false lesions."""
    truth = hand_volume(np.random.default_rng((*SEED, number)), spacing_mm, settings=HEALTHY)
    try:
        report = cm.measure(truth.image, settings)
    except CalcimetryError as error:
        return [number, f"failed: {error}", "", "", "", ""], []
    false = []
    for lesion in report.lesions:
        own = report.lesion_map.label_map == lesion.number
        share = float(truth.bone_fraction[own].mean())
        where = bone_name(lesion.bone) if lesion.bone else ""
        volume = round(lesion.volume_mm3 or 0.0, 2)
        false.append([number, volume, where, lesion.touches_bone, round(share, 2)])
    large = [row[1] for row in false if float(str(row[1])) >= COUNTED_MM3]
    digits = sum(bool(finger.digit) for hand in report.hands for finger in hand.fingers)
    volume = round(report.volume_mm3 or 0.0, 2)
    return [number, report.status, len(false), len(large), volume, digits], false


def append(file: Path, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Add rows to a table, which begins with its heads."""
    new = not file.exists()
    with file.open("a", newline="") as lines:
        csv.writer(lines).writerows([*([heads] if new else []), *rows])


def main() -> None:
    """Measure what is not measured yet, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hands", type=int, default=50)
    parser.add_argument("--spacing", type=float, default=0.7)
    parser.add_argument("--out", type=Path, default=Path("runs/healthy"))
    parser.add_argument("--method", default="unet", help="how bone is found")
    parser.add_argument("--model", default="", help="other weights of that method")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    table = options.out / "hands.csv"
    done = set()
    if table.exists():
        with table.open(newline="") as lines:
            done = {int(row["hand"]) for row in csv.DictReader(lines)}
    settings = Settings(method=options.method, model=options.model)
    for number in track([n for n in range(options.hands) if n not in done], "Measuring hands"):
        hand, false = measure(number, options.spacing, settings)
        append(options.out / "false.csv", FALSE, false)
        append(table, HANDS, [hand])
    with table.open(newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if int(row["hand"]) < options.hands]
    measured = [row for row in rows if row["lesions"]]
    counts = [int(row["over_1.5_mm3"]) for row in measured]
    column = {
        "measured": f"{len(measured)} of {len(rows)}",
        "all five digits named": str(sum(row["digits"] == "5" for row in measured)),
        "without a false lesion over 1.5 mm3": f"{counts.count(0)} of {len(measured)}",
        "false ones over 1.5 mm3 in all": str(sum(counts)),
        "false volume a hand: median, mm3": (
            f"{np.median([float(row['volume_mm3']) for row in measured]):.2f}"
        ),
    }
    print_table("healthy simulated hands", {f"{options.spacing:g} mm": column})


if __name__ == "__main__":
    main()
