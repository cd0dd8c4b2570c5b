"""A results folder as one page to look at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import fields
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import PIL.Image

from calcimetry.files.patients import PatientResult, patient_results
from calcimetry.files.results import Contents, FingerResult, Result
from calcimetry.files.tables import write_text
from calcimetry.measurement.burden import Burden
from calcimetry.render.report_page import ReportPage, render_report
from calcimetry.render.sections import BurdenLine, FingerLine, ImageSection, Overlay
from calcimetry.render.wording import coverage_of

#: A page of more pictures than this does not hold them but shows them from their files.
MOST_EMBEDDED = 200


def write_page(
    folder: Path, contents: Contents, made_with: str, most_embedded: int = MOST_EMBEDDED
) -> None:
    """Write report.html for all results of a folder, those of earlier runs included.

    Parameters
    ----------
    folder : Path
        The results folder; overlays are read from it.
    contents : Contents
        What the folder holds.
    made_with : str
        Key in `contents.made_with` of this run's version and settings.
    most_embedded : int
        Where there are more overlays than this, the page links them, so that neither
        writing it nor opening it takes them all into memory.

    Raises
    ------
    OutputError
        If the page cannot be written.
    """
    how = contents.made_with[made_with]
    overlays = sum(_is_overlay(file) for result in contents.results for file in result.files)
    linked = overlays > most_embedded
    page = ReportPage(
        sections=tuple(_section(folder, result, linked) for result in contents.results),
        settings=how["settings"],
        version=how["version"],
        created=datetime.now(UTC),
        notes=_notes(contents, made_with),
        burden=tuple(_burden_lines(contents.results)),
    )
    write_text(folder / "report.html", render_report(page))


def _burden_lines(results: Sequence[Result]) -> Iterator[BurdenLine]:
    """Patients, each with its hands and their fingers; then the hands of nobody known."""
    for patient in patient_results(results):
        own = [
            one
            for one in results
            if (one.columns.get("patient"), one.columns.get("visit", ""))
            == (patient.patient, patient.visit)
        ]
        yield _patient_line(patient)
        for result in own:
            yield from _hand_lines(result)
    for result in results:
        if not result.columns.get("patient"):
            yield from _hand_lines(result)


def _patient_line(patient: PatientResult) -> BurdenLine:
    visit = f", visit {patient.visit}" if patient.visit else ""
    name = f"Patient {patient.patient}{visit}"
    return BurdenLine("patient", name, patient.status, patient.reason, patient.burden)


def _hand_lines(result: Result) -> Iterator[BurdenLine]:
    """The hands of a volume, each followed by its fingers."""
    fingers = iter(result.fingers)
    for hand in result.hands:
        yield BurdenLine(
            "hand", f"{hand.name} of {result.image}", hand.status, hand.reason, hand.burden
        )
        for finger in islice(fingers, hand.finger_count):
            totals = {one.name: getattr(finger, one.name) for one in fields(Burden)}
            yield BurdenLine("finger", finger.name, finger.status, finger.reason, Burden(**totals))


def _section(folder: Path, result: Result, linked: bool) -> ImageSection:
    return ImageSection(
        name=result.image,
        status=result.status,
        reason=result.told_reason,
        lesions=result.lesions,
        area_mm2=result.area_mm2,
        area_interval=result.area_interval,
        ellipse_area_mm2=result.ellipse_area_mm2,
        volume_mm3=result.volume_mm3,
        volume_interval=result.volume_interval,
        mass_mg=result.mass_mg,
        mass_interval=result.mass_interval,
        fingers=tuple(_finger_line(finger) for finger in result.fingers),
        spacing=_spacing(result),
        bones=tuple(result.bones.values()),
        method=result.method,
        warnings=result.warnings,
        overlays=tuple(
            _overlay(folder, file, result, linked) for file in result.files if _is_overlay(file)
        ),
        details=result.columns,
    )


def _is_overlay(file: str) -> bool:
    return file.startswith("overlays/")


def _overlay(folder: Path, file: str, result: Result, linked: bool) -> Overlay:
    png, size = None, None
    # Somebody may have moved an earlier run's overlay; the page then says that it is missing.
    with suppress(OSError):
        if linked:
            with PIL.Image.open(folder / file, formats=("PNG",)) as picture:
                size = picture.size
        else:
            png = (folder / file).read_bytes()
    counts = f"{len(result.bones)} bones outlined and {len(result.lesions)} lesions filled"
    if not result.is_volume:
        shows = f"the picture as it is, and with {counts} and numbered"
    elif file == f"overlays/{result.stem}.png":
        shows = f"the hands looked through, as they are and with {counts} and numbered"
    else:
        shows = f"each of {len(result.fingers)} fingers from the side, its lesions with their axes"
    return Overlay(png, file, shows, size)


def _finger_line(finger: FingerResult) -> FingerLine:
    return FingerLine(
        finger.name,
        finger.status,
        finger.reason,
        {
            column.replace("_", " "): coverage_of(
                state, finger.visible_share.get(_share_of(column))
            )
            for column, state in finger.coverage.items()
        },
    )


def _share_of(column: str) -> str:
    """Name of the column that says how much is seen of what another is about."""
    return f"visible_share_{column.removesuffix('_phalanx')}"


def _spacing(result: Result) -> str:
    if result.spacing_mm is not None:
        return f"Voxels of {' x '.join(f'{mm:.4g}' for mm in result.spacing_mm)} mm"
    if result.pixel_spacing_mm is not None:
        return f"Pixel spacing {result.pixel_spacing_mm:.4g} mm"
    return ""


def _notes(contents: Contents, made_with: str) -> tuple[str, ...]:
    notes = []
    others = sum(r.measured and r.made_with != made_with for r in contents.results)
    if others:
        notes.append(
            f"Measured by earlier runs with other settings or another version: {others} of the "
            "images; report.json says which and how."
        )
    if contents.passed_over:
        notes.append(
            f"Passed over: {len(contents.passed_over)} files, folders or series; report.json says "
            "which and why."
        )
    return tuple(notes)
