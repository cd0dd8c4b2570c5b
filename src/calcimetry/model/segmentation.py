"""A label map with its meanings and its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcimetry.errors import InputError
from calcimetry.model.geometry import Grid, read_only_copy


@dataclass(frozen=True, eq=False, slots=True)
class Segmentation:
    """Integers on a grid, and what each of them means.

    Parameters
    ----------
    label_map : array_like of int, shape (slices, rows, columns)
        0 is background. Stored as a read-only uint16 copy.
    grid : Grid
        Where the samples lie.
    meanings : mapping of int to str
        A name for every label present; names of absent labels are allowed.

    Raises
    ------
    InputError
        If the map does not fit the grid, holds negative or fractional numbers,
        or a label has no meaning.
    """

    label_map: NDArray[np.uint16]
    grid: Grid
    meanings: Mapping[int, str]

    def __post_init__(self) -> None:
        source = np.asarray(self.label_map)
        if source.ndim == 2:
            source = source[None]
        if source.shape != self.grid.shape:
            raise InputError(
                f"Making a segmentation: the label map's shape {source.shape} "
                f"is not the grid's {self.grid.shape}."
            )
        with np.errstate(invalid="ignore"):  # what does not survive the cast is refused below
            labels = read_only_copy(source, np.uint16)
        if not np.array_equal(labels, source):
            raise InputError("Making a segmentation: labels must be whole numbers from 0 to 65535.")
        unnamed = sorted(set(np.unique(labels).tolist()) - {0} - set(self.meanings))
        if unnamed:
            raise InputError(f"Making a segmentation: labels {unnamed} have no meaning.")
        object.__setattr__(self, "label_map", labels)
        object.__setattr__(self, "meanings", MappingProxyType(dict(self.meanings)))

    @property
    def labels(self) -> tuple[int, ...]:
        """Labels present, ascending, without background."""
        return tuple(int(n) for n in np.unique(self.label_map) if n)

    @property
    def mask(self) -> NDArray[np.bool_]:
        """True wherever any label is, shape (slices, rows, columns)."""
        return np.asarray(self.label_map > 0)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Segmentation):
            return NotImplemented
        return (
            self.grid == other.grid
            and dict(self.meanings) == dict(other.meanings)
            and np.array_equal(self.label_map, other.label_map)
        )

    def __hash__(self) -> int:
        return hash((self.grid, tuple(sorted(self.meanings.items()))))

    def __reduce__(self) -> tuple[Any, ...]:
        return Segmentation, (np.array(self.label_map), self.grid, dict(self.meanings))
