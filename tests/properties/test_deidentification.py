"""A patient's name and number never come out again, wherever somebody typed them."""

from __future__ import annotations

import warnings
from io import BytesIO

from hypothesis import given
from hypothesis import strategies as st
from pydicom import dcmread
from pydicom.dataset import Dataset

from calcimetry.dicom.deidentify import deidentify
from calcimetry.dicom.deidentify_profile import Profile
from calcimetry.dicom.deidentify_pseudonyms import Pseudonyms
from tests.dicom import making
from tests.dicom.marked import bytes_of

NAMES = Pseudonyms(bytes(range(32)), "S-")
#: Where people type what they should not, those that an option would keep among them.
PLACES = (
    *("SeriesDescription", "StudyDescription", "ProtocolName", "ImageComments", "StationName"),
    *("DeviceSerialNumber", "InstitutionName", "Manufacturer", "ManufacturerModelName"),
    *("SoftwareVersions", "ConvolutionKernel", "FilterType", "StudyID", "AccessionNumber"),
    *("ReferringPhysicianName", "OperatorsName", "PatientComments", "DerivationDescription"),
    *("PerformedProcedureStepDescription", "PositionReferenceIndicator", "RescaleType"),
    *("AdmissionID", "PatientAddress", "EthnicGroup", "Occupation", "AcquisitionProtocolName"),
)
#: Letters of a few scripts; five of them are no technical word by chance.
LETTERS = st.sampled_from("qwxzjkvyQWXZJKVYßéøщжלש山田")
WORDS = st.text(LETTERS, min_size=5, max_size=12)
NUMBERS = st.from_regex(r"[A-Z]{0,2}[0-9]{5,10}", fullmatch=True)


@st.composite
def patients(draw):
    """A slice of CT whose patient's name and number stand in many places, and what these are."""
    family, given_name, number = draw(WORDS), draw(WORDS), draw(NUMBERS)
    ds = making.ct_slice(making.volume()[0], (0, 0, 0), 1, SpecificCharacterSet="ISO_IR 192")
    ds.PatientName, ds.PatientID = f"{family}^{given_name}", number
    ds.SourceImageSequence = [Dataset()]
    for place in draw(st.lists(st.sampled_from(PLACES), unique=True)):
        before = draw(st.sampled_from(["", "DE hand ", "80kV-", "Br40 ", "CT_"]))
        who = draw(st.sampled_from([family, given_name, number, f"{given_name} {family}"]))
        after = draw(st.sampled_from(["", " left", "_Sn150kV", " 0.6 mm", "/hand"]))
        target = draw(st.sampled_from([ds, ds.SourceImageSequence[0]]))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            setattr(target, place, (before + who + after)[:60])
    return ds, (family, given_name, number)


@given(patients())
def test_name_and_number_go_from_wherever_they_stand(patient):
    ds, whose = patient
    profile = Profile(
        shift_dates=True,
        clean_descriptors=True,
        retain_device=True,
        retain_patient_characteristics=True,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = deidentify(dcmread(BytesIO(bytes_of(ds))), profile, NAMES).dataset
    text = bytes_of(made).decode("utf-8", errors="ignore")
    # Digits may come together by chance within UIDs and pseudonyms, which hold nothing else.
    for uid in _uids(made):
        text = text.replace(uid, "")
    for part in whose:
        assert part.casefold() not in text.casefold()
    assert made.PixelData == ds.PixelData


def _uids(ds):
    for element in ds:
        if element.VR == "SQ":
            for one in element.value:
                yield from _uids(one)
        elif element.VR == "UI":
            yield str(element.value)
