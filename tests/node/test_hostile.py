"""Peers that do what no peer should: the node refuses, says why, and stays."""

import dataclasses
import logging
import struct
from contextlib import ExitStack, suppress
from ipaddress import ip_network

import pytest
from pynetdicom.dsutils import encode

from calcimetry.node import refusals
from calcimetry.node.configuration import LimitSettings, SpoolSettings
from calcimetry.node.spool import Spool
from tests.node import peers, raw

# Warnings are passed over, as the command does for the node; a thread that dies is not.
pytestmark = pytest.mark.filterwarnings(
    "ignore", "error::pytest.PytestUnhandledThreadExceptionWarning"
)

#: Files of the database, which lie beside the spool folder in these tests.
DATABASE = ("node.sqlite", "node.sqlite-wal", "node.sqlite-shm")
SHORT = LimitSettings(idle_s=0.3, instance_s=0.5)


def data_set(ds):
    """The bytes of a data set as they go over the network: without the file's header."""
    return encode(ds, is_implicit_vr=False, is_little_endian=True)


@pytest.fixture
def good(listening):
    """Whether a good peer is still served, asked again and again."""

    def is_served(node):
        assoc = peers.associate(node.port)
        try:
            (ds,) = peers.slices()
            return assoc.send_c_store(ds).Status == 0x0000
        finally:
            assoc.release()

    return is_served


@pytest.mark.parametrize(
    ("titles", "result"),
    [
        ({"called": "ANOTHER"}, "it called another AE title"),
        ({"calling": "EVIL"}, "its AE title is not in dicom.ae_titles"),
    ],
)
def test_a_wrong_ae_title_is_rejected_and_told(listening, caplog, titles, result):
    node = listening(ae_titles=("CT1",))
    assoc = peers.associate(node.port, **titles)
    assert assoc.is_rejected
    assoc.abort()
    assert node.refusals(refusals.AE_TITLE) == 1
    assert f"{titles.get('calling', 'CT1')}@127.0.0.1: {result}" in caplog.text


def test_an_address_that_is_not_listed_gets_no_word(listening, caplog):
    node = listening(addresses=(ip_network("10.0.0.0/8"),))
    with raw.Peer(node.port, associated=False) as peer:
        assert peer.answer() == (None, b"")
    assert node.refusals(refusals.ADDRESS) == 1
    assert "Refused a connection from 127.0.0.1: its address" in caplog.text


def test_too_many_connections_from_one_address_are_refused_for_a_while(listening):
    node = listening(dataclasses.replace(SHORT, connections_per_minute=3))
    for _ in range(3):
        with raw.Peer(node.port):
            pass
    with raw.Peer(node.port, associated=False) as peer:
        assert peer.answer() == (None, b"")
    assert node.refusals(refusals.RATE) == 1


def test_more_associations_than_allowed_are_rejected_for_a_while(listening):
    node = listening(LimitSettings(associations=2))
    with ExitStack() as stack:
        _, _, third = (
            stack.enter_context(raw.Peer(node.port, associated=wanted))
            for wanted in (True, True, False)
        )
        third.send(raw.associate_request())
        kind, body = third.answer()
    assert (kind, tuple(body[1:4])) == (raw.REJECT, (2, 3, 2))  # transient: local limit exceeded
    assert node.refusals(refusals.CONNECTIONS) == 1


@pytest.mark.parametrize("uid", ["../../../etc/passwd", "/etc/passwd", "1.2/../3", "a" * 64])
def test_a_uid_that_is_a_path_becomes_no_path(listening, good, tmp_path, uid):
    node = listening()
    (ds,) = peers.slices()
    ds.SOPInstanceUID = uid
    with raw.Peer(node.port) as peer:
        assert peer.store(data_set(ds), uid) == 0xC000
    assert node.files == []
    assert node.refusals(refusals.UNREADABLE) == 1
    assert {path.name for path in tmp_path.iterdir()} <= {"spool", *DATABASE}
    assert good(node)


