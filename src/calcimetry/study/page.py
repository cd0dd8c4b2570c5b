"""A results folder as one page to look at."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from calcimetry.files.results import Contents, FingerResult, Result
from calcimetry.files.tables import write_text
from calcimetry.render.report_page import ReportPage, render_report
from calcimetry.render.sections import FingerLine, ImageSection, Overlay


def write_page(folder: Path, contents: Contents, made_with: str) -> None:
    """Write report.html for all results of a folder, those of earlier runs included.

    Parameters
    ----------
    folder : Path
        The results folder; overlays are read from it.
    contents : Contents
        What the folder holds.
    made_with : str
        Key in `contents.made_with` of this run's version and settings.

    Raises
    ------
    OutputError
        If the page cannot be written.
    """
    how = contents.made_with[made_with]
    page = ReportPage(
        sections=tuple(_section(folder, result) for result in contents.results),
        settings=how["settings"],
        version=how["version"],
        created=datetime.now(UTC),
        notes=_notes(contents, made_with),
    )
    write_text(folder / "report.html", render_report(page))


def _section(folder: Path, result: Result) -> ImageSection:
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
            _overlay(folder, file, result) for file in result.files if file.startswith("overlays/")
        ),
        details=result.columns,
    )


def _overlay(folder: Path, file: str, result: Result) -> Overlay:
    png = None
    # Somebody may have moved an earlier run's overlay; the page then says that it is missing.
    with suppress(OSError):
        png = (folder / file).read_bytes()
    counts = f"{len(result.bones)} bones outlined and {len(result.lesions)} lesions filled"
    if not result.is_volume:
        shows = f"the picture as it is, and with {counts} and numbered"
    elif file == f"overlays/{result.stem}.png":
        shows = f"the hands looked through, as they are and with {counts} and numbered"
    else:
        shows = f"each of {len(result.fingers)} fingers from the side, its lesions with their axes"
    return Overlay(png, file, shows)


def _finger_line(finger: FingerResult) -> FingerLine:
    return FingerLine(
        finger.name,
        finger.status,
        finger.reason,
        {column.replace("_", " "): state for column, state in finger.coverage.items()},
        finger.lesion_count,
        finger.volume_mm3,
        finger.volume_interval,
        finger.area_mm2,
        finger.mass_mg,
    )


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
