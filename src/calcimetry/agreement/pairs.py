"""Values that are known to be fit for a comparison, or an error that says why they are not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from calcimetry.errors import InputError, NotMeasurable

Floats = NDArray[np.float64]
#: Two-sided 95% of a normal distribution.
NORMAL_95 = 1.959963984540054


def paired(a: ArrayLike, b: ArrayLike, doing: str) -> tuple[Floats, Floats]:
    """Two series of measurements as arrays of shape (n,), once they are known to be pairs.

    Raises
    ------
    InputError
        If there are not equally many of both, or a value is not finite; `doing` starts
        the message.
    """
    first, second = (np.asarray(one, dtype=np.float64).ravel() for one in (a, b))
    if first.size != second.size:
        raise InputError(f"{doing}: pairs are needed, found {first.size} and {second.size} values.")
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise InputError(f"{doing}: values must be finite; leave out pairs that lack one.")
    return first, second


def rated(values: ArrayLike, doing: str) -> Floats:
    """Measurements of the same things by several raters, shape (things, raters).

    Raises
    ------
    InputError
        If it is no table of at least two columns, or a value is not finite.
    """
    table = np.asarray(values, dtype=np.float64)
    if table.ndim != 2 or table.shape[1] < 2:
        raise InputError(
            f"{doing}: a table of at least 2 columns, one for each rater, is needed, found shape "
            f"{table.shape}."
        )
    if not np.isfinite(table).all():
        raise InputError(f"{doing}: values must be finite; leave out rows that lack one.")
    return table


def at_least(needed: int, count: int, doing: str, what: str = "pairs") -> None:
    """Refuse to go on with too few.

    Raises
    ------
    NotMeasurable
        If `count` is less than `needed`.
    """
    if count < needed:
        raise NotMeasurable(f"{doing}: at least {needed} {what} are needed, found {count}.")


def varying(values: Floats, which: str, doing: str) -> None:
    """Refuse a series that does not vary.

    Raises
    ------
    NotMeasurable
        If all values are the same, to within rounding.
    """
    if values.size and np.ptp(values) <= 1e-12 * float(np.abs(values).max()):
        raise NotMeasurable(
            f"{doing}: all {values.size} values of {which} are the same ({values[0]:g}), so there "
            "is no spread that agreement could be told from."
        )


def grouped(subjects: Sequence[object], count: int, doing: str) -> tuple[NDArray[np.intp], int]:
    """Number of each row's subject, from 0, and how many subjects there are.

    Raises
    ------
    InputError
        If there are not as many subjects as rows.
    """
    if len(subjects) != count:
        raise InputError(
            f"{doing}: each pair needs its patient, found {len(subjects)} patients for "
            f"{count} pairs."
        )
    names, owner = np.unique(np.asarray([str(one) for one in subjects]), return_inverse=True)
    return owner.astype(np.intp), names.size
