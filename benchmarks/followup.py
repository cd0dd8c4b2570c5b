"""Follow simulated hands and the shared one, and print the tables of docs/results.md.

    python benchmarks/followup.py [--hands 40] [--fingers 200] [--way true-bones] [--seed 61]

Each simulated hand (or lone finger) is drawn at two visits: deposits stay, grow, shrink, appear,
go, merge or split; joints bend, the hand lies turned, noise and for half of them spacing are
others. `--way` says what is compared: ``truth`` (label maps without any error: alignment and
matching alone), ``true-bones`` (lesions grown and measured as by the pipeline, on true bones:
matching and measuring, but no network) or ``pipeline`` (everything). Whatever is done is kept
under `--out`: a later run goes on from there.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from followup_records import WAYS, Group, Record, records
from judging import print_table
from numpy.typing import NDArray

from calcimetry.agreement.concordance import concordance
from calcimetry.followup.change import ChangeSettings, change_of
from calcimetry.followup.likeness import Likeness
from calcimetry.followup.result import Change
from calcimetry.measurement.burden import counted

Floats = NDArray[np.float64]
#: Sizes that are reported apart, mm3.
SIZES = ((0.0, 5.0), (5.0, 20.0), (20.0, 100.0), (100.0, np.inf))
#: A change is to be called in so many cases.
POWER = 0.8
#: Steps of the logarithm of a true change that is tried.
TRIED = np.arange(0.0, 1.5, 0.01)


def change_in(group: Group, likeness: Likeness, settings: ChangeSettings) -> Change | None:
    """The change of a match's volume with these settings."""
    found = change_of(counted(group.first), counted(group.last), "volume_mm3", likeness, settings)
    return found if isinstance(found, Change) else None


def judged(found: Sequence[Record], settings: ChangeSettings) -> list[tuple[Group, Change, bool]]:
    """Every match that shows a deposit of its own, its change, and whether spacing differed."""
    return [
        (group, change, record.likeness.other_scan)
        for record in found
        for group in record.groups
        if group.fates
        and not group.mixed
        and group.kind != "not compared"
        and (change := change_in(group, record.likeness, settings))
    ]


def called(change: Change) -> bool:
    """Whether a change was called."""
    return change.category in ("progression", "improvement")


def smallest_called(pairs: Sequence[tuple[Group, Change, bool]], low: float, high: float) -> str:
    """Smallest true growth that is called in 80% of lesions of a size."""
    errors, least = [], []
    for group, change, _ in pairs:
        if not (low <= group.true_first.volume_mm3 < high) or change.relative_percent is None:
            continue
        if not group.true_last.volume_mm3 or change.detectable_increase_percent is None:
            continue
        true = np.log(group.true_last.volume_mm3 / group.true_first.volume_mm3)
        if abs(true) > 0.7:  # what errs in proportion to the change says nothing of small ones
            continue
        errors.append(np.log(change.last / change.first) - true)
        least.append(np.log1p(change.detectable_increase_percent / 100.0))
    if len(errors) < 5:
        return f"- ({len(errors)})"
    for step in TRIED:
        up = np.mean(step + np.array(errors) > least)
        down = np.mean(-step + np.array(errors) < -np.array(least))
        if (up + down) / 2.0 >= POWER:
            return f"{np.expm1(step):.0%} ({len(errors)})"
    return f"over {np.expm1(TRIED[-1]):.0%} ({len(errors)})"


def summary(found: Sequence[Record], settings: ChangeSettings) -> dict[str, str]:
    """One column of the table."""
    right = [
        one for record in found for group in record.groups for one in group.right if group.fates
    ]
    pairs = judged(found, settings)
    deltas = np.array(
        [
            (g.true_last.volume_mm3 - g.true_first.volume_mm3, change.absolute)
            for g, change, _ in pairs
        ]
    )
    both = [
        (g, change)
        for g, change, _ in pairs
        if change.relative_percent is not None
        and change.last
        and g.true_first.volume_mm3
        and g.true_last.volume_mm3
    ]
    ratios = np.array(
        [
            (np.log(g.true_last.volume_mm3 / g.true_first.volume_mm3), np.log(c.last / c.first))
            for g, c in both
        ]
    )
    covered = [
        c.relative_interval.low
        <= 100.0 * (g.true_last.volume_mm3 / g.true_first.volume_mm3 - 1.0)
        <= c.relative_interval.high
        for g, c in both
        if c.relative_interval
    ]
    still = [(g, c, other) for g, c, other in pairs if set(g.fates) == {"unchanged"}]
    kept = [(c, other) for g, c, other in still if g.first and g.last]
    errors = np.array([one[3] for record in found for one in record.bones])
    errors = errors[np.isfinite(errors)]
    missed = [max(one) for record in found for one in record.missed]
    false = [g for record in found for g in record.groups if not g.fates]
    rows = {
        "pairs of visits, lesions of both": f"{len(found)}, {len(right)}",
        "lesions matched rightly": _share(right),
        "CCC of true and measured change of volume": f"{concordance(*deltas.T):.3f}",
        "the same of logarithms of ratios": f"{concordance(*ratios.T):.3f}",
        "95% interval of the relative change holds the truth": _share(covered),
        "unchanged lesions called changed": _share([called(c) for _, c, _ in still]),
        "of them those seen at both visits": _share([called(c) for c, _ in kept]),
        "of them with the same spacing": _share([called(c) for c, other in kept if not other]),
        "by the rule of 25%": _share([c.rule_25 != "stable" for _, c, _ in still]),
    }
    rows |= {
        f"smallest change called in 80%, {low:g} to {high:g} mm3": smallest_called(pairs, low, high)
        for low, high in SIZES
    }
    return rows | {
        "bones refused": _share([not one[2] for record in found for one in record.bones]),
        "bones put wrong by, mean / 95% / worst": (
            f"{errors.mean():.2f} / {np.quantile(errors, 0.95):.2f} / {errors.max():.2f} mm"
        ),
        "deposits of 1.5 mm3 and more seen at neither visit": str(sum(v >= 1.5 for v in missed)),
        "lesions that are no deposit": str(len(false)),
        "seconds for comparing, mean": f"{np.mean([r.seconds_comparing for r in found]):.1f}",
    }


def _share(values: Sequence[bool]) -> str:
    return f"{np.mean(values):.1%} of {len(values)}" if len(values) else "-"


def main() -> None:
    """Run everything and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hands", type=int, default=0)
    parser.add_argument("--fingers", type=int, default=0)
    parser.add_argument("--way", choices=WAYS, default="true-bones")
    parser.add_argument("--seed", type=int, default=61)
    parser.add_argument("--out", type=Path, default=Path("runs/followup"))
    options = parser.parse_args()
    columns = {}
    for name, count in (("hands", options.hands), ("fingers", options.fingers)):
        if count:
            found = records(options.seed, count, name == "hands", options.way, options.out)
            columns[f"{name}, {options.way}"] = summary(found, ChangeSettings())
    if columns:
        print_table("Simulated hands at two visits", columns)


if __name__ == "__main__":
    main()
