"""Processor time that measuring takes once bone and lesions are found, and what axes cost.

    python benchmarks/measuring_speed.py [--data ../shared/data] [--skip-hand]

Of one picture (target 20 ms), of a picture of more than a megapixel with many lesions, and of
the hand with its truth as segmentation (target 5 s), with the part that subtraction and growing
take before it. Axes are timed beside a search over all points of the same outline (target: 20
times as long), in plain loops and with all pairs at once in numpy: every distance for the long
axis, every corner's line across against every edge for the short one.
"""

from __future__ import annotations

import argparse
import itertools
import math
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from fingers import read_cases
from hand import read_hand
from numpy.typing import NDArray
from reference import DATA
from rich.console import Console
from rich.table import Table
from scipy.spatial.distance import cdist

from calcimetry.bone.method import BoneEvidence
from calcimetry.lesions.grow import grow_lesions
from calcimetry.lesions.subtract import subtract_bone
from calcimetry.measurement.size import measure_lesions
from calcimetry.measurement.volume import measure_volume_lesions
from calcimetry.model import Grid, Image, Laterality, Segmentation, bone_name
from calcimetry.outline import outer_outlines, shape_of_outlines
from calcimetry.phantom.truth import hands_of

Floats = NDArray[np.float64]


def milliseconds(job: Callable[[], object], repeats: int) -> str:
    """Median processor time of some runs after one that is not counted; of one run itself."""
    if repeats > 1:
        job()
    times = []
    for _ in range(repeats):
        start = time.process_time()
        job()
        times.append(time.process_time() - start)
    return f"{1000.0 * float(np.median(times)):.1f} ms"


def blob(diameter_mm: float, spacing_mm: float, rng: np.random.Generator) -> Floats:
    """A lesion's mineral fraction: a disc with a wavy border."""
    half = int(0.7 * diameter_mm / spacing_mm) + 4
    row, column = np.indices((2 * half + 1, 2 * half + 1)) - half
    angle, radius = np.arctan2(row, column), np.hypot(row, column) * spacing_mm
    waves = sum(
        rng.uniform(0.0, 0.05) * np.cos(n * angle + rng.uniform(0.0, 6.0)) for n in range(2, 8)
    )
    return np.clip(0.5 + (diameter_mm / 2.0 * (1.0 + waves) - radius) / spacing_mm, 0.0, 1.0)


def search_in_loops(curves: list[Floats]) -> tuple[float, float]:
    """Long and short axis by comparing every two points, and every corner with every edge."""
    points = [tuple(point) for curve in curves for point in curve[:-1].tolist()]
    longest, start, end = max((math.dist(a, b), a, b) for a, b in itertools.combinations(points, 2))
    row, column = ((b - a) / longest for a, b in zip(start, end, strict=True))
    turned = [
        [(y * row + x * column, x * row - y * column) for y, x in curve.tolist()]
        for curve in curves
    ]
    edges = [edge for curve in turned for edge in itertools.pairwise(curve)]
    widest = 0.0
    for (place, _), _ in edges:
        heights = [
            u + (place - t) / (v - t) * (w - u) if v != t else u
            for (t, u), (v, w) in edges
            if min(t, v) <= place <= max(t, v)
        ]
        widest = max(widest, max(heights) - min(heights))
    return longest, widest


def search_over_points(curves: list[Floats]) -> tuple[float, float]:
    """Long and short axis by comparing everything with everything, with numpy's speed."""
    points = np.concatenate([curve[:-1] for curve in curves])
    distance = cdist(points, points)
    start, end = np.unravel_index(int(distance.argmax()), distance.shape)
    along = (points[end] - points[start]) / distance[start, end]
    turned = [curve @ np.stack([along, [-along[1], along[0]]], axis=1) for curve in curves]
    first = np.concatenate([curve[:-1] for curve in turned])
    second = np.concatenate([curve[1:] for curve in turned])
    place = first[:, 0][:, None]
    run = np.where(second[:, 0] == first[:, 0], 1.0, second[:, 0] - first[:, 0])
    part = (place - first[:, 0]) / run
    height = first[:, 1] + np.clip(part, 0.0, 1.0) * (second[:, 1] - first[:, 1])
    crossed = (part >= -1e-9) & (part <= 1.0 + 1e-9)
    top = np.where(crossed, height, -np.inf).max(axis=1)
    bottom = np.where(crossed, height, np.inf).min(axis=1)
    return float(distance[start, end]), float((top - bottom).max())


