import dataclasses
import socket
import sqlite3
from contextlib import ExitStack, suppress

import httpx
import pytest
from dicomweb_client import DICOMwebClient
from pydicom.dataset import Dataset

from calcimetry.errors import SettingsError
from calcimetry.node import refusals
from calcimetry.node.configuration import LimitSettings, SpoolSettings, WebSettings
from calcimetry.node.spool import Spool
from calcimetry.node.tally import Tally
from calcimetry.node.web import WebListener
from calcimetry.node.web_app import Parts
from calcimetry.store import audit, jobs, queue, studies
from tests.dicom.making import STUDY
from tests.node import nodes, peers

TOKEN = "a-token-of-good-length"  # noqa: S105
TYPE = 'multipart/related; type="application/dicom"; boundary=xyz'


def body(*parts, kind=b"application/dicom"):
    """A multipart message of some parts."""
    opened = b"--xyz\r\nContent-Type: " + kind + b"\r\n\r\n"
    return b"".join(opened + part + b"\r\n" for part in parts) + b"--xyz--\r\n"


def stow(node, content, path="", **headers):
    address = f"{node.url}/dicom-web/studies{path}"
    return httpx.post(address, content=content, headers={"Content-Type": TYPE, **headers})


def uids(sequence):
    return [item["00081155"]["Value"][0] for item in sequence["Value"]]


def test_a_dicomweb_client_stores_a_study_and_reads_the_response(serving):
    node = serving()
    client = DICOMwebClient(f"{node.url}/dicom-web")
    sent = peers.slices(3)
    answer = client.store_instances(sent)
    assert [one.ReferencedSOPInstanceUID for one in answer.ReferencedSOPSequence] == [
        ds.SOPInstanceUID for ds in sent
    ]
    assert "FailedSOPSequence" not in answer
    assert node.counts.instances == 3
    assert len(node.files) == 3


def test_each_instance_of_a_request_is_answered_for(serving):
    node = serving()
    good, other = peers.slices(2)
    (elsewhere,) = peers.slices(StudyInstanceUID="1.2.3")
    parts = [peers.file_bytes(good), b"no DICOM", peers.file_bytes(elsewhere)]
    answer = stow(node, body(*parts, peers.file_bytes(other)[:-9]), f"/{STUDY}")
    assert answer.status_code == 202
    assert answer.headers["content-type"] == "application/dicom+json"
    told = Dataset.from_json(answer.json())
    assert [one.ReferencedSOPInstanceUID for one in told.ReferencedSOPSequence] == [
        good.SOPInstanceUID
    ]
    (failed,) = told.FailedSOPSequence
    assert failed.ReferencedSOPInstanceUID == elsewhere.SOPInstanceUID
    assert failed.ReferencedSOPClassUID == elsewhere.SOPClassUID
    assert failed.FailureReason == 0xA900
    assert [one.FailureReason for one in told.OtherFailuresSequence] == [0xC000, 0xC000]
    assert node.counts.instances == len(node.files) == 1


@pytest.mark.parametrize(
    ("content", "path", "headers", "status"),
    [
        (body(b"no DICOM"), "", {}, 409),
        (body(), "", {}, 400),
        (b"", "", {}, 400),
        (b"--xyz\r\n\r\nunended", "", {}, 400),
        (b"no multipart", "", {}, 400),
        (body(b"x"), "/../../etc/passwd%00", {}, 404),
        (body(b"x"), "/1.2.DROP", {}, 400),
        (body(b"x"), "", {"Content-Type": "application/dicom"}, 400),
        (body(b"x"), "", {"Content-Type": "multipart/related; type=application/dicom"}, 400),
        (body(b"x"), "", {"Content-Type": 'multipart/related; type="a/b"; boundary=xyz'}, 400),
        (body(b"x", kind=b"application/dicom+json"), "", {}, 409),
        (body(bytes(1_100_000)), "", {}, 413),
    ],
    ids=range(12),
)
def test_what_is_no_study_is_refused(serving, content, path, headers, status):
    node = serving()
    assert stow(node, content, path, **headers).status_code == status
    assert node.files == []


