"""Which lesions belong together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calcimetry.errors import InputError, SettingsError
from calcimetry.followup.match import Match, MatchSettings, Nearness, match_lesions


def over(overlap: float, shift: float = 1.0) -> Nearness:
    return Nearness(overlap, 0.0, shift)


def beside(gap: float, shift: float = 2.0) -> Nearness:
    return Nearness(0.0, gap, shift)


def kinds(matches):
    return [(one.kind, one.baseline, one.later) for one in matches]


def test_what_overlaps_persists_and_the_rest_comes_and_goes():
    found = match_lesions([1, 2], [1, 2], {(1, 2): over(0.8)})
    assert kinds(found) == [
        ("persisted", (1,), (2,)),
        ("disappeared", (2,), ()),
        ("appeared", (), (1,)),
    ]
    assert [one.score for one in found] == [0.8, 1.0, 1.0]


def test_merging_splitting_and_both():
    assert kinds(match_lesions([1, 2], [1], {(1, 1): over(0.9), (2, 1): over(0.4)})) == [
        ("merged", (1, 2), (1,))
    ]
    assert kinds(match_lesions([1], [1, 2], {(1, 1): over(0.9), (1, 2): over(0.4)})) == [
        ("split", (1,), (1, 2))
    ]
    both = {(1, 1): over(0.9), (1, 2): over(0.6), (2, 2): over(0.7)}
    assert kinds(match_lesions([1, 2], [1, 2], both)) == [("regrouped", (1, 2), (1, 2))]


def test_neighbours_that_only_touch_stay_apart():
    near = {(1, 1): over(0.9), (2, 2): over(0.8), (1, 2): over(0.2)}
    assert kinds(match_lesions([1, 2], [1, 2], near)) == [
        ("persisted", (1,), (1,)),
        ("persisted", (2,), (2,)),
    ]


def test_a_sliver_of_overlap_is_none():
    assert kinds(match_lesions([1], [1], {(1, 1): over(0.05)})) == [("persisted", (1,), (1,))]
    near = {(1, 1): Nearness(0.05, 0.0, 1.0), (2, 1): over(0.9)}
    assert kinds(match_lesions([1, 2], [1], near)) == [
        ("disappeared", (1,), ()),
        ("persisted", (2,), (1,)),
    ]


def test_without_overlap_centres_move_least_in_all():
    near = {
        (1, 1): beside(0.5, 1.0),
        (1, 2): beside(0.2, 0.9),
        (2, 2): beside(1.0, 3.0),
        (2, 1): beside(1.4, 9.0),
    }
    found = match_lesions([1, 2], [1, 2], near)
    assert kinds(found) == [("persisted", (1,), (1,)), ("persisted", (2,), (2,))]
    assert found[0].score == pytest.approx(0.5 * (1 - 0.5 / 1.5))


def test_what_is_out_of_reach_is_another():
    found = match_lesions([1], [1], {(1, 1): beside(1.6)})
    assert kinds(found) == [("disappeared", (1,), ()), ("appeared", (), (1,))]


def test_the_user_overrides():
    near = {(1, 1): over(0.9), (2, 2): over(0.9)}
    found = match_lesions([1, 2], [1, 2], near, pairs=[(1, 2), (2, 0)])
    assert kinds(found) == [
        ("persisted", (1,), (2,)),
        ("disappeared", (2,), ()),
        ("appeared", (), (1,)),
    ]
    assert [(one.by_user, one.score) for one in found] == [(True, 1.0), (True, 1.0), (False, 1.0)]


def test_what_the_user_says_has_appeared():
    found = match_lesions([1], [1], {(1, 1): over(0.9)}, pairs=[(0, 1)])
    assert kinds(found) == [("disappeared", (1,), ()), ("appeared", (), (1,))]


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        ([(7, 1)], "baseline has no lesion 7; it has 1, 2"),
        ([(1, 7)], "later visit has no lesion 7; it has 1"),
        ([(1, 1), (1, 0)], "lesion 1 of the baseline has both"),
        ([(1, 1), (0, 1)], "lesion 1 of the later visit has both"),
        ([(0, 0)], "names no lesion"),
    ],
)
def test_pairs_that_make_no_sense_are_refused(pairs, said):
    with pytest.raises(InputError, match=said):
        match_lesions([1, 2], [1], {}, pairs)


@pytest.mark.parametrize("wrong", [{"least_overlap": 0.0}, {"weaker": 0.5}, {"reach_mm": -1.0}])
def test_settings_that_cannot_be_used(wrong):
    with pytest.raises(SettingsError, match=r"matching\.least_overlap"):
        MatchSettings(**wrong)
    with pytest.raises(SettingsError, match=r"matching\.seen_once above 0, found 0"):
        MatchSettings(seen_once=0.0)


nearness = st.builds(Nearness, st.floats(0.0, 1.0), st.floats(0.0, 4.0), st.floats(0.0, 10.0))


@given(
    st.dictionaries(st.tuples(st.integers(1, 4), st.integers(1, 4)), nearness),
    st.lists(st.tuples(st.integers(1, 4), st.integers(1, 4)), max_size=2),
)
def test_every_lesion_is_in_exactly_one_match(near, pairs):
    found = match_lesions(range(1, 5), range(1, 5), near, pairs)
    assert sorted(n for one in found for n in one.baseline) == [1, 2, 3, 4]
    assert sorted(n for one in found for n in one.later) == [1, 2, 3, 4]
    assert all(0.0 <= one.score <= 1.0 for one in found)
    for first, last in pairs:
        assert any(first in one.baseline and last in one.later for one in found)


def test_matches_are_the_same_whichever_visit_is_called_first():
    near = {(1, 1): over(0.9), (1, 2): over(0.3), (2, 2): beside(1.0), (3, 3): beside(0.4)}
    there = match_lesions([1, 2, 3], [1, 2, 3], near)
    back = match_lesions([1, 2, 3], [1, 2, 3], {(b, a): one for (a, b), one in near.items()})
    assert {(one.baseline, one.later) for one in there} == {
        (one.later, one.baseline) for one in back
    }


def test_kinds():
    assert Match((), (1,), 1.0).kind == "appeared"
    assert Match((1,), (), 1.0).kind == "disappeared"
    assert Match((1, 2), (1, 2, 3), 1.0).kind == "regrouped"
