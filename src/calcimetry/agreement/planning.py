"""How many things to measure: sample size and power of agreement studies and of trials."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy import stats

from calcimetry.agreement.concordance import standard_error
from calcimetry.agreement.pairs import NORMAL_95
from calcimetry.errors import NotMeasurable, SettingsError

_DOING = "Planning a study"
_MOST = 1_000_000


def pairs_for_limits(half_width: float) -> int:
    """Pairs for limits of agreement whose 95% intervals reach no further than a half width.

    Smallest n with ``t sqrt(1/n + 1.96^2 / (2 (n - 1))) <= half_width`` (Bland and Altman
    1999).

    Parameters
    ----------
    half_width : float
        In standard deviations of the difference, positive.

    Raises
    ------
    SettingsError
        If it is not positive.
    NotMeasurable
        If more than a million pairs were needed.

    Examples
    --------
    >>> pairs_for_limits(0.34)  # the 100 pairs that Bland and Altman advise
    101
    """
    _positive(half_width=half_width)

    def enough(count: int) -> bool:
        spread = math.sqrt(1.0 / count + 1.96**2 / (2.0 * (count - 1)))
        return float(stats.t.ppf(0.975, count - 1)) * spread <= half_width

    return _smallest(enough, 3)


def power_of_limits(pairs: int, bias: float, sd: float, acceptable: float) -> float:
    """Chance that the intervals of both limits lie within an acceptable difference.

    Lu MJ et al. Sample size for assessing agreement between two methods of measurement by
    Bland-Altman method. Int J Biostat 2016;12(2), with the exact intervals of the limits
    (noncentral t) in place of approximate ones, and integrated over the sample's standard
    deviation, so that both limits count together.

    Parameters
    ----------
    pairs : int
        At least 3.
    bias, sd, acceptable : float
        Expected bias and standard deviation of the difference, and the difference that is
        still acceptable, in one unit.

    Raises
    ------
    SettingsError
        If `sd` or `acceptable` is not positive, or there are fewer than three pairs.

    Examples
    --------
    >>> round(power_of_limits(83, 0.001167, 0.001129, 0.004), 2)
    0.73
    """
    _positive(sd=sd, acceptable=acceptable, pairs_above_two=pairs - 2)
    root, freedom = math.sqrt(pairs), pairs - 1
    # The upper end of the upper limit's interval lies `reach` sample deviations from the bias.
    reach = float(stats.nct.ppf(0.975, freedom, 1.96 * root)) / root
    nodes, weights = np.polynomial.legendre.leggauss(200)
    spreads = sd * np.sqrt(stats.chi2.ppf((nodes + 1.0) / 2.0, freedom) / freedom)
    room = acceptable - reach * spreads
    holds = stats.norm.cdf((room - bias) * root / sd) - stats.norm.cdf((-room - bias) * root / sd)
    return float(weights @ np.maximum(holds, 0.0)) / 2.0


def pairs_for_agreement(bias: float, sd: float, acceptable: float, power: float = 0.8) -> int:
    """Pairs to show that both limits, with their intervals, lie within an acceptable difference.

    Raises
    ------
    SettingsError
        If a number is not positive, or the power not between 0 and 1.
    NotMeasurable
        If the expected limits themselves reach beyond the acceptable difference.

    Examples
    --------
    >>> pairs_for_agreement(0.001167, 0.001129, 0.004)  # 83 with approximate intervals (Lu 2016)
    97
    """
    _positive(sd=sd, acceptable=acceptable)
    _share(power=power)
    if abs(bias) + 1.96 * sd >= acceptable:
        raise NotMeasurable(
            f"{_DOING}: expected limits of {bias - 1.96 * sd:g} to {bias + 1.96 * sd:g} already "
            f"reach beyond the acceptable {acceptable:g}; no number of pairs can show agreement."
        )
    return _smallest(lambda n: power_of_limits(n, bias, sd, acceptable) >= power, 3)


def pairs_for_concordance(coefficient: float, least: float, location_shift: float = 0.0) -> int:
    """Pairs for an expected CCC whose 95% interval on the z scale stays above a least value.

    Lin LI. Assay validation using the concordance correlation coefficient. Biometrics
    1992;48:599-604, with the corrected standard error and equal variances.

    Parameters
    ----------
    coefficient, least : float
        Expected coefficient, and the lower end that its interval should reach.
    location_shift : float
        Expected shift between both, in standard deviations.

    Raises
    ------
    SettingsError
        If not ``0 < least < coefficient < 1``, or the shift alone lowers the coefficient
        further than that.
    NotMeasurable
        If more than a million pairs were needed.

    Examples
    --------
    >>> pairs_for_concordance(0.95, 0.9)
    32
    """
    pearson = coefficient * (1.0 + location_shift**2 / 2.0)
    if not 0.0 < least < coefficient < 1.0 or pearson >= 1.0:
        raise SettingsError(
            f"{_DOING}: 0 < least < coefficient < 1 is needed, and a correlation below 1, found "
            f"{least:g}, {coefficient:g} and {pearson:g}."
        )
    room = math.atanh(coefficient) - math.atanh(least)

    def enough(count: int) -> bool:
        error = standard_error(coefficient, pearson, location_shift, count)
        return NORMAL_95 * error / (1.0 - coefficient**2) <= room

    return _smallest(enough, 4)


def things_for_icc(coefficient: float, width: float, raters: int = 2) -> int:
    """Things to measure for an ICC whose 95% interval is expected to be no wider than a width.

    Bonett DG. Sample size requirements for estimating intraclass correlations with desired
    precision. Stat Med 2002;21:1331-1335.

    Parameters
    ----------
    coefficient, width : float
        Expected single-measurement ICC, and the whole width of its interval.
    raters : int
        At least 2.

    Raises
    ------
    SettingsError
        If a number is not between 0 and 1, or there are fewer than two raters.

    Examples
    --------
    >>> things_for_icc(0.8, 0.2, raters=2)
    55
    """
    _share(coefficient=coefficient, width=width)
    _positive(raters_above_one=raters - 1)
    part = (1.0 - coefficient) ** 2 * (1.0 + (raters - 1) * coefficient) ** 2
    count = 8.0 * NORMAL_95**2 * part / (raters * (raters - 1) * width**2) + 1.0
    if raters == 2 and coefficient >= 0.7:
        count += 5.0 * coefficient
    return math.ceil(count)


def patients_for_trial(
    ratio: float, sd_change: float, power: float = 0.8, measurement_cv: float = 0.0
) -> int:
    """Patients in each of two arms to show that volumes change by another factor.

    Compares mean changes of log volume by the t test with 5% two-sided error, power from the
    noncentral t. Measuring both visits adds ``2 ln(1 + CV)^2`` to the variance of a change.

    Parameters
    ----------
    ratio : float
        Expected factor between the arms' changes, such as 0.75 for a quarter less; positive
        and not 1.
    sd_change : float
        Standard deviation between patients of the true change of log volume.
    power : float
        Between 0 and 1.
    measurement_cv : float
        Within-subject coefficient of variation of one measurement, 0.1 for 10%.

    Raises
    ------
    SettingsError
        If a number is not positive, the ratio is 1, or the power not between 0 and 1.

    Examples
    --------
    >>> patients_for_trial(0.75, 0.4)
    32
    >>> patients_for_trial(0.75, 0.4, measurement_cv=0.2)
    44
    """
    _positive(ratio=ratio, sd_change=sd_change)
    _share(power=power)
    if ratio == 1.0 or measurement_cv < 0.0:
        raise SettingsError(
            f"{_DOING}: a ratio other than 1 and a coefficient of variation of 0 or more are "
            f"needed, found {ratio:g} and {measurement_cv:g}."
        )
    effect = abs(math.log(ratio)) / trial_sd(sd_change, measurement_cv)
    return _smallest(lambda n: trial_power(n, effect) >= power, 2)


def trial_sd(sd_change: float, measurement_cv: float) -> float:
    """Standard deviation of the measured change of log volume."""
    return math.sqrt(sd_change**2 + 2.0 * math.log1p(measurement_cv) ** 2)


def trial_power(patients: int, effect: float) -> float:
    """Power of a two-sided t test at 5% with so many patients in each arm.

    `effect` is the difference of means over the standard deviation.
    """
    freedom = 2 * patients - 2
    critical = float(stats.t.ppf(0.975, freedom))
    shift = effect * math.sqrt(patients / 2.0)
    found = np.asarray(
        [stats.nct.sf(critical, freedom, shift), stats.nct.cdf(-critical, freedom, shift)]
    )
    return float(np.nansum(found))


def _smallest(enough: Callable[[int], bool], start: int) -> int:
    """The smallest number that is enough; `enough` must stay true once it is."""
    high = start
    while not enough(high):
        if high >= _MOST:
            raise NotMeasurable(f"{_DOING}: more than {_MOST:,} would be needed.")
        high *= 2
    low = max(start, high // 2)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle + 1, high)
    return low


def _positive(**numbers: float) -> None:
    for name, value in numbers.items():
        if not value > 0.0:
            raise SettingsError(
                f"{_DOING}: {name.replace('_', ' ')} must be positive, found {value:g}."
            )


def _share(**numbers: float) -> None:
    for name, value in numbers.items():
        if not 0.0 < value < 1.0:
            raise SettingsError(f"{_DOING}: {name} must lie between 0 and 1, found {value:g}.")
