"""No part of the patient survives in a de-identified data set, and what is measured does."""

from __future__ import annotations

import warnings
from io import BytesIO

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import (
    Comprehensive3DSRStorage,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    RLELossless,
)

from calcimetry.dicom.deidentify import deidentify
from calcimetry.dicom.deidentify_profile import Profile, Trial
from calcimetry.dicom.deidentify_pseudonyms import Pseudonyms
from calcimetry.dicom.deidentify_table import DEVICE, MAKERS, Action
from tests.dicom import making
from tests.dicom.marked import MARK, MARKED_DATE, MARKED_UID, bytes_of, marked, read_again

KEY = bytes(range(32))
NAMES = Pseudonyms(KEY, "SSC-")
EVERYTHING = Profile(
    shift_dates=True,
    clean_descriptors=True,
    retain_device=True,
    retain_patient_characteristics=True,
)


def cleaned(ds, profile=EVERYTHING, names=NAMES):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return deidentify(read_again(ds), profile, names, version="1.2").dataset


def ct(**changes):
    return making.ct_slice(making.volume()[0], (0, 0, 0), 1, **changes)


def item(**values):
    ds = Dataset()
    for keyword, value in values.items():
        setattr(ds, keyword, value)
    return ds


@pytest.mark.parametrize(
    ("profile", "skip"),
    [(Profile(), frozenset()), (EVERYTHING, DEVICE | MAKERS)],
    ids=["no option", "all options"],
)
def test_no_text_survives_anywhere_in_the_bytes(profile, skip):
    before = bytes_of(marked(skip))
    assert before.count(MARK.encode()) > 10_000
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = deidentify(dcmread_bytes(before), profile, NAMES).dataset
    after = bytes_of(made).upper()
    for mark in (MARK, MARKED_UID, MARKED_DATE):
        assert mark.encode() not in after


def test_the_patient_becomes_the_pseudonym_everywhere_it_is_asked_for():
    made = cleaned(ct(ClinicalTrialSubjectID="4711"))
    assert made.PatientName == made.PatientID == made.ClinicalTrialSubjectID
    assert made.PatientID == NAMES.patient("P-4711")


def test_it_says_that_and_how_it_was_done():
    made = cleaned(ct())
    assert made.PatientIdentityRemoved == "YES"
    assert made.LongitudinalTemporalInformationModified == "MODIFIED"
    assert made.DeidentificationMethod[0] == "calcimetry 1.2"
    codes = [one.CodeValue for one in made.DeidentificationMethodCodeSequence]
    assert codes == ["113100", "113104", "113105", "113107", "113108", "113109"]
    plain = cleaned(ct(), Profile())
    assert plain.LongitudinalTemporalInformationModified == "REMOVED"
    assert [one.CodeValue for one in plain.DeidentificationMethodCodeSequence] == [
        "113100",
        "113104",
    ]


def test_the_trial_is_written_with_the_pseudonym():
    trial = Trial("Sponsor", "CALC-1", site_id="07")
    made = cleaned(ct(ClinicalTrialSiteName="General Hospital"), Profile(trial=trial))
    assert (made.ClinicalTrialSponsorName, made.ClinicalTrialProtocolID) == ("Sponsor", "CALC-1")
    assert (made.ClinicalTrialSiteID, made.ClinicalTrialSiteName) == ("07", "")
    assert made.ClinicalTrialSubjectID == made.PatientID


def test_nothing_of_the_input_is_changed():
    ds = read_again(ct(StudyDate="20240301"))
    before = bytes_of(ds)
    deidentify(ds, EVERYTHING, NAMES)
    assert bytes_of(ds) == before


def test_the_same_key_gives_the_same_bytes_and_another_one_others():
    first, second = (bytes_of(cleaned(ct(SOPInstanceUID="1.2.3"))) for _ in range(2))
    assert first == second
    other = cleaned(ct(SOPInstanceUID="1.2.3"), names=Pseudonyms(KEY[::-1], "SSC-"))
    assert other.PatientID != cleaned(ct()).PatientID
    assert other.SOPInstanceUID != NAMES.uid("1.2.3")


def test_visits_stay_linked_and_the_time_between_them_stays():
    first, second = (cleaned(ct(StudyDate=day)) for day in ("20240228", "20250301"))
    assert first.PatientID == second.PatientID
    assert first.FrameOfReferenceUID == second.FrameOfReferenceUID
    days = np.datetime64(_iso(second.StudyDate)) - np.datetime64(_iso(first.StudyDate))
    assert days == np.datetime64("2025-03-01") - np.datetime64("2024-02-28")
    assert first.StudyDate != "20240228"


def _iso(date):
    return f"{date[:4]}-{date[4:6]}-{date[6:]}"


