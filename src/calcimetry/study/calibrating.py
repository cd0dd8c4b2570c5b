"""From a scan of rods to a calibration file and its picture."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from calcimetry import __version__
from calcimetry.errors import InputError
from calcimetry.files.calibrations import read_rod_table, write_calibration
from calcimetry.files.inputs import Input, file_sha256
from calcimetry.files.nifti import read_label_nifti
from calcimetry.files.tables import write_bytes
from calcimetry.measurement.calibration import Calibration
from calcimetry.measurement.calibration_fit import fit_calibration
from calcimetry.measurement.rod_readings import read_rods
from calcimetry.model import DualEnergyImage, Grid, Image, Segmentation
from calcimetry.render.calibration_sheet import draw_calibration
from calcimetry.study.sources import VolumeChoice, find_sources, read_volume

#: A label map may lie off the scan's grid by so much (mm).
_SAME_PLACE_MM = 0.1


def calibrate(
    scan: Path | None,
    rods: Path,
    out: Path,
    *,
    volumes: VolumeChoice | None = None,
    labels: Path | None = None,
    setting: str = "",
    on_stage: Callable[[str], None] | None = None,
) -> Calibration:
    """Fit the line of HU over hydroxyapatite to a scan of rods, and write it with its picture.

    Parameters
    ----------
    scan : Path or None
        DICOM or NIfTI; None where `volumes` names a pair of files.
    rods : Path
        As of `calcimetry.files.calibrations.read_rod_table`.
    out : Path
        A JSON file; the picture lies beside it under the same name with ``.png``.
    volumes : VolumeChoice, optional
        Which volume to take, as `measure` does.
    labels : Path, optional
        NIfTI label map on the scan's grid, for rods that are given by their label.
    setting : str
        Tube setting of a scan of one energy that does not state its own.
    on_stage : callable, optional
        Called with what is done next.

    Returns
    -------
    Calibration

    Raises
    ------
    InputError
        If the scan or the table cannot be used, a rod is not found, or the fit is not a line.
    OutputError
        If a file cannot be written.
    """
    tell = on_stage or (lambda _stage: None)
    if out.suffix.lower() != ".json":
        raise InputError(f"Calibrating: expected --out to name a .json file, found {out.name!r}.")
    tell("reading rods")
    known = read_rod_table(rods)
    source = _one_volume(scan, volumes or VolumeChoice())
    tell("reading the scan")
    image = read_volume(source, source.image).image
    energies = image.energies if isinstance(image, DualEnergyImage) else (image,)
    settings = tuple(one.setting for one in energies)
    if len(energies) == 1:
        settings = (settings[0] or setting,)
    tell("finding rods")
    readings = read_rods(energies, known, _labels(labels, energies[0]))
    fitted = fit_calibration(
        readings,
        settings,
        sha256={"scan": source.sha256, "rods": file_sha256(rods)},
        date=datetime.now(UTC).date().isoformat(),
        version=__version__,
    )
    buffer = io.BytesIO()
    draw_calibration(energies[0], readings, fitted).save(buffer, "PNG")
    write_calibration(out, fitted)
    write_bytes(out.with_suffix(".png"), buffer.getvalue())
    return fitted


def _one_volume(scan: Path | None, choice: VolumeChoice) -> Input:
    found = find_sources([] if scan is None else [scan], choice).found
    if len(found) != 1:
        names = ", ".join(one.image for one in found) or "none"
        raise InputError(
            f"Calibrating: expected one scan of rods, found {len(found)}: {names}. Name one, or a "
            "DICOM series with --series."
        )
    (source,) = found
    if source.problem:
        raise InputError(f"Calibrating with {source.image}: {source.problem}.")
    if source.load is None:
        raise InputError(
            f"Calibrating with {source.image}: expected CT as DICOM or NIfTI, found a picture, "
            "whose grey levels are no HU."
        )
    return source


def _labels(path: Path | None, image: Image) -> Segmentation | None:
    """The label map of a file on the grid of the scan."""
    if path is None:
        return None
    labels, grid = read_label_nifti(path)
    if grid.shape != image.grid.shape or _apart_mm(grid, image.grid) > _SAME_PLACE_MM:
        raise InputError(
            f"Reading {path.name}: expected a label map on the scan's own grid of shape "
            f"{image.grid.shape}, found {grid.shape}, or another place."
        )
    found = labels.astype(np.uint16)
    return Segmentation(found, image.grid, {int(n): f"rod {n}" for n in np.unique(found) if n})


def _apart_mm(one: Grid, other: Grid) -> float:
    corners = np.array([(0, 0, 0), np.array(one.shape) - 1])
    return float(np.abs(one.index_to_mm(corners) - other.index_to_mm(corners)).max())
