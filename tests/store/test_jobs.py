import pytest

from calcimetry.errors import InputError
from calcimetry.store import arrivals, deliveries, jobs, queue, studies
from calcimetry.store.results import NewResult, ResultObject, ResultStatus
from tests.databases import arrival

REPORT = ResultObject("1.9", "1.9.1", "1.2.840.10008.5.1.4.1.1.88.34", "1.2", "r/sr.dcm")
RESULT = NewResult("r", ResultStatus.COMPLETE, "", "0.1", "unet", "{}", (REPORT,))


def status(database):
    return studies.recent(database)[0].status


@pytest.fixture
def study(database):
    """The UID of a study of two instances."""
    arrivals.record_all(database, [arrival(1), arrival(2)])
    return "1.2.3"


def test_what_has_arrived_waits_to_be_complete(database, study, clock):
    (found,) = jobs.arriving(database)
    assert (found.study_uid, found.instance_count, found.expected_instances) == (study, 2, None)
    assert found.last_received_at == clock.now
    assert found.completed_at is None


def test_one_content_is_queued_once(database, study):
    assert jobs.enqueue(database, study, "how")
    assert status(database) == "queued"
    assert not jobs.enqueue(database, study, "how")
    assert jobs.arriving(database) == ()


def test_the_same_content_measured_otherwise_is_another_job(database, study):
    assert jobs.enqueue(database, study, "how")
    assert jobs.enqueue(database, study, "otherwise")
    assert queue.claim(database).made_with == "otherwise"
    assert queue.claim(database) is None


def test_content_that_was_measured_is_not_measured_again(database, study):
    jobs.enqueue(database, study, "how")
    assert queue.measured(database, queue.claim(database), RESULT, ())
    arrivals.record(database, arrival(1))
    assert jobs.arriving(database) == ()
    assert not jobs.enqueue(database, study, "how")


def test_newer_content_takes_the_place_of_a_waiting_job(database, study):
    jobs.enqueue(database, study, "how")
    arrivals.record(database, arrival(3))
    assert queue.claim(database) is None
    assert jobs.enqueue(database, study, "how")
    assert len(queue.claim(database).paths) == 3
    assert queue.claim(database) is None
    assert studies.counts(database).jobs == {"measuring": 1, "replaced": 1}


def test_content_that_comes_back_is_measured_again(database, study):
    jobs.enqueue(database, study, "how")
    queue.measured(database, queue.claim(database), RESULT, ())
    arrivals.record(database, arrival(1, content="b"))
    jobs.enqueue(database, study, "how")
    queue.measured(database, queue.claim(database), RESULT, ())
    arrivals.record(database, arrival(1, content="a"))
    assert jobs.enqueue(database, study, "how")


def test_somebody_may_say_that_a_study_is_complete(database, study, clock):
    clock.go_on(5)
    jobs.complete(database, study, "me")
    (found,) = jobs.arriving(database)
    assert found.completed_at == clock.now
    clock.go_on(5)
    arrivals.record(database, arrival(3))
    (found,) = jobs.arriving(database)
    assert found.completed_at < found.last_received_at


def test_or_how_many_instances_it_will_have(database, study):
    jobs.complete(database, study, "me", expected_instances=30)
    (found,) = jobs.arriving(database)
    assert (found.expected_instances, found.completed_at) == (30, None)


def test_no_study_has_less_than_one_instance(database, study):
    with pytest.raises(InputError, match="at least 1, found 0"):
        jobs.complete(database, study, "me", expected_instances=0)


@pytest.mark.parametrize(
    "ask",
    [
        lambda database: jobs.complete(database, "9", "me"),
        lambda database: jobs.retry(database, "9", "me"),
        lambda database: jobs.enqueue(database, "9", "how"),
        lambda database: deliveries.resend(database, "9", "me"),
    ],
)
def test_a_study_that_has_not_arrived_is_told(database, ask):
    with pytest.raises(InputError, match="no instance of this study has arrived"):
        ask(database)


def test_a_failed_job_is_tried_again_when_asked_for(database, study, clock):
    jobs.enqueue(database, study, "how")
    assert not jobs.retry(database, study, "me")
    queue.failed(database, queue.claim(database), "no hand", None)
    assert status(database) == "measuring failed"
    assert studies.failed(database)[0].reason == "no hand"
    assert jobs.retry(database, study, "me")
    (found,) = jobs.arriving(database)
    assert found.completed_at == clock.now
    assert jobs.enqueue(database, study, "how")
    job = queue.claim(database)
    assert job.attempts == 1
    assert studies.failed(database) == ()
