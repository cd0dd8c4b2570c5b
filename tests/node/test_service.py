import json
import logging

import httpx
import pytest

from calcimetry.errors import OutputError
from calcimetry.node.configuration import (
    CompletenessSettings,
    DatabaseSettings,
    DicomDestination,
    DicomSettings,
    WebSettings,
)
from calcimetry.node.service import Node
from calcimetry.store import Database, audit, jobs, queue, results, studies
from tests.node import nodes, peers
from tests.node.test_sending import archive


@pytest.fixture
def running():
    """Starts nodes; stops what still runs in the end."""
    started = []

    def start(settings, way=None):
        node = Node(settings, way or nodes.way())
        node.start()
        started.append(node)
        return node

    yield start
    for node in started:
        node.stop()


def send(node, count=2):
    """Send a study; gives its UID."""
    association = peers.associate(node.dicom_port)
    assert association.is_established
    for ds in peers.slices(count):
        assert association.send_c_store(ds).Status == 0x0000
    association.release()
    return str(ds.StudyInstanceUID)


def status(database, study):
    found = studies.find(database, study)
    return found and found.status


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_study_is_received_measured_and_sent(tmp_path, running, kind, request, caplog):
    caplog.set_level(logging.INFO)
    url = request.getfixturevalue("postgresql_url") if kind == "postgresql" else ""
    with archive(classes=["1.2.840.10008.5.1.4.1.1.88.33"]) as (pacs, held):
        settings = nodes.settings(tmp_path, [pacs], database=DatabaseSettings(url))
        node = running(settings)
        assert node.well
        study = send(node)
        with Database.open(settings.database_url) as database:
            jobs.complete(database, study, "me")
            nodes.wait_for(lambda: status(database, study) == "done", "the delivery")
            (report,) = results.visible(database, study).objects
            node.stop()
            audit.export(database, tmp_path / "audit.jsonl")
    assert held == [report.sop_instance_uid]
    assert not node.well
    lines = (tmp_path / "audit.jsonl").read_text().splitlines()
    told = [json.loads(line) for line in lines]
    assert [one["event"] for one in told] == [
        *("started", "received", "received", "completed", "queued", "measured", "sent", "stopped"),
    ]
    measured = told[5]["detail"]
    assert measured["version"] == "0.1"
    assert (measured["instances"], measured["objects"]) == (2, 1)
    assert told[6]["destination"] == "pacs"
    assert study not in caplog.text


def test_the_web_server_completes_and_sends_again(tmp_path, running):
    with archive(classes=["1.2.840.10008.5.1.4.1.1.88.33"]) as (pacs, held):
        settings = nodes.settings(tmp_path, [pacs], web=WebSettings(port=0))
        node = running(settings)
        study, web = send(node), f"http://127.0.0.1:{node.web_port}"
        assert httpx.get(f"{web}/health").json() == {"ill": []}
        assert httpx.post(f"{web}/studies/{study}/complete").status_code == 202
        with Database.open(settings.database_url) as database:
            nodes.wait_for(lambda: status(database, study) == "done", "the delivery")
            again = httpx.post(f"{web}/studies/{study}/resend")
            assert again.json()["deliveries"] == 1
            nodes.wait_for(lambda: status(database, study) == "done", "the second delivery")
            assert studies.find(database, study).attempts == 1
        node.stop()
    assert len(held) == 2
    assert held[0] == held[1]


def test_silence_completes_a_study(tmp_path, running):
    settings = nodes.settings(tmp_path, completeness=CompletenessSettings(stable_s=0.1))
    study = send(running(settings))
    with Database.open(settings.database_url) as database:
        nodes.wait_for(lambda: status(database, study) == "done", "the result")
        assert studies.find(database, study).result_status == "complete"


def test_a_node_that_was_stopped_goes_on_where_it_was(tmp_path, running, monkeypatch):
    nodes.close_sockets(monkeypatch)
    with archive() as (pacs, _):
        pass  # nobody is there
    settings = nodes.settings(tmp_path, [pacs])
    first = running(settings, nodes.way("hang"))
    study = send(first)
    with Database.open(settings.database_url) as database:
        jobs.complete(database, study, "me")
        nodes.wait_for(lambda: status(database, study) == "measuring", "the start")
        first.stop()
        assert status(database, study) == "queued"
        with archive(classes=["1.2.840.10008.5.1.4.1.1.88.33"]) as (pacs, held):
            again = nodes.settings(tmp_path, [pacs])
            second = running(again, nodes.way("measure"))
            nodes.wait_for(lambda: status(database, study) == "done", "the delivery")
            second.stop()
        assert len(held) == 1
        assert studies.find(database, study).attempts == 1


def test_what_a_killed_node_left_is_told(tmp_path, running, caplog):
    settings = nodes.settings(tmp_path)
    node = running(settings)
    study = send(node)
    node.stop()
    with Database.open(settings.database_url) as database:
        jobs.enqueue(database, study, nodes.way().made_with)
        assert queue.claim(database)
        running(settings)
        assert "did not stop by itself: 1 studies are measured again" in caplog.text
        nodes.wait_for(lambda: status(database, study) == "done", "the result")


def test_one_node_at_a_time_uses_a_spool(tmp_path, running):
    settings = nodes.settings(tmp_path)
    running(settings)
    with pytest.raises(OutputError, match="another node is running there"):
        running(settings)


def test_a_spool_that_cannot_be_made_is_told(tmp_path, running):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="Starting the node in spool"):
        running(nodes.settings(tmp_path / "file" / "spool"))


def test_a_node_that_cannot_listen_leaves_nothing_running(tmp_path, running):
    node = running(nodes.settings(tmp_path / "one"))
    taken = DicomSettings(port=node.dicom_port)
    with pytest.raises(Exception, match="Listening for DICOM"):
        running(nodes.settings(tmp_path / "two", dicom=taken))
    running(nodes.settings(tmp_path / "two"))


def test_stopping_twice_is_no_trouble(tmp_path, running):
    node = running(nodes.settings(tmp_path, [DicomDestination("x", "dicom", "127.0.0.1", 1, "X")]))
    node.stop()
    node.stop()
