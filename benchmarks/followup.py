"""Follow simulated hands at two visits, and print a table of docs/results.md.

    python benchmarks/followup.py [--hands 40] [--fingers 200] [--way true-bones] [--seed 63]

Each simulated hand (or lone finger) is drawn at two visits: deposits stay, grow, shrink, appear,
go, merge or split; joints bend, the hand lies turned, noise and for half of them spacing are
others. `--way` says what is compared: ``truth`` (label maps without any error: alignment and
matching alone), ``true-bones`` (lesions grown and measured as by the pipeline, on true bones:
matching and measuring, but no network) or ``pipeline`` (everything). Settings of change
were fitted with seeds 62 (30 fingers), 61 (22) and 63 (40; `--fit`); 64 is to report. Whatever is
done is kept under `--out`: a later run goes on from there.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from followup_judging import fitted, judged, main_rows, rows_of, share
from followup_records import WAYS, Record, records
from judging import print_table

from calcimetry.followup.repeat_error import ChangeSettings
from calcimetry.followup.result import Quantity

#: What settings of change are of: a quantity, measured at each visit alone or together.
FITTED: tuple[tuple[Quantity, bool], ...] = (
    ("volume_mm3", False),
    ("area_mm2", False),
    ("mass_mg", False),
    ("volume_mm3", True),
    ("mass_mg", True),
)


def summary(found: Sequence[Record], settings: ChangeSettings) -> dict[str, str]:
    """One column of the table."""
    right = [
        one for record in found for group in record.groups for one in group.right if group.fates
    ]
    pairs = judged(found, settings)
    errors = np.array([one[3] for record in found for one in record.bones if one[2]])
    errors = errors[np.isfinite(errors)]
    missed = [max(one) for record in found for one in record.missed]
    false = [group for record in found for group in record.groups if not group.fates]
    once = [one for one in pairs if not (one.group.first and one.group.last)]
    return {
        "pairs of visits, lesions of both": f"{len(found)}, {len(right)}",
        "lesions matched rightly": share(right),
        "matches that show only one visit of an unchanged lesion": str(
            sum(set(one.group.fates) == {"unchanged"} for one in once)
        ),
        **main_rows(pairs),
        **rows_of(pairs, "volume_mm3"),
        **rows_of(pairs, "mass_mg"),
        "bones refused": share([not one[2] for record in found for one in record.bones]),
        "bones put wrong by, mean / 95% / worst": (
            f"{errors.mean():.2f} / {np.quantile(errors, 0.95):.2f} / {errors.max():.2f} mm"
        ),
        "deposits of 1.5 mm3 and more seen at neither visit": str(sum(v >= 1.5 for v in missed)),
        "lesions that are no deposit, matched / of one visit": (
            f"{sum(bool(g.first and g.last) for g in false)} / "
            f"{sum(not (g.first and g.last) for g in false)}"
        ),
        "CPU seconds for comparing, mean": f"{np.mean([r.seconds_comparing for r in found]):.1f}",
    }


def main() -> None:
    """Run everything and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hands", type=int, default=0)
    parser.add_argument("--fingers", type=int, default=0)
    parser.add_argument("--way", choices=WAYS, default="true-bones")
    parser.add_argument(
        "--seed", type=int, nargs="+", default=[63], help="several: so many of each"
    )
    parser.add_argument(
        "--fit", action="store_true", help="print settings of change fitted to these"
    )
    parser.add_argument("--out", type=Path, default=Path("runs/followup"))
    options = parser.parse_args()
    columns = {}
    for name, count in (("hands", options.hands), ("fingers", options.fingers)):
        if count:
            found = [
                one
                for seed in options.seed
                for one in records(seed, count, name == "hands", options.way, options.out)
            ]
            columns[f"{name}, {options.way}"] = summary(found, ChangeSettings())
            if options.fit:
                for quantity, together in FITTED:
                    told, matches = fitted(found, quantity, together)
                    how = "together" if together else "alone"
                    print(f"{name}, {quantity} {how}: {told}  # {matches} matches")
    if columns:
        print_table("Simulated hands at two visits", columns)


if __name__ == "__main__":
    main()
