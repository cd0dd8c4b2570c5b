import threading

import pytest

from calcimetry.errors import OutputError
from calcimetry.node import delivery
from calcimetry.node.configuration import DeliverySettings, DicomDestination
from calcimetry.node.delivery import Courier
from calcimetry.store import Database, arrivals, deliveries, jobs, queue, studies
from calcimetry.store.results import NewResult, ResultObject, ResultStatus
from tests.databases import arrival

PACS = DicomDestination("pacs", "dicom", "127.0.0.1", 104, "PACS")
SETTINGS = DeliverySettings(attempts=2, wait_s=10.0, longest_wait_s=15.0)
REPORT = ResultObject("1.9", "1.9.1", "1.2.840.10008.5.1.4.1.1.88.34", "1.2", "r/sr.dcm")


@pytest.fixture
def database(tmp_path, clock):
    """With one result that is to go to the PACS."""
    with Database.open(f"sqlite:///{tmp_path / 'x.sqlite'}", clock) as opened:
        arrivals.record(opened, arrival(1))
        jobs.enqueue(opened, "1.2.3", "how")
        result = NewResult("r", ResultStatus.COMPLETE, "", "0.1", "unet", "{}", (REPORT,))
        queue.measured(opened, queue.claim(opened), result, ("pacs",))
        yield opened


@pytest.fixture
def sending(monkeypatch):
    """What sending gives, or raises; changed by tests."""
    becomes = {"value": True, "error": None, "objects": None}

    def send(_destination, _spool, objects, **_named):
        becomes["objects"] = objects
        if becomes["error"]:
            raise becomes["error"]
        return becomes["value"]

    monkeypatch.setattr(delivery, "send", send)
    return becomes


@pytest.fixture
def courier(database, tmp_path):
    return Courier(database, tmp_path, PACS, SETTINGS, "CALCIMETRY")


def shown(database):
    return studies.recent(database)[0]


def test_what_waits_is_sent_once(database, courier, sending):
    assert courier.send_next(threading.Event())
    assert sending["objects"] == (REPORT,)
    assert shown(database).status == "done"
    assert not courier.send_next(threading.Event())


def test_what_fails_is_sent_again_later_and_then_shown(database, courier, sending, clock, caplog):
    sending["error"] = OutputError("the destination cannot be reached")
    assert courier.send_next(threading.Event())
    (one,) = shown(database).deliveries
    assert (one.status, (one.due_at - clock.now).seconds) == ("queued", 10)
    assert not courier.send_next(threading.Event())
    clock.go_on(10)
    assert courier.send_next(threading.Event())
    assert shown(database).status == "sending failed"
    assert shown(database).deliveries[0].reason == "the destination cannot be reached"
    assert "1.2.3" not in caplog.text
    sending["error"] = None
    jobs.retry(database, "1.2.3", "me")
    assert courier.send_next(threading.Event())
    assert shown(database).status == "done"


def test_a_result_is_sent_again_when_asked_for(database, courier, sending):
    courier.send_next(threading.Event())
    assert deliveries.resend(database, "1.2.3", "me") == 1
    sending["objects"] = None
    assert courier.send_next(threading.Event())
    assert sending["objects"] == (REPORT,)


def test_a_stopping_node_puts_it_back(database, courier, sending):
    sending["value"] = False
    assert courier.send_next(threading.Event())
    (one,) = shown(database).deliveries
    assert (one.status, one.attempts) == ("queued", 0)
