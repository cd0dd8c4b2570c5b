"""What is written of one measured image: its label maps, its overlays, its result."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import PIL.Image

from calcimetry.files.naming import result_files
from calcimetry.files.nifti import write_label_nifti
from calcimetry.files.raster import write_label_png
from calcimetry.files.results import Result
from calcimetry.files.tables import write_bytes
from calcimetry.model import Report
from calcimetry.render.finger_sheet import draw_fingers
from calcimetry.render.hand_view import draw_hands
from calcimetry.render.overlay import draw_overlay
from calcimetry.settings import Settings
from calcimetry.study.fingers import finger_results, states, visible_shares
from calcimetry.study.hands import hand_results


def write_images(folder: Path, stem: str, report: Report) -> tuple[str, ...]:
    """Write the label maps and overlays of a picture or a volume.

    Parameters
    ----------
    folder : Path
        The results folder.
    stem : str
        The image's name in it.
    report : Report
        What was measured.

    Returns
    -------
    tuple of str
        The files' paths relative to the folder.

    Raises
    ------
    OutputError
        If a file cannot be written.
    """
    if report.image.is_picture:
        files = result_files(stem, is_volume=False)
        bones, lesions, overlay = files
        write_label_png(folder / bones, report.bones)
        write_label_png(folder / lesions, report.lesion_map)
        _write_png(folder / overlay, draw_overlay(report))
        return files
    files = result_files(stem, is_volume=True)
    bones, lesions, hands, fingers = files
    write_label_nifti(folder / bones, report.bones)
    write_label_nifti(folder / lesions, report.lesion_map)
    _write_png(folder / hands, draw_hands(report))
    told = [(one.status, one.reason) for one in finger_results(report)]
    _write_png(folder / fingers, draw_fingers(report, told))
    return files


def measured_result(
    tried: Result, report: Report, files: tuple[str, ...], settings: Settings | None = None
) -> Result:
    """The result of an input that was measured.

    Parameters
    ----------
    tried : Result
        With what is known of the input itself; `warnings` are kept before the report's.
    report : Report
        What was measured.
    files : tuple of str
        What `write_images` gives.
    settings : Settings, optional
        Those it was measured with: the totals of fingers and hands have their intervals from
        them, and hands what a radiographic score asks if they want it.
    """
    volume = not report.image.is_picture
    fingers = finger_results(report, settings)
    return replace(
        tried,
        status=report.status,
        reason=report.reason,
        method=report.method,
        area_mm2=report.area_mm2,
        area_interval=report.area_interval,
        ellipse_area_mm2=report.ellipse_area_mm2,
        volume_mm3=report.volume_mm3,
        volume_interval=report.volume_interval,
        mass_mg=report.mass_mg,
        mass_interval=report.mass_interval,
        spacing_mm=report.image.grid.spacing if volume else None,
        lesions=report.lesions,
        fingers=fingers,
        hands=hand_results(report, fingers, settings),
        coverage={} if volume else states(report.coverage),
        visible_share={} if volume else visible_shares(report.coverage),
        warnings=(*tried.warnings, *report.warnings),
        bones={label: report.bones.meanings[label] for label in report.bones.labels},
        files=files,
        not_measured=report.not_measured,
        anatomy=report.hands,
    )


def _write_png(path: Path, picture: PIL.Image.Image) -> None:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    write_bytes(path, buffer.getvalue())
