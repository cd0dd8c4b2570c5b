"""What must not be de-identified is refused, and the reason names nobody."""

from __future__ import annotations

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import (
    EncapsulatedPDFStorage,
    EnhancedCTImageStorage,
    MediaStorageDirectoryStorage,
    MRImageStorage,
    SecondaryCaptureImageStorage,
    SegmentationStorage,
)

from calcimetry.dicom.deidentify_profile import Profile
from calcimetry.dicom.deidentify_refusal import refusal_of
from tests.dicom import making
from tests.dicom.marked import read_again


def refusal(profile=Profile(), **changes):  # noqa: B008 - frozen
    return refusal_of(
        read_again(making.ct_slice(making.volume()[0], (0, 0, 0), 1, **changes)), profile
    )


def test_a_slice_of_ct_is_taken():
    assert refusal() == ""
    assert refusal(BurnedInAnnotation="NO", RecognizableVisualFeatures="NO") == ""


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"SOPClassUID": SecondaryCaptureImageStorage}, "a secondary capture"),
        ({"SOPClassUID": EncapsulatedPDFStorage}, "an encapsulated document"),
        ({"SOPClassUID": MediaStorageDirectoryStorage}, "a DICOMDIR"),
        ({"SOPClassUID": MRImageStorage}, "not de-identified here (MR Image Storage)"),
        ({"SOPClassUID": "1.2.3.4711"}, "a private object"),
        ({"StudyInstanceUID": ""}, "it states no StudyInstanceUID"),
        ({"PatientID": ""}, "it states no PatientID"),
        ({"PatientID": None}, "it states no PatientID"),
        ({"BurnedInAnnotation": "YES"}, "does not state BurnedInAnnotation NO"),
        ({"RecognizableVisualFeatures": "YES"}, "does not state RecognizableVisualFeatures NO"),
        ({"ImageType": ["DERIVED", "SECONDARY", "SCREEN SAVE"]}, "a picture of a screen or a page"),
        ({"PhotometricInterpretation": "RGB"}, "its pixels are colour"),
        ({"ImagePositionPatient": None}, "it has no place in the patient"),
        ({"PixelDataProviderURL": "http://jane"}, "its pixels lie elsewhere"),
    ],
)
def test_what_is_refused(changes, reason):
    found = refusal(**changes)
    assert reason in found
    assert "4711" not in found
    assert "jane" not in found.casefold()


def test_enhanced_ct_and_segmentations_state_their_place_elsewhere():
    assert refusal(SOPClassUID=EnhancedCTImageStorage, ImagePositionPatient=None) == ""
    assert refusal(SOPClassUID=SegmentationStorage, PhotometricInterpretation="PALETTE COLOR") == ""


def test_overlays_in_unused_bits_are_refused_and_others_taken():
    for position, refused in ((0, False), (12, True)):
        ds = making.ct_slice(making.volume()[0], (0, 0, 0), 1)
        ds.add_new(0x60000102, "US", position)
        assert ("unused bits" in refusal_of(read_again(ds), Profile())) is refused


def private(creator, nested=False):
    ds = making.ct_slice(making.volume()[0], (0, 0, 0), 1)
    place = ds
    if nested:
        ds.SourceImageSequence = [Dataset()]
        place = ds.SourceImageSequence[0]
    place.private_block(0x0029, creator, create=True).add_new(1, "LO", "DOE")
    return read_again(ds)


@pytest.mark.parametrize("nested", [False, True])
def test_private_attributes_of_unknown_makers_are_refused(nested):
    found = refusal_of(private("ACME 1.0", nested), Profile())
    assert "private attributes of an unknown maker (group 0029)" in found
    assert "ACME" not in found
    assert refusal_of(private("ACME 1.0", nested), Profile(unknown_private="remove")) == ""
    assert refusal_of(private("ACME 1.0", nested), Profile(private_creators=("acme 1.0",))) == ""


def test_private_attributes_of_known_makers_are_taken():
    assert refusal_of(private("SIEMENS CSA HEADER"), Profile()) == ""


def test_private_attributes_that_nobody_has_reserved_are_refused():
    ds = private("SIEMENS CSA HEADER")
    ds.add_new(0x00292001, "LO", "DOE")
    assert "group 0029" in refusal_of(read_again(ds), Profile())
    lone = making.ct_slice(making.volume()[0], (0, 0, 0), 1)
    lone.add_new(0x00310001, "LO", "DOE")
    assert "group 0031" in refusal_of(read_again(lone), Profile())
