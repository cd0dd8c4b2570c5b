"""Which drawing of a simulated finger suits: one whose pictures all show calcification."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from calcimetry.errors import NotMeasurable
from calcimetry.model import Report
from calcimetry.phantom.cohort import PlannedFinger
from calcimetry.phantom.reformat import (
    FingerReformat,
    Slab,
    best_offsets_mm,
    cut_short,
    reformat_finger,
)
from calcimetry.phantom.volume import HandVolume

#: Areas in mm2 of the calcification in the source paper's pictures: what a reader's axes give
#: and what is measured must both lie within.
AREA_RANGE_MM2 = (0.4, 48.2)
#: A finger is drawn again until its pictures show that much; so often at most.
MOST_ATTEMPTS = 60

#: A scan of a finger at its first visit, by the number of the attempt, and what is true of it.
Scan = Callable[[int], tuple[HandVolume, Report]]


@dataclass(frozen=True, eq=False, slots=True)
class Chosen:
    """Which drawing of a finger suits, and its pictures at the first visit."""

    attempt: int
    pictures: tuple[FingerReformat, ...]

    @property
    def slabs(self) -> tuple[Slab, ...]:
        """Which slab each picture shows."""
        return tuple(one.slab for one in self.pictures)


def choose_drawing(finger: PlannedFinger, scan: Scan, slab_mm: float) -> Chosen:
    """The first drawing of a finger at its first visit whose pictures all show calcification.

    Parameters
    ----------
    finger : PlannedFinger
        Says how many pictures are wanted, and which are cut off.
    scan : callable
        Gives each attempt's volume and report.
    slab_mm : float
        Thickness that pictures are averaged over.

    Returns
    -------
    Chosen

    Raises
    ------
    NotMeasurable
        If sixty do not.
    """
    low, high = AREA_RANGE_MM2
    for attempt in range(MOST_ATTEMPTS):
        pictures = _pictures(finger, *scan(attempt), slab_mm)
        areas = [
            area for one in pictures for area in (one.report.area_mm2, one.report.ellipse_area_mm2)
        ]
        if pictures and low <= min(areas) and max(areas) <= high:
            return Chosen(attempt, pictures)
    raise NotMeasurable(
        f"Simulating {finger.patient} {finger.name}: expected {low:g} to {high:g} mm2 of "
        f"calcification in each of {len(finger.cut_off)} pictures; none of {MOST_ATTEMPTS} "
        "drawings has it. Ask for fewer images of each patient, or use another seed."
    )


def _pictures(
    finger: PlannedFinger, volume: HandVolume, report: Report, slab_mm: float
) -> tuple[FingerReformat, ...]:
    """The pictures that are wanted of one drawing; none where it has too few planes."""
    if not (report.lesions and report.hands):
        return ()
    own = report.hands[0].fingers[0]
    offsets = best_offsets_mm(volume, report, own, count=len(finger.cut_off))
    if len(offsets) < len(finger.cut_off):
        return ()
    pictures = []
    for offset, cut in zip(offsets, finger.cut_off, strict=True):
        picture = reformat_finger(volume, report, own, Slab(offset, slab_mm))
        if cut:
            picture = reformat_finger(volume, report, own, cut_short(picture))
        pictures.append(picture)
    return tuple(pictures)
