import contextlib
import dataclasses
import http.server
import json
import threading

import pytest
from pydicom.uid import ComprehensiveSRStorage, CTImageStorage, ImplicitVRLittleEndian
from pynetdicom import AE, evt
from pynetdicom.association import Association

from calcimetry.errors import OutputError
from calcimetry.node.configuration import DicomDestination, StowDestination, TlsSettings
from calcimetry.node.sending import send
from calcimetry.node.tls import server_tls as tls_of_server
from calcimetry.store.results import ResultObject
from tests.node import nodes, peers
from tests.node.certificates import make, tls

__all__ = ["tls"]


@pytest.fixture
def objects(tmp_path):
    """Three objects in a spool folder."""
    made = []
    for ds in peers.slices(3):
        path = f"{ds.InstanceNumber}.dcm"
        (tmp_path / path).write_bytes(peers.file_bytes(ds))
        syntax = str(ds.file_meta.TransferSyntaxUID)
        uids = (ds.SeriesInstanceUID, ds.SOPInstanceUID, ds.SOPClassUID)
        made.append(ResultObject(*map(str, uids), syntax, path))
    return made


@contextlib.contextmanager
def archive(
    answer=lambda _number: 0x0000,
    classes=(CTImageStorage,),
    syntaxes=None,
    title="PACS",
    server_tls=None,
):
    """A C-STORE archive; gives its address and the UIDs that it holds."""
    held = []

    def store(event):
        status = answer(len(held))
        if status is None:
            event.assoc.abort()
            return 0x0000
        held.append(str(event.request.AffectedSOPInstanceUID))
        return status

    entity = AE(title)
    entity.require_called_aet = True
    for one in classes:
        entity.add_supported_context(one, syntaxes)
    server = entity.start_server(
        ("127.0.0.1", 0),
        block=False,
        evt_handlers=[(evt.EVT_C_STORE, store)],
        ssl_context=server_tls and tls_of_server("test", server_tls),
    )
    port = server.server_address[1]
    try:
        yield DicomDestination("pacs", "dicom", "127.0.0.1", port, "PACS"), held
    finally:
        server.shutdown()


