"""Pictures whose bones and deposits are known, from a folder of them."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calcimetry.errors import CalcimetryError, InputError
from calcimetry.files.inputs import Input, find_inputs
from calcimetry.model import Image
from calcimetry.training.marked import Cut, Marked
from calcimetry.training.mask_values import Reading, Rule, readings_of
from calcimetry.training.sources import find_training_sources

#: Column of a manifest.csv, or of a truth.csv beside it, with the true total area of lesions.
AREA_COLUMN = "true_area_mm2"
_DOING = "Reading pictures with their truth"
#: So many faults are told one by one.
_TOLD = 10


@dataclass(frozen=True, eq=False, slots=True)
class KnownPicture:
    """A picture and what is true of it.

    Parameters
    ----------
    name : str
        Its path relative to the folder of data.
    patient : str
        Whose it is; empty where nobody says.
    image : Image
        One slice, in HU.
    bones : array of uint8, shape (rows, columns)
        0 no bone, 1 proximal, 2 middle, 3 distal phalanx, 4 metacarpal or a
        bone of the wrist, 5 sesamoid.
    has_names : bool
        False where the truth tells bone, but not which; `bones` is then 0 and 1.
    lesions : array of bool, shape (rows, columns), or None
        Where calcium deposits are; None where no mask says.
    true_area_mm2 : float or None
        Total area of the lesions; None where it is not known.
    area_from : str
        Where that was read: ``"manifest.csv"``, ``"truth.csv"`` or ``"label map"``, in
        which pixels were counted; empty where it is not known.
    """

    name: str
    patient: str
    image: Image
    bones: NDArray[np.uint8]
    has_names: bool
    lesions: NDArray[np.bool_] | None
    true_area_mm2: float | None
    area_from: str


def read_known_pictures(folder: Path) -> tuple[KnownPicture, ...]:
    """Read all pictures of a folder with their true bones and lesions.

    Pictures and masks are those that training takes
    (`calcimetry.training.pairs.read_training_pictures`): what `calcimetry phantom` writes
    works as it is, and volumes become sagittal planes. The true total area of a picture's
    lesions is the one that its manifest.csv, or a truth.csv beside it, states in the column
    ``true_area_mm2``; else the pixels of its mask of lesions are counted.

    Parameters
    ----------
    folder : Path
        The folder of data.

    Returns
    -------
    tuple of KnownPicture
        In the order of the manifest, or of names.

    Raises
    ------
    InputError
        If there is no picture, or any of them lacks its truth or cannot be read; one error
        names them all, or the first ten.
    """
    if not folder.is_dir():
        raise InputError(f"{_DOING}: {folder} is no folder. Name the folder of pictures.")
    marked: list[Marked] = []
    faults: list[str] = []
    for source in find_training_sources(folder, 1500.0, 450.0):
        try:
            marked.append(source.read())
        except CalcimetryError as error:
            faults.append(str(error))
    stated = {one.image: one for one in find_inputs([folder]).found}
    known: list[KnownPicture] = []
    for one, reading in zip(marked, readings_of([one.values for one in marked]), strict=True):
        try:
            known += _known(one, reading, stated.get(one.name))
        except CalcimetryError as error:
            faults.append(str(error))
    if faults:
        more = f" And {len(faults) - _TOLD} more." if len(faults) > _TOLD else ""
        raise InputError(
            f"{_DOING}: {len(faults)} images of {folder.name} cannot be used, and nothing was "
            f"compared. {' '.join(faults[:_TOLD])}{more}"
        )
    return tuple(known)


def _known(
    marked: Marked, reading: Reading | InputError, source: Input | None
) -> Iterator[KnownPicture]:
    """What one image gives: one picture, or the planes of a volume."""
    if isinstance(reading, InputError):
        raise InputError(f"Reading {marked.mask_name}: {reading}.")
    for cut in marked.cuts:
        # What is stated of a volume holds for none of its planes.
        area, area_from = _true_area(cut, source if len(marked.cuts) == 1 else None)
        yield KnownPicture(
            name=cut.name,
            patient=marked.patient,
            image=cut.image,
            bones=reading.read(cut.bones),
            has_names=reading.rule is not Rule.ONE_VALUE,
            lesions=cut.deposits,
            true_area_mm2=area,
            area_from=area_from,
        )


def _true_area(cut: Cut, source: Input | None) -> tuple[float | None, str]:
    """The true area in mm2 and where it was read: what was stated before what is counted."""
    if source is not None:
        beside = _rows_beside(source.path).get(source.path.name, {})
        for place, columns in (("manifest.csv", source.columns), ("truth.csv", beside)):
            text = columns.get(AREA_COLUMN, "")
            if text:
                return _area(text, place, cut.name), place
    if cut.deposits is None:
        return None, ""
    return float(cut.deposits.sum()) * cut.image.grid.pixel_area_mm2, "label map"


def _area(text: str, place: str, name: str) -> float:
    with suppress(ValueError):
        area = float(text)
        if math.isfinite(area) and area >= 0.0:
            return area
    raise InputError(
        f"Reading {place}: {AREA_COLUMN} of {name} must be a number of mm2, found {text!r}."
    )


def _rows_beside(picture: Path) -> Mapping[str, dict[str, str]]:
    """Rows of a truth.csv beside a picture, by picture; none where there is no such table."""
    try:
        text = picture.with_name("truth.csv").read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return {}
    return {
        row["image"]: {name: value or "" for name, value in row.items() if name}
        for row in csv.DictReader(text.splitlines())
        if row.get("image")
    }
