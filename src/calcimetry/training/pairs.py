"""The user's own images and masks, as pictures to learn from.

Everything is read and checked before anything is trained, and all that is wrong is told at
once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calcimetry.errors import InputError
from calcimetry.phantom.picture import DEPOSIT
from calcimetry.training.marked import Cut, Marked
from calcimetry.training.mask_values import Reading, Rule, readings_of, told_rules
from calcimetry.training.picture import TrainingPicture
from calcimetry.training.sources import find_training_sources

__all__ = ["TrainingData", "TrainingPicture", "read_training_pictures"]

#: Told how many images are read, of how many, and which comes next.
OnProgress = Callable[[int, int, str], None]
#: So many faults are told one by one.
_MOST_TOLD = 10


@dataclass(frozen=True, slots=True)
class TrainingData:
    """Pictures to learn from, and what should be known of them, a sentence each."""

    pictures: tuple[TrainingPicture, ...]
    notes: tuple[str, ...]


def read_training_pictures(
    folder: Path,
    *,
    window_hu: float = 1500.0,
    level_hu: float = 450.0,
    on_progress: OnProgress | None = None,
) -> TrainingData:
    """Read the images of a folder with their masks.

    Parameters
    ----------
    folder : Path
        Holds pictures, with their masks and a ``manifest.csv``; see the notes.
    window_hu, level_hu : float
        That the pictures were exported with.
    on_progress : callable, optional
        Called with (images read, of how many, the next one's name).

    Returns
    -------
    TrainingData
        In the order of names.

    Raises
    ------
    InputError
        If the folder holds nothing to learn from, or anything in it cannot be used. Up to
        ten faults are told, one line each, with the file and what to do about it.

    Notes
    -----
    *Pictures* are JPEG or PNG. A ``manifest.csv`` states their spacing in the columns ``image``
    and ``pixel_spacing_mm``; it may say whose each is (``patient``) and name its masks
    (``mask``, ``lesions``), relative to its own folder. Masks that it does not name are
    ``<stem>_bones.png`` and ``<stem>_lesions.png`` beside the picture or in ``segmentations/``,
    ``masks/``, ``truth/`` or ``../truth/`` beside it or beside a folder above it. What
    `calcimetry measure` and `calcimetry phantom` write lies so.

    *NIfTI* volumes, or single slices, have their masks under the same names, with the ending
    ``.nii.gz``; where there is none, the one mask of bones in the folder that lies on their grid.
    *DICOM* series have a DICOM SEG drawn on them, or on another series of their frame of
    reference, whose segments are called as the bones are ("left ring proximal phalanx"); or
    masks as NIfTI. Of two energies the mix is taken. Patients are pseudonyms. Volumes become
    sagittal planes of each finger (`calcimetry.training.planes.cut_volume`).

    *Bone masks* hold label numbers (1 proximal, 2 middle, 3 distal phalanx, 4 metacarpal, or
    10 x digit + bone, and 100 more in the left hand), or 60 x label, or a single value, which
    is bone without names. Bones of the wrist count as metacarpal. In *masks of
    lesions* anything but 0 is a deposit, which wins over bone.
    """
    tell = on_progress or _silent
    sources = find_training_sources(folder, window_hu, level_hu)
    marked: list[Marked] = []
    faults: list[str] = []
    for done, source in enumerate(sources):
        tell(done, len(sources), source.name)
        try:
            marked.append(source.read())
        except InputError as error:
            faults.append(str(error))
    readings = readings_of([one.values for one in marked])
    pictures: list[TrainingPicture] = []
    used: list[Reading] = []
    for one, reading in zip(marked, readings, strict=True):
        try:
            pictures += _named(one, reading)
        except InputError as error:
            faults.append(str(error))
        if isinstance(reading, Reading):
            used.append(reading)
    if faults:
        raise _all_faults(faults, len(sources), folder.name)
    _refuse_one_class(pictures, folder.name)
    tell(len(sources), len(sources), "")
    return TrainingData(tuple(pictures), (*told_rules(used), *_notes(marked, pictures)))


def _named(marked: Marked, reading: Reading | InputError) -> Iterable[TrainingPicture]:
    """The pictures of one image, its mask's numbers made classes."""
    if isinstance(reading, InputError):
        raise InputError(f"Reading {marked.mask_name}: {reading}.")
    pictures = []
    for cut in marked.cuts:
        label_map = reading.read(cut.bones)
        if cut.deposits is not None:
            label_map[cut.deposits] = DEPOSIT
        pictures.append(_picture(cut, marked, label_map, reading))
    if not any(((one.label_map > 0) & (one.label_map < DEPOSIT)).any() for one in pictures):
        raise InputError(
            f"Reading {marked.mask_name}: no bone is left in it beside the lesions, which win over "
            "bone. Is the mask of lesions that of the bones?"
        )
    return pictures


def _picture(
    cut: Cut, marked: Marked, label_map: NDArray[np.uint8], reading: Reading
) -> TrainingPicture:
    return TrainingPicture(
        cut.name,
        marked.patient or marked.name,
        cut.image,
        label_map,
        has_names=reading.rule is not Rule.ONE_VALUE,
        has_deposits=cut.deposits is not None,
    )


def _refuse_one_class(pictures: Sequence[TrainingPicture], name: str) -> None:
    classes = set().union(*(np.unique(one.label_map).tolist() for one in pictures))
    if len(classes) < 2:
        raise InputError(
            f"Reading training data in {name}: every pixel of all {len(pictures)} pictures has the "
            "same label, so there is nothing to tell apart. Set what is no bone to 0 in the masks."
        )


def _all_faults(faults: Sequence[str], total: int, name: str) -> InputError:
    head = (
        f"Reading training data in {name}: {len(faults)} of {total} images cannot be used, and "
        "nothing was trained. Mend them or take them out:"
    )
    told = [head, *faults[:_MOST_TOLD]]
    if len(faults) > _MOST_TOLD:
        told.append(f"and {len(faults) - _MOST_TOLD} more.")
    return InputError("\n".join(told))


def _notes(marked: Sequence[Marked], pictures: Sequence[TrainingPicture]) -> list[str]:
    notes = []
    nameless = sum(not one.patient for one in marked)
    if nameless == len(marked):
        notes.append(
            "No patient column: every image counts as its own patient, so that a split by patient "
            "may part the images of one."
        )
    elif nameless:
        notes.append(f"{nameless} images state no patient: each counts as its own.")
    bare = sum(not one.has_deposits for one in pictures)
    if bare:
        notes.append(
            f"{bare} of {len(pictures)} pictures have no mask of lesions: what calcification they "
            "show counts as what their bone mask says."
        )
    return notes


def _silent(_done: int, _total: int, _name: str) -> None:
    """Tell nobody."""
