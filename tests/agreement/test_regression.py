from __future__ import annotations

import numpy as np
import pytest

from calcimetry.agreement.regression import FittedLine, analytic_intervals, deming
from calcimetry.errors import NotMeasurable, SettingsError


def points(count=60, seed=1):
    rng = np.random.default_rng(seed)
    truth = rng.uniform(5, 50, count)
    return truth + rng.normal(0, 1, count), 2.0 + 1.1 * truth + rng.normal(0, 1, count)


def test_equal_errors_give_the_main_axis_of_the_cloud():
    x, y = points()
    values, vectors = np.linalg.eigh(np.cov(x, y))
    main = vectors[:, np.argmax(values)]
    found = deming(x, y)
    assert found.slope == pytest.approx(main[1] / main[0], rel=1e-9)
    assert found.intercept == pytest.approx(y.mean() - found.slope * x.mean())


def test_the_error_ratio_is_that_of_y_over_x():
    # Almost no error of x: least squares of y on x.
    x, y = points()
    least_squares = np.polyfit(x, y, 1)[0]
    assert deming(x, y, error_ratio=1e9).slope == pytest.approx(least_squares, rel=1e-6)


def test_x_and_y_may_change_places():
    x, y = points()
    assert deming(y, x).slope == pytest.approx(1 / deming(x, y).slope)
    one = deming(x, y, 4.0, weighted=True)
    assert deming(y, x, 0.25, weighted=True).slope == pytest.approx(1 / one.slope)


def test_jackknife_by_hand():
    x, y = points(12)
    found = deming(x, y)
    others = [deming(np.delete(x, k), np.delete(y, k)).slope for k in range(12)]
    pseudo = 12 * found.slope - 11 * np.array(others)
    half = 2.228138851964939 * pseudo.std(ddof=1) / np.sqrt(12)  # t, 10 degrees of freedom
    assert found.slope_interval.high == pytest.approx(found.slope + half)


def test_analytic_and_jackknife_intervals_are_alike():
    x, y = points(300)
    found = deming(x, y)
    slope, intercept = analytic_intervals(found, x, y)
    assert slope.low < found.slope < slope.high
    ours = found.intercept_interval.high - found.intercept_interval.low
    assert intercept.high - intercept.low == pytest.approx(ours, rel=0.35)


def test_weights_suit_errors_in_proportion():
    rng = np.random.default_rng(3)
    truth = np.exp(rng.uniform(0, 4, 400))
    x, y = (truth * np.exp(0.1 * rng.normal(size=400)) * factor for factor in (1.0, 1.3))
    plain, weighted = deming(x, y), deming(x, y, weighted=True)
    assert weighted.slope == pytest.approx(1.3, abs=0.03)
    assert weighted.method == "weighted Deming"
    width = weighted.slope_interval.high - weighted.slope_interval.low
    assert width < plain.slope_interval.high - plain.slope_interval.low


def test_what_a_line_lacks_is_named():
    line = FittedLine("Passing-Bablok", 1.0, 0.0, None, None, 4)
    assert set(line.not_measured) == {"slope_interval", "intercept_interval"}


@pytest.mark.parametrize(
    ("x", "y", "options", "error", "told"),
    [
        ([1, 2, 3], [1, 2, 3], {}, NotMeasurable, "at least 4 pairs are needed, found 3"),
        ([1, 1, 1, 1], [1, 2, 3, 4], {}, NotMeasurable, "values of x are the same"),
        ([1, 2, 3, 4], [1, 1, 1, 1], {}, NotMeasurable, "values of y are the same"),
        ([1, 2, 1, 2], [1, 1, 2, 2], {}, NotMeasurable, "not correlated at all"),
        (
            [1, 2, 3, 4],
            [1, 2, 3, 5],
            {"error_ratio": 0},
            SettingsError,
            "must be positive, found 0",
        ),
        ([0, 2, 3, 4], [1, 2, 3, 5], {"weighted": True}, NotMeasurable, "positive values, found 0"),
    ],
)
def test_refused(x, y, options, error, told):
    with pytest.raises(error, match=told):
        deming(x, y, **options)


def test_weights_that_do_not_settle_are_told(monkeypatch):
    monkeypatch.setattr("calcimetry.agreement.regression._MOST_ROUNDS", 1)
    x, y = points()
    with pytest.raises(NotMeasurable, match="1 rounds did not settle"):
        deming(x, y, weighted=True)
