import logging
import threading

import pytest
from pydicom import dcmread

from calcimetry.node.configuration import WorkerSettings
from calcimetry.node.worker import Worker, clear_work
from calcimetry.store import Arrival, Database, arrivals, audit, jobs, queue, results, studies
from tests.node import nodes, peers

SETTINGS = WorkerSettings(
    memory_mb=1000.0, seconds=nodes.PATIENCE_S, attempts=3, wait_s=10.0, longest_wait_s=15.0
)


@pytest.fixture
def database(tmp_path, clock):
    with Database.open(f"sqlite:///{tmp_path / 'x.sqlite'}", clock) as opened:
        yield opened


@pytest.fixture
def queued(database, tmp_path):
    """The UID of a study of two instances in the spool, waiting to be measured."""
    (tmp_path / "studies").mkdir()
    for ds in peers.slices(2):
        path = f"studies/{ds.InstanceNumber}.dcm"
        (tmp_path / path).write_bytes(peers.file_bytes(ds))
        arrivals.record(
            database,
            Arrival(
                str(ds.StudyInstanceUID),
                str(ds.SeriesInstanceUID),
                str(ds.SOPInstanceUID),
                str(ds.SOPClassUID),
                str(ds.file_meta.TransferSyntaxUID),
                path,
                str(ds.InstanceNumber) * 64,
                1,
                "CT1@127.0.0.1",
            ),
        )
    jobs.enqueue(database, str(ds.StudyInstanceUID), nodes.way().made_with)
    return str(ds.StudyInstanceUID)


def measure(database, spool, behaviour, *, stopping=False):
    worker = Worker(database, spool, SETTINGS, nodes.way(behaviour), ("pacs",))
    stop = threading.Event()
    if stopping:
        stop.set()
    return worker.measure_next(stop)


def shown(database):
    return studies.recent(database)[0]


def test_without_a_job_nothing_is_done(database, tmp_path):
    assert not measure(database, tmp_path, "measure")


def test_a_measured_study_has_its_result_in_place(database, queued, tmp_path):
    assert measure(database, tmp_path, "measure")
    found = results.visible(database, queued)
    (report,) = found.objects
    written = dcmread(tmp_path / report.path)
    assert written.SOPInstanceUID == report.sop_instance_uid
    assert written.SeriesDescription == "2 instances"
    assert report.path.startswith(found.folder + "/")
    assert (found.status, found.version, found.method) == ("complete", "0.1", "stand-in")
    assert shown(database).status == "sending"
    assert list((tmp_path / "work").iterdir()) == []


def test_a_study_of_which_a_part_failed_says_why(database, queued, tmp_path):
    measure(database, tmp_path, "partial")
    found = results.visible(database, queued)
    assert (found.status, found.reason) == ("partial", "one of two series failed.")


def test_what_was_looked_at_and_refused_is_not_tried_again(database, queued, tmp_path):
    measure(database, tmp_path, "refuse")
    assert shown(database).status == "measuring failed"
    assert shown(database).reason == "no hand was found."


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        ("crash", "measuring ended with exit status 7"),
        ("nonsense", "measuring left dicom/x.dcm, which is no DICOM (InvalidDicomError)"),
        ("greedy", "Internal error (MemoryError: )"),
    ],
)
def test_other_failures_are_tried_again_later_and_then_shown(
    database, queued, tmp_path, clock, behaviour, reason, caplog
):
    for wait in (10, 15):
        assert measure(database, tmp_path, behaviour)
        assert shown(database).status == "queued"
        assert (shown(database).due_at - clock.now).seconds == wait
        assert not measure(database, tmp_path, behaviour)
        clock.go_on(wait)
    assert measure(database, tmp_path, behaviour)
    assert (shown(database).status, shown(database).attempts) == ("measuring failed", 3)
    assert shown(database).reason == reason
    audit.export(database, tmp_path / "audit.jsonl")
    kept = (tmp_path / "audit.jsonl").read_text()
    assert "Doe" not in kept + caplog.text
    assert queued not in caplog.text


def test_a_study_that_takes_too_long_is_given_up(database, queued, tmp_path):
    settings = WorkerSettings(memory_mb=1000.0, seconds=0.1, attempts=1)
    worker = Worker(database, tmp_path, settings, nodes.way("hang"), ())
    worker.measure_next(threading.Event())
    assert shown(database).status == "measuring failed"
    assert "longer than worker.seconds" in shown(database).reason


def test_an_instance_that_is_gone_is_told(database, queued, tmp_path):
    (tmp_path / "studies" / "1.dcm").unlink()
    measure(database, tmp_path, "measure")
    assert "the spool cannot be used (No such file or directory)" in shown(database).reason


def test_a_program_that_cannot_be_started_is_told(database, queued, tmp_path):
    missing = nodes.way()
    missing = type(missing)("0.1", "x", "{}", lambda *_: ["/no/such/program"])
    Worker(database, tmp_path, SETTINGS, missing, ()).measure_next(threading.Event())
    assert "Starting to measure: No such file or directory" in shown(database).reason


def test_a_stopping_node_puts_the_study_back(database, queued, tmp_path):
    assert measure(database, tmp_path, "hang", stopping=True)
    assert (shown(database).status, shown(database).attempts) == ("queued", 0)
    assert list((tmp_path / "work").iterdir()) == []


def test_a_study_that_got_newer_content_meanwhile_keeps_no_result(
    database, queued, tmp_path, monkeypatch, caplog
):
    def newer(database, job, *_):
        arrivals.record(database, Arrival(job.study_uid, "1", "2", "3", "4", "p", "9" * 64, 1, ""))
        jobs.enqueue(database, job.study_uid, "how")
        return measured(database, job, *_)

    measured = queue.measured
    monkeypatch.setattr(queue, "measured", newer)
    with caplog.at_level(logging.INFO):
        measure(database, tmp_path, "measure")
    assert results.visible(database, queued) is None
    assert "newer content came" in caplog.text


def test_what_a_kill_left_is_removed_and_measured_again(database, queued, tmp_path):
    left = tmp_path / "work" / "1-abc"
    left.mkdir(parents=True)
    (left / "child.lock").write_text("")
    job = queue.claim(database)
    place = tmp_path / f"results/{job.key}/{job.content_key[:16]}-{job.made_with[:16]}"
    place.mkdir(parents=True)
    (place / "half.dcm").write_bytes(b"half")
    assert clear_work(tmp_path) == 0
    assert not left.exists()
    assert queue.recover(database, nodes.way().made_with) == 1
    measure(database, tmp_path, "measure")
    assert [one.path.rsplit("/")[-1] for one in results.visible(database, queued).objects] == [
        "report.dcm"
    ]
    assert not (place / "half.dcm").exists()
