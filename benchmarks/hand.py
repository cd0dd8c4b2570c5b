"""Measure calcimetry against a hand of known truth, and print the table of docs/results.md.

    python benchmarks/hand.py [--data ../shared/data/hand] [--quick] [--method vnet]

The folder holds ``dicom`` (one dual-energy study), ``truth_bones.nii.gz`` (10 x digit +
bone), ``truth_lesions.nii.gz`` (lesion numbers) and ``truth.json`` (volume of each). The
study is also given flipped, with its axes in another order, turned, coarser, from one
energy alone and with less of the hand in view, as scanners and exports have it.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import nibabel
import numpy as np
from cohort import ends_of, held
from cohort_records import matched as pairs_of
from cohort_records import record_of
from judging import dice, is_found, print_table
from numpy.typing import NDArray
from reference import HAND

import calcimetry as cm
from calcimetry.dicom.find import find_series
from calcimetry.model import DualEnergyImage, Grid
from calcimetry.resample import resample_image
from calcimetry.settings import Settings

COUNTED_MM3 = 1.5
Labels = NDArray[np.uint8]


@dataclass(frozen=True)
class Hand:
    """A study and its truth on the same grid."""

    image: DualEnergyImage
    bones: Labels
    lesions: Labels
    volumes_mm3: dict[int, float]


def read_hand(folder: Path) -> Hand:
    """The study of a folder and its truth."""
    (volume,) = find_series([folder / "dicom"]).volumes
    image = volume.load()
    assert isinstance(image, DualEnergyImage)
    truth = json.loads((folder / "truth.json").read_text())
    return Hand(
        image,
        _on_grid(folder / "truth_bones.nii.gz", image.grid),
        _on_grid(folder / "truth_lesions.nii.gz", image.grid),
        {lesion["id"]: lesion["volume_mm3"] for lesion in truth["lesions"]},
    )


def _on_grid(path: Path, grid: Grid) -> Labels:
    """A label map on the grid of the CT: the same samples, perhaps in another order."""
    file = nibabel.load(path)
    to_lps = np.diag([-1.0, -1.0, 1.0, 1.0]) @ file.affine
    labels = np.asarray(file.dataobj, np.uint8)
    return resample_image(labels, Grid(labels.shape, to_lps), grid, order=0)


def changed(hand: Hand, change: Callable[[NDArray[np.generic]], NDArray[np.generic]]) -> Hand:
    """The same hand with its samples in another order, exactly."""
    places = np.stack([np.full(hand.image.grid.shape, 0.0)] * 3, axis=-1)
    places[...] = np.stack(np.indices(hand.image.grid.shape), axis=-1)
    order = np.stack([change(places[..., k]) for k in range(3)], axis=-1)
    affine = hand.image.grid.affine.copy()
    start = order[0, 0, 0]
    steps = [order[1, 0, 0] - start, order[0, 1, 0] - start, order[0, 0, 1] - start]
    affine[:3, :3] = hand.image.grid.affine[:3, :3] @ np.stack(steps, axis=1)
    affine[:3, 3] = hand.image.grid.index_to_mm(start)
    grid = Grid(order.shape[:3], affine)
    image = _with_arrays(hand.image, grid, change)
    return replace(hand, image=image, bones=change(hand.bones), lesions=change(hand.lesions))


def onto(hand: Hand, grid: Grid) -> Hand:
    """The same hand sampled on another grid."""
    old = hand.image.grid

    def sampled(array: NDArray[np.generic]) -> NDArray[np.generic]:
        return resample_image(array, old, grid, fill=-1000.0)

    return replace(
        hand,
        image=_with_arrays(hand.image, grid, sampled),
        bones=resample_image(hand.bones, old, grid, order=0),
        lesions=resample_image(hand.lesions, old, grid, order=0),
    )


def turned(hand: Hand, degrees: float = 20.0) -> Hand:
    """The same hand on a grid turned about two axes."""
    angle = np.deg2rad(degrees)
    c, s = np.cos(angle), np.sin(angle)
    turn = np.array([[1, 0, 0], [0, c, -s], [0, s, c]]) @ np.array(
        [[c, -s, 0], [s, c, 0], [0, 0, 1]]
    )
    old = hand.image.grid
    corners = old.index_to_mm(
        np.stack(np.meshgrid(*[(0, n - 1) for n in old.shape]), -1).reshape(-1, 3)
    )
    axes = turn @ old.affine[:3, :3] / np.array(old.spacing)
    seen = corners @ axes
    size = np.ceil((seen.max(0) - seen.min(0)) / old.spacing).astype(int) + 1
    affine = np.eye(4)
    affine[:3, :3] = axes * old.spacing
    affine[:3, 3] = axes @ seen.min(0)
    return onto(hand, Grid(tuple(int(n) for n in size), affine))


def coarser(hand: Hand, spacing: tuple[float, float, float]) -> Hand:
    """The same hand in samples of another size (slice, row, column) in mm."""
    old = hand.image.grid
    factor = np.array(spacing) / old.spacing
    shape = np.floor(np.array(old.shape) / factor).astype(int)
    affine = old.affine.copy()
    affine[:3, :3] *= factor
    affine[:3, 3] = old.index_to_mm((factor - 1.0) / 2.0)
    return onto(hand, Grid(tuple(int(n) for n in shape), affine))


def _with_arrays(
    image: DualEnergyImage, grid: Grid, change: Callable[[NDArray[np.generic]], NDArray[np.generic]]
) -> DualEnergyImage:
    low, high = (
        cm.Image(change(one.array), grid, name=one.name) for one in (image.low, image.high)
    )
    return DualEnergyImage(low, high, image.low_setting, image.high_setting)


def changed_view(hand: Hand) -> Hand:
    """Only the half of the slices with the fingers."""
    fingers = hand.bones % 10 < 4
    middle = hand.image.grid.shape[0] // 2
    first = (hand.bones[:middle] * fingers[:middle] > 0).sum()
    second = (hand.bones[middle:] * fingers[middle:] > 0).sum()
    kept = slice(0, middle) if first > second else slice(middle, None)
    return changed(hand, lambda a: a[kept])


WAYS: dict[str, Callable[[Hand], Hand]] = {
    "as scanned": lambda hand: hand,
    "flipped": lambda hand: changed(hand, lambda a: a[::-1, :, ::-1]),
    "other axes": lambda hand: changed(hand, lambda a: a.transpose(2, 0, 1)),
    "turned 20 deg": turned,
    "0.5 x 0.8 mm": lambda hand: coarser(hand, (0.8, 0.5, 0.5)),
    "1 mm": lambda hand: coarser(hand, (1.0, 1.0, 1.0)),
    "80 kV alone": lambda hand: replace(
        hand, image=DualEnergyImage(hand.image.low, hand.image.low)
    ),
    "fingers only": changed_view,
}


def judge(hand: Hand, settings: Settings, *, each: bool = False) -> dict[str, str]:
    """One column of the table; `each` prints the volume of each lesion too."""
    start = time.perf_counter()
    report = cm.measure(hand.image, settings)
    seconds = time.perf_counter() - start
    found_bones = report.bones.label_map % 100
    present = [n for n in np.unique(hand.bones) if n]
    overlap = {int(n): dice(found_bones == n, hand.bones == n) for n in present}
    phalanges = [value for n, value in overlap.items() if n % 10 < 4]
    metacarpals = [value for n, value in overlap.items() if n % 10 == 4]
    lesions = report.lesion_map.label_map
    sample = abs(float(np.linalg.det(report.image.grid.affine[:3, :3])))
    found, counted, matched = 0, 0, set()
    for number, volume in hand.volumes_mm3.items():
        true = hand.lesions == number
        if volume < COUNTED_MM3 or not true.any():
            continue
        counted += 1
        hits = [n for n in np.unique(lesions[true]) if n]
        matched |= {int(n) for n in hits}
        found += any(is_found(lesions == n, true) for n in hits)
    touched = {int(n) for n in np.unique(lesions[hand.lesions > 0]) if n}
    false = [one for one in report.lesions if one.number not in touched]
    in_view = {n for n in np.unique(hand.lesions) if n}
    total = sum(v for n, v in hand.volumes_mm3.items() if n in in_view)
    measured = sum(one.volume_mm3 or 0.0 for one in report.lesions if one.number in touched)
    record = record_of(
        report,
        [{"number": n, "size": hand.volumes_mm3[n], "touches": False} for n in sorted(in_view)],
        hand.lesions,
        (hand.lesions > 0).astype(np.float32),
        lambda one: (one.volume_mm3, one.surface_mm2),
    )
    pairs = pairs_of([record])
    whole = report.volume_interval
    if each:
        for one in pairs:
            low, high = ends_of(one, Settings().volume_error)
            print(f"true {one.true:.1f} mm3, measured {one.measured:.1f} ({low:.1f} to {high:.1f})")
    digits = {f.digit for h in report.hands for f in h.fingers if f.digit}
    sides = {h.laterality.value if h.laterality else "?" for h in report.hands}
    mean = lambda values: f"{np.mean(values):.3f}" if values else "-"  # noqa: E731
    return {
        "digits named / side": f"{len(digits)} / {'+'.join(sorted(sides))}",
        "Dice of phalanges: mean": mean(phalanges),
        "Dice of metacarpals: mean": mean(metacarpals),
        "worst bone": f"{min(overlap.values()):.3f} ({min(overlap, key=lambda n: overlap[n])})",
        f"lesions of {COUNTED_MM3} mm3 or more found": f"{found} of {counted}",
        "their and smaller ones' volume, measured / true (mm3)": f"{measured:.0f} / {total:.0f}",
        f"false lesions of {COUNTED_MM3} mm3 or more": str(
            sum((one.volume_mm3 or 0.0) >= COUNTED_MM3 for one in false)
        ),
        "false lesions in all": str(len(false)),
        "volume: interval holds the truth; median width / volume": held(
            pairs, Settings().volume_error
        ),
        "total, true: measured (interval), mm3": (
            f"{total:.0f}: {report.volume_mm3:.0f} ({whole.low:.0f} to {whole.high:.0f})"
            if whole
            else "-"
        ),
        "seconds, warm": f"{seconds:.1f} ({report.image.grid.shape}, {sample:.3f} mm3)",
    }


def time_command(study: Path, out: Path) -> tuple[float, float]:
    """Seconds and peak memory in GB of `calcimetry measure` from a cold start."""
    command = [sys.executable, "-m", "calcimetry", "measure", str(study), "--overwrite"]
    start = time.perf_counter()
    subprocess.run([*command, "--out", str(out)], check=True, capture_output=True)  # noqa: S603
    took = time.perf_counter() - start
    return took, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6


def main() -> None:
    """Run everything and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=HAND)
    parser.add_argument("--quick", action="store_true", help="as scanned only")
    parser.add_argument("--method", default="unet", help="how bone is found")
    parser.add_argument("--model", default="", help="other weights of that method")
    parser.add_argument("--out", type=Path, default=Path("runs/bench-hand"))
    options = parser.parse_args()
    hand = read_hand(options.data)
    ways = list(WAYS)[:1] if options.quick else list(WAYS)
    settings = Settings(method=options.method, model=options.model)
    table = {way: judge(WAYS[way](hand), settings, each=options.quick) for way in ways}
    print_table(f"The hand of known truth, by {options.method}", table)
    if not options.quick:
        took, memory = time_command(options.data / "dicom", options.out)
        print(f"from DICOM to files, cold: {took:.1f} s, {memory:.2f} GB at most")


if __name__ == "__main__":
    main()
