"""One picture to learn from: its HU, and what every pixel of it shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcimetry.errors import InputError
from calcimetry.model import Image
from calcimetry.model.geometry import read_only_copy
from calcimetry.phantom.picture import DEPOSIT


@dataclass(frozen=True, eq=False, slots=True)
class TrainingPicture:
    """A picture and its truth.

    Parameters
    ----------
    name : str
        What messages call it; never a path or a patient's name.
    patient : str
        Pictures of one patient have the same; a pseudonym.
    image : Image
        One slice in HU, at its own pixel spacing.
    label_map : array_like of int, shape (rows, columns)
        0 other, 1 proximal, 2 middle, 3 distal phalanx, 4 metacarpal, 5 sesamoid, 6 deposit.
        Stored as a read-only uint8 copy.
    has_names : bool
        False where the truth tells bone, but not which: 1 then stands for any bone.
    has_deposits : bool
        False where nobody said which pixels are deposits: they then lie among the other
        labels.

    Raises
    ------
    InputError
        If the image has more than one slice or is not in HU, or the label map does not fit
        it or holds other numbers.

    Examples
    --------
    >>> from calcimetry.model import Grid
    >>> image = Image(np.zeros((2, 3)), Grid.picture((2, 3), 0.4))
    >>> TrainingPicture("ring.png", "a", image, [[0, 1, 1], [0, 6, 1]]).label_map.dtype
    dtype('uint8')
    """

    name: str
    patient: str
    image: Image
    label_map: NDArray[np.uint8]
    has_names: bool = True
    has_deposits: bool = True

    def __post_init__(self) -> None:
        doing = f"Making training picture {self.name!r}"
        if not self.image.is_picture or self.image.unit != "HU":
            raise InputError(
                f"{doing}: expected one slice in HU, found {self.image.grid.shape[0]} slices in "
                f"{self.image.unit!r}."
            )
        given = np.asarray(self.label_map)
        if given.shape != self.image.grid.shape[1:]:
            raise InputError(
                f"{doing}: the label map's shape {given.shape} is not the picture's "
                f"{self.image.grid.shape[1:]}."
            )
        if not np.isin(given, range(DEPOSIT + 1)).all():
            raise InputError(f"{doing}: labels must be whole numbers from 0 to {DEPOSIT}.")
        object.__setattr__(self, "label_map", read_only_copy(given, np.uint8))

    def __reduce__(self) -> tuple[Any, ...]:
        return TrainingPicture, (
            self.name,
            self.patient,
            self.image,
            np.array(self.label_map),
            self.has_names,
            self.has_deposits,
        )
