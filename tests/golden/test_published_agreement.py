"""Published statistics of agreement, and what other programs make of the same data.

Data and published values: peak flow of Bland and Altman (Lancet 1986), Giavarina (Biochem Med
2015), Shrout and Fleiss (Psychol Bull 1979). Values of other programs were made with pingouin
0.7.0, statsmodels 0.15.0 and scipy 1.17.1; the call stands beside each.
"""

from __future__ import annotations

import json

import numpy as np
import pytest

from calcimetry.agreement.bootstrap import clustered_bootstrap
from calcimetry.agreement.components import variance_components
from calcimetry.agreement.concordance import concord
from calcimetry.agreement.icc import intraclass_correlations
from calcimetry.agreement.kappa import kappa
from calcimetry.agreement.limits import limits_of_agreement
from calcimetry.agreement.rank import kendall, spearman
from calcimetry.agreement.tolerance import tolerance_factor
from calcimetry.agreement.weighted import concordance

PRECISE = 1e-9


@pytest.fixture(scope="module")
def statistics(shared):
    return json.loads((shared / "references/statistics.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def peak_flow(statistics):
    return statistics["pefr"]


def ends(interval):
    return [interval.low, interval.high]


def test_peak_flow_concordance(peak_flow):
    expected = peak_flow["ccc_computed"]
    found = concord(peak_flow["wright1"], peak_flow["mini1"])
    assert found.coefficient == pytest.approx(expected["rho_c"], abs=PRECISE)
    assert found.pearson == pytest.approx(expected["r"], abs=PRECISE)
    assert found.bias_correction == pytest.approx(expected["Cb"], abs=PRECISE)
    assert found.standard_error == pytest.approx(expected["se"], abs=PRECISE)
    assert ends(found.interval_z) == pytest.approx(expected["ci_z"], abs=PRECISE)
    assert ends(found.interval_asymptotic) == pytest.approx(expected["ci_asym"], abs=PRECISE)


def test_peak_flow_limits_as_published(peak_flow):
    published = peak_flow["published"]
    found = limits_of_agreement(
        peak_flow["wright1"], peak_flow["mini1"], interval="simple", multiplier=2.0
    )
    # The authors rounded on the way: within 0.3.
    assert found.bias == pytest.approx(published["bias"], abs=0.3)
    assert found.sd == pytest.approx(published["sd"], abs=0.3)
    assert [found.lower, found.upper] == pytest.approx(published["loa"], abs=0.3)
    assert ends(found.bias_interval) == pytest.approx(published["bias_ci"], abs=0.3)
    assert ends(found.lower_interval) == pytest.approx(published["lower_loa_ci"], abs=0.3)
    assert ends(found.upper_interval) == pytest.approx(published["upper_loa_ci"], abs=0.3)


@pytest.mark.parametrize(
    ("name", "columns", "multiplier", "error", "t"),
    [
        ("pefr", ("wright1", "mini1"), 2.0, "se_loa_exact", 2.1199052992210112),
        ("giavarina2015", ("A", "B"), 1.96, "se_loa_exact", 2.0452296421327034),
    ],
)
def test_limits_to_full_precision(statistics, name, columns, multiplier, error, t):
    data, expected = statistics[name], statistics[name]["computed"]
    a, b = (data[column] for column in columns)
    found = limits_of_agreement(a, b, interval="approximate", multiplier=multiplier)
    assert found.pairs == expected["n"]
    assert found.bias == pytest.approx(expected["bias"], abs=PRECISE)
    assert found.sd == pytest.approx(expected["sd"], abs=PRECISE)
    assert ends(found.bias_interval) == pytest.approx(expected["bias_ci"], abs=PRECISE)
    assert [found.lower, found.upper] == pytest.approx(expected["loa"], abs=PRECISE)
    half = (found.upper_interval.high - found.upper_interval.low) / 2
    assert half / t == pytest.approx(expected[error], abs=1e-8)
    simple = limits_of_agreement(a, b, interval="simple", multiplier=multiplier)
    half = (simple.upper_interval.high - simple.upper_interval.low) / 2
    assert half / t == pytest.approx(expected["se_loa_sqrt3"], abs=1e-8)


def test_giavarina_as_published(statistics):
    data = statistics["giavarina2015"]
    found, published = limits_of_agreement(data["A"], data["B"]), data["published"]
    # To the printed digit; the authors cut the last digit of one limit and of one end.
    assert found.bias == pytest.approx(published["bias"], abs=0.005)
    assert found.sd == pytest.approx(published["sd"], abs=0.005)
    assert [found.lower, found.upper] == pytest.approx(published["loa"], abs=0.01)
    assert ends(found.bias_interval) == pytest.approx(published["bias_ci"], abs=0.01)


def test_shrout_and_fleiss_as_published(statistics):
    data = statistics["shrout_fleiss"]
    found = intraclass_correlations(data["Y"])
    order = ("ICC(1)", "ICC(A,1)", "ICC(C,1)", "ICC(k)", "ICC(A,k)", "ICC(C,k)")
    published = data["published"]
    for name, value, low, high in zip(
        order, published["ICC"], published["lower"], published["upper"], strict=True
    ):
        assert found[name].coefficient == pytest.approx(value, abs=0.0051), name
        assert ends(found[name].interval) == pytest.approx([low, high], abs=0.0051), name


def test_intraclass_correlations_as_pingouin_has_them(statistics, peak_flow):
    # pingouin.intraclass_corr(df, targets="t", raters="r", ratings="y"), column ICC.
    of_scores = {
        "ICC(1)": 0.1657417684,
        "ICC(A,1)": 0.2897637795,
        "ICC(C,1)": 0.7148407148,
        "ICC(k)": 0.4427971337,
        "ICC(A,k)": 0.6200505476,
        "ICC(C,k)": 0.9093155424,
    }
    of_meters = {
        "ICC(1)": 0.9460147251,
        "ICC(A,1)": 0.9459284056,
        "ICC(C,1)": 0.9429130724,
        "ICC(k)": 0.9722585476,
        "ICC(A,k)": 0.9722129580,
        "ICC(C,k)": 0.9706178684,
    }
    meters = np.column_stack([peak_flow["wright1"], peak_flow["mini1"]])
    for table, expected in ((statistics["shrout_fleiss"]["Y"], of_scores), (meters, of_meters)):
        for name, icc in intraclass_correlations(table).items():
            assert icc.coefficient == pytest.approx(expected[name], abs=1e-9)


def test_bootstrap_intervals_as_scipy_has_them(peak_flow):
    # scipy.stats.bootstrap((a, b), ccc, paired=True, method=..., n_resamples=200000): BCa 0.8752
    # to 0.9793, percentile 0.8491 to 0.9742; drawn at random, so to 0.004.
    table = np.column_stack([peak_flow["wright1"], peak_flow["mini1"]])
    for kind, expected in (("bca", [0.8752, 0.9793]), ("percentile", [0.8491, 0.9742])):
        one = {"concordance": concordance}
        rng = np.random.default_rng(3)
        found = clustered_bootstrap(table, None, one, rng, 20_000, kind)["concordance"]
        assert ends(found.interval) == pytest.approx(expected, abs=0.004)


def test_ranks_as_scipy_has_them(peak_flow):
    # scipy.stats.spearmanr, kendalltau (wright1, mini1).
    a, b = peak_flow["wright1"], peak_flow["mini1"]
    assert spearman(a, b).coefficient == pytest.approx(0.8995098039215688, abs=1e-12)
    assert kendall(a, b).coefficient == pytest.approx(0.764705882352941, abs=1e-12)


def test_variance_components_as_statsmodels_has_them():
    # smf.mixedlm("y~1", df, groups="g").fit(reml=True, tol=1e-12): params, cov_re, scale.
    subjects = [1, 1, 1, 2, 2, 3, 4, 4, 4, 4, 5, 5, 6]
    values = [2.1, 2.9, 3.3, 5.0, 4.1, 1.2, 6.3, 7.1, 5.9, 6.6, 3.0, 2.2, 4.8]
    found = variance_components(values, subjects)
    assert found.mean == pytest.approx(3.750586609, abs=1e-6)
    assert found.between == pytest.approx(3.408125197, abs=1e-4)
    assert found.within == pytest.approx(0.319614046, abs=1e-6)


@pytest.mark.parametrize(
    ("weights", "coefficient", "error"),
    [
        # statsmodels.stats.inter_rater.cohens_kappa(table, wt=weights): kappa, std_kappa.
        ("none", 0.49152542372881347, 0.07212745929334068),
        ("linear", 0.4736842105263158, 0.07697890987030612),
        ("quadratic", 0.4545454545454546, 0.09397969777572601),
    ],
)
def test_kappa_as_statsmodels_has_it(weights, coefficient, error):
    table = ((44, 5, 1), (7, 20, 3), (9, 5, 6))
    pairs = [(i, j) for i in range(3) for j in range(3) for _ in range(table[i][j])]
    a, b = zip(*pairs, strict=True)
    found = kappa(a, b, [0, 1, 2], weights)
    assert found.coefficient == pytest.approx(coefficient, abs=1e-12)
    assert found.standard_error == pytest.approx(error, abs=1e-12)
    assert found.table == table


@pytest.mark.parametrize(
    ("count", "factor"), [(5, 5.077), (10, 3.393), (20, 2.760), (30, 2.555), (100, 2.234)]
)
def test_tolerance_factors_as_tabulated(count, factor):
    # Two-sided, 95% of a normal population with 95% confidence: ISO 16269-6, exact factors.
    assert tolerance_factor(count) == pytest.approx(factor, abs=0.001)
