import datetime as dt
import os

import pytest

from calcimetry.node.configuration import SpoolSettings
from calcimetry.node.expiry import remove_expired
from calcimetry.node.spool import Spool
from calcimetry.store import Arrival, Database, arrivals, audit, deliveries, jobs, queue, studies
from calcimetry.store.expiry import expired, forget
from calcimetry.store.results import NewResult, ResultObject, ResultStatus

WEEK = dt.timedelta(days=7)
INSTANCE = Arrival("1.2", "1.3", "1.4", "1.5", "1.6", "studies/x/y/z.dcm", "a" * 64, 4, "CT1")
REPORT = ResultObject("1.9", "1.9.1", "1.2.840.10008.5.1.4.1.1.88.34", "1.2", "r/sr.dcm")
RESULT = NewResult("results/k/1", ResultStatus.COMPLETE, "", "0.1", "unet", "{}", (REPORT,))


@pytest.fixture
def database(tmp_path, clock):
    with Database.open(f"sqlite:///{tmp_path / 'x.sqlite'}", clock) as opened:
        yield opened


@pytest.fixture
def spool(tmp_path):
    """With the file of one instance and the folder of its result."""
    for path in ("studies/x/y/z.dcm", "results/k/1/sr.dcm"):
        file = tmp_path / path
        file.parent.mkdir(parents=True)
        file.write_bytes(b"DICM")
        os.utime(file, (0, 0))
    return Spool(SpoolSettings(tmp_path, keep_free_gb=0.0), 1.0)


def measure(database, destinations=("pacs",)):
    arrivals.record(database, INSTANCE)
    jobs.enqueue(database, "1.2", "how")
    queue.measured(database, queue.claim(database), RESULT, destinations)


def files(spool):
    return [path.name for path in spool.folder.rglob("*.dcm")]


def test_what_was_sent_everywhere_goes_after_its_time(database, spool, clock, tmp_path):
    measure(database)
    deliveries.sent(database, deliveries.claim(database, "pacs"))
    clock.go_on(WEEK.total_seconds())
    assert remove_expired(database, spool, WEEK) == 0
    clock.go_on(1)
    assert remove_expired(database, spool, WEEK) == 1
    assert files(spool) == []
    assert spool.used_bytes == 0
    assert remove_expired(database, spool, WEEK) == 0
    found = studies.recent(database)[0]
    assert (found.instance_count, found.result_status) == (0, "complete")
    assert deliveries.resend(database, "1.2", "me") == 0
    audit.export(database, tmp_path / "audit.csv")
    assert "removed" in (tmp_path / "audit.csv").read_text()
    assert arrivals.record(database, INSTANCE)
    assert jobs.enqueue(database, "1.2", "how")


@pytest.mark.parametrize("destinations", [("pacs",), ()])
def test_what_was_not_sent_stays(database, spool, clock, destinations):
    measure(database, destinations)
    clock.go_on(10 * WEEK.total_seconds())
    assert remove_expired(database, spool, WEEK) == 0
    assert len(files(spool)) == 2


def test_what_was_received_again_meanwhile_stays(database, spool, clock):
    measure(database)
    deliveries.sent(database, deliveries.claim(database, "pacs"))
    clock.go_on(2 * WEEK.total_seconds())
    before = clock.now - WEEK
    assert expired(database, before) == ("1.2",)
    arrivals.record(database, INSTANCE)
    assert not forget(database, "1.2", before, lambda *_: pytest.fail("removed"))


def test_a_file_that_was_just_written_again_stays(database, spool, clock):
    measure(database)
    deliveries.sent(database, deliveries.claim(database, "pacs"))
    clock.go_on(2 * WEEK.total_seconds())
    newer = clock.now.timestamp()
    os.utime(spool.folder / INSTANCE.path, (newer, newer))
    assert remove_expired(database, spool, WEEK) == 1
    assert files(spool) == ["z.dcm"]


def test_a_file_that_is_gone_is_no_trouble(database, spool, clock):
    measure(database)
    deliveries.sent(database, deliveries.claim(database, "pacs"))
    clock.go_on(2 * WEEK.total_seconds())
    (spool.folder / INSTANCE.path).unlink()
    assert remove_expired(database, spool, WEEK) == 1
