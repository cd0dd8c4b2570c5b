"""What one visit's measurement gives, and which two visits can be compared."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calcimetry.errors import InputError, NotMeasurable
from calcimetry.model import Image, Lesion
from calcimetry.model.anatomy import LEFT_HAND_OFFSET
from calcimetry.model.segmentation import Segmentation

FloatArray = NDArray[np.float64]
#: A part of a volume's array.
Box = tuple[slice, slice, slice]


@dataclass(frozen=True, eq=False, slots=True)
class Visit:
    """One measured volume of a hand or a finger.

    Parameters
    ----------
    name : str
        What to call the visit in messages and results; no patient's name.
    bones : Segmentation
        Bones by their labels.
    lesion_map : Segmentation
        Lesions by their numbers, on the same grid.
    lesions : tuple of Lesion
        As measured; one for each number in the map.
    key : str
        Tells this image from every other, such as the SHA-256 of its content; tracking
        identifiers are made from it.
    patient : str
        Pseudonym; empty where not known.
    sides : tuple of str
        ``left`` and ``right``, of the hands shown; empty where not told.
    date : datetime.date, optional
        Of the scan.
    tube_settings : tuple of str
        Tube setting or energy of each image, the lower first, such as ``80`` and ``Sn150``;
        empty where not stated.
    kernel : str
        Of the reconstruction; empty where not stated.
    calibration : str
        What HU were calibrated by: ``nominal``, or what tells one calibration of rods from
        another; empty where there was none.
    method : str
        Bone method and fingerprint of its weights.
    image : Image, optional
        The volume in HU, of two energies their mix, on the maps' grid. With both visits' images
        lesions are measured together, in one region.

    Raises
    ------
    NotMeasurable
        If it is a picture of one slice: a picture has no bones to align in three dimensions.
    InputError
        If the maps and the image do not share a grid, or a lesion is missing in the map.
    """

    name: str
    bones: Segmentation
    lesion_map: Segmentation
    lesions: tuple[Lesion, ...]
    key: str = ""
    patient: str = ""
    sides: tuple[str, ...] = ()
    date: dt.date | None = None
    tube_settings: tuple[str, ...] = ()
    kernel: str = ""
    calibration: str = ""
    method: str = ""
    image: Image | None = None

    def __post_init__(self) -> None:
        if self.bones.grid.shape[0] == 1:
            raise NotMeasurable(
                f"Following lesions at visit {self.name!r}: expected a volume, found a picture of "
                "one slice. Pictures can be compared by their totals per finger alone."
            )
        if self.bones.grid != self.lesion_map.grid:
            raise InputError(
                f"Following lesions at visit {self.name!r}: expected bones and lesions on one "
                f"grid, found shapes {self.bones.grid.shape} and {self.lesion_map.grid.shape} or "
                "different places."
            )
        if self.image is not None and self.image.grid != self.bones.grid:
            raise InputError(
                f"Following lesions at visit {self.name!r}: expected the image on the grid of the "
                f"bones, found shapes {self.image.grid.shape} and {self.bones.grid.shape} or "
                "different places."
            )
        lacking = sorted({one.number for one in self.lesions} - set(self.lesion_map.labels))
        if lacking:
            raise InputError(
                f"Following lesions at visit {self.name!r}: lesions {lacking} are not in the "
                "lesion map. Are table and map of the same measurement?"
            )

    def lesion(self, number: int) -> Lesion:
        """The lesion of this number."""
        return next(one for one in self.lesions if one.number == number)

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Of the voxels along (slice, row, column), mm."""
        return self.bones.grid.spacing

    def __reduce__(self) -> tuple[Any, ...]:
        return Visit, tuple(getattr(self, name) for name in self.__dataclass_fields__)


def refuse_unlike(baseline: Visit, later: Visit) -> None:
    """Refuse two visits that cannot be two of one hand.

    Parameters
    ----------
    baseline, later : Visit

    Raises
    ------
    InputError
        If they are of two patients, show no side in common, the later one is the earlier,
        or they have no bone in common and are not of one finger alone.
    """
    doing = f"Comparing visit {later.name!r} with baseline {baseline.name!r}"
    if baseline.patient and later.patient and baseline.patient != later.patient:
        raise InputError(
            f"{doing}: expected visits of one patient, found {baseline.patient!r} and "
            f"{later.patient!r}."
        )
    if baseline.date and later.date and later.date < baseline.date:
        raise InputError(
            f"{doing}: expected the later visit on or after the baseline's day, found it "
            f"{(baseline.date - later.date).days} days before. Swap the two."
        )
    if baseline.sides and later.sides and not set(baseline.sides) & set(later.sides):
        raise InputError(
            f"{doing}: expected the same hand, found {' and '.join(baseline.sides)} first and "
            f"{' and '.join(later.sides)} later."
        )
    if not shared_labels(baseline, later) and not are_one_finger(baseline, later):
        names = (", ".join(sorted(one.bones.meanings.values())[:4]) for one in (baseline, later))
        first, last = (text or "none" for text in names)
        raise InputError(
            f"{doing}: expected bones that both show, found none in common ({first}, ... first; "
            f"{last}, ... later)."
        )


def shared_labels(baseline: Visit, later: Visit) -> dict[int, int]:
    """Labels of the bones that both visits show: the baseline's, and what the later one calls it.

    The same number, except where one visit could not tell its hand's side: a bone is then
    found by digit and bone alone.
    """
    first, last = baseline.bones.labels, later.bones.labels
    if (baseline.sides and later.sides) or set(first) & set(last):
        return {label: label for label in first if label in last}
    by_bone = {label % LEFT_HAND_OFFSET: label for label in last}
    if len(by_bone) < len(last):
        return {}
    return {
        label: by_bone[label % LEFT_HAND_OFFSET]
        for label in first
        if label % LEFT_HAND_OFFSET in by_bone
    }


def are_one_finger(baseline: Visit, later: Visit) -> bool:
    """Whether each visit shows one finger alone, which may be the same.

    Its bones are then the same too, whatever they are called.
    """
    digits = [
        {label % LEFT_HAND_OFFSET // 10 for label in visit.bones.labels}
        for visit in (baseline, later)
    ]
    return all(len(own) == 1 for own in digits) and len((digits[0] | digits[1]) - {0}) <= 1


def boxes_of(segmentation: Segmentation) -> dict[int, Box]:
    """Where in the array each label lies, found for all of them at once."""
    found = ndimage.find_objects(segmentation.label_map)
    return {label: box for label, box in enumerate(found, 1) if box is not None}


def points_of(segmentation: Segmentation, label: int, box: Box) -> FloatArray:
    """Where all samples of a label lie, LPS mm, shape (n, 3).

    Parameters
    ----------
    segmentation : Segmentation
    label : int
    box : tuple of slice
        That holds them all, as `boxes_of` finds it.
    """
    index = np.argwhere(segmentation.label_map[box] == label)
    return segmentation.grid.index_to_mm(index + [part.start for part in box])
