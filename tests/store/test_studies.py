from calcimetry.store import arrivals, jobs, queue, studies
from tests.databases import arrival


def test_studies_are_shown_newest_first_and_so_many(database, clock):
    for study in ("1.2", "1.3", "1.4"):
        arrivals.record(database, arrival(1, study=study))
        clock.go_on(1)
    assert [one.study_uid for one in studies.recent(database, limit=2)] == ["1.4", "1.3"]


def test_a_study_is_found_by_its_key_and_by_its_uid(database):
    arrivals.record(database, arrival(1))
    found = studies.find(database, "1.2.3")
    assert studies.find(database, found.key) == found
    assert studies.find(database, "9") is None


def test_everything_is_counted(database):
    assert studies.counts(database) == studies.Counts(0, 0, 0, 0, {}, {})
    arrivals.record_all(database, [arrival(1), arrival(2), arrival(1, study="1.4")])
    jobs.enqueue(database, "1.4", "how")
    assert studies.counts(database) == studies.Counts(2, 3, 3000, 1, {"queued": 1}, {})
    queue.claim(database)
    assert studies.find(database, "1.4").status == "measuring"
