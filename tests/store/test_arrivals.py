import threading

from calcimetry.store import arrivals, jobs, queue, studies
from calcimetry.store.arrivals import study_key
from calcimetry.store.results import NewResult, ResultObject, ResultStatus
from tests.databases import arrival


def test_an_instance_is_recorded_once(database):
    assert arrivals.record(database, arrival(1))
    assert not arrivals.record(database, arrival(1))
    found = studies.find(database, study_key("1.2.3"))
    assert found.study_uid == "1.2.3"
    assert (found.instance_count, found.size_bytes) == (1, 1000)
    assert found.status == "receiving"


def test_several_are_recorded_together(database):
    assert arrivals.record_all(database, [arrival(1), arrival(2), arrival(1)]) == (
        True,
        True,
        False,
    )


def test_of_one_instance_the_newest_content_counts(database):
    assert arrivals.record(database, arrival(1, content="a"))
    assert arrivals.record(database, arrival(1, content="b"))
    jobs.enqueue(database, "1.2.3", "how")
    assert queue.claim(database).paths == ("studies/1b.dcm",)
    assert studies.recent(database)[0].instance_count == 1


def test_a_content_that_comes_back_counts_again(database):
    for content in "aba":
        assert arrivals.record(database, arrival(1, content=content))
    jobs.enqueue(database, "1.2.3", "how")
    assert queue.claim(database).paths == ("studies/1a.dcm",)


def test_a_study_is_told_from_another_that_uses_its_uids(database):
    arrivals.record(database, arrival(1))
    arrivals.record(database, arrival(1, sop_instance_uid="9", content="b"))
    arrivals.record(database, arrival(1, study="9.9", sop_instance_uid="9", content="c"))
    assert [one.instance_count for one in studies.recent(database)] == [1, 2]


def test_a_result_of_the_nodes_own_that_comes_back_is_no_reason_to_measure(database):
    arrivals.record(database, arrival(1))
    jobs.enqueue(database, "1.2.3", "how")
    report = ResultObject("1.9", "1.9.1", "1.2.840.10008.5.1.4.1.1.88.34", "1.2", "r/sr.dcm")
    result = NewResult("r", ResultStatus.COMPLETE, "", "0.1", "unet", "{}", (report,))
    assert queue.measured(database, queue.claim(database), result, ())
    assert arrivals.record(database, arrival(2, sop_instance_uid="1.9.1", content="b"))
    assert jobs.arriving(database) == ()
    assert not jobs.enqueue(database, "1.2.3", "how")


def test_senders_of_one_study_at_once_lose_nothing(database):
    def send(first):
        for number in range(first, 40, 4):
            arrivals.record(database, arrival(number))

    threads = [threading.Thread(target=send, args=(first,)) for first in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert studies.recent(database)[0].instance_count == 40
