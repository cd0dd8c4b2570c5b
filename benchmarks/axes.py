"""Long and short axis against known ones, and print the table of docs/results.md.

    python benchmarks/axes.py [--data ../shared/data/fingers] [--pictures 60]

On the pictures of `--data` against their ``truth_axes.csv`` (image, lesion, area_mm2,
long_axis_mm, short_axis_mm): of the lesions that the program finds, and of the true lesions'
own masks. On simulated pictures of 0.1 mm against the outline of what the deposits really
fill: of the program's lesions and of masks of whole pixels.
"""

from __future__ import annotations

import argparse
import csv
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from cohort_records import groups
from fingers import read_cases
from judging import is_found, print_table
from numpy.typing import NDArray
from reference import FINGERS
from rich.progress import track
from scipy import ndimage

import calcimetry as cm
from calcimetry.errors import CalcimetryError
from calcimetry.outline import measure_shape
from calcimetry.phantom.anatomy import draw_finger
from calcimetry.phantom.picture import DEPOSIT, finger_picture
from calcimetry.phantom.view import draw_view

#: Neither training nor validation starts with this seed.
SEED = 63
SPACING_MM = 0.1
#: Smaller ones have no axes in the reference either.
COUNTED_MM2 = 2.0
Axes = tuple[float, float]


@dataclass
class Errors:
    """Errors of both axes in mm, measured - true, and lesions without any."""

    long: list[float] = field(default_factory=list)
    short: list[float] = field(default_factory=list)
    not_found: int = 0

    def add(self, measured: Axes | None, true: Axes) -> None:
        """One lesion; None where it was not found."""
        if measured is None:
            self.not_found += 1
            return
        self.long.append(measured[0] - true[0])
        self.short.append(measured[1] - true[1])

    def rows(self) -> dict[str, str]:
        """The column of a table."""
        found = {
            "lesions, of them not found": f"{len(self.long) + self.not_found}, {self.not_found}"
        }
        for name, errors in (("long", self.long), ("short", self.short)):
            size = np.abs(errors) if errors else np.array([np.nan])
            found[f"{name} axis: median error / 90th percentile (mm)"] = (
                f"{np.median(size):.2f} / {np.quantile(size, 0.9):.2f}"
            )
            found[f"{name} axis: median of measured - true (mm)"] = (
                f"{np.median(errors or [np.nan]):+.2f}"
            )
        return found


def axes_of_mask(mask: NDArray[np.generic], spacing_mm: float) -> Axes:
    """Axes of a region drawn in whole pixels or parts of them."""
    shape = measure_shape(mask.astype(float), (spacing_mm, spacing_mm))
    return shape.long_axis.length_mm, shape.short_axis.length_mm


def found_axes(report: cm.Report | None, mask: NDArray[np.bool_]) -> Axes | None:
    """Axes of the measured lesion that a true one is found as."""
    if report is None:
        return None
    labels = report.lesion_map.label_map[0]
    for lesion in report.lesions:
        if is_found(labels == lesion.number, mask):
            return lesion.long_axis_mm, lesion.short_axis_mm
    return None


def measured(image: cm.Image) -> cm.Report | None:
    """The program's report; None where there is none."""
    try:
        return cm.measure(image)
    except CalcimetryError:
        return None


def on_real_bones(folder: Path) -> dict[str, Errors]:
    """Against the table of a folder."""
    cases = {f"{case.name}.jpg": case for case in read_cases(folder)}
    program, masks = Errors(), Errors()
    reports = {name: measured(case.image) for name, case in cases.items()}
    with (folder / "truth_axes.csv").open(newline="") as lines:
        for row in csv.DictReader(lines):
            case = cases[row["image"]]
            mask = case.lesions == int(row["lesion"])
            true = float(row["long_axis_mm"]), float(row["short_axis_mm"])
            program.add(found_axes(reports[row["image"]], mask), true)
            masks.add(axes_of_mask(mask, case.image.grid.spacing[1]), true)
    return {"real bones: program": program, "real bones: true masks": masks}


def on_simulated(count: int) -> dict[str, Errors]:
    """Pictures of 0.1 mm; truth is the outline of what the deposits fill of each pixel."""
    program, masks = Errors(), Errors()
    for index in track(range(count), "Simulating and measuring"):
        _, solids = draw_finger(np.random.default_rng((SEED, index)))
        view = draw_view(np.random.default_rng((SEED, index, 1)), solids, upright=True)
        shape = tuple(round(n * view.spacing_mm / SPACING_MM) for n in view.shape)
        view = replace(view, shape=shape, spacing_mm=SPACING_MM)
        picture = finger_picture(np.random.default_rng((SEED, index)), view=view)
        report = measured(picture.image)
        labels = picture.lesion_map
        apart = groups(labels[None], _dilated(labels)[None])
        alone = {g["true"][0] for g in apart if len(g["true"]) == len(g["measured"]) == 1}
        for lesion in picture.lesions:
            mask = labels == lesion.number
            if lesion.area_mm2 < COUNTED_MM2 or lesion.number not in alone or not mask.any():
                continue
            near = _dilated(mask.astype(np.uint8)) > 0
            fraction = np.where(near, picture.fractions[DEPOSIT], 0.0)
            if fraction.max() <= 0.5:
                continue
            true = axes_of_mask(fraction, SPACING_MM)
            program.add(found_axes(report, mask), true)
            masks.add(axes_of_mask(mask, SPACING_MM), true)
    return {"0.1 mm: program": program, "0.1 mm: true masks": masks}


def _dilated(labels: NDArray[np.uint8], pixels: int = 3) -> NDArray[np.uint8]:
    return ndimage.grey_dilation(labels, size=(2 * pixels + 1, 2 * pixels + 1))


def main() -> None:
    """Run everything and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=FINGERS)
    parser.add_argument("--pictures", type=int, default=60, help="simulated ones of 0.1 mm")
    options = parser.parse_args()
    columns = on_real_bones(options.data)
    if options.pictures:
        columns |= on_simulated(options.pictures)
    print_table(
        "Axes (targets: 0.4 mm, on 0.1 mm grids 0.1 mm)",
        {name: errors.rows() for name, errors in columns.items()},
    )


if __name__ == "__main__":
    main()