def test_references_are_hashed_as_what_they_refer_to():
    other = ct()
    reference = item(
        ReferencedSOPClassUID=other.SOPClassUID, ReferencedSOPInstanceUID=other.SOPInstanceUID
    )
    made = cleaned(ct(SourceImageSequence=[reference]))
    referred = made.SourceImageSequence[0]
    assert referred.ReferencedSOPInstanceUID == cleaned(other).SOPInstanceUID
    assert referred.ReferencedSOPClassUID == other.SOPClassUID


def test_dates_are_removed_where_no_option_keeps_them():
    made = cleaned(
        ct(StudyDate="20240301", SeriesDate="20240301", ContentDate="20240301"), Profile()
    )
    assert made.StudyDate == ""
    assert "SeriesDate" not in made
    assert made.ContentDate == "19000101"


def test_dates_of_birth_never_stay():
    made = cleaned(ct(PatientBirthDate="19500101", PatientBirthTime="120000"))
    assert made.PatientBirthDate == ""
    assert "PatientBirthTime" not in made


def test_a_date_that_is_none_is_emptied():
    ds = ct()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ds.AcquisitionDate = "20241399"
    made = cleaned(ds)
    assert made.AcquisitionDate == ""


def test_descriptions_keep_their_technical_words_only_where_that_was_asked_for():
    words = {"SeriesDescription": "DE 80 kV of Jane", "StudyDescription": "Mrs Doe"}
    made = cleaned(ct(**words))
    assert made.SeriesDescription == "DE 80 kV of"
    assert "StudyDescription" not in made
    assert "SeriesDescription" not in cleaned(ct(**words), Profile())


def test_the_device_stays_only_where_that_was_asked_for_and_never_with_the_patients_name():
    device = {"StationName": "CT12", "DeviceSerialNumber": "98765", "Manufacturer": "ACME Ltd"}
    made = cleaned(ct(**device))
    assert [made.get(name) for name in device] == list(device.values())
    plain = cleaned(ct(**device), Profile())
    assert "StationName" not in plain
    assert (plain.DeviceSerialNumber, plain.Manufacturer) == ("REMOVED", "REMOVED")
    assert "StationName" not in cleaned(ct(StationName="CT OF JANE"))


def test_characteristics_stay_only_where_that_was_asked_for():
    values = {"PatientSex": "F", "PatientAge": "093Y", "PatientWeight": "61.5"}
    made = cleaned(ct(**values))
    assert (made.PatientSex, made.PatientAge, made.PatientWeight) == ("F", "090Y", 61.5)
    plain = cleaned(ct(**values), Profile())
    assert plain.PatientSex == ""
    assert "PatientAge" not in plain
    assert "PatientWeight" not in plain


def test_no_dummy_states_what_nobody_knows():
    assert cleaned(ct(ContrastBolusAgent="Omnipaque Doe")).ContrastBolusAgent == ""
    assert cleaned(ct(DeviceSerialNumber=""), Profile()).DeviceSerialNumber == ""


def test_a_name_that_is_a_technical_word_goes_too():
    made = cleaned(
        ct(PatientName="HAND^ANNA", BodyPartExamined="HAND", SeriesDescription="DE Hand")
    )
    assert "BodyPartExamined" not in made
    assert made.SeriesDescription == "DE"


def test_pixels_within_items_go():
    icon = item(PixelData=b"DOE JANE")
    icon["PixelData"].VR = "OW"
    made = cleaned(ct(ReferencedImageEvidenceSequence=[icon], IconImageSequence=[icon]))
    assert b"DOE JANE" not in bytes_of(made)


@pytest.mark.parametrize("keyword", ["OverlayData", "CurveData"])
def test_overlays_and_curves_go_whole(keyword):
    ds = ct()
    group = 0x6000 if keyword == "OverlayData" else 0x5000
    ds.add_new((group, 0x0010), "US", 8)
    ds.add_new((group, 0x3000), "OW", b"DOE JANE")
    made = cleaned(ds)
    assert not [tag for tag in made.keys() if tag.group == group]  # noqa: SIM118


def test_private_attributes_go_at_every_level():
    ds = ct(SourceImageSequence=[Dataset()])
    for one in (ds, ds.SourceImageSequence[0]):
        one.private_block(0x0029, "SIEMENS CSA HEADER", create=True).add_new(1, "LO", "DOE")
    made = cleaned(ds)
    assert b"SIEMENS CSA" not in bytes_of(made)
    assert b"DOE" not in bytes_of(made)


