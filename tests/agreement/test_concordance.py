from __future__ import annotations

import json

import numpy as np
import pytest

from calcimetry.agreement.concordance import concordance
from calcimetry.errors import InputError, NotMeasurable


def test_peak_flow_meters_as_published(shared):
    # Bland and Altman's readings (Lancet 1986); the coefficient to full precision.
    peak_flow = json.loads((shared / "references/statistics.json").read_text())["pefr"]
    found = concordance(peak_flow["wright1"], peak_flow["mini1"])
    assert found == pytest.approx(peak_flow["ccc_computed"]["rho_c"], abs=1e-9)


def test_both_ways_round_are_the_same():
    a, b = [1.0, 2.0, 4.0], [1.5, 2.5, 3.0]
    assert concordance(a, b) == pytest.approx(concordance(b, a), abs=1e-15)


@pytest.mark.parametrize(
    ("b", "expected"),
    [
        ([1, 2, 3, 4], 1.0),
        ([4, 3, 2, 1], -1.0),
        ([2, 2, 2, 2], 0.0),
        # Variances 1.25, covariance 1.25, shift 1: 2.5 / 3.5.
        ([2, 3, 4, 5], 2.5 / 3.5),
        # Twice as large: variances 1.25 and 5, covariance 2.5, shift 2.5.
        ([2, 4, 6, 8], 5 / 12.5),
    ],
)
def test_closed_forms(b, expected):
    assert concordance([1, 2, 3, 4], b) == pytest.approx(expected, abs=1e-12)


def test_refused():
    with pytest.raises(InputError, match="found 2 and 3 values"):
        concordance([1, 2], [1, 2, 3])
    with pytest.raises(InputError, match="must be finite"):
        concordance([1, np.nan], [1, 2])
    with pytest.raises(NotMeasurable, match="at least 2 pairs are needed, found 1"):
        concordance([1], [2])
    with pytest.raises(NotMeasurable, match="all values are the same"):
        concordance([2, 2], [2, 2])
