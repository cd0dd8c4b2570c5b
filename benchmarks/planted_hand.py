"""Plant simulated deposits in the hand of known truth, and see how they are measured.

    python benchmarks/planted_hand.py [--data ../shared/data/hand] [--times 4] [--deposits 14]

The hand has nine lesions: too few to say what is found. It is taken several times here, each
time with other deposits of the simulator's shapes beside its real bones, at both energies and
blurred as the scan is blurred itself.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from hand import COUNTED_MM3, Hand, read_hand
from judging import concordance, is_found, print_table
from numpy.typing import NDArray
from reference import HAND
from rich.progress import track
from scipy import ndimage

import calcimetry as cm
from calcimetry.attenuation import hydroxyapatite_gain
from calcimetry.phantom.deposits import Deposit, Shape
from calcimetry.phantom.lumps import draw_lump
from calcimetry.phantom.sites import Place

#: No training begins with this.
SEED = 78
#: Volumes aimed at, mm3, evenly on a logarithmic scale; parts lost to bone make some smaller.
SIZES_MM3 = (1.5, 150.0)
#: Share that lies on bone; of shapes; what is known of the scan.
ON_BONE, SHAPES, SHARES = 0.5, ("stone", "plate", "net"), (0.6, 0.3, 0.1)
ENERGIES_KEV, BLUR_MM = (54.0, 86.5), 0.4
#: Border of the hand in HU.
_FLESH_HU = -200.0
#: Of what the mineral lies in.
_TISSUE_HU = 50.0
_FINER = 3


@dataclass(frozen=True)
class Planted:
    """One deposit in the hand."""

    number: int
    volume_mm3: float
    mass_mg: float
    gap_mm: float
    shape: str


def planted(hand: Hand, rng: np.random.Generator, number: int) -> tuple[Hand, list[Planted]]:
    """The same hand with more deposits in it."""
    grid = hand.image.grid
    bone = hand.bones > 0
    flesh = ndimage.binary_fill_holes(hand.image.low.array > _FLESH_HU)
    to_bone = ndimage.distance_transform_edt(~bone, grid.spacing)
    to_skin = ndimage.distance_transform_edt(flesh, grid.spacing)
    taken = ndimage.binary_dilation(hand.lesions > 0, iterations=3)
    lesions = hand.lesions.copy()
    mineral, solid = np.zeros(grid.shape), np.zeros(grid.shape)  # mg/cm3, and part of a sample
    made: list[Planted] = []
    while len(made) < number:
        volume = float(np.exp(rng.uniform(*np.log(SIZES_MM3))))
        radius = float(np.cbrt(volume * 0.75 / np.pi))
        on_bone = rng.random() < ON_BONE
        low, high = (0.0, 0.8 * radius + 0.3) if on_bone else (radius + 0.8, 9.0)
        allowed = ~bone & ~taken & (to_bone > low) & (to_bone < high) & (to_skin > 0.7 * radius)
        centre = np.array(np.unravel_index(rng.choice(np.flatnonzero(allowed)), grid.shape))
        normal = np.array(np.gradient(to_bone[_box(centre, 2, grid.shape)])).mean(axis=(1, 2, 3))
        place = _place(rng, grid.index_to_mm(centre), grid.affine[:3, :3] @ normal)
        shape: Shape = str(rng.choice(SHAPES, p=SHARES))  # type: ignore[assignment]
        deposit = draw_lump(rng, shape, radius, place)
        box = _box(centre, int(4 * radius / min(grid.spacing)) + 4, grid.shape)
        filled = _filled(deposit, hand, box) * flesh[box] * ~bone[box] * ~taken[box]
        own = filled >= 0.5
        size = float(filled.sum()) * grid.voxel_mm3
        if size < 0.5 * SIZES_MM3[0] or not own.any():
            continue
        lesions[box][own] = lesions.max() + 1
        taken[box] |= ndimage.binary_dilation(filled > 0, iterations=2)
        mineral[box] += filled * deposit.density
        solid[box] += filled
        made.append(
            Planted(
                int(lesions.max()),
                size,
                size * deposit.density / 1000.0,
                float(to_bone[box][own].min()),
                shape,
            )
        )
    sigma = [BLUR_MM / step for step in grid.spacing]
    mineral, solid = (ndimage.gaussian_filter(one, sigma) for one in (mineral, solid))
    low, high = (
        _with(one, mineral * gain, solid)
        for one, gain in zip(hand.image.energies, hydroxyapatite_gain(ENERGIES_KEV), strict=True)
    )
    image = replace(hand.image, low=low, high=high)
    volumes = hand.volumes_mm3 | {one.number: one.volume_mm3 for one in made}
    return Hand(image, hand.bones, lesions, volumes), made


def _with(image: cm.Image, mineral_hu: NDArray[np.float64], solid: NDArray[np.float64]) -> cm.Image:
    """An image with deposits in place of the tissue: fibrous tissue and mineral, and no fat."""
    tissue = np.minimum(image.array, _TISSUE_HU)
    more = mineral_hu + solid * (_TISSUE_HU - tissue)
    return replace(image, array=np.rint(image.array + more).astype(np.float32))


def _place(
    rng: np.random.Generator, centre: NDArray[np.float64], normal: NDArray[np.float64]
) -> Place:
    normal = normal / (np.linalg.norm(normal) + 1e-9)
    along = np.cross(normal, rng.normal(size=3))
    return Place("planted", centre, normal, along / np.linalg.norm(along))


def _box(centre: NDArray[np.integer], margin: int, shape: tuple[int, ...]) -> tuple[slice, ...]:
    return tuple(
        slice(max(0, int(c) - margin), min(n, int(c) + margin + 1))
        for c, n in zip(centre, shape, strict=True)
    )


def _filled(deposit: Deposit, hand: Hand, box: tuple[slice, ...]) -> NDArray[np.float64]:
    """Part of each sample of a box that a deposit fills, from samples in a finer grid."""
    steps = (np.arange(_FINER) - (_FINER - 1) / 2) / _FINER
    index = np.stack(np.meshgrid(*[np.arange(b.start, b.stop) for b in box], indexing="ij"), -1)
    inside = np.zeros(index.shape[:-1])
    for step in np.stack(np.meshgrid(steps, steps, steps), -1).reshape(-1, 3):
        inside += deposit.distance(hand.image.grid.index_to_mm(index + step)) < 0.0
    return inside / _FINER**3


@dataclass(frozen=True)
class Judged:
    """What became of one planted deposit."""

    truth: Planted
    found: bool
    volume_mm3: float
    mass_mg: float


def judge(hand: Hand, made: list[Planted]) -> tuple[list[Judged], int, float, float]:
    """Each deposit; false lesions; and all lesions' measured and true volume in mm3."""
    report = cm.measure(hand.image)
    lesions = report.lesion_map.label_map
    by_number = {one.number: one for one in report.lesions}
    results = []
    for one in made:
        true = hand.lesions == one.number
        hits = [n for n in np.unique(lesions[true & (lesions > 0)]) if is_found(lesions == n, true)]
        own = [by_number[int(n)] for n in hits]
        volume = sum(lesion.volume_mm3 or 0.0 for lesion in own)
        mass = sum(lesion.mass_mg or 0.0 for lesion in own)
        results.append(Judged(one, bool(hits), volume, mass))
    false = sum(
        (one.volume_mm3 or 0.0) >= COUNTED_MM3 and not hand.lesions[lesions == one.number].any()
        for one in report.lesions
    )
    return results, false, report.volume_mm3, sum(hand.volumes_mm3.values())


