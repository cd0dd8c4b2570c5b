import datetime as dt

import pytest

from calcimetry.store import arrivals, deliveries, jobs, queue, studies
from calcimetry.store.results import NewResult, ResultObject, ResultStatus
from tests.databases import arrival

OBJECTS = tuple(
    ResultObject("1.9", f"1.9.{n}", "1.2.840.10008.5.1.4.1.1.88.34", "1.2", f"r/{n}.dcm")
    for n in (2, 1)
)


@pytest.fixture
def study(database):
    """A study whose result is to go to two destinations."""
    arrivals.record(database, arrival(1))
    jobs.enqueue(database, "1.2.3", "how")
    result = NewResult("r", ResultStatus.COMPLETE, "", "0.1", "unet", "{}", OBJECTS)
    queue.measured(database, queue.claim(database), result, ("archive", "pacs"))
    return "1.2.3"


def shown(database):
    return {one.destination: one for one in studies.recent(database)[0].deliveries}


def test_each_destination_gets_its_own(database, study):
    delivery = deliveries.claim(database, "pacs")
    assert (delivery.study_uid, delivery.destination, delivery.attempts) == (study, "pacs", 1)
    assert delivery.objects == OBJECTS
    assert deliveries.claim(database, "pacs") is None
    deliveries.sent(database, delivery)
    assert shown(database)["pacs"].status == "sent"
    assert studies.recent(database)[0].status == "sending"
    deliveries.sent(database, deliveries.claim(database, "archive"))
    assert studies.recent(database)[0].status == "done"


def test_a_failed_attempt_waits_and_the_last_one_shows(database, study, clock):
    again_at = clock.now + dt.timedelta(seconds=10)
    deliveries.failed(database, deliveries.claim(database, "pacs"), "no answer", again_at)
    assert deliveries.claim(database, "pacs") is None
    assert shown(database)["pacs"].due_at == again_at
    clock.go_on(10)
    last = deliveries.claim(database, "pacs")
    assert last.attempts == 2
    deliveries.failed(database, last, "no answer", None)
    found = studies.failed(database)[0]
    assert found.status == "sending failed"
    assert shown(database)["pacs"].reason == "no answer"
    assert jobs.retry(database, study, "me")
    assert deliveries.claim(database, "pacs").attempts == 1


@pytest.mark.parametrize(
    "give_back", [deliveries.release, lambda d, _one: deliveries.recover(d, ["archive", "pacs"])]
)
def test_a_delivery_that_was_interrupted_is_taken_again_at_no_cost(database, study, give_back):
    give_back(database, deliveries.claim(database, "pacs"))
    assert deliveries.claim(database, "pacs").attempts == 1


def test_a_destination_that_is_gone_is_told(database, study):
    deliveries.recover(database, ["pacs"])
    assert shown(database)["archive"].status == "failed"
    assert "no such destination" in shown(database)["archive"].reason
    assert shown(database)["pacs"].status == "queued"


def test_a_result_is_sent_again_without_measuring(database, study):
    for name in ("archive", "pacs"):
        deliveries.sent(database, deliveries.claim(database, name))
    assert deliveries.resend(database, study, "me") == 2
    assert deliveries.claim(database, "pacs").objects == OBJECTS
    assert queue.claim(database) is None
    assert deliveries.resend(database, study, "me") == 0


def test_what_was_replaced_while_it_was_sent_stays_so(database, study):
    delivery = deliveries.claim(database, "pacs")
    arrivals.record(database, arrival(2))
    jobs.enqueue(database, study, "how")
    newer = NewResult("s", ResultStatus.COMPLETE, "", "0.1", "unet", "{}", OBJECTS)
    queue.measured(database, queue.claim(database), newer, ("pacs",))
    deliveries.sent(database, delivery)
    assert studies.counts(database).deliveries == {"queued": 1, "replaced": 2}
