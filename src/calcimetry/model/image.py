"""Intensities with their place, unit and what is known to be cut off."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from calcimetry.errors import InputError
from calcimetry.model.geometry import Grid, read_only_copy

Unit = Literal["HU", "mg/cm3", "1"]
UNITS: tuple[Unit, ...] = ("HU", "mg/cm3", "1")


@dataclass(frozen=True, eq=False, slots=True)
class Image:
    """One image: a picture (one slice) or a volume.

    Parameters
    ----------
    array : array_like, shape (slices, rows, columns)
        Intensities in `unit`; stored as a read-only float32 copy. A picture may
        be given as (rows, columns).
    grid : Grid
        Where the samples lie.
    unit : {"HU", "mg/cm3", "1"}
        Unit of the intensities.
    clipped_hu : (float, float) or None
        Lowest and highest HU that the source could hold, where it was windowed
        (a JPEG of window 1500 level 450 is clipped at -300 and 1200 HU). Such an
        image can give area, but never density or mass.
    name : str
        What to call it in results: a file name, never a patient's.
    setting : str
        The tube setting or energy as people write it, such as ``80``, ``Sn150`` (kV) or
        ``50 keV``; empty where not stated.

    Raises
    ------
    InputError
        If the array does not fit the grid, holds NaN or infinity, the unit is
        unknown, or `clipped_hu` is not an increasing pair.
    """

    array: NDArray[np.float32]
    grid: Grid
    unit: Unit = "HU"
    clipped_hu: tuple[float, float] | None = None
    name: str = "image"
    setting: str = ""

    def __post_init__(self) -> None:
        with np.errstate(over="ignore"):  # what float32 cannot hold is refused below
            array = read_only_copy(self.array, np.float32)
        if array.ndim == 2:
            array = array[None]
        if array.shape != self.grid.shape:
            raise InputError(
                f"Making image {self.name!r}: the array's shape {array.shape} "
                f"is not the grid's {self.grid.shape}."
            )
        if not np.isfinite(array).all():
            raise InputError(f"Making image {self.name!r}: intensities hold NaN or infinity.")
        if self.unit not in UNITS:
            raise InputError(
                f"Making image {self.name!r}: unit must be one of {UNITS}, found {self.unit!r}."
            )
        if self.clipped_hu is not None and not self.clipped_hu[0] < self.clipped_hu[1]:
            raise InputError(
                f"Making image {self.name!r}: clipped_hu must increase, found {self.clipped_hu}."
            )
        object.__setattr__(self, "array", array)

    @property
    def is_picture(self) -> bool:
        """True for a single slice, which is measured in two dimensions."""
        return self.grid.shape[0] == 1

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Image):
            return NotImplemented
        return (
            self.grid == other.grid
            and self.unit == other.unit
            and self.clipped_hu == other.clipped_hu
            and self.name == other.name
            and self.setting == other.setting
            and np.array_equal(self.array, other.array)
        )

    def __hash__(self) -> int:
        return hash((self.grid, self.unit, self.clipped_hu, self.name, self.setting))

    def __reduce__(self) -> tuple[Any, ...]:
        return Image, (
            np.array(self.array),
            self.grid,
            self.unit,
            self.clipped_hu,
            self.name,
            self.setting,
        )


#: How two energies are mixed for finding bone: 0.6 low + 0.4 high.
LOW_SHARE = 0.6


@dataclass(frozen=True, slots=True)
class DualEnergyImage:
    """Two volumes of one hand, taken at once with X-rays of two energies.

    Parameters
    ----------
    low, high : Image
        The lower and the higher energy, in HU, on one grid.
    low_setting, high_setting : str
        The tube settings or energies as people write them, such as ``80`` and
        ``Sn150`` (kV, Sn for a tin filter) or ``50 keV``; empty where not stated.

    Raises
    ------
    InputError
        If the two do not share their grid, or either is not in HU.
    """

    low: Image
    high: Image
    low_setting: str = ""
    high_setting: str = ""

    def __post_init__(self) -> None:
        if self.low.grid != self.high.grid:
            raise InputError(
                f"Pairing two energies of {self.low.name!r}: expected one grid, found shapes "
                f"{self.low.grid.shape} and {self.high.grid.shape} or different places."
            )
        if self.low.unit != "HU" or self.high.unit != "HU":
            raise InputError(
                f"Pairing two energies of {self.low.name!r}: expected HU, found "
                f"{self.low.unit!r} and {self.high.unit!r}."
            )

    @property
    def name(self) -> str:
        """What to call the pair in results."""
        return self.low.name

    @property
    def grid(self) -> Grid:
        """Where the samples of both lie."""
        return self.low.grid

    @property
    def energies(self) -> tuple[Image, Image]:
        """The lower and the higher energy, each with its setting."""
        return (
            replace(self.low, setting=self.low_setting),
            replace(self.high, setting=self.high_setting),
        )

    @property
    def mixed(self) -> Image:
        """The image that bone is found on: less noisy than either energy alone.

        0.6 low + 0.4 high, as scanners mix them for reading.
        """
        array = LOW_SHARE * self.low.array + (1.0 - LOW_SHARE) * self.high.array
        clipped = self.low.clipped_hu or self.high.clipped_hu
        return Image(array, self.low.grid, "HU", clipped, self.low.name)
