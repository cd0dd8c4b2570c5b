"""What each statistic of agreement is called, and means in a sentence."""

from __future__ import annotations

from collections.abc import Mapping

_ICC = "intraclass correlation, "
#: Label and meaning by the statistic's name in agreement.csv; docs/measurements.md says more.
STATISTICS: Mapping[str, tuple[str, str]] = {
    "concordance": ("Lin's CCC", "how closely pairs follow the line of equality; 1 is perfect"),
    "concordance_asymptotic": ("Lin's CCC", "the same with its interval not transformed"),
    "pearson": ("Pearson's r", "how closely pairs follow any line"),
    "bias_correction": ("Bias correction Cb", "how close that line is to equality; CCC = r Cb"),
    "location_shift": ("Location shift", "difference of means in standard deviations"),
    "scale_shift": ("Scale shift", "standard deviation of a over that of b"),
    "axis_slope": ("Reduced major axis, slope", "of b on a, by standard deviations alone"),
    "axis_intercept": ("Reduced major axis, intercept", "where it meets a = 0"),
    "bradley_blackwood": ("Bradley-Blackwood F", "test of equal means and variances together"),
    "bias": ("Mean difference a − b", "positive where a reads higher; of logarithms a ratio a / b"),
    "sd": ("SD of the differences", "scatter of single differences"),
    "lower_limit": ("Lower limit of agreement", "mean − 1.96 SD"),
    "upper_limit": ("Upper limit of agreement", "mean + 1.96 SD"),
    "within": ("Total deviation index", "95% of images differ by less, if differences are normal"),
    "normality": ("Shapiro-Wilk test", "small p: differences are not normal, limits are rough"),
    "lower_tolerance": ("Lower tolerance limit", "holds 95% of differences with 95% confidence"),
    "upper_tolerance": ("Upper tolerance limit", "holds 95% of differences with 95% confidence"),
    "bias_percent": ("Mean difference, percent", "of the mean of both"),
    "lower_limit_percent": ("Lower limit, percent", "of the mean of both"),
    "upper_limit_percent": ("Upper limit, percent", "of the mean of both"),
    "linked_bias": ("Mean difference over patients", "mean of patients' mean differences"),
    "linked_sd": ("SD of a single difference", "between and within patients together"),
    "linked_sd_between": ("SD between patients", "of their true differences"),
    "linked_sd_within": ("SD within patients", "of differences about the patient's own"),
    "linked_lower_limit": ("Lower limit over patients", "allows for several images of a patient"),
    "linked_upper_limit": ("Upper limit over patients", "allows for several images of a patient"),
    "bias_trend": ("Trend of the difference", "change of a − b for one unit of the mean of both"),
    "scatter_trend": ("Trend of the scatter", "change of its size for one unit of the mean"),
    "spearman": ("Spearman's rho", "agreement in rank"),
    "kendall": ("Kendall's tau-b", "agreement in rank, pair by pair"),
    "icc_1": ("ICC(1)", f"{_ICC}one-way"),
    "icc_a_1": ("ICC(A,1)", f"{_ICC}agreement of single readings"),
    "icc_c_1": ("ICC(C,1)", f"{_ICC}consistency of single readings"),
    "icc_k": ("ICC(k)", f"{_ICC}one-way, of the raters' mean"),
    "icc_a_k": ("ICC(A,k)", f"{_ICC}agreement of the raters' mean"),
    "icc_c_k": ("ICC(C,k)", f"{_ICC}consistency of the raters' mean"),
    "within_sd": ("SD within images", "of readings of the same image"),
    "reproducibility_coefficient": (
        "Reproducibility coefficient",
        "two readings of one image, by different raters, differ by less in 95 of 100 cases",
    ),
    "detectable_change": (
        "Minimal detectable change",
        "a change must exceed it where one rater reads both visits",
    ),
    "within_cv": ("Within-image CV", "SD of readings of one image in percent, by logarithms"),
    "deming_slope": ("Deming, slope", "of b on a; errors of one size, of logarithms in proportion"),
    "deming_intercept": ("Deming, intercept", "where that line meets a = 0"),
    "passing_bablok_slope": ("Passing-Bablok, slope", "of b on a, moved by no outlier"),
    "passing_bablok_intercept": ("Passing-Bablok, intercept", "where that line meets a = 0"),
    "linearity": ("Cusum test of linearity", "small p: the relation is no straight line"),
    "overall_concordance": ("Overall CCC", "Lin's coefficient of all raters together"),
}
