import dataclasses

import pytest
from pydicom import dcmread
from pydicom.uid import ImplicitVRLittleEndian, RLELossless
from pynetdicom.dsutils import encode

from calcimetry.errors import SettingsError
from calcimetry.node.configuration import DicomSettings, LimitSettings
from calcimetry.node.dimse import DicomListener
from tests.node import peers


def test_what_is_sent_lies_durably_as_it_came_before_success_is_answered(listening):
    node = listening()
    assoc = peers.associate(node.port)
    assert assoc.is_established
    sent = peers.slices(3)
    for count, ds in enumerate(sent, start=1):
        assert assoc.send_c_store(ds).Status == 0x0000
        assert node.counts.instances == len(node.files) == count
    assert assoc.send_c_echo().Status == 0x0000
    assoc.release()
    bodies = [encode(ds, is_implicit_vr=False, is_little_endian=True) for ds in sent]
    for path in node.files:
        data = path.read_bytes()
        assert any(data.endswith(body) for body in bodies)
        kept = dcmread(path)
        assert kept.file_meta.MediaStorageSOPInstanceUID == kept.SOPInstanceUID


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, RLELossless])
def test_every_transfer_syntax_is_kept_as_it_is(listening, syntax):
    node = listening()
    (ds,) = peers.slices()
    if syntax == RLELossless:
        ds.compress(syntax, generate_instance_uid=False)
    ds.file_meta.TransferSyntaxUID = syntax
    assoc = peers.associate(node.port, syntaxes=[syntax])
    assert assoc.send_c_store(ds).Status == 0x0000
    assoc.release()
    (path,) = node.files
    assert dcmread(path).file_meta.TransferSyntaxUID == syntax


def test_an_instance_that_comes_again_with_other_bytes_is_kept_beside_the_first(listening):
    node = listening()
    (ds,) = peers.slices()
    assoc = peers.associate(node.port)
    for name in ("DOE^JANE", "ROE^JANE", "ROE^JANE"):
        ds.PatientName = name
        assert assoc.send_c_store(ds).Status == 0x0000
    assoc.release()
    assert len(node.files) == 2


def test_a_port_that_is_taken_is_told(listening, receiver):
    node = listening()
    taken = dataclasses.replace(DicomSettings(), port=node.port)
    with pytest.raises(SettingsError, match=r"Listening for DICOM on 127\.0\.0\.1, port"):
        DicomListener(taken, LimitSettings(), receiver).start()


def test_a_listener_that_was_not_started_may_be_stopped(receiver):
    DicomListener(DicomSettings(), LimitSettings(), receiver).stop()