def test_a_request_that_is_too_large_is_refused_announced_or_not(serving):
    node = serving(LimitSettings(request_mb=0.01))
    content = body(bytes(20_000))
    assert stow(node, content).status_code == 413
    assert stow(node, iter([content])).status_code == 413
    assert node.refusals(refusals.TOO_LARGE) == 2
    assert node.files == []


def test_without_room_a_request_is_answered_507(serving, receiver, tmp_path):
    node = serving()
    receiver._spool = Spool(SpoolSettings(tmp_path / "full", 1e-9, keep_free_gb=0.0), 1.0)
    first, second = peers.slices(2)
    answer = stow(node, body(peers.file_bytes(first), peers.file_bytes(second)))
    assert answer.status_code == 202  # the quota holds until it is spent
    answer = stow(node, body(peers.file_bytes(second)))
    assert answer.status_code == 507
    assert Dataset.from_json(answer.json()).OtherFailuresSequence[0].FailureReason == 0xA700
    assert httpx.get(f"{node.url}/health").json() == {"ill": ["room"]}
    assert "The spool is full" in httpx.get(node.url).text


def test_a_sender_that_stops_or_goes_away_leaves_nothing(serving):
    node = serving(LimitSettings(idle_s=0.3))
    head = f"POST /dicom-web/studies HTTP/1.1\r\nHost: localhost\r\nContent-Type: {TYPE}\r\n"
    start = f"{head}Content-Length: 9999\r\n\r\n--xyz\r\n\r\nDICOM".encode()
    port = int(node.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=30) as peer:
        peer.sendall(start)
        assert peer.recv(20).startswith(b"HTTP/1.1 408")
    with socket.create_connection(("127.0.0.1", port), timeout=30) as peer:
        peer.sendall(head.encode())  # and no end of it
        assert peer.recv(1) == b""
    assert node.refusals(refusals.TIMEOUT) == 2
    assert node.files == []


def test_a_study_is_completed_and_tried_again_by_its_key_or_uid(serving, receiver, tmp_path):
    node = serving()
    (ds,) = peers.slices()
    stow(node, body(peers.file_bytes(ds)))
    database = receiver._database
    assert httpx.post(f"{node.url}/studies/{STUDY}/complete?instances=2").status_code == 202
    (study,) = studies.recent(database)
    assert httpx.post(f"{node.url}/studies/{study.key}/complete").json() == {"study": study.key}
    jobs.enqueue(database, STUDY, "way")
    queue.failed(database, queue.claim(database), "it broke <b>", None)
    page = httpx.get(node.url).text
    assert "it broke &lt;b&gt;" in page
    assert f'action="studies/{study.key}/retry"' in page
    assert STUDY not in page
    answer = httpx.post(f"{node.url}/studies/{study.key}/retry")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert studies.recent(database)[0].status != studies.StudyStatus.MEASURING_FAILED
    audit.export(database, tmp_path / "audit.csv")
    assert "retried,127.0.0.1" in (tmp_path / "audit.csv").read_text()


@pytest.mark.parametrize("what", ["complete", "retry"])
def test_a_study_that_is_not_there_is_not_found(serving, what):
    node = serving()
    assert httpx.post(f"{node.url}/studies/1.2.3/{what}").status_code == 404


def test_health_metrics_and_status_are_served(serving):
    node = serving()
    with httpx.Client(base_url=node.url) as client:
        assert client.get("/health").json() == {"ill": []}
        metrics = client.get("/metrics").text
        assert 'calcimetry_refusals_total{kind="storage"} 0.0' in metrics
        assert 'calcimetry_jobs{status="failed"} 0.0' in metrics
        assert "calcimetry_spool_free_bytes" in metrics
        page = client.get("/")
        assert "Nothing has been received yet." in page.text
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert ".chip" in client.get("/status.css").text


