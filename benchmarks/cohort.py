"""Measure a simulated cohort, and say how near sizes come and how often intervals hold the truth.

    python benchmarks/cohort.py [--count 2000] [--volumes 60] [--processes 2]

Finger pictures hold lesions of 0.4 to 48 mm2 in the published shapes; volumes are those of
`benchmarks/followup.py`, two of each finger. Hands are also made of the first volumes of five
fingers, the lesions of all taken together, to see what totals of many lesions do.
What is measured is kept under `--out`, so that a run that was broken off goes on, and new
settings of the intervals need no new run. The seed is none that settings were calibrated with.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from cohort_records import REPORT_SEEDS, Pair, Record, Total, interval_of, matched, run, totals
from judging import COUNTED_MM2, concordance, print_table
from simulated_hands import COUNTED_MM3

from calcimetry.measurement.error_model import ErrorModel
from calcimetry.measurement.volume_error import VolumeErrorModel
from calcimetry.settings import Settings

#: Sizes apart, mm2 or mm3: (least, below).
BANDS = ((0.5, 2.0), (2.0, 10.0), (10.0, 50.0), (50.0, np.inf))


def by_contact(records: list[Record], *, touches: bool) -> tuple[np.ndarray, np.ndarray]:
    """Measured and true total of each image, of lesions that touch bone or of the others.

    What was found counts where its true lesions do; what is missed or false for itself.
    """
    measured, true = [], []
    for record in records:
        pairs = [one for one in matched([record]) if one.touches is touches]
        seen = {n for group in record["groups"] for n in group["true"]}
        used = {n for group in record["groups"] for n in group["measured"]}
        missed = [
            one["size"]
            for one in record["true"]
            if one["number"] not in seen and one["touches"] is touches
        ]
        false = [
            one["size"]
            for one in record["measured"]
            if one["number"] not in used and one["touches"] is touches
        ]
        if pairs or missed or false:
            measured.append(sum(one.measured for one in pairs) + sum(false))
            true.append(sum(one.true for one in pairs) + sum(missed))
    return np.array(measured), np.array(true)


def ends_of(pair: Pair, model: ErrorModel) -> tuple[float, float]:
    """Both ends of what the measured lesions of a pair add up to."""
    ends = [interval_of(one, model) for one in pair.parts]
    return sum(end.low for end in ends), sum(end.high for end in ends)


def held(pairs: list[Pair], model: ErrorModel) -> str:
    """Share of intervals that hold the truth, and their median width over the size."""
    return share_held([judged(one, model) for one in pairs])


def judged(pair: Pair, model: ErrorModel) -> tuple[bool, float]:
    """Whether the interval holds the truth, and its width over the size."""
    low, high = ends_of(pair, model)
    return low <= pair.true <= high, (high - low) / pair.measured


def share_held(found: list[tuple[bool, float]]) -> str:
    """The same of several, in words."""
    if not found:
        return "-"
    inside, width = zip(*found, strict=True)
    return f"{np.mean(inside):.1%} of {len(found)}; {np.median(width):.2f}"


def totals_held(found: list[Total]) -> str:
    """The same of the totals of images with a lesion, their width as it is."""
    known = [(one.true, one.interval) for one in found if one.interval is not None]
    if not known:
        return "-"
    inside = [end.low <= true <= end.high for true, end in known]
    width = [end.high - end.low for _, end in known]
    return f"{np.mean(inside):.1%} of {len(known)}; {np.median(width):.1f}"


def summary(records: list[Record], model: ErrorModel, counted: float) -> dict[str, str]:
    """The rows of one kind of image."""
    pairs, found = matched(records), totals(records, model)
    lesions = [one for record in records for one in record["true"] if one["size"] >= counted]
    hits = sum(one.get("found", False) for one in lesions)
    false = [one["false"] for record in records for one in record["measured"]]
    rows = {"failed": f"{sum('failed' in one for one in records)} of {len(records)}"}
    for name, touches in (("touching bone", True), ("away from bone", False)):
        measured, true = by_contact(records, touches=touches)
        gap = measured - true
        rows[f"total, {name}: Lin's CCC"] = f"{concordance(measured, true):.3f} of {len(true)}"
        rows[f"total, {name}: bias / 95% LoA"] = (
            f"{gap.mean():+.2f} / +-{1.96 * gap.std(ddof=1):.2f}"
        )
    rows[f"lesions of {counted:g} or more found"] = f"{hits} of {len(lesions)}"
    rows["false lesions per image"] = f"{sum(false) / len(records):.2f}"
    known = [one for one in pairs if one.found] if isinstance(model, VolumeErrorModel) else pairs
    for least, below in BANDS:
        of_band = [one for one in known if least <= one.true < below]
        error = [abs(one.measured / one.true - 1.0) for one in of_band]
        bias = [one.measured / one.true - 1.0 for one in of_band]
        name = f"{least:g} to {below:g}"
        rows[f"{name}: median relative error / bias"] = (
            f"{np.median(error):.0%} / {np.median(bias):+.0%}" if error else "-"
        )
        rows[f"{name}: interval holds the truth; width / size"] = held(of_band, model)
    for name, touches in (("touching bone", True), ("away from bone", False)):
        apart = [one for one in known if one.touches is touches]
        rows[f"{name}: interval holds the truth; width / size"] = held(apart, model)
    rows["all found: interval holds the truth; width / size"] = held(known, model)
    rows["fragments too: interval holds the truth; width / size"] = held(pairs, model)
    rows["totals: interval holds the truth; width"] = totals_held(found)
    together = totals(hands_of_five(records), model)
    rows["totals of five images: interval holds the truth; width"] = totals_held(together)
    return rows


def hands_of_five(records: list[Record]) -> list[Record]:
    """Every second image, five at a time, with the lesions of all."""
    images = [one for one in records[::2] if "failed" not in one]
    return [
        {"true": _all(five, "true"), "measured": _all(five, "measured"), "groups": []}
        for five in (images[n : n + 5] for n in range(0, len(images) - 4, 5))
    ]


def _all(records: list[Record], name: str) -> list[Record]:
    return [one for record in records for one in record[name]]


def main() -> None:
    """Run everything and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=2000, help="finger pictures")
    parser.add_argument("--volumes", type=int, default=60, help="finger volumes")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("runs/cohort"))
    options = parser.parse_args()
    settings = Settings()
    for kind, count, model, counted, unit in (
        ("pictures", options.count, settings.area_error, COUNTED_MM2, "mm2"),
        ("volumes", options.volumes, settings.volume_error, COUNTED_MM3, "mm3"),
    ):
        if count:
            records = run(kind, REPORT_SEEDS[kind], count, options.out, options.processes)
            title = f"{count} simulated {kind} ({unit})"
            print_table(title, {title: summary(records, model, counted)})


if __name__ == "__main__":
    main()
