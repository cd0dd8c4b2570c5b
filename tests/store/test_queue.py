import datetime as dt
import threading

import pytest

from calcimetry.store import arrivals, jobs, queue, results, studies
from calcimetry.store.results import NewResult, ResultObject, ResultStatus
from tests.databases import arrival

REPORT = ResultObject("1.9", "1.9.1", "1.2.840.10008.5.1.4.1.1.88.34", "1.2", "r/sr.dcm")
RESULT = NewResult("r", ResultStatus.PARTIAL, "a cut tip", "0.1", "unet", "{}", (REPORT,))


def queued(database, study="1.2.3", how="how"):
    arrivals.record(database, arrival(1, study=study))
    jobs.enqueue(database, study, how)


def test_jobs_are_taken_in_their_order_once_each(database, clock):
    for study in ("1.2", "1.3"):
        queued(database, study)
        clock.go_on(1)
    assert [queue.claim(database).study_uid for _ in range(2)] == ["1.2", "1.3"]
    assert queue.claim(database) is None


def test_workers_at_once_never_take_the_same(database):
    for number in range(12):
        queued(database, f"1.{number}")
    taken = []

    def work():
        while job := queue.claim(database):
            taken.append(job.id)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert sorted(taken) == sorted(set(taken))
    assert len(taken) == 12


def test_a_failed_attempt_waits_for_its_time(database, clock):
    queued(database)
    again_at = clock.now + dt.timedelta(seconds=30)
    queue.failed(database, queue.claim(database), "out of memory", again_at)
    assert queue.claim(database) is None
    found = studies.recent(database)[0]
    assert (found.status, found.reason, found.due_at) == ("queued", "out of memory", again_at)
    clock.go_on(30)
    assert queue.claim(database).attempts == 2


def test_a_result_is_visible_with_all_that_it_was_made_with(database):
    queued(database)
    assert queue.measured(database, queue.claim(database), RESULT, ("pacs",))
    assert results.visible(database, "1.2.3") == RESULT
    found = studies.recent(database)[0]
    assert found.status == "sending"
    assert (found.result_status, found.reason) == ("partial", "a cut tip")
    assert found.made_with == "0.1, unet"


def test_there_is_no_result_before_one_was_measured(database):
    queued(database)
    assert results.visible(database, "1.2.3") is None


def test_of_several_results_the_newest_alone_is_visible(database):
    for content in "ab":
        arrivals.record(database, arrival(1, content=content))
        jobs.enqueue(database, "1.2.3", "how")
        newer = NewResult(content, ResultStatus.COMPLETE, "", "0.1", "unet", "{}", (REPORT,))
        queue.measured(database, queue.claim(database), newer, ("pacs",))
    assert results.visible(database, "1.2.3").folder == "b"
    assert studies.counts(database).deliveries == {"queued": 1, "replaced": 1}


def test_a_result_of_older_content_is_not_kept(database):
    queued(database)
    job = queue.claim(database)
    arrivals.record(database, arrival(2))
    jobs.enqueue(database, "1.2.3", "how")
    assert not queue.measured(database, job, RESULT, ("pacs",))
    assert results.visible(database, "1.2.3") is None
    queue.failed(database, job, "too late", None)
    assert studies.recent(database)[0].status == "queued"


@pytest.mark.parametrize("give_back", [queue.release, lambda d, _job: queue.recover(d, "how")])
def test_a_job_that_was_interrupted_is_taken_again_at_no_cost(database, give_back):
    queued(database)
    give_back(database, queue.claim(database))
    assert queue.claim(database).attempts == 1


def test_after_an_upgrade_what_waits_is_queued_anew(database):
    queued(database, "1.2")
    assert queue.recover(database, "newer") == 0
    (found,) = jobs.arriving(database)
    assert queue.claim(database) is None
    jobs.enqueue(database, found.study_uid, "newer")
    assert queue.claim(database).made_with == "newer"
