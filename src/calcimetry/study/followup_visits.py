"""A visit's saved results as the values that are compared and drawn."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcimetry.errors import InputError, UnreadableFile
from calcimetry.files.nifti import read_label_nifti
from calcimetry.files.results import Result
from calcimetry.followup.visit import Visit
from calcimetry.model import DualEnergyImage, Grid, Image, Report, Segmentation
from calcimetry.study.followup_series import SavedVisit, patient_of, sides_of
from calcimetry.study.source_places import find_again
from calcimetry.study.sources import read_volume

#: A label map and its image may differ by so much in where they put a voxel, in voxels: NIfTI
#: keeps places with seven figures.
_SAME_PLACE = 0.05


@dataclass(frozen=True, eq=False, slots=True)
class LoadedVisit:
    """One volume of a visit, to compare and to draw.

    `report` is as it was measured, with its image; None where the image was not wanted.
    """

    number: int
    result: Result
    visit: Visit
    report: Report | None


def load_visit(
    saved: SavedVisit,
    result: Result,
    elsewhere: Sequence[Path] = (),
    with_image: bool = True,
    patient: str | None = None,
) -> LoadedVisit:
    """Read what was saved of one volume, and the image that it was measured from.

    Parameters
    ----------
    saved : SavedVisit
        Whose results folder holds it.
    result : Result
        A measured volume.
    elsewhere : sequence of Path
        Where images are looked for first.
    with_image : bool
        False where the image is not at hand: nothing can be drawn, and the day of the scan is not
        known.
    patient : str, optional
        Whose it is, in place of what its files say.

    Raises
    ------
    InputError
        If its label maps are missing or damaged, do not fit the report, or its image is gone
        or has changed.
    """
    doing = f"Following up {result.image} of {saved.name}"
    bone_map, grid = _label_map(saved, result, "bones", doing)
    lesion_map, _ = _label_map(saved, result, "lesions", doing)
    image, acquired, kernel = None, None, result.kernel
    if with_image:
        source = find_again(saved.folder, result, elsewhere)
        read = read_volume(source, result.image).image
        image = read.mixed if isinstance(read, DualEnergyImage) else read
        grid = _same_grid(image, grid, doing)
        acquired, kernel = source.acquired, source.kernel
    try:
        bones = Segmentation(bone_map.astype(np.uint16), grid, result.bones)
        lesions = Segmentation(
            lesion_map.astype(np.uint16),
            grid,
            {one.number: f"calcification {one.number}" for one in result.lesions},
        )
        visit = Visit(
            name=f"visit {saved.number}",
            bones=bones,
            lesion_map=lesions,
            lesions=result.lesions,
            key=result.sha256 or result.key,
            patient=patient_of(result) if patient is None else patient,
            sides=sides_of(result),
            date=acquired,
            tube_settings=result.tube_settings,
            kernel=kernel,
            calibration=_calibration(saved, result),
            method=result.method,
            image=image,
        )
    except InputError as error:
        raise InputError(
            f"{doing}: its label maps do not fit its report.json ({error}) Measure it again."
        ) from error
    report = None if image is None else _report(image, bones, lesions, result)
    return LoadedVisit(saved.number, result, visit, report)


def _label_map(
    saved: SavedVisit, result: Result, kind: str, doing: str
) -> tuple[NDArray[np.int64], Grid]:
    file = next((one for one in result.files if one.endswith(f"_{kind}.nii.gz")), "")
    try:
        return read_label_nifti(saved.folder / file)
    except InputError as error:
        raise UnreadableFile(
            f"{doing}: its results are damaged ({error}) Measure it again."
        ) from error


def _same_grid(image: Image, saved: Grid, doing: str) -> Grid:
    """The image's own grid, which a label map states less exactly."""
    grid = image.grid
    if grid.shape == saved.shape:
        corners = np.array(np.meshgrid(*([0, n - 1] for n in grid.shape))).reshape(3, -1).T
        apart = grid.mm_to_index(saved.index_to_mm(corners)) - corners
        if np.abs(apart).max() < _SAME_PLACE:
            return grid
    raise InputError(
        f"{doing}: its label maps do not lie on its image (shapes {saved.shape} and {grid.shape}, "
        "or different places). Measure it again."
    )


def _calibration(saved: SavedVisit, result: Result) -> str:
    """What HU were calibrated by: two calibrations of rods are told apart by their content."""
    by = next((one.calibration for one in result.lesions if one.calibration), "")
    if by != "rods":
        return by
    how: Mapping[str, Any] = saved.contents.made_with.get(result.made_with, {})
    content = json.dumps(how.get("settings", {}).get("calibration"), sort_keys=True)
    return f"rods {hashlib.sha256(content.encode()).hexdigest()[:8]}"


def _report(image: Image, bones: Segmentation, lesions: Segmentation, result: Result) -> Report:
    """The report of a measurement, as far as pictures show it."""
    return Report(
        image=image,
        bones=bones,
        lesion_map=lesions,
        lesions=result.lesions,
        status=result.status,
        reason=result.reason,
        warnings=result.warnings,
        area_mm2=result.area_mm2 or 0.0,
        area_interval=result.area_interval,
        ellipse_area_mm2=result.ellipse_area_mm2 or 0.0,
        method=result.method,
        hands=result.anatomy,
        volume_mm3=result.volume_mm3,
        volume_interval=result.volume_interval,
        mass_mg=result.mass_mg,
        mass_interval=result.mass_interval,
    )
