"""What a comparison of raters gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from calcimetry.agreement.bootstrap import Resampled
from calcimetry.agreement.concordance import Concordance
from calcimetry.agreement.concordance_many import OverallConcordance
from calcimetry.agreement.icc import Icc, IccKind
from calcimetry.agreement.jackknife import Jackknifed
from calcimetry.agreement.limits import Limits
from calcimetry.agreement.passing_bablok import Linearity
from calcimetry.agreement.rank import RankCorrelation
from calcimetry.agreement.readings import Pair, Readings
from calcimetry.agreement.regression import FittedLine
from calcimetry.agreement.repeatability import Repeatability
from calcimetry.agreement.repeated import RepeatedLimits
from calcimetry.agreement.tolerance import ToleranceLimits
from calcimetry.agreement.trend import Trend


@dataclass(frozen=True, slots=True)
class Choices:
    """How to compare.

    Parameters
    ----------
    log : bool
        Compare logarithms: differences become ratios a / b.
    resamples : int
        How often patients are drawn anew.
    workers : int
        Threads that do it.
    """

    log: bool = False
    resamples: int = 10_000
    workers: int = 1


@dataclass(frozen=True, slots=True)
class PairComparison:
    """Two raters compared; what is None is named in `not_measured` with its reason.

    With `Choices.log`, what is said of differences (`limits`, `tolerance`, `linked` and their
    resampled intervals) is a ratio a / b, `percent` is None, and everything else but the two
    regression lines is of natural logarithms. Deming's line then weighs points for errors in
    proportion to size.

    Parameters
    ----------
    pair : Pair
        What was compared.
    log : bool
        Whether logarithms were.
    jackknifed : mapping
        Statistics with intervals from leaving out each patient, or each image where patients
        are not known, by name.
    resampled : mapping
        Statistics with intervals from the bootstrap over patients, by name; empty without them.
    """

    pair: Pair
    log: bool
    concordance: Concordance | None
    limits: Limits | None
    percent: Limits | None
    tolerance: ToleranceLimits | None
    linked: RepeatedLimits | None
    trend: Trend | None
    spearman: RankCorrelation | None
    kendall: RankCorrelation | None
    icc: Mapping[IccKind, Icc] | None
    repeatability: Repeatability | None
    deming: FittedLine | None
    passing_bablok: FittedLine | None
    linearity: Linearity | None
    jackknifed: Mapping[str, Jackknifed]
    resampled: Mapping[str, Resampled]
    not_measured: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class OverallComparison:
    """More than two raters together, on the images that all of them read."""

    raters: tuple[str, ...]
    images: int
    patients: int | None
    concordance: OverallConcordance | None
    icc: Mapping[IccKind, Icc] | None
    repeatability: Repeatability | None
    jackknifed: Mapping[str, Jackknifed]
    resampled: Mapping[str, Resampled]
    not_measured: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Comparison:
    """All pairs of raters, and all raters together where they are more than two.

    `failed` says, by the names of a and b, why a pair could not be compared at all.
    """

    readings: Readings
    pairs: tuple[PairComparison, ...]
    failed: Mapping[tuple[str, str], str]
    overall: OverallComparison | None
