"""Places of badges."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from calcimetry.render.callouts import sides, spread


def test_badges_with_room_stay_where_they_are_wanted() -> None:
    np.testing.assert_allclose(spread([10, 50, 90], gap=20, low=0, high=100), [10, 50, 90])


def test_no_badge_is_no_place() -> None:
    assert spread([], gap=20, low=0, high=100).size == 0


@settings(deadline=None)  # a busy machine is no failure
@given(st.lists(st.floats(0, 1000), min_size=1, max_size=30).map(sorted))
def test_badges_never_overlap_nor_leave_the_panel(wanted: list[float]) -> None:
    places = spread(wanted, gap=27, low=12, high=988)
    assert np.all(np.diff(places) >= 27 - 1e-6)
    assert places[0] >= 12 - 1e-6
    assert places[-1] <= 988 + 1e-6


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0, 600), st.floats(0, 100)), max_size=20))
def test_no_side_takes_more_than_it_holds(targets: list[tuple[float, float]]) -> None:
    far = sides([t[0] for t in targets], [t[1] for t in targets], size=100, room=10)
    assert sum(far) <= 10
    assert len(far) - sum(far) <= 10


def test_the_nearer_side_is_taken() -> None:
    assert sides([1, 2, 3], across=[10, 60, 90], size=100, room=5) == [False, True, True]


def test_a_full_far_side_sends_its_middle_ones_back() -> None:
    assert sides([1, 2, 3], across=[60, 90, 95], size=100, room=2) == [False, True, True]
