"""Whether a written DICOM file is whole; the rest of its header is tested by reading series."""

from __future__ import annotations

import io

import pytest
from pydicom.uid import ImplicitVRLittleEndian

from calcimetry.dicom.part10 import is_whole
from tests.dicom import making


@pytest.fixture
def content():
    ds = making.series()[0]
    ds.ReferencedImageSequence = [making._item(ReferencedSOPInstanceUID="1.2.3")]
    buffer = io.BytesIO()
    ds.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def test_a_whole_file(content):
    assert is_whole(io.BytesIO(content), len(content))


@pytest.mark.parametrize("cut", [1, 7, 96, 105, 110, 400])
def test_a_file_cut_off_anywhere(content, cut):
    assert not is_whole(io.BytesIO(content[:-cut]), len(content) - cut)


@pytest.mark.parametrize("length", [0, 100, 132, 140])
def test_a_file_of_which_little_is_left(content, length):
    assert not is_whole(io.BytesIO(content[:length]), length)


def test_a_file_in_another_encoding_is_none_of_ours(content):
    ds = making.series()[0]
    ds.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    buffer = io.BytesIO()
    ds.save_as(buffer, enforce_file_format=True)
    assert not is_whole(io.BytesIO(buffer.getvalue()), len(buffer.getvalue()))
