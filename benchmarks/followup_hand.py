"""Follow the hand of known truth to itself, turned and with new noise; a part of docs/results.md.

    python benchmarks/followup_hand.py [--data ../shared/data/hand] [--degrees 20] [--noise 10]

Nothing has changed between the two: every lesion is to be matched, and each change is error. The
second image is read off a grid that is turned about two axes, which blurs it a little, and white
noise is added. Each image is measured by the whole pipeline once and kept under `--out`.
"""

from __future__ import annotations

import argparse
import os
import pickle
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from hand import Hand, read_hand, turned
from judging import print_table

import calcimetry as cm
from calcimetry.followup.compare import compare_visits
from calcimetry.followup.result import FollowUp
from calcimetry.followup.visit import Visit


def noisy(hand: Hand, noise_hu: float) -> Hand:
    """The same hand with more noise at both energies."""
    rng = np.random.default_rng(20)
    low, high = (
        replace(one, array=one.array + rng.normal(0.0, noise_hu, one.array.shape))
        for one in (hand.image.low, hand.image.high)
    )
    return replace(hand, image=replace(hand.image, low=low, high=high))


def measured(hand: Hand, name: str, path: Path) -> Visit:
    """A hand as a visit, measured or read."""
    if not path.exists():
        report = cm.measure(hand.image)
        parts = (report.bones, report.lesion_map, report.lesions, report.method)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pickle.dumps(parts))
    bones, lesion_map, lesions, method = pickle.loads(path.read_bytes())  # noqa: S301  (own file)
    settings = (hand.image.low_setting, hand.image.high_setting)
    return Visit(
        name,
        bones,
        lesion_map,
        lesions,
        tube_settings=settings,
        calibration="nominal",
        method=method,
    )


def summary(found: FollowUp, seconds: float) -> dict[str, str]:
    """One column of the table."""
    both = [one for one in found.lesions if one.baseline and one.later]
    rows = {
        "lesions first / later": f"{len(found.baseline.lesions)} / {len(found.later.lesions)}",
        "matched one to one": str(sum(one.kind == "persisted" for one in both)),
        "merged, split": str(sum(one.kind != "persisted" for one in both)),
        "of one visit alone (mm3)": ", ".join(
            f"{max(one.changes['volume_mm3'].first, one.changes['volume_mm3'].last):.1f}"
            for one in found.lesions
            if not (one.baseline and one.later) and one.changes
        )
        or "none",
        "called changed": str(
            sum(one.category in ("progression", "improvement") for one in found.lesions)
        ),
        "worst residual of a bone": f"{max(one.residual_mm for one in found.alignments):.2f} mm",
    }
    for quantity in ("volume_mm3", "mass_mg"):
        changes = [c for one in both if (c := one.changes.get(quantity))]
        percent = np.array([c.relative_percent for c in changes])
        sizes = np.array([c.first for c in changes])
        rows |= {
            f"{quantity}: within 5%": f"{(abs(percent) <= 5).sum()} of {len(percent)}",
            f"{quantity}: median / largest of all": (
                f"{np.median(abs(percent)):.1f}% / {abs(percent).max():.1f}%"
            ),
            f"{quantity}: largest of those over 20": (
                f"{abs(percent[sizes > 20]).max():.1f}% of {(sizes > 20).sum()}"
            ),
            f"{quantity}: total": f"{found.totals[quantity].relative_percent:+.1f}%",
        }
    return rows | {"seconds for comparing": f"{seconds:.1f}"}


def main() -> None:
    """Run everything and print the table."""
    shared = Path(os.environ.get("CALCIMETRY_SHARED", Path(__file__).parents[2] / "shared"))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=shared / "data" / "hand")
    parser.add_argument("--degrees", type=float, default=20.0)
    parser.add_argument("--noise", type=float, default=10.0, help="HU")
    parser.add_argument("--out", type=Path, default=Path("runs/followup-hand"))
    options = parser.parse_args()
    hand = read_hand(options.data)
    other = noisy(turned(hand, options.degrees), options.noise)
    baseline = measured(hand, "as scanned", options.out / "first.pickle")
    name = f"turned-{options.degrees:g}-{options.noise:g}.pickle"
    later = measured(other, "turned", options.out / name)
    start = time.process_time()
    found = compare_visits(baseline, later)
    print_table("The hand of known truth", {"turned": summary(found, time.process_time() - start)})
    for one in found.lesions:
        volume = one.changes.get("volume_mm3")
        if volume:
            print(f"{one.kind:12} {one.tracking_id}: {volume.first:.2f} to {volume.last:.2f} mm3")


if __name__ == "__main__":
    main()
