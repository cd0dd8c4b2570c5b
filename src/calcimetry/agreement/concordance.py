"""Lin's concordance correlation coefficient."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from calcimetry.errors import InputError, NotMeasurable


def concordance(a: ArrayLike, b: ArrayLike) -> float:
    """How closely pairs of measurements follow the line of equality.

    ``CCC = 2 s_ab / (s_a^2 + s_b^2 + (mean_a - mean_b)^2)``, with covariance and
    variances of the population, that is, divided by n (Lin LI. A concordance
    correlation coefficient to evaluate reproducibility. Biometrics 1989;45:255-268).
    Dividing by n - 1 gives a value that is a little larger; programs differ in this.

    Parameters
    ----------
    a, b : array_like, shape (n,)
        The pairs, in one unit.

    Returns
    -------
    float
        From -1 to 1, which is perfect agreement; 0 where either is constant and the
        other is not.

    Raises
    ------
    InputError
        If there are not equally many of both, or a value is not finite.
    NotMeasurable
        If there are fewer than two pairs, or all values are the same: the formula is
        then 0 / 0.

    Examples
    --------
    >>> round(concordance([1, 2, 3, 4], [2, 3, 4, 5]), 3)
    0.714
    """
    first, second = paired(a, b, "Computing the concordance correlation")
    if first.size < 2:
        raise NotMeasurable(
            "Computing the concordance correlation: at least 2 pairs are needed, found "
            f"{first.size}."
        )
    shift = float(first.mean() - second.mean())
    spread = float(first.var() + second.var()) + shift**2
    if spread == 0.0:
        raise NotMeasurable(
            "Computing the concordance correlation: all values are the same, so there is no "
            "spread that agreement could be told from."
        )
    covariance = float(np.mean((first - first.mean()) * (second - second.mean())))
    return 2.0 * covariance / spread


def paired(
    a: ArrayLike, b: ArrayLike, doing: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
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
