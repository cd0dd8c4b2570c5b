"""One simulated patient of a cohort: the fingers, visits, pictures and readings."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from calcimetry import __version__
from calcimetry.dicom.ct import CtStudy
from calcimetry.files.tables import write_json
from calcimetry.model import Report
from calcimetry.phantom.chosen import Chosen, choose_drawing
from calcimetry.phantom.cohort import PlannedFinger, Stream
from calcimetry.phantom.readers import PAPER_READERS, read_lesions
from calcimetry.phantom.reformat import FingerReformat, reformat_finger
from calcimetry.phantom.scan_settings import ScanMode
from calcimetry.phantom.truth import true_report
from calcimetry.phantom.visits import scan_finger
from calcimetry.phantom.volume import HandVolume
from calcimetry.study.phantom_images import (
    drawn_quality,
    write_picture,
    write_picture_labels,
    write_volume_images,
    write_volume_labels,
)
from calcimetry.study.phantom_output import PhantomOutput
from calcimetry.study.phantom_truth import lesion_rows, picture_lesions, picture_row, truth_of
from calcimetry.study.phantoms import visit_day

Tables = dict[str, list[dict[str, Any]]]


def write_patient(
    folder: Path,
    fingers: tuple[PlannedFinger, ...],
    output: PhantomOutput,
    settings: Mapping[str, Any],
    on_scan: Callable[[int, str], None],
    workers: int = 1,
) -> None:
    """Simulate all scans of one patient and write them into ``images/`` and ``truth/``.

    Parameters
    ----------
    folder : Path
        Made as needed.
    fingers : tuple of PlannedFinger
        Of one patient.
    output : PhantomOutput
    settings : mapping
        Of the whole cohort; the UIDs of DICOM depend on them.
    on_scan : callable
        Told how many scans are finished and what goes on now.
    workers : int
        Slices projected at the same time.

    Raises
    ------
    NotMeasurable
        If no drawing of a finger suits.
    OutputError
        If a file cannot be written.
    """
    tables: Tables = {"pictures": [], "lesions": [], "readings": []}
    truths = []
    done = 0
    mode = ScanMode(output.preset, output.physics, workers)
    for finger in fingers:
        on_scan(done, f"{finger.patient} {finger.name}")
        # Truth alone decides, which does not depend on how a finger is scanned.
        first = partial(_scan, finger, 0, output=output, mode=ScanMode())
        chosen = choose_drawing(finger, first, output.slab_mm)
        for visit in range(finger.cohort.visits):
            volume, report = _scan(finger, visit, chosen.attempt, output, mode)
            truth = truth_of(volume, report, _told(finger, visit))
            if output.format == "jpeg":
                pictures = _write_pictures(folder, finger, visit, (volume, report), chosen, output)
                tables["pictures"] += [row for row, _ in pictures]
                tables["readings"] += _readings(finger, visit, pictures)
                truth["pictures"] = [
                    {**row, "lesions": picture_lesions(one)} for row, one in pictures
                ]
            else:
                place = Path(f"visit-{visit + 1}", finger.name)
                study = _study(finger, visit, settings)
                write_volume_images(folder / "images" / place, volume, output, study)
                write_volume_labels(folder / "truth" / place, volume, report)
            told = {"patient": finger.patient, "visit": visit + 1, "scan": finger.name}
            tables["lesions"] += [{**told, **row} for row in lesion_rows(truth)[1]]
            truths.append(truth)
            done += 1
            on_scan(done, f"{finger.patient} {finger.name}")
    write_json(folder / "truth" / "truth.json", truths)
    write_json(folder / "truth" / "tables.json", tables)


def _scan(
    finger: PlannedFinger, visit: int, attempt: int, output: PhantomOutput, mode: ScanMode
) -> tuple[HandVolume, Report]:
    volume = scan_finger(finger, visit, attempt, output.spacing_mm, mode)
    return volume, true_report(volume)


def _told(finger: PlannedFinger, visit: int) -> dict[str, Any]:
    return {
        "group": finger.group,
        "patient": finger.patient,
        "visit": visit + 1,
        "date": visit_day(finger.cohort.months, visit).isoformat(),
        "scan": finger.name,
    }


def _study(finger: PlannedFinger, visit: int, settings: Mapping[str, Any]) -> CtStudy:
    told = _told(finger, visit)
    return CtStudy(
        json.dumps([settings, told], sort_keys=True),
        f"PHANTOM-{finger.cohort.seed}-{finger.patient}",
        visit_day(finger.cohort.months, visit),
        finger.laterality,
        software=__version__,
    )


def _write_pictures(
    folder: Path,
    finger: PlannedFinger,
    visit: int,
    scan: tuple[HandVolume, Report],
    chosen: Chosen,
    output: PhantomOutput,
) -> list[tuple[dict[str, Any], FingerReformat]]:
    """The pictures of one finger at one visit; gives their rows and themselves."""
    volume, report = scan
    own = report.hands[0].fingers[0]
    pictures = []
    for number, slab in enumerate(chosen.slabs, start=1):
        picture = reformat_finger(volume, report, own, slab)
        stem = f"visit-{visit + 1}/{finger.name}-{number}"
        quality = drawn_quality(output, finger.stream(Stream.EXPORT, visit, number))
        write_picture(folder / "images" / f"{stem}.jpg", picture, quality, output.border)
        write_picture_labels(folder / "truth", stem, picture)
        more = {
            "patient": finger.patient,
            "group": finger.group,
            "visit": visit + 1,
            "jpeg_quality": quality,
            "cut_off": finger.cut_off[number - 1],
        }
        row = picture_row(f"{finger.patient}/{stem}.jpg", picture, more)
        pictures.append((row, picture))
    return pictures


def _readings(
    finger: PlannedFinger, visit: int, pictures: list[tuple[dict[str, Any], FingerReformat]]
) -> list[dict[str, Any]]:
    """What two simulated radiologists measure in the pictures of one finger at one visit."""
    rows = []
    rng = finger.stream(Stream.READING, visit)
    for told, picture in pictures:
        for reader in PAPER_READERS:
            rows += [
                {
                    "image": told["image"],
                    "reader": reader.name,
                    "lesion": one.lesion,
                    "long_axis_mm": one.long_axis_mm,
                    "short_axis_mm": one.short_axis_mm,
                    "ellipse_area_mm2": one.ellipse_area_mm2,
                }
                for one in read_lesions(rng, reader, picture.report.lesions)
            ]
    return rows
