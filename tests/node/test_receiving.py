import pytest

from calcimetry.errors import OutputError, Refused
from calcimetry.node import refusals
from calcimetry.node.tally import WEB
from calcimetry.store import arrivals, audit
from tests.node import peers


def incoming(receiver, ds):
    coming = receiver.begin()
    coming.write(peers.file_bytes(ds))
    return coming


def audited(receiver, path):
    audit.export(receiver._database, path)
    return path.read_text(encoding="utf-8")


def test_an_instance_is_recorded_with_its_sender(receiver, tmp_path):
    (ds,) = peers.slices()
    identity = receiver.accept(incoming(receiver, ds), "CT1@10.0.0.7\n", WEB, {})
    assert identity.sop_uid == ds.SOPInstanceUID
    told = audited(receiver, tmp_path / "audit.csv")
    assert "CT1@10.0.0.7?" in told  # what does not print stands in no log
    assert ds.SOPInstanceUID in told
    assert receiver.used_bytes > 0
    assert receiver.free_bytes > 0


def test_a_database_that_fails_means_that_nothing_is_acknowledged(receiver, monkeypatch):
    def fail(*_args):
        raise OutputError("Using the results database: disk full.")

    monkeypatch.setattr(arrivals, "record", fail)
    (ds,) = peers.slices()
    with pytest.raises(Refused, match=r"could not be recorded .*disk full") as caught:
        receiver.accept(incoming(receiver, ds), "CT1@10.0.0.7", WEB, {})
    assert caught.value.kind == refusals.STORAGE
    assert caught.value.identity.sop_uid == ds.SOPInstanceUID


def test_refusals_are_audited_but_for_those_of_a_full_disk(receiver, tmp_path, caplog):
    receiver.refuse(Refused(refusals.UNREADABLE, "it is cut off"), "CT1@h", sop_uid="1.2.3")
    receiver.refuse(Refused(refusals.STORAGE, "no room"), "CT1@h", sop_uid="1.2.4")
    told = audited(receiver, tmp_path / "audit.csv")
    assert "it is cut off" in told
    assert "no room" not in told
    assert "no room" in caplog.text
    assert receiver.tally.refusals() == {refusals.UNREADABLE: 1, refusals.STORAGE: 1}


def test_a_refusal_is_told_even_where_the_audit_fails(receiver, monkeypatch, caplog):
    def fail(*_args):
        raise OutputError("Using the results database: disk full.")

    monkeypatch.setattr(audit, "append", fail)
    receiver.refuse(Refused(refusals.UNREADABLE, "it is cut off"), "CT1@h")
    assert "it is cut off" in caplog.text


def test_a_stopping_receiver_begins_nothing(receiver):
    receiver.stop()
    with pytest.raises(Refused, match="the node is stopping"):
        receiver.begin()


def test_every_kind_of_refusal_of_an_instance_has_an_answer():
    of_instances = set(refusals.KINDS) - {
        *(refusals.ADDRESS, refusals.AE_TITLE, refusals.RATE, refusals.CONNECTIONS),
        *(refusals.TLS, refusals.TOKEN, refusals.HOST_NAME, refusals.ORIGIN, refusals.ABORTED),
    }
    assert of_instances == set(refusals.ANSWERS)
