"""Lesions over several visits, with a comparison that is made up."""

from __future__ import annotations

from types import SimpleNamespace

from calcimetry.followup.course import follow_course
from calcimetry.followup.result import LesionChange

#: What each comparison of two visits says: kind, baseline's lesions, later lesions.
SAID = {
    ("a", "b"): [("persisted", (1,), (2,)), ("merged", (2, 3), (1,)), ("appeared", (), (3,))],
    ("a", "c"): [
        ("disappeared", (1,), ()),
        ("persisted", (2,), (1,)),
        ("not compared", (3,), ()),
        ("appeared", (), (4,)),
        ("appeared", (), (5,)),
    ],
    ("b", "c"): [("disappeared", (2,), ()), ("persisted", (1,), (1,)), ("split", (3,), (4, 5))],
}


def change(visit, kind, first, last):
    origin = f"{visit[0]}{first[0]}" if first else f"{visit[1]}{last[0]}"
    return LesionChange(
        f"lesion {origin}", f"2.25.{origin}", kind, first, last, 21, 0.9, 0.9, 0.0, 0.1
    )


def compare(first, last, pairs):
    lesions = tuple(change((first, last), *one) for one in SAID[first, last])
    return SimpleNamespace(lesions=lesions, pairs=pairs)


def steps(track):
    return [(one.since, one.until, one.change.kind, one.change.later) for one in track.steps]


def test_every_lesion_has_one_track():
    told = []
    course = follow_course(["a", "b", "c"], compare, {2: [(1, 0)]}, told.append)
    assert told == [1, 2]
    assert [one.pairs for one in course.comparisons] == [None, [(1, 0)]]
    one, two, three, new = course.tracks
    assert [track.number for track in course.tracks] == [1, 2, 3, 4]
    assert one.seen == {0: (1,), 1: (2,)}
    assert steps(one) == [(0, 1, "persisted", (2,)), (0, 2, "disappeared", ())]
    assert two.seen == {0: (2, 3), 1: (1,), 2: (1,)}
    assert steps(three) == [(0, 2, "not compared", ())]
    # It appeared at b, and split until c: one lesion, though the baseline knows nothing of it.
    assert new.seen == {1: (3,), 2: (4, 5)}
    assert steps(new) == [(1, 1, "appeared", (3,)), (1, 2, "split", (4, 5))]
    assert {step.change.tracking_uid for step in new.steps} == {new.tracking_uid} == {"2.25.b3"}


def test_what_appears_at_the_last_visit_is_new(monkeypatch):
    monkeypatch.setitem(SAID, ("b", "c"), [("disappeared", (3,), ()), ("appeared", (), (4,))])
    tracks = follow_course(["a", "b", "c"], compare).tracks
    assert steps(tracks[3]) == [(1, 1, "appeared", (3,)), (1, 2, "disappeared", ())]
    assert [steps(track) for track in tracks[4:]] == [
        [(2, 2, "appeared", (4,))],
        [(2, 2, "appeared", (5,))],
    ]


def test_what_appeared_and_grew_into_an_old_lesion_leaves_it_its_own(monkeypatch):
    monkeypatch.setitem(SAID, ("b", "c"), [("merged", (1, 3), (1,))])
    tracks = follow_course(["a", "b", "c"], compare).tracks
    assert tracks[1].seen[2] == (1,)
    assert steps(tracks[3])[-1] == (1, 2, "merged", (1,))
    assert tracks[3].seen == {1: (3,)}


def test_a_visit_in_between_may_say_nothing_of_a_lesion(monkeypatch):
    monkeypatch.setitem(SAID, ("b", "c"), [])
    tracks = follow_course(["a", "b", "c"], compare).tracks
    assert steps(tracks[3]) == [(1, 1, "appeared", (3,))]
