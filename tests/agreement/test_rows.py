from __future__ import annotations

import math

import numpy as np
import pytest

from calcimetry.agreement.compare import compare
from calcimetry.agreement.compared import Choices
from calcimetry.agreement.readings import Readings
from calcimetry.agreement.rows import statistic_rows
from tests.agreement.raters import readings


def rows(given, **choices):
    return statistic_rows(
        compare(given, np.random.default_rng(1), Choices(resamples=200, **choices))
    )


def by_name(found):
    return {(row.statistic, row.interval_by): row for row in found}


def test_each_number_once_and_finite():
    found = rows(readings())
    assert len(by_name(found)) == len(found)
    for row in found:
        numbers = [row.value, row.p]
        numbers += [row.interval.low, row.interval.high] if row.interval else []
        assert all(one is None or math.isfinite(one) for one in numbers)
        assert row.value is not None or row.p is not None


def test_intervals_over_patients_have_rows_of_their_own():
    found = by_name(rows(readings()))
    plain = found["concordance", "Fisher z"]
    drawn = found["concordance", "patients, bootstrap BCa"]
    left_out = found["concordance", "patients, jackknife"]
    assert plain.value == pytest.approx(drawn.value)
    assert left_out.interval != drawn.interval
    assert ("icc_a_1", "patients, bootstrap BCa") in found
    assert ("bias_trend", "patients, bootstrap BCa") in found
    assert ("linked_upper_limit", "MOVER") in found


def test_units():
    found = by_name(rows(readings()))
    assert found["bias", "t"].unit == "mm2"
    assert found["bias_percent", "t"].unit == "%"
    assert found["concordance", "Fisher z"].unit == ""
    logs = by_name(rows(readings(), log=True))
    assert logs["bias", "t"].unit == "ratio"
    assert logs["sd", ""].unit == "log"
    assert logs["deming_intercept", "jackknife"].unit == "mm2"


def test_what_is_missing_says_why():
    values = {"a": (1.0, 2.0, 3.0, 5.0, 8.0), "b": (9.0, 7.0, 6.0, 4.0, 1.0), "c": (2.0,) * 5}
    found = rows(Readings(tuple("vwxyz"), values))
    reasons = {(row.b, row.statistic): row.reason for row in found if row.reason}
    assert "must rise together" in reasons["b", "passing_bablok"]
    assert "values of c are the same" in reasons["c", "comparison"]


def test_all_raters_have_no_b():
    found = [row for row in rows(readings(raters=3)) if not row.b]
    assert {row.a for row in found} == {"all raters"}
    assert {"overall_concordance", "icc_a_1"} <= {row.statistic for row in found}
    few = readings(raters=3, subjects=False, missing=tuple(range(28)))
    assert [row.statistic for row in rows(few) if not row.b] == ["all"]


def test_identical_raters_have_rows_without_limits():
    same = (1.0, 2.0, 3.0, 5.0, 8.0)
    found = rows(Readings(tuple("vwxyz"), {"a": same, "b": same}))
    names = {row.statistic for row in found if not row.reason}
    assert "concordance" in names
    assert not names & {"bias", "concordance_asymptotic", "bradley_blackwood", "bias_trend"}
