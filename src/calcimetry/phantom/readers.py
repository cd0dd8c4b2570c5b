"""Simulated radiologists, who measure the long and the short axis of each lesion they see.

They differ from the truth, and from each other, in four ways: where a lesion's border
lies, how far an irregular lesion extends, where exactly the calliper is put, and which
small lesions are missed. The default readers agree with each other as the two of the
source paper did (31 images, areas 0.4 to 41.5 mm2: Spearman's rho 0.91, concordance 0.91,
mean difference -0.5 mm2, limits of agreement -10.0 to 9.0 mm2);
``benchmarks/readers.py`` shows it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from calcimetry.errors import SettingsError

#: No calliper is set closer.
_LEAST_MM = 0.1
#: How steeply the chance to see a lesion rises with its area.
_STEEPNESS = 3.0


class TrueAxes(Protocol):
    """What a reader looks at: a `calcimetry.model.Lesion` of the truth, for one."""

    @property
    def number(self) -> int:
        """Its number in the image."""

    @property
    def area_mm2(self) -> float:
        """Its true area."""

    @property
    def long_axis_mm(self) -> float:
        """Its true long axis."""

    @property
    def short_axis_mm(self) -> float:
        """Its true short axis."""


@dataclass(frozen=True, slots=True)
class Reader:
    """One radiologist's habits.

    Parameters
    ----------
    name : str
        What to call the reader in tables.
    border_mm : float
        How far outside the true border this reader draws it, all around (below 0: inside).
    border_sd_mm : float
        How much that differs from lesion to lesion, as a standard deviation.
    extent_sd : float
        Disagreement about where a lesion ends, as the standard deviation of the logarithm
        of both its axes: large or irregular lesions differ by more mm than small ones.
    calliper_sd_mm : float
        Error of each axis alone, as a standard deviation.
    missed_mm2 : float
        Lesions of this area are missed half the time; of twice that area one in nine.

    Raises
    ------
    SettingsError
        If a spread or an area is negative, or anything is not finite.
    """

    name: str
    border_mm: float = 0.0
    border_sd_mm: float = 0.12
    extent_sd: float = 0.118
    calliper_sd_mm: float = 0.17
    missed_mm2: float = 0.25

    def __post_init__(self) -> None:
        spreads = (self.border_sd_mm, self.extent_sd, self.calliper_sd_mm, self.missed_mm2)
        if not all(map(math.isfinite, (self.border_mm, *spreads))) or min(spreads) < 0:
            raise SettingsError(
                f"Making reader {self.name!r}: spreads and the missed area must be 0 or more and "
                f"finite, found border_mm {self.border_mm}, border_sd_mm {self.border_sd_mm}, "
                f"extent_sd {self.extent_sd}, calliper_sd_mm {self.calliper_sd_mm}, missed_mm2 "
                f"{self.missed_mm2}."
            )

    def misses(self, area_mm2: float) -> float:
        """Chance of missing a lesion, 0 to 1.

        >>> Reader("A", missed_mm2=0.5).misses(0.5)
        0.5
        """
        if self.missed_mm2 == 0.0:
            return 0.0
        return float(1.0 / (1.0 + (area_mm2 / self.missed_mm2) ** _STEEPNESS))


#: Two who agree as the paper's two radiologists did.
PAPER_READERS = (Reader("radiologist 1"), Reader("radiologist 2", border_mm=0.04))


@dataclass(frozen=True, slots=True)
class Reading:
    """One lesion as one reader measured it; `lesion` is its true number."""

    lesion: int
    long_axis_mm: float
    short_axis_mm: float

    @property
    def ellipse_area_mm2(self) -> float:
        """Long x short x pi / 4, the paper's estimate of the area."""
        return math.pi / 4.0 * self.long_axis_mm * self.short_axis_mm


def read_lesions(
    rng: np.random.Generator, reader: Reader, lesions: Iterable[TrueAxes]
) -> tuple[Reading, ...]:
    """What one reader measures in one image.

    Parameters
    ----------
    rng : numpy.random.Generator
        The only source of chance. Each lesion takes five draws, seen or not.
    reader : Reader
    lesions : iterable of TrueAxes
        The image's true lesions.

    Returns
    -------
    tuple of Reading
        Of the lesions that were seen, in their order.

    Examples
    --------
    >>> exact = Reader("exact", 0.0, 0.0, 0.0, 0.0, 0.0)
    >>> from types import SimpleNamespace
    >>> lesion = SimpleNamespace(number=3, area_mm2=7.0, long_axis_mm=4.0, short_axis_mm=2.0)
    >>> read_lesions(np.random.default_rng(0), exact, [lesion])
    (Reading(lesion=3, long_axis_mm=4.0, short_axis_mm=2.0),)
    """
    readings = []
    for lesion in lesions:
        seen = rng.random() >= reader.misses(lesion.area_mm2)
        extent, border, *ends = rng.standard_normal(4)
        stretch = math.exp(reader.extent_sd * extent)
        around = 2.0 * (reader.border_mm + reader.border_sd_mm * border)
        axes = [
            max(float(stretch * axis + around + reader.calliper_sd_mm * end), _LEAST_MM)
            for axis, end in zip((lesion.long_axis_mm, lesion.short_axis_mm), ends, strict=True)
        ]
        if seen:
            readings.append(Reading(lesion.number, max(axes), min(axes)))
    return tuple(readings)
