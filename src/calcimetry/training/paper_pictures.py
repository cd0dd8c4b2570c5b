"""Pictures shaped like those that the source paper's network was trained on."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from calcimetry.model import Image, Report
from calcimetry.phantom.chosen import choose_drawing
from calcimetry.phantom.cohort import PAPER_GROUPS, Cohort, PlannedFinger, Stream, plan_cohort
from calcimetry.phantom.picture import DEPOSIT
from calcimetry.phantom.reformat import QUALITIES, FingerReformat
from calcimetry.phantom.scanner import Scanner
from calcimetry.phantom.truth import true_report
from calcimetry.phantom.visits import scan_finger
from calcimetry.phantom.volume import HandVolume
from calcimetry.training.mask_values import label_class
from calcimetry.training.picture import TrainingPicture

#: Of the simulated samples, and the thickness that pictures are averaged over, in mm: what
#: `calcimetry phantom cohort` takes where nothing else is asked for.
_SPACING_MM, _SLAB_MM = 0.6, 1.0

#: Told how many pictures are made, of how many, and whose come next.
OnProgress = Callable[[int, int, str], None]


def paper_pictures(
    seed: int, *, spacing_mm: float = _SPACING_MM, on_progress: OnProgress | None = None
) -> list[TrainingPicture]:
    """Simulate the 40 pictures of 3 patients that the paper's recipe trains on.

    Parameters
    ----------
    seed : int
        0 or more; decides everything.
    spacing_mm : float
        Of the simulated volumes.
    on_progress : callable, optional
        Called with (pictures made, of how many, the next finger).

    Returns
    -------
    list of TrainingPicture
        Patient by patient: the images of the training group of
        `calcimetry.phantom.cohort.PAPER_GROUPS` with this seed, 8-bit JPEGs of window 1500 and
        level 450, with the bones and deposits of the simulated truth.

    Raises
    ------
    SettingsError
        If the seed is negative.
    NotMeasurable
        If a finger has no drawing whose pictures all show calcification: use another seed.

    Notes
    -----
    Pictures of one finger are planes of one simulated scan, which is made once. All 40 took
    68 s of one core at 0.6 mm.
    """
    fingers = [one for one in plan_cohort(Cohort(seed)) if one.group == PAPER_GROUPS[0].name]
    total = sum(len(one.cut_off) for one in fingers)
    made: list[TrainingPicture] = []
    for finger in fingers:
        if on_progress is not None:
            on_progress(len(made), total, f"{finger.patient} {finger.name}")
        made += _pictures(finger, spacing_mm)
    if on_progress is not None:
        on_progress(total, total, "")
    return made


def _pictures(finger: PlannedFinger, spacing_mm: float) -> list[TrainingPicture]:
    def scan(attempt: int) -> tuple[HandVolume, Report]:
        volume = scan_finger(finger, 0, attempt, spacing_mm)
        return volume, true_report(volume)

    found = choose_drawing(finger, scan, _SLAB_MM)
    return [_exported(finger, number, one) for number, one in enumerate(found.pictures, start=1)]


def _exported(finger: PlannedFinger, number: int, picture: FingerReformat) -> TrainingPicture:
    """One picture as its JPEG would be read, with its truth."""
    quality = int(finger.stream(Stream.EXPORT, 0, number).integers(*QUALITIES, endpoint=True))
    scanner = Scanner(0.0, 0.0, 0.0, 0.0, 1.0, jpeg_quality=quality)
    report = picture.report
    hu = scanner.grey_to_hu(scanner.export(report.image.array[0].astype(np.float64)))
    name = f"{finger.patient}/{finger.name}-{number}"
    grid = report.image.grid
    image = Image(hu, grid, "HU", scanner.clipped_hu, name)
    label_map = np.zeros(grid.shape[1:], np.uint8)
    for label in report.bones.labels:
        label_map[report.bones.label_map[0] == label] = label_class(label) or 0
    label_map[report.lesion_map.mask[0]] = DEPOSIT
    return TrainingPicture(name, finger.patient, image, label_map)
