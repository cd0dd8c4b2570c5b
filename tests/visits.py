"""A simulated finger at three visits, and a stand-in for measuring that knows the truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from calcimetry.files.nifti import write_ct_nifti
from calcimetry.model import DualEnergyImage, Image, Interval, Report, Segmentation
from calcimetry.phantom.cohort import Cohort, Group, plan_cohort
from calcimetry.phantom.truth import true_report
from calcimetry.phantom.visits import scan_finger

#: Visits that are simulated.
VISITS = 3
#: This drawing has five lesions, of 2 to 156 mm3, on a small grid.
_SEED, _ATTEMPT, _SPACING_MM = 6, 3, 1.0


@cache
def true_visits() -> tuple[Report, ...]:
    """What a perfect measurement of each visit would give."""
    planned = plan_cohort(Cohort(_SEED, (Group("trial", 1, 1),), visits=VISITS))[0]
    return tuple(
        _with_intervals(true_report(scan_finger(planned, visit, _ATTEMPT, _SPACING_MM)))
        for visit in range(VISITS)
    )


def _with_intervals(report: Report) -> Report:
    """The truth has no error; here its lesions get one, as measured ones have."""
    lesions = [
        replace(
            one,
            area_interval=Interval(0.8 * one.area_mm2, 1.2 * one.area_mm2),
            volume_interval=Interval(0.8 * (one.volume_mm3 or 0.0), 1.25 * (one.volume_mm3 or 0.0)),
            calibration="nominal",
        )
        for one in report.lesions
    ]
    return replace(report, lesions=tuple(lesions))


def without(report: Report, *numbers: int) -> Report:
    """A report that misses lesions."""
    kept = tuple(one for one in report.lesions if one.number not in numbers)
    label_map = report.lesion_map.label_map.copy()
    for number in numbers:
        label_map[label_map == number] = 0
    lesions = Segmentation(label_map, report.lesion_map.grid, report.lesion_map.meanings)
    return replace(
        report,
        lesions=kept,
        lesion_map=lesions,
        volume_mm3=sum(one.volume_mm3 or 0.0 for one in kept),
        volume_interval=None,
    )


def save_volume(folder: Path, report: Report, name: str = "finger.nii.gz") -> Path:
    """Save the volume of a report as NIfTI; makes its folder."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    write_ct_nifti(path, report.image)
    return path


def measuring(reports: Sequence[Report]) -> object:
    """A stand-in for `calcimetry.pipeline.measure` that knows reports by their image's content."""

    def measure(image: Image | DualEnergyImage, *_: object) -> Report:
        shown = image.mixed if isinstance(image, DualEnergyImage) else image
        report = next(
            one
            for one in reports
            if one.image.grid.shape == shown.grid.shape
            and abs(one.image.array - shown.array).max() < 1.0
        )
        return _on(report, shown)

    return measure


def _on(report: Report, image: Image) -> Report:
    """A report on the grid of its image as it was read back."""

    def moved(segmentation: Segmentation) -> Segmentation:
        return Segmentation(segmentation.label_map, image.grid, segmentation.meanings)

    return replace(
        report, image=image, bones=moved(report.bones), lesion_map=moved(report.lesion_map)
    )
