"""How sure of a size one can be: intervals on a logarithmic scale."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Self

from calcimetry.model.lesion import Interval


@dataclass(frozen=True, slots=True)
class ErrorModel:
    """Where the true size of a lesion lies, from its measured size, border and contact with bone.

    With x = border / size (perimeter over area, or surface over volume, 1/mm) and t = 1 for a
    lesion that touches bone, otherwise 0 (in volumes t is the share of its surface at bone)::

        high = size * exp(relative_high + contact_high * t) * (1 + boundary_high_mm * x)
        low = size / exp(relative_low + contact_low * t) / (1 + boundary_low_mm * x)

    Parameters
    ----------
    relative_low, relative_high : float
        Error of the lesion's own brightness, which all its samples share: a logarithm.
    boundary_low_mm, boundary_high_mm : float
        How far the whole border may lie too far out, or in.
    contact_low, contact_high : float
        What contact with bone adds, where the border is inferred: a logarithm.
    false_size, missed_size : float
        Of a total: how much of it may be no lesion, and how much of others may be missing.

    Notes
    -----
    The ends are the 2.5% and 97.5% quantiles of the true size, fitted by quantile
    regression (Koenker and Bassett, Econometrica 1978) to simulated images; see
    docs/measurements.md. They differ, since errors of size are no more symmetric than
    sizes are.
    """

    relative_low: float
    relative_high: float
    boundary_low_mm: float
    boundary_high_mm: float
    contact_low: float
    contact_high: float
    false_size: float
    missed_size: float

    @classmethod
    def exact(cls) -> Self:
        """Of sizes without error: both ends are the size."""
        return cls(*(0.0 for _ in fields(cls)))

    def interval(self, size: float, border: float, contact: float = 0.0) -> Interval:
        """95% interval of one size.

        Parameters
        ----------
        size : float
            mm2 or mm3.
        border : float
            Its perimeter in mm, or its surface in mm2.
        contact : float
            With bone: 1 or 0 for whether there is any, or the share of the border.

        Returns
        -------
        Interval
        """
        slope = border / size if size > 0 else 0.0
        low = math.exp(-self.relative_low - self.contact_low * contact)
        high = math.exp(self.relative_high + self.contact_high * contact)
        return Interval(
            size * low / (1.0 + self.boundary_low_mm * slope),
            (size + self.boundary_high_mm * border) * high,
        )

    def total(self, sizes: Sequence[float], intervals: Sequence[Interval]) -> Interval:
        """95% interval of the sum of some sizes.

        Parameters
        ----------
        sizes : sequence of float
        intervals : sequence of Interval
            Of each.

        Returns
        -------
        Interval
            Half widths add in quadrature, those below and those above for themselves, as
            errors of different lesions are taken as independent; so does what may be
            false or missed. The low end is at least 0.
        """
        total = math.fsum(sizes)
        pairs = list(zip(sizes, intervals, strict=True))
        below = math.hypot(self.false_size, *(size - one.low for size, one in pairs))
        above = math.hypot(self.missed_size, *(one.high - size for size, one in pairs))
        return Interval(max(0.0, total - below), total + above)
