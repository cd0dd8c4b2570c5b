import io

import pytest
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian

from calcimetry.errors import Refused
from calcimetry.node import refusals
from calcimetry.node.identity import read_identity
from tests.dicom import making
from tests.node import peers


def written(tmp_path, data):
    path = tmp_path / "file"
    path.write_bytes(data)
    return path


def encoded(ds, syntax):
    ds.file_meta.TransferSyntaxUID = syntax
    buffer = io.BytesIO()
    ds.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


@pytest.mark.parametrize("syntax", [None, ImplicitVRLittleEndian, ExplicitVRBigEndian])
def test_uids_are_read_from_every_encoding_that_is_taken(tmp_path, syntax):
    (ds,) = peers.slices()
    syntax = syntax or ds.file_meta.TransferSyntaxUID
    found = read_identity(written(tmp_path, encoded(ds, syntax)))
    assert found.sop_uid == ds.SOPInstanceUID
    assert found.sop_class == ds.SOPClassUID
    assert found.series_uid == ds.SeriesInstanceUID
    assert found.study_uid == making.STUDY
    assert found.transfer_syntax == syntax


def test_an_object_without_pixels_has_them_too(tmp_path):
    (ds,) = peers.slices()
    del ds.PixelData
    data = peers.file_bytes(ds)
    assert read_identity(written(tmp_path, data)).sop_uid == ds.SOPInstanceUID
    for bad in (data[:-1], data + b"\0\0\0"):
        with pytest.raises(Refused, match="it is cut off"):
            read_identity(written(tmp_path, bad))


def test_elements_may_follow_the_pixels(tmp_path):
    (ds,) = peers.slices()
    ds.add_new(0xFFFCFFFC, "OB", bytes(100))
    read_identity(written(tmp_path, peers.file_bytes(ds)))


def refusal(tmp_path, data):
    with pytest.raises(Refused) as caught:
        read_identity(written(tmp_path, data))
    assert caught.value.kind == refusals.UNREADABLE
    assert "DOE" not in caught.value.reason
    return caught.value.reason


def test_deflated_data_are_refused_whatever_they_would_unpack_to(tmp_path):
    (ds,) = peers.slices()
    assert "deflated" in refusal(tmp_path, encoded(ds, DeflatedExplicitVRLittleEndian))


def test_damage_is_told_without_what_the_header_holds(tmp_path):
    (ds,) = peers.slices()
    data = peers.file_bytes(ds)
    assert "does not start as" in refusal(tmp_path, b"no DICOM")
    assert "ends within its header" in refusal(tmp_path, data[:132])
    assert "damaged or cut off" in refusal(tmp_path, data[:140])
    assert "cut off" in refusal(tmp_path, data[:-1])
    deep = (
        data[:-520]
        + b"\x40\x00\x00\xa7SQ\0\0\xff\xff\xff\xff"
        + b"\xfe\xff\x00\xe0\xff\xff\xff\xff" * 3
    )
    assert refusal(tmp_path, deep)


def test_a_parser_that_fails_is_told_by_its_error_alone(tmp_path, monkeypatch):
    def fail(*_args, **_named):
        raise RecursionError("DOE^JANE")

    monkeypatch.setattr("calcimetry.node.identity.read_dataset", fail)
    (ds,) = peers.slices()
    assert refusal(tmp_path, peers.file_bytes(ds)) == "its DICOM header is damaged (RecursionError)"


@pytest.mark.parametrize(
    ("keyword", "name"),
    [
        ("StudyInstanceUID", "study_uid"),
        ("SeriesInstanceUID", "series_uid"),
        ("SOPClassUID", "sop_class"),
    ],
)
def test_a_missing_uid_is_named(tmp_path, keyword, name):
    (ds,) = peers.slices()
    del ds[keyword]
    assert refusal(tmp_path, peers.file_bytes(ds)) == f"it has no usable {name}"
