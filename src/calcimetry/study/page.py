"""A results folder as one page to look at."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from calcimetry.files.results import Contents, Result
from calcimetry.files.tables import write_text
from calcimetry.render.report_page import PictureSection, ReportPage, render_report


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


def _section(folder: Path, result: Result) -> PictureSection:
    overlay_path = next((file for file in result.files if file.startswith("overlays/")), "")
    overlay = None
    # Somebody may have moved an earlier run's overlay; the page then says that it is missing.
    with suppress(OSError):
        overlay = (folder / overlay_path).read_bytes() if overlay_path else None
    return PictureSection(
        name=result.image,
        status=result.status,
        reason=result.told_reason,
        lesions=result.lesions,
        area_mm2=result.area_mm2,
        area_interval=result.area_interval,
        ellipse_area_mm2=result.ellipse_area_mm2,
        pixel_spacing_mm=result.pixel_spacing_mm,
        bones=tuple(result.bones.values()),
        method=result.method,
        warnings=result.warnings,
        overlay_png=overlay,
        overlay_path=overlay_path,
        details=result.columns,
    )


def _notes(contents: Contents, made_with: str) -> tuple[str, ...]:
    notes = []
    others = sum(r.measured and r.made_with != made_with for r in contents.results)
    if others:
        notes.append(
            f"Measured by earlier runs with other settings or another version: {others} of the "
            "pictures; report.json says which and how."
        )
    if contents.passed_over:
        notes.append(
            f"Passed over: {len(contents.passed_over)} files or folders; report.json says which "
            "and why."
        )
    return tuple(notes)
