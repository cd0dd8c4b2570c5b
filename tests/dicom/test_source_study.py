"""Whose results are: attributes as the source states them, whatever state they are in."""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import replace

import pydicom
import pytest
from pydicom.config import IGNORE
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import DataElement
from pydicom.uid import JPEG2000

from calcimetry.dicom.results import failure_report
from calcimetry.dicom.source_study import read_source_study
from calcimetry.errors import InputError, UnreadableFile
from tests.dicom import making, result_cases


def study_with(folder, **values):
    """A series whose headers state these values, allowed by DICOM or not."""
    datasets = result_cases.axial()
    for ds in datasets:
        for keyword, value in values.items():
            ds[keyword] = DataElement(
                keyword, dictionary_VR(keyword), value, validation_mode=IGNORE
            )
    return result_cases.volume_of(folder, datasets)


def owner_of(folder, **values):
    return read_source_study(study_with(folder, **values)).owner


def test_names_of_any_script_stay_readable(tmp_path):
    name = "Yamada^Tarou=山田^太郎"
    volume = study_with(tmp_path, SpecificCharacterSet=["", "ISO 2022 IR 87"], PatientName=name)
    report = pydicom.dcmread(
        io.BytesIO(failure_report(result_cases.context(volume), "nothing was found"))
    )
    assert str(report.PatientName) == name
    assert report.SpecificCharacterSet == "ISO_IR 192"


def test_values_that_dicom_does_not_allow_are_left_empty(tmp_path):
    owner = owner_of(
        tmp_path,
        PatientSex="W",
        StudyDate="2020-02-31",
        PatientBirthDate="19xx",
        AccessionNumber="1" * 40,
        BurnedInAnnotation="MAYBE",
    )
    for keyword in ("PatientSex", "StudyDate", "PatientBirthDate", "AccessionNumber"):
        assert owner[keyword].value == ""
    assert "BurnedInAnnotation" not in owner


def test_what_finds_the_patient_again_stays_as_it_is(tmp_path):
    owner = owner_of(tmp_path, PatientID="9" * 80, IssuerOfPatientID="Ward 7")
    assert owner.PatientID == "9" * 80
    assert owner.IssuerOfPatientID == "Ward 7"


@pytest.mark.parametrize("stated", [{}, {"LossyImageCompressionMethod": "ISO_10918_1"}])
def test_loss_is_told_with_how_and_how_much(tmp_path, stated):
    owner = owner_of(tmp_path, LossyImageCompression="01", **stated)
    assert owner.LossyImageCompression == "01"
    assert float(owner.LossyImageCompressionRatio) >= 1.0
    assert owner.get("LossyImageCompressionMethod", "") == "".join(stated.values())


def test_a_lossy_transfer_syntax_speaks_for_itself(tmp_path):
    volume = study_with(tmp_path)
    first, *rest = volume.scans[0].stack.slices
    instance = replace(first.instance, transfer_syntax=str(JPEG2000))
    stack = replace(volume.scans[0].stack, slices=(replace(first, instance=instance), *rest))
    owner = read_source_study(replace(volume, scans=(replace(volume.scans[0], stack=stack),))).owner
    assert owner.LossyImageCompressionMethod == "ISO_15444_1"


def test_a_study_without_frame_of_reference_gets_one_and_always_the_same(tmp_path):
    first, again = (
        read_source_study(
            result_cases.volume_of(tmp_path / name, result_cases.axial(FrameOfReferenceUID=None))
        )
        for name in ("a", "b")
    )
    assert first.grid.frame_of_reference_uid == again.grid.frame_of_reference_uid
    assert first.owner.FrameOfReferenceUID == first.grid.frame_of_reference_uid


def test_times_are_those_of_the_studys_own_zone(tmp_path):
    volume = study_with(tmp_path, TimezoneOffsetFromUTC="-0330")
    report = pydicom.dcmread(
        io.BytesIO(failure_report(result_cases.context(volume), "nothing was found"))
    )
    assert dt.datetime(2026, 3, 1, 9, 30, tzinfo=dt.UTC) == result_cases.CREATED
    assert (report.ContentDate, report.ContentTime) == ("20260301", "060000")
    assert report.TimezoneOffsetFromUTC == "-0330"


def test_slices_without_uids_cannot_be_referred_to(tmp_path):
    volume = result_cases.volume_of(tmp_path, making.series(StudyInstanceUID=None))
    with pytest.raises(InputError, match="5 of its slices state no UID"):
        read_source_study(volume)


def test_a_study_that_is_gone_is_told(tmp_path):
    volume = study_with(tmp_path)
    for path in tmp_path.iterdir():
        path.unlink()
    with pytest.raises(UnreadableFile, match="cannot be read any more"):
        read_source_study(volume)
