"""Follow the hand of known truth to itself, turned and with new noise; a part of docs/results.md.

    python benchmarks/followup_hand.py [--degrees 20] [--noise 10] [--way pipeline true-bones truth]

Nothing has changed between the two: every lesion is to be matched, and each change is error. The
second image is read off a grid that is turned about two axes, which blurs it a little, and white
noise is added. Each image is measured by the whole pipeline once and kept under `--out`.
"""

from __future__ import annotations

import argparse
import pickle
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
from followup_cases import grown_on, visit_of
from hand import Hand, read_hand, turned
from judging import print_table
from numpy.typing import NDArray
from reference import HAND
from scipy import ndimage

import calcimetry as cm
from calcimetry.followup.compare import compare_visits
from calcimetry.followup.result import FollowUp
from calcimetry.followup.visit import Visit
from calcimetry.measurement.volume import measure_volume_lesions
from calcimetry.model import Grid, Laterality, Segmentation, bone_name
from calcimetry.phantom.truth import hands_of


def noisy(hand: Hand, noise_hu: float) -> Hand:
    """The same hand with more noise at both energies."""
    rng = np.random.default_rng(20)
    low, high = (
        replace(one, array=one.array + rng.normal(0.0, noise_hu, one.array.shape))
        for one in (hand.image.low, hand.image.high)
    )
    return replace(hand, image=replace(hand.image, low=low, high=high))


def measured(hand: Hand, name: str, way: str, folder: Path) -> Visit:
    """A hand as a visit, measured or read."""
    path = folder / f"{name}-{way}.pickle"
    if not path.exists():
        visit = WAYS[way](hand, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pickle.dumps(visit))
    return cast("Visit", pickle.loads(path.read_bytes()))  # noqa: S301  (own file)


def _by_pipeline(hand: Hand, name: str) -> Visit:
    report = cm.measure(hand.image)
    found = (report.bones, report.lesion_map, report.lesions)
    return visit_of(hand.image, name, found, report.method)


def _with_true_bones(hand: Hand, name: str) -> Visit:
    """The true label map stands for the part that bone fills, smoothed as a scan's samples are."""
    bones = _labels(hand.bones, hand.image.grid, bone_name)
    fraction = ndimage.gaussian_filter((hand.bones > 0).astype(np.float32), 0.5)
    return grown_on(hand.image, bones, fraction, Laterality.RIGHT, name)


def _true_labels(hand: Hand, name: str) -> Visit:
    """Label maps without any error but that of their samples."""
    grid = hand.image.grid
    bones = _labels(hand.bones, grid, bone_name)
    lesions = _labels(hand.lesions, grid, lambda n: f"calcification {n}")
    fraction = lesions.mask.astype(np.float32)
    hands = hands_of(bones, Laterality.RIGHT)
    own = measure_volume_lesions(hand.image.mixed, bones, lesions, fraction, hands)
    return replace(visit_of(hand.image, name, (bones, lesions, own), "truth"), image=None)


def _labels(labels: NDArray[np.uint8], grid: Grid, name: Callable[[int], str]) -> Segmentation:
    return Segmentation(labels, grid, {int(n): name(int(n)) for n in np.unique(labels) if n})


WAYS: dict[str, Callable[[Hand, str], Visit]] = {
    "pipeline": _by_pipeline,
    "true-bones": _with_true_bones,
    "truth": _true_labels,
}


def summary(found: FollowUp, seconds: float) -> dict[str, str]:
    """One column of the table."""
    drawn_twice = [one for one in found.lesions if one.baseline and one.later]
    in_place = [one for one in found.lesions if one.kind == "seen once"]
    both = [*drawn_twice, *in_place]
    rows = {
        "lesions first / later": f"{len(found.baseline.lesions)} / {len(found.later.lesions)}",
        "matched one to one": str(sum(one.kind == "persisted" for one in drawn_twice)),
        "merged, split": str(sum(one.kind != "persisted" for one in drawn_twice)),
        "drawn at one visit, measured in its place at the other": str(len(in_place)),
        "of one visit alone (mm3)": ", ".join(
            f"{max(one.changes['volume_mm3'].first, one.changes['volume_mm3'].last):.1f}"
            for one in found.lesions
            if one not in both and one.changes
        )
        or "none",
        "called changed": str(
            sum(one.category in ("progression", "improvement") for one in found.lesions)
        ),
        "worst residual of a bone": f"{max(one.residual_mm for one in found.alignments):.2f} mm",
    }
    for quantity in ("volume_mm3", "mass_mg"):
        changes = [c for one in both if (c := one.changes.get(quantity))]
        if not changes:
            continue
        percent = np.array([c.relative_percent for c in changes])
        sizes = np.array([c.first for c in changes])
        rows |= {
            f"{quantity}: within 5%": f"{(abs(percent) <= 5).sum()} of {len(percent)}",
            f"{quantity}: median / largest of all": (
                f"{np.median(abs(percent)):.1f}% / {abs(percent).max():.1f}%"
            ),
            f"{quantity}: largest of those over 20": (
                f"{abs(percent[sizes > 20]).max(initial=0.0):.1f}% of {(sizes > 20).sum()}"
            ),
            f"{quantity}: total": f"{found.totals[quantity].relative_percent:+.1f}%",
        }
    return rows | {"seconds for comparing": f"{seconds:.1f}"}


def main() -> None:
    """Run everything and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=HAND)
    parser.add_argument("--degrees", type=float, default=20.0)
    parser.add_argument("--noise", type=float, default=10.0, help="HU")
    parser.add_argument("--way", nargs="+", choices=WAYS, default=list(WAYS))
    parser.add_argument("--out", type=Path, default=Path("runs/followup-hand"))
    options = parser.parse_args()
    hand = read_hand(options.data)
    other = noisy(turned(hand, options.degrees), options.noise)
    name = f"turned-{options.degrees:g}-{options.noise:g}"
    columns = {}
    for way in options.way:
        baseline = measured(hand, "first", way, options.out)
        later = measured(other, name, way, options.out)
        start = time.process_time()
        found = compare_visits(baseline, later)
        columns[way] = summary(found, time.process_time() - start)
        print(f"\n{way}")
        for one in found.lesions:
            sizes = [
                f"{c.first:.2f} to {c.last:.2f} {quantity[-3:].strip('_')}"
                for quantity in ("volume_mm3", "mass_mg")
                if (c := one.changes.get(quantity))
            ]
            print(f"{one.kind:12} {one.tracking_id}: {', '.join(sizes)}")
    rows = dict.fromkeys(row for column in columns.values() for row in column)
    full = {way: {row: column.get(row, "-") for row in rows} for way, column in columns.items()}
    print_table("The hand of known truth, twice", full)


if __name__ == "__main__":
    main()