@contextlib.contextmanager
def web(status=200, body=b"{}", content_type="application/dicom+json", server_tls=None):
    """A STOW-RS server that always answers the same; gives its address and what it was asked."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            if self.headers.get("Transfer-Encoding") == "chunked":
                while size := int(self.rfile.readline(), 16):
                    self.rfile.read(size + 2)
                self.rfile.readline()
            else:
                self.rfile.read(int(self.headers["Content-Length"]))
            asked.append((self.path, dict(self.headers)))
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if server_tls:
        context = tls_of_server("test", server_tls)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        url = f"http{'s' if server_tls else ''}://127.0.0.1:{server.server_port}/dicom-web"
        yield StowDestination("web", "stow", url, authorization="Bearer x"), asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def sent(destination, folder, objects, stop=None):
    return send(
        destination,
        folder,
        objects,
        ae_title="CALCIMETRY",
        timeout_s=20.0,
        stop=stop or threading.Event(),
    )


def uids(objects):
    return [one.sop_instance_uid for one in objects]


@pytest.mark.parametrize("status", [0x0000, 0xB000, 0xB006, 0xB007])
def test_all_objects_are_stored_in_their_order(tmp_path, objects, status):
    with archive(lambda _number: status) as (destination, held):
        assert sent(destination, tmp_path, objects)
    assert held == uids(objects)


def test_an_archive_that_reads_implicit_vr_only_is_served(tmp_path, objects):
    with archive(syntaxes=[ImplicitVRLittleEndian]) as (destination, held):
        assert sent(destination, tmp_path, objects)
    assert held == uids(objects)


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ({"answer": lambda _n: 0xA700}, "refuses CT Image Storage with status 0xA700"),
        ({"answer": lambda n: None if n else 0}, "gave no answer to CT Image Storage"),
        ({"classes": [ComprehensiveSRStorage]}, "cannot be reached, or aborts"),
        ({"title": "OTHER"}, "rejects the association"),
    ],
)
def test_why_an_archive_did_not_take_them_is_told(tmp_path, objects, how, reason):
    with archive(**how) as (destination, _), pytest.raises(OutputError, match=reason) as told:
        sent(destination, tmp_path, objects)
    assert objects[0].sop_instance_uid not in str(told.value)


def test_an_archive_that_takes_some_kinds_only_is_told_of_the_others(tmp_path, objects):
    last = objects[-1]
    report = ResultObject(
        last.series_uid, last.sop_instance_uid, ComprehensiveSRStorage, "1.2.840.10008.1.2", "r.dcm"
    )
    (ds,) = peers.slices(1)
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = ComprehensiveSRStorage
    (tmp_path / "r.dcm").write_bytes(peers.file_bytes(ds))
    with (
        archive() as (destination, held),
        pytest.raises(OutputError, match="does not accept Comprehensive SR Storage"),
    ):
        sent(destination, tmp_path, [*objects, report])
    assert held == uids(objects)


def test_an_archive_that_is_not_there_is_told(tmp_path, objects, monkeypatch):
    nodes.close_sockets(monkeypatch)
    with archive() as (destination, _):
        pass
    with pytest.raises(OutputError, match="cannot be reached"):
        sent(destination, tmp_path, objects)


def test_an_object_that_is_gone_is_told(tmp_path, objects):
    (tmp_path / objects[0].path).unlink()
    with archive() as (destination, _), pytest.raises(OutputError, match="cannot be read"):
        sent(destination, tmp_path, objects)


@pytest.mark.parametrize("kind", [archive, web])
def test_a_stopping_node_sends_no_further(tmp_path, objects, kind):
    stop = threading.Event()
    stop.set()
    with kind() as (destination, got):
        assert not sent(destination, tmp_path, objects, stop)
    assert got == []


def test_by_web_each_object_is_posted_with_what_lets_us_in(tmp_path, objects):
    with web() as (destination, asked):
        assert sent(destination, tmp_path, objects)
    assert [path for path, _ in asked] == ["/dicom-web/studies"] * 3
    assert asked[0][1]["Authorization"] == "Bearer x"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"status": 503}, "answers CT Image Storage with HTTP status 503"),
        ({"body": b"<html>", "content_type": "text/html"}, None),
        ({"body": b"nonsense"}, "is not that of STOW-RS"),
        (
            {
                "body": json.dumps(
                    {
                        "00081198": {
                            "vr": "SQ",
                            "Value": [{"00081197": {"vr": "US", "Value": [0xA700]}}],
                        }
                    }
                ).encode()
            },
            "refuses CT Image Storage with status 0xA700",
        ),
    ],
)
def test_why_a_web_server_did_not_take_them_is_told(tmp_path, objects, answer, reason):
    with web(**answer) as (destination, _):
        if reason is None:  # success without a list: what the standard asks for at the least
            assert sent(destination, tmp_path, objects)
            return
        with pytest.raises(OutputError, match=reason):
            sent(destination, tmp_path, objects)


def test_a_web_server_that_is_not_there_is_told(tmp_path, objects):
    with web() as (destination, _):
        pass
    with pytest.raises(OutputError, match="cannot be reached"):
        sent(destination, tmp_path, objects)


@pytest.mark.parametrize("kind", [archive, web])
def test_by_tls_both_sides_prove_who_they_are(tmp_path, objects, kind, tls):
    _, theirs, ours = tls
    with kind(server_tls=theirs) as (destination, got):
        assert sent(dataclasses.replace(destination, tls=ours), tmp_path, objects)
    assert len(got) == 3


@pytest.mark.parametrize("kind", [archive, web])
def test_nothing_is_sent_to_a_stranger(tmp_path, objects, kind, tls, monkeypatch):
    nodes.close_sockets(monkeypatch)
    folder, _, ours = tls
    with kind(server_tls=make(folder, "stranger")) as (destination, got):
        trusting = dataclasses.replace(destination, tls=ours)
        with pytest.raises(OutputError, match="cannot be reached"):
            sent(trusting, tmp_path, objects)
    assert got == []


def test_a_certificate_that_cannot_be_used_is_told(tmp_path, objects):
    (tmp_path / "x.pem").write_text("nonsense")
    wrong = TlsSettings(authorities=tmp_path / "x.pem")
    destination = DicomDestination("pacs", "dicom", "127.0.0.1", 1, "PACS", wrong)
    with pytest.raises(OutputError, match="a result or certificate cannot be read"):
        sent(destination, tmp_path, objects)


def test_an_association_that_ended_in_between_is_told(tmp_path, objects, monkeypatch):
    def send_c_store(*_arguments):
        raise RuntimeError("The association with a peer SCP must be established")

    monkeypatch.setattr(Association, "send_c_store", send_c_store)
    with (
        archive() as (destination, _),
        pytest.raises(OutputError, match="has ended the association"),
    ):
        sent(destination, tmp_path, objects)
