"""Texts are read from bytes and from values alike."""

from __future__ import annotations

from pydicom.dataset import Dataset
from pydicom.uid import ImplicitVRLittleEndian

from calcimetry.dicom.deidentify_texts import identity_of, items_of, kind_of, texts
from tests.dicom import making
from tests.dicom.marked import read_again


def ct(**changes):
    return making.ct_slice(making.volume()[0], (0, 0, 0), 1, **changes)


def test_values_are_the_same_read_and_made():
    made = ct(ImageComments="a\\b")
    read = read_again(made)
    for ds in (made, read):
        assert texts(ds, 0x00080008) == ["ORIGINAL", "PRIMARY", "AXIAL"]
        assert texts(ds, 0x00280010) in (["8"], ["\x08"])
        assert texts(ds, 0x00204000) == ["a\\b"]
        assert kind_of(ds, 0x00280010) == "US"


def test_kinds_that_the_file_does_not_state_are_the_dictionarys():
    ds = ct(SmallestImagePixelValue=1)
    ds.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    read = read_again(ds)
    assert kind_of(read, 0x00280106) == "US"
    assert kind_of(read, 0x00100010) == "PN"


def test_a_kind_that_is_not_the_dictionarys_is_none():
    ds = ct()
    ds.add_new(0x00180060, "LO", "DOE")
    ds.add_new(0x00291010, "LO", "DOE")
    assert kind_of(ds, 0x00180060) == ""
    assert kind_of(ds, 0x00291010) == ""


def test_who_it_is_is_told_by_all_names_and_numbers_at_every_level():
    item = Dataset()
    item.ReferringPhysicianName = "Roe^Richard"
    ds = ct(
        AccessionNumber="A-77", RequestAttributesSequence=[item], SpecificCharacterSet="ISO_IR 192"
    )
    ds.PatientName = "Müller^Änne=山田"
    found = identity_of(read_again(ds))
    assert {"muller", "mueller", "anne", "山田", "p4711", "4711", "a77", "roe", "richard"} <= found


def test_what_is_no_sequence_has_no_items():
    assert items_of(ct(), 0x00100010) == ()
