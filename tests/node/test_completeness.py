import datetime as dt

import pytest

from calcimetry.node.completeness import is_complete, queue_complete
from calcimetry.node.configuration import CompletenessSettings
from calcimetry.store import Database, arrivals, jobs
from calcimetry.store.jobs import Arriving
from tests.databases import arrival

NOON = dt.datetime(2026, 5, 1, 12, tzinfo=dt.UTC)
SETTINGS = CompletenessSettings(stable_s=60.0, instances=30)


def after(seconds):
    return NOON + dt.timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("count", "expected", "completed_at", "now", "complete"),
    [
        (10, None, None, after(59), False),
        (10, None, None, after(60), True),
        (30, None, None, NOON, True),
        (30, 40, None, NOON, False),
        (41, 40, None, NOON, False),
        (41, 40, None, after(60), True),
        (40, 40, None, NOON, True),
        (10, None, after(0), after(1), True),
        (10, None, after(-1), after(1), False),
    ],
)
def test_a_study_is_complete_by_silence_number_or_word(
    count, expected, completed_at, now, complete
):
    study = Arriving("1.2", "k", count, expected, NOON, completed_at)
    assert is_complete(study, SETTINGS, now, after(-1000)) == complete


def test_while_the_node_was_down_nobody_was_silent():
    study = Arriving("1.2", "k", 10, None, NOON, None)
    assert not is_complete(study, SETTINGS, after(1000), listening_since=after(990))
    assert is_complete(study, SETTINGS, after(1050), listening_since=after(990))


def test_complete_studies_are_queued_once(tmp_path, clock):
    with Database.open(f"sqlite:///{tmp_path / 'x.sqlite'}", clock) as database:
        arrivals.record(database, arrival(1, study="1.2"))
        clock.go_on(40)
        arrivals.record(database, arrival(1, study="1.3"))
        clock.go_on(20)
        since = NOON - dt.timedelta(days=1)
        assert queue_complete(database, SETTINGS, "how", since) == 1
        assert queue_complete(database, SETTINGS, "how", since) == 0
        (waiting,) = jobs.arriving(database)
        assert waiting.study_uid == "1.3"
