"""Axes, misfit and 3-D diameters against oracles that look at every pair, one by one."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from skimage.draw import polygon2mask

from calcimetry.outline import farthest_pairs, measure_shape, outer_outlines
from tests.drawing import ellipse, pixel_coverage

#: Any region at all, ragged, hollow or in parts; values that meet the level make no outline.
regions = hnp.arrays(
    float, st.tuples(st.integers(2, 8), st.integers(2, 8)), elements=st.sampled_from([0, 0.3, 1])
).filter(lambda array: array.max() > 0.5)
spacings = st.tuples(st.sampled_from([0.1, 0.4, 0.7]), st.sampled_from([0.1, 0.4, 0.7]))


def longest_of_all_pairs(points):
    return max(np.hypot(*np.subtract(a, b)) for a, b in itertools.combinations(points, 2))


def longest_chord_of_all(curves, start, end):
    """Every corner's line across the long axis against every edge, in plain arithmetic."""
    along = (end - start) / np.hypot(*(end - start))
    across = np.array([-along[1], along[0]])
    edges = [(a, b) for curve in curves for a, b in itertools.pairwise(curve)]
    longest = 0.0
    for corner in np.concatenate(curves):
        heights = []
        for a, b in edges:
            before, after = (a - corner) @ along, (b - corner) @ along
            if abs(before) < 1e-9 or abs(after) < 1e-9:
                heights += [p @ across for p, t in ((a, before), (b, after)) if abs(t) < 1e-9]
            elif before * after < 0:
                heights.append((a + before / (before - after) * (b - a)) @ across)
        longest = max(longest, max(heights) - min(heights))
    return longest


@settings(max_examples=80, deadline=None)
@given(fraction=regions, spacing=spacings)
def test_axes_are_those_that_a_search_over_all_points_finds(fraction, spacing):
    shape = measure_shape(fraction, spacing)
    curves = [curve * spacing for curve in outer_outlines(fraction)]
    longest = longest_of_all_pairs(np.concatenate(curves))
    assert shape.long_axis.length_mm == pytest.approx(longest, rel=1e-9)
    ends = [np.multiply(end, spacing) for end in shape.long_axis.ends]
    chord = longest_chord_of_all(curves, *ends)
    assert shape.short_axis.length_mm == pytest.approx(chord, rel=1e-6)
    assert shape.short_axis.length_mm <= shape.long_axis.length_mm * (1 + 1e-9)


@settings(max_examples=25, deadline=None)
@given(long=st.floats(0.4, 11.0), ratio=st.floats(0.2, 1.0), angle=st.floats(0.0, 3.14))
def test_axes_of_an_ellipse_on_a_tenth_of_a_millimetre(long, ratio, angle):
    short = max(long * ratio, 0.35)
    size = int(max(long, short) / 0.1) + 6
    shape = measure_shape(
        pixel_coverage((size, size), (0.1, 0.1), ellipse(long, short, angle, (0.013, 0.031))),
        (0.1, 0.1),
    )
    assert shape.long_axis.length_mm == pytest.approx(max(long, short), abs=0.1)
    assert shape.short_axis.length_mm == pytest.approx(min(long, short), abs=0.1)
    assert shape.ellipse_misfit < 0.15


@settings(max_examples=25, deadline=None)
@given(fraction=regions)
def test_misfit_is_that_of_finely_drawn_region_and_ellipse(fraction):
    shape = measure_shape(fraction, (1.0, 1.0))
    fine, pad = 31, 6  # the ellipse may reach past the region
    size = (np.array(fraction.shape) + 2 * pad) * fine
    region = np.zeros(size, bool)
    for curve in outer_outlines(fraction):
        region |= polygon2mask(size, (curve + pad + 0.5) * fine - 0.5 + 1e-3)
    place = (np.moveaxis(np.indices(size), 0, -1) + 0.5) / fine - pad - 0.5
    start, end = np.array(shape.long_axis.ends)
    along = (end - start) / np.linalg.norm(end - start)
    across = np.array([-along[1], along[0]])
    t = 2 * ((place @ along) - (start + end) @ along / 2) / shape.long_axis.length_mm
    h = 2 * ((place @ across) - (place[region] @ across).mean()) / shape.short_axis.length_mm
    drawn = t**2 + h**2 < 1
    misfit = 1.0 - (region & drawn).sum() / (region | drawn).sum()
    assert shape.ellipse_misfit == pytest.approx(misfit, abs=0.04)


@settings(max_examples=40, deadline=None)
@given(
    points=hnp.arrays(
        float,
        st.tuples(st.integers(2, 40), st.integers(1, 3)),
        elements=st.integers(-9, 9).map(float),
    )
)
def test_farthest_pairs_are_all_that_are_farthest(points):
    distance = {
        (a, b): float(np.linalg.norm(points[a] - points[b]))
        for a, b in itertools.combinations(range(len(points)), 2)
    }
    longest = max(distance.values())
    found = farthest_pairs(points)
    if longest > 0:
        assert len(found) == sum(d >= longest * (1 - 1e-9) for d in distance.values())
    assert all(np.linalg.norm(a - b) == pytest.approx(longest) for a, b in found)


def test_farthest_pairs_are_found_across_the_blocks_they_are_compared_in():
    angle = np.linspace(0.0, np.pi, 1500)
    points = np.column_stack([np.cos(angle), 0.3 * np.sin(angle)])
    ((a, b),) = farthest_pairs(points)
    assert np.linalg.norm(a - b) == pytest.approx(2.0)