@pytest.mark.parametrize(
    "syntax",
    [
        ImplicitVRLittleEndian,
        ExplicitVRLittleEndian,
        DeflatedExplicitVRLittleEndian,
        ExplicitVRBigEndian,
    ],
)
def test_pixels_stay_the_same_bytes_in_the_same_transfer_syntax(syntax):
    ds = ct(StudyDate="20240301")
    ds.file_meta.TransferSyntaxUID = syntax
    if syntax == ExplicitVRBigEndian:
        ds.PixelData = np.frombuffer(ds.PixelData, "<u2").astype(">u2").tobytes()
    before = read_again(ds)
    made = dcmread_bytes(bytes_of(cleaned(ds)))
    assert made.file_meta.TransferSyntaxUID == syntax
    assert made.PixelData == before.PixelData
    np.testing.assert_array_equal(made.pixel_array, before.pixel_array)
    assert made.StudyDate == cleaned(ct(StudyDate="20240301")).StudyDate


def test_compressed_pixels_stay_the_same_bytes():
    ds = ct()
    ds.compress(RLELossless)
    before = read_again(ds).PixelData
    assert dcmread_bytes(bytes_of(cleaned(ds))).PixelData == before


def dcmread_bytes(data):
    return dcmread(BytesIO(data))


def test_the_file_around_the_data_set_is_new():
    ds = ct()
    ds.preamble = b"DOE^JANE" * 16
    ds.file_meta.SourceApplicationEntityTitle = "CTROOM7"
    written = bytes_of(cleaned(ds))
    assert written[:128] == bytes(128)
    assert b"CTROOM7" not in written


def test_an_attribute_of_the_wrong_kind_goes():
    ds = ct()
    ds.add_new(0x00180060, "LO", "DOE^JANE")  # KVP is a decimal number
    assert "KVP" not in cleaned(ds)


def test_what_was_done_is_counted():
    done = deidentify(read_again(ct(StudyDate="20240301")), EVERYTHING, NAMES)
    assert done.actions[0x00100010, Action.PSEUDONYM] == 1
    assert done.actions[0x00080020, Action.SHIFT] == 1
    assert done.actions[0x7FE00010, Action.KEEP] == 1
    assert done.patient == done.dataset.PatientID


def code(value, scheme, meaning):
    return item(CodeValue=value, CodingSchemeDesignator=scheme, CodeMeaning=meaning)


def report(*contents):
    ds = ct(SOPClassUID=Comprehensive3DSRStorage, Modality="SR")
    ds.ContentSequence = list(contents)
    ds.VerifyingObserverSequence = [
        item(VerifyingObserverName="ROE^RICHARD", VerifyingOrganization="General Hospital")
    ]
    return ds


def content(kind, name, **values):
    return item(
        RelationshipType="CONTAINS", ValueType=kind, ConceptNameCodeSequence=[name], **values
    )


def test_reports_keep_numbers_codes_and_links():
    number = item(NumericValue="12.5", MeasurementUnitsCodeSequence=[code("mm", "UCUM", "mm")])
    made = cleaned(
        report(
            content("NUM", code("103339001", "SCT", "Long Axis"), MeasuredValueSequence=[number]),
            content("TEXT", code("112039", "DCM", "Tracking Identifier"), TextValue="Lesion 3"),
            content("TEXT", code("112039", "DCM", "Tracking Identifier"), TextValue="Jane's"),
            content("UIDREF", code("112040", "DCM", "Tracking UID"), UID="1.2.3"),
        )
    )
    first, second, third, fourth = made.ContentSequence
    assert first.MeasuredValueSequence[0].NumericValue == 12.5
    assert first.ConceptNameCodeSequence[0].CodeMeaning == "Long Axis"
    assert first.RelationshipType == "CONTAINS"
    assert second.TextValue == "Lesion 3"
    assert third.TextValue == f"id-{NAMES.name('tracking', 'Jane' + chr(39) + 's')}"
    assert NAMES.uid("1.2.3") == fourth.UID


def test_sentences_persons_and_local_codes_of_reports_go():
    made = cleaned(
        report(
            content("TEXT", code("121106", "DCM", "Comment"), TextValue="Hand of Mrs Doe, left"),
            content("PNAME", code("121008", "DCM", "Person"), PersonName="ROE^RICHARD"),
            content("CODE", code("X1", "99GENERAL", "Dr. Roe's"), ConceptCodeSequence=[]),
        )
    )
    text, person, local = made.ContentSequence
    assert text.TextValue == "Removed"
    assert person.PersonName == "REMOVED"
    assert local.ConceptNameCodeSequence[0].CodingSchemeDesignator == "99REMOVED"
    observer = made.VerifyingObserverSequence[0]
    assert (observer.VerifyingObserverName, observer.VerifyingOrganization) == (
        "REMOVED",
        "REMOVED",
    )


def test_reports_keep_an_empty_sequence_that_they_must_have():
    ds = report()
    ds.ReferencedPerformedProcedureStepSequence = [item(ReferencedSOPInstanceUID="1.2.3")]
    assert list(cleaned(ds).ReferencedPerformedProcedureStepSequence) == []
    del ds.ContentSequence
    assert "ReferencedPerformedProcedureStepSequence" not in cleaned(ds)