@pytest.mark.parametrize("keyword", ["StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"])
@pytest.mark.parametrize("value", ["../../etc/passwd", None, "1.2.3; DROP TABLE studies"])
def test_a_data_set_without_usable_uids_is_refused(listening, keyword, value):
    node = listening()
    (ds,) = peers.slices(**{keyword: value})
    with raw.Peer(node.port) as peer:
        assert peer.store(data_set(ds), "1.2.3") == 0xC000
    assert node.files == []
    assert node.refusals(refusals.UNREADABLE) == 1


def test_what_is_cut_off_empty_or_no_data_set_is_refused_and_the_next_is_taken(listening):
    node = listening()
    (ds,) = peers.slices()
    whole = data_set(ds)
    with raw.Peer(node.port) as peer:
        for bad in (whole[:-9], whole[: len(whole) // 2], whole[:7], b"", b"\xff" * 400):
            assert peer.store(bad, ds.SOPInstanceUID) == 0xC000
        assert peer.store(whole, ds.SOPInstanceUID) == 0x0000
    assert node.refusals(refusals.UNREADABLE) == 5
    assert node.counts.instances == len(node.files) == 1


def test_what_is_not_what_it_was_announced_as_is_refused(listening):
    node = listening()
    (ds,) = peers.slices()
    with raw.Peer(node.port) as peer:
        assert peer.store(data_set(ds), "1.2.3") == 0xA900
    assert node.files == []
    assert node.refusals(refusals.MISMATCH) == 1


def test_an_instance_that_is_too_large_is_refused_and_takes_no_room(listening):
    node = listening()
    (ds,) = peers.slices(PixelData=bytes(3_000_000))
    with raw.Peer(node.port) as peer:
        assert peer.store(data_set(ds), ds.SOPInstanceUID) == 0xA700
        (small,) = peers.slices()
        assert peer.store(data_set(small), small.SOPInstanceUID) == 0x0000
    assert len(node.files) == 1
    assert node.refusals(refusals.TOO_LARGE) == 1


def test_before_the_quota_is_spent_everything_is_refused(listening, receiver, tmp_path):
    node = listening()
    (ds,) = peers.slices()
    receiver._spool = Spool(
        SpoolSettings(tmp_path / "small", quota_gb=1e-6, keep_free_gb=0.0), largest_mb=1.0
    )
    with raw.Peer(node.port) as peer:
        first, second = peers.slices(2)
        assert peer.store(data_set(first), first.SOPInstanceUID) == 0x0000  # 1.2 kB of 1 kB
        assert peer.store(data_set(second), second.SOPInstanceUID) == 0xA700
        receiver._spool.remove(node.files[0].relative_to(tmp_path / "small").as_posix())
        assert peer.store(data_set(ds), ds.SOPInstanceUID) == 0x0000
    assert node.refusals(refusals.STORAGE) == 1


def test_a_node_that_stops_refuses_what_is_new(listening, receiver):
    node = listening()
    (ds,) = peers.slices()
    with raw.Peer(node.port) as peer:
        receiver.stop()
        assert peer.store(data_set(ds), ds.SOPInstanceUID) == 0xA700
    assert node.refusals(refusals.STOPPING) == 1


def test_a_writer_that_stops_within_a_pdu_is_given_up(listening, good):
    node = listening(SHORT)
    with raw.Peer(node.port) as peer:
        peer.send(struct.pack(">BBL", 4, 0, 1000), bytes(10))
        while peer.answer()[0] is not None:
            pass
    assert node.refusals(refusals.TIMEOUT) == 1
    assert good(node)


def test_a_writer_that_never_ends_an_instance_is_given_up(listening):
    node = listening(SHORT)
    with raw.Peer(node.port) as peer:
        peer.send(raw.part(raw.store_command("1.2.3"), command=True))
        with pytest.raises(ConnectionError):
            peer.send_for_ever(raw.part(b"\0", last=False))
    assert node.refusals(refusals.TIMEOUT) == 1


def test_a_silent_peer_is_hung_up_on(listening):
    node = listening(SHORT)
    with raw.Peer(node.port, associated=False) as peer:
        assert peer.answer()[0] is None
    with raw.Peer(node.port) as peer:
        assert peer.answer()[0] in (raw.ABORT, None)
    assert node.refusals(refusals.TIMEOUT) == 2


def test_whoever_hangs_up_without_a_word_holds_no_place(listening):
    node = listening(LimitSettings(associations=1))
    for _ in range(40):
        raw.Peer(node.port, associated=False).socket.close()
    assert node.listener._server.wait_closed(20.0)  # the time for a word is 30 s


@pytest.mark.parametrize("established", [True, False])
def test_a_node_that_stops_waits_for_no_peer(listening, established):
    node = listening()
    with raw.Peer(node.port, associated=established) as peer:
        node.listener.stop(timeout_s=3.0)  # the time for a word is 5 s
        assert node.listener._server.wait_closed(0.0)
        assert peer.answer()[0] in (raw.ABORT, None)
    assert node.receiver.tally.refusals() == {}


@pytest.mark.parametrize("ending", [raw.ABORT_PDU, b""])
def test_what_a_peer_left_unfinished_is_removed(listening, ending):
    node = listening()
    with raw.Peer(node.port) as peer:
        peer.send(raw.part(raw.store_command("1.2.3"), command=True))
        peer.send(raw.part(bytes(5000), last=False), ending)
    node.listener.stop()
    assert node.files == []
    assert node.refusals(refusals.ABORTED) == 1


@pytest.mark.parametrize(
    ("pdus", "kind"),
    [
        ([struct.pack(">BBL", 4, 0, 0xFFFFFFFF)], refusals.PROTOCOL),
        ([struct.pack(">BBL", 99, 0, 4) + bytes(4)], refusals.PROTOCOL),
        ([raw.associate_request()], refusals.PROTOCOL),
        ([struct.pack(">BBL", 4, 0, 9) + b"\xff" * 9], refusals.PROTOCOL),
        ([raw.part(b"\0" * 100)], refusals.PROTOCOL),
        ([raw.part(b"\0" * 50_000, command=True, last=False)] * 2, refusals.PROTOCOL),
        ([raw.part(b"\xff" * 60, command=True)], refusals.PROTOCOL),
        (
            [
                raw.part(raw.store_command("1.2.3", CommandField=0x0020), command=True),
                raw.part(b"\0" * 10),
            ],
            refusals.PROTOCOL,
        ),
        (
            [
                raw.part(raw.store_command("1.2.3"), command=True, context=99),
                raw.part(b"\0" * 10, context=99),
            ],
            refusals.PROTOCOL,
        ),
    ],
    ids=[
        *("4 GB PDU", "no such PDU", "a second request", "damaged PDU"),
        *("data first", "endless command", "no command", "C-FIND", "no such context"),
    ],
)
def test_what_breaks_the_protocol_ends_the_association(listening, good, pdus, kind):
    node = listening()
    with raw.Peer(node.port) as peer:
        peer.send(*pdus)
        while peer.answer()[0] is not None:
            pass
    assert good(node)
    assert node.refusals(kind) == 1


def test_requests_that_wait_for_no_answer_are_not_piled_up(listening, good):
    node = listening()
    (ds,) = peers.slices()
    body = data_set(ds)
    command = raw.part(raw.store_command(ds.SOPInstanceUID), command=True)
    with raw.Peer(node.port) as peer:
        with suppress(ConnectionError):
            for _ in range(100):
                peer.send(command, raw.part(body))
        while peer.answer()[0] is not None:
            pass
    assert good(node)
    assert node.refusals(refusals.PROTOCOL) == 1


def test_no_log_line_holds_identity(listening, caplog):
    caplog.set_level(logging.INFO, logger="calcimetry")
    node = listening()
    (ds,) = peers.slices()
    with raw.Peer(node.port) as peer:
        peer.store(data_set(ds), ds.SOPInstanceUID)
        peer.store(data_set(ds)[:-9], ds.SOPInstanceUID)
        peer.store(data_set(ds), "../../DOE")
    assert "Received instance" in caplog.text
    assert "Refused an instance" in caplog.text
    ours = [one.getMessage() for one in caplog.records if one.name.startswith("calcimetry")]
    for secret in ("DOE", "4711", ds.SOPInstanceUID, ds.StudyInstanceUID):
        assert not [line for line in ours if secret in line]