def test_a_node_of_which_a_part_has_stopped_says_so(serving, tmp_path):
    node = serving(is_well=lambda: False)
    answer = httpx.get(f"{node.url}/health")
    assert (answer.status_code, answer.json()) == (503, {"ill": ["threads"]})
    assert "A part of the node has stopped" in httpx.get(node.url).text
    with sqlite3.connect(tmp_path / "node.sqlite") as other:
        other.execute("ALTER TABLE studies RENAME TO gone")
    other.close()
    assert httpx.get(f"{node.url}/health").json() == {"ill": ["threads", "database"]}
    assert httpx.get(node.url).status_code == 503
    assert "calcimetry_studies " not in httpx.get(f"{node.url}/metrics").text


def test_without_the_token_only_health_is_served(serving, caplog):
    node = serving(token=TOKEN)
    paths = ("/", "/metrics", "/status.css", "/nothing")
    for path in paths:
        answer = httpx.get(f"{node.url}{path}")
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Basic ")
        wrong = {"Authorization": "Bearer another-token-of-length"}
        assert httpx.get(f"{node.url}{path}", headers=wrong).status_code == 401
    assert stow(node, body(b"x")).status_code == 401
    assert httpx.post(f"{node.url}/studies/1/retry").status_code == 401
    assert httpx.get(f"{node.url}/health").status_code == 200
    assert httpx.get(node.url, auth=("me", TOKEN)).status_code == 200
    assert httpx.get(node.url, headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200
    assert node.refusals(refusals.TOKEN) == 2 * len(paths) + 2
    assert "another-token" not in caplog.text


def test_other_host_names_and_other_sites_pages_are_refused(serving):
    node = serving()
    assert httpx.get(node.url, headers={"Host": "evil.example"}).status_code == 421
    retry = f"{node.url}/studies/1/retry"
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert httpx.post(retry, headers=headers).status_code == 403
    own = {"Origin": node.url, "Sec-Fetch-Site": "same-origin"}
    assert httpx.post(retry, headers=own).status_code == 404
    assert node.refusals(refusals.HOST_NAME) == 1
    assert node.refusals(refusals.ORIGIN) == 2


def test_connections_beyond_the_limit_are_hung_up_on(serving):
    node = serving(LimitSettings(requests=2))
    port = int(node.url.rpartition(":")[2])
    with ExitStack() as stack:
        *_, third = (
            stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=30))
            for _ in range(3)
        )
        with suppress(ConnectionError):
            assert third.recv(1) == b""
    assert node.refusals(refusals.CONNECTIONS) == 1


def test_what_goes_wrong_inside_is_told_without_the_address_which_holds_uids(
    serving, monkeypatch, caplog
):
    def fail(*_args):
        raise RuntimeError(STUDY)

    monkeypatch.setattr(studies, "find", fail)
    node = serving()
    assert httpx.post(f"{node.url}/studies/{STUDY}/retry").status_code == 500

    def ours():
        return [r.getMessage() for r in caplog.records if r.name.startswith("calcimetry")]

    told = "A request could not be served (RuntimeError)"
    nodes.wait_for(lambda: told in ours(), "its line in the log")  # it is answered first
    assert not [line for line in ours() if STUDY in line]


def test_an_address_that_is_taken_is_told(serving, receiver):
    node = serving()
    port = int(node.url.rpartition(":")[2])
    settings = dataclasses.replace(WebSettings(), port=port)
    receiver.tally = Tally()  # a node has one web server
    parts = Parts(receiver, receiver._database, LimitSettings(), lambda: True)
    with pytest.raises(SettingsError, match=r"Listening for HTTP on 127\.0\.0\.1, port"):
        WebListener(settings, parts).start()
