"""Whatever raters read, a comparison ends in finite numbers, whole sentences and figures."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from calcimetry.agreement.compare import compare
from calcimetry.agreement.compared import Choices
from calcimetry.agreement.readings import Readings
from calcimetry.agreement.rows import statistic_rows
from calcimetry.render.agreement_figures import draw_bland_altman, draw_identity, draw_mountain
from calcimetry.render.agreement_words import sentences

#: Few different values, 0 and negative ones among them: ties, constants and refusals are common.
CELLS = st.sampled_from([1.0, 0.1, 1.5, 2.0, 3.0, 40.0, 1e6, 0.0, -2.0, None])


@st.composite
def tables(draw: st.DrawFn) -> Readings:
    images = draw(st.sampled_from([0, 4, 6, 8, 14]))
    raters = draw(st.integers(2, 3))
    values = {
        name: tuple(draw(st.lists(CELLS, min_size=images, max_size=images)))
        for name in ("anna", "ben", "cora")[:raters]
    }
    owners = st.lists(st.sampled_from("PQRSTU"), min_size=images, max_size=images)
    subjects = draw(st.one_of(st.none(), owners))
    names = tuple(f"image-{n}" for n in range(images))
    return Readings(names, values, None if subjects is None else tuple(subjects), "mm2")


@settings(deadline=None, max_examples=40)
@given(tables(), st.booleans())
def test_no_number_is_infinite_and_nothing_breaks(readings, log):
    found = compare(readings, np.random.default_rng(1), Choices(log=log, resamples=100))
    for row in statistic_rows(found):
        numbers = [row.value, row.p]
        numbers += [row.interval.low, row.interval.high] if row.interval else []
        assert all(one is None or math.isfinite(one) for one in numbers), row
        assert row.reason or row.value is not None or row.p is not None
        if row.interval is not None:
            assert row.interval.low <= row.interval.high, row
    assert all(sentences(found))
    for one in found.pairs:
        charts = [draw_identity(one, "mm2")]
        if one.limits is not None:
            charts += [draw_bland_altman(one, "mm2"), draw_mountain(one, "mm2")]
        assert not any("nan" in chart.svg() or "inf" in chart.svg() for chart in charts)
