"""Pictures whose bones and deposits are known, from a folder of them."""

from __future__ import annotations

import csv
import math
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from calcimetry.errors import CalcimetryError, InputError
from calcimetry.files.inputs import Input, find_inputs, without_ending
from calcimetry.files.raster import read_picture
from calcimetry.model import Image
from calcimetry.model.anatomy import LEFT_HAND_OFFSET

#: Column of a manifest.csv, or of a truth.csv beside it, with the true total area of lesions.
AREA_COLUMN = "true_area_mm2"
BONES, LESIONS = "_bones.png", "_lesions.png"
_DOING = "Reading pictures with their truth"
#: Masks made for looking at hold each label times this.
_STEP = 60
_KNOWN_BONES = (1, 2, 3, 4)
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
        0 no bone, 1 proximal, 2 middle, 3 distal phalanx, 4 metacarpal.
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

    Pictures are found as `measure` finds them: a manifest.csv gives the pixel spacing,
    the patient, and the true lesion area. The truth of ``ring.jpg`` is ``ring_bones.png``
    and, where there is one, ``ring_lesions.png``, beside the picture, in `segmentations/`,
    `masks/` or `truth/` beside it, or in a `truth/` that stands beside an `images/` above
    it, as `calcimetry phantom` writes them.

    Bones are label numbers (1 proximal, 2 middle, 3 distal phalanx, 4 metacarpal; 10 x
    digit and 100 for the left hand may be added), 60 x label, or a single value that
    stands for any bone.

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
        names all of them.
    """
    if not folder.is_dir():
        raise InputError(f"{_DOING}: {folder} is no folder. Name the folder of pictures.")
    folder = Path(os.path.abspath(folder))  # noqa: PTH100 - follows no link
    known: list[KnownPicture] = []
    faults: list[str] = []
    for source in find_inputs([folder]).found:
        if source.path.name.endswith((BONES, LESIONS)):
            continue
        try:
            known.append(_known(source, folder))
        except CalcimetryError as error:
            faults.append(f"{source.image}: {error}")
    if faults:
        more = f"; and {len(faults) - _TOLD} more" if len(faults) > _TOLD else ""
        raise InputError(f"{_DOING}: {'; '.join(faults[:_TOLD])}{more}")
    if not known:
        raise InputError(f"{_DOING}: {folder.name} holds truth, but no picture that it is of.")
    return tuple(known)


def _known(source: Input, folder: Path) -> KnownPicture:
    if source.problem:
        raise InputError(f"{source.problem}.")
    if source.load is not None:
        raise InputError("it is a volume; methods are compared on pictures (JPEG, PNG).")
    image = read_picture(source.path, source.pixel_spacing_mm)
    bone_mask = _mask(source.path, BONES, folder, image)
    if bone_mask is None:
        raise InputError(
            f"there is no {_mask_name(source.path, BONES)} beside it, nor in segmentations/, "
            "masks/ or truth/; make one, or leave the picture out of manifest.csv."
        )
    bones, has_names = _bones(bone_mask)
    lesion_mask = _mask(source.path, LESIONS, folder, image)
    lesions = None if lesion_mask is None else lesion_mask > 0
    area, area_from = _true_area(source, lesions, image)
    return KnownPicture(
        name=source.image,
        patient=source.columns.get("patient", ""),
        image=image,
        bones=bones,
        has_names=has_names,
        lesions=lesions,
        true_area_mm2=area,
        area_from=area_from,
    )


def _true_area(
    source: Input, lesions: NDArray[np.bool_] | None, image: Image
) -> tuple[float | None, str]:
    """The true area in mm2 and where it was read: what was stated before what is counted."""
    beside = _rows_beside(source.path).get(source.path.name, {})
    for place, columns in (("manifest.csv", source.columns), ("truth.csv", beside)):
        text = columns.get(AREA_COLUMN, "")
        if text:
            return _area(text, place), place
    if lesions is None:
        return None, ""
    return float(lesions.sum()) * image.grid.pixel_area_mm2, "label map"


def _area(text: str, place: str) -> float:
    with suppress(ValueError):
        area = float(text)
        if math.isfinite(area) and area >= 0.0:
            return area
    raise InputError(f"{AREA_COLUMN} in {place} must be a number of mm2, found {text!r}.")


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


def _mask_name(picture: Path, ending: str) -> str:
    return without_ending(picture.name)[0] + ending


def _mask(picture: Path, ending: str, folder: Path, image: Image) -> NDArray[np.int64] | None:
    """The mask of a picture, shape (rows, columns), if it has one; refused if it cannot fit."""
    name = _mask_name(picture, ending)
    found = (place / name for place in _places(picture, folder))
    path = next((path for path in found if path.is_file()), None)
    if path is None:
        return None
    try:
        with PIL.Image.open(path, formats=("PNG",)) as file:
            mask = np.asarray(file).astype(np.int64)
    except Exception as error:
        raise InputError(f"{name} is no PNG that can be read. Save it again.") from error
    if mask.shape != image.grid.shape[1:]:
        rows, columns = image.grid.shape[1:]
        raise InputError(
            f"{name} must be grey and of the picture's {rows} x {columns} pixels, found "
            f"{' x '.join(map(str, mask.shape))}."
        )
    return mask


def _places(picture: Path, folder: Path) -> Iterator[Path]:
    """Folders where the truth of a picture may lie, the nearest first."""
    yield picture.parent
    for name in ("segmentations", "masks", "truth"):
        yield picture.parent / name
    for above in picture.parents:
        inside = picture.parent.relative_to(above).parts
        if inside[:1] == ("images",):
            yield above.joinpath("truth", *inside[1:])
        if above == folder.parent:
            return


def _bones(mask: NDArray[np.int64]) -> tuple[NDArray[np.uint8], bool]:
    """Bones 1 to 4 of a mask, and whether they have names."""
    values = [int(value) for value in np.unique(mask) if value]
    if not values:
        raise InputError("its bone mask is empty: Dice and distances need bone. Leave it out.")
    if all(value % _STEP == 0 and value // _STEP in _KNOWN_BONES for value in values):
        return (mask // _STEP).astype(np.uint8), True
    if len(values) == 1 and values[0] not in _KNOWN_BONES[1:]:
        return (mask > 0).astype(np.uint8), False
    bones = mask % LEFT_HAND_OFFSET % 10
    strange = sorted({int(v) for v in values if v > 159 or int(v % 100 % 10) not in _KNOWN_BONES})
    if strange:
        raise InputError(
            "its bone mask must hold 1 to 4, 10 x digit + bone (+ 100 if left), 60 x label or a "
            f"single value, found {', '.join(map(str, strange[:6]))}."
        )
    return bones.astype(np.uint8), True