def axes_table() -> Table:
    """Our axes beside the search, for outlines of some lengths."""
    searches = {"plain loops": search_in_loops, "numpy": search_over_points}
    columns = [f"search, {name} (times as long)" for name in searches]
    table = Table("outline", "points", "ours, with perimeter, solidity, misfit", *columns)
    table.title = "Long and short axis of one outline (target: a search takes 20 times as long)"
    rng = np.random.default_rng(3)
    for diameter, spacing in ((3.0, 0.4), (6.0, 0.1), (15.0, 0.1)):
        curves = outer_outlines(blob(diameter, spacing, rng))
        ours = milliseconds(lambda c=curves, s=spacing: shape_of_outlines(c, (s, s)), 20)
        points = str(sum(len(curve) - 1 for curve in curves))
        row = [f"{diameter:g} mm at {spacing:g} mm", points, ours]
        for search in searches.values():
            took = milliseconds(lambda c=curves, job=search: job(c), 3)
            times = float(took.split()[0]) / float(ours.split()[0])
            row.append(f"{took} ({times:.1f})")
        table.add_row(*row)
    return table


def truth_of(labels: NDArray[np.generic], grid: Grid, word: str) -> Segmentation:
    """A label map as a segmentation."""
    names = {
        int(n): bone_name(int(n)) if word == "bone" else f"{word} {n}"
        for n in np.unique(labels)
        if n
    }
    return Segmentation(labels, grid, names)


def time_steps(
    image: Image,
    bones: Segmentation,
    lesions: Segmentation,
    measure: Callable[..., object],
    repeats: int,
) -> list[str]:
    """Subtraction, growing and measuring, each on its own."""
    evidence = BoneEvidence(
        bones, bones.mask.astype(np.float32), lesions.mask.astype(np.float32), "truth"
    )
    remainder = subtract_bone(image, evidence)
    grown = grow_lesions(image, evidence, remainder)
    return [
        str(len(grown.lesion_map.labels)),
        milliseconds(lambda: subtract_bone(image, evidence), repeats),
        milliseconds(lambda: grow_lesions(image, evidence, remainder), repeats),
        milliseconds(lambda: measure(grown), repeats),
    ]


def large_picture(count: int = 40) -> tuple[Image, Segmentation, Segmentation]:
    """A bone and that many lesions in a picture of 1.2 megapixels of 0.1 mm."""
    rng = np.random.default_rng(11)
    grid = Grid.picture((1500, 800), 0.1)
    fraction, bones = np.zeros(grid.shape[1:]), np.zeros(grid.shape[1:], int)
    bones[:, 350:450] = 1
    labels = np.zeros(grid.shape[1:], int)
    for number in range(1, count + 1):
        one = blob(float(rng.uniform(1.0, 5.0)), 0.1, rng)
        row, side = 20 + (number - 1) // 2 * 72, number % 2
        column = (40, 520)[side] + int(rng.integers(0, 150))
        box = (slice(row, row + one.shape[0]), slice(column, column + one.shape[1]))
        height = min(one.shape[0], grid.shape[1] - row)
        fraction[box] = np.maximum(fraction[box], one[:height])
        labels[box][one[:height] >= 0.5] = number
    hu = 40.0 + 900.0 * fraction + 1100.0 * bones + rng.normal(0.0, 15.0, fraction.shape)
    return Image(hu, grid), truth_of(bones, grid, "bone"), truth_of(labels, grid, "calcification")


def main() -> None:
    """Run everything and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--skip-hand", action="store_true")
    options = parser.parse_args()
    table = Table("", "lesions", "subtracting", "growing", "measuring")
    table.title = "After segmentation, which is given (targets: a picture 20 ms, the hand 5 s)"
    most = max(read_cases(options.data / "fingers"), key=lambda case: len(np.unique(case.lesions)))
    pictures = {
        f"{most.name}.jpg": (
            most.image,
            truth_of(most.bones[None], most.image.grid, "bone"),
            truth_of(most.lesions[None], most.image.grid, "calcification"),
        ),
        "1.2 megapixels of 0.1 mm": large_picture(),
    }
    for name, (image, bones, lesions) in pictures.items():
        steps = time_steps(
            image,
            bones,
            lesions,
            lambda grown, i=image, b=bones: measure_lesions(
                i, b, grown.lesion_map, grown.mineral_fraction
            ),
            5,
        )
        table.add_row(name, *steps)
    if not options.skip_hand:
        hand = read_hand(options.data / "hand")
        image = hand.image.mixed
        bones = truth_of(hand.bones, image.grid, "bone")
        hands = hands_of(bones, Laterality.RIGHT)
        steps = time_steps(
            image,
            bones,
            truth_of(hand.lesions, image.grid, "calcification"),
            lambda grown: measure_volume_lesions(
                image, bones, grown.lesion_map, grown.mineral_fraction, hands
            ),
            1,
        )
        table.add_row("the hand", *steps)
    Console(width=160).print(table)
    Console(width=160).print(axes_table())


if __name__ == "__main__":
    main()