def rows(results: list[Judged]) -> Iterator[tuple[str, str]]:
    """Found, and errors of volume and mass, by size and whether it touches bone."""
    for name, low, high in (("1.5 to 5", 1.5, 5.0), ("5 to 20", 5.0, 20.0), ("20", 20.0, 1e9)):
        for place, touches in (("on bone", True), ("apart", False)):
            some = [
                one
                for one in results
                if low <= one.truth.volume_mm3 < high and (one.truth.gap_mm <= 1.0) == touches
            ]
            seen = [one for one in some if one.found]
            volume = [abs(o.volume_mm3 / o.truth.volume_mm3 - 1.0) for o in seen]
            mass = [abs(o.mass_mg / o.truth.mass_mg - 1.0) for o in seen]
            errors = (
                f"; median error of volume {np.median(volume):.0%}, of mass {np.median(mass):.0%}"
                if seen
                else ""
            )
            more = " mm3" if high < 1e9 else " mm3 and more"
            yield f"{name}{more}, {place}: found", f"{len(seen)} of {len(some)}{errors}"


def main() -> None:
    """Plant, measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=HAND)
    parser.add_argument("--times", type=int, default=4, help="how often the hand is taken")
    parser.add_argument("--deposits", type=int, default=14, help="planted each time")
    parser.add_argument("--each", action="store_true", help="print every deposit")
    options = parser.parse_args()
    hand = read_hand(options.data)
    results: list[Judged] = []
    false, totals = [], []
    for n in track(range(options.times), "Measuring"):
        more, made = planted(hand, np.random.default_rng((SEED, n)), options.deposits)
        own, wrong, measured, true = judge(more, made)
        results += own
        false.append(wrong)
        totals.append((measured, true))
    if options.each:
        for one in results:
            print(
                f"{one.truth.shape}, {one.truth.gap_mm:.1f} mm from bone, "
                f"{1000 * one.truth.mass_mg / one.truth.volume_mm3:.0f} mg/cm3: "
                f"{one.truth.volume_mm3:.1f} mm3, measured {one.volume_mm3:.1f}"
            )
    measured, true = np.array(totals).T
    table = dict(rows(results)) | {
        "volume of those found: Lin's CCC": f"{concordance(*_volumes(results)):.3f}",
        f"false lesions of {COUNTED_MM3} mm3 or more in each hand": ", ".join(map(str, false)),
        "all lesions, measured / true (mm3)": ", ".join(
            f"{m:.0f} / {t:.0f}" for m, t in zip(measured, true, strict=True)
        ),
    }
    print_table(f"{len(results)} deposits planted beside real bones", {"unet": table})


def _volumes(results: list[Judged]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    seen = [one for one in results if one.found]
    return (
        np.array([one.volume_mm3 for one in seen]),
        np.array([one.truth.volume_mm3 for one in seen]),
    )


if __name__ == "__main__":
    main()
