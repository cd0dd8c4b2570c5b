"""What another program, dicom3tools' dciodvfy, thinks of de-identified objects: no new error."""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
import warnings
from pathlib import Path

import highdicom as hd
import numpy as np
import pytest
from highdicom.sr import CodedConcept
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.uid import generate_uid

from calcimetry.dicom.ct import CtStudy, write_ct
from calcimetry.dicom.deidentify_profile import Profile, Trial
from calcimetry.model import Grid, Image, Laterality
from calcimetry.study.deidentifying import deidentify_study

DCIODVFY = shutil.which("dciodvfy")
EVERYTHING = Profile(
    subject_prefix="S-",
    shift_dates=True,
    clean_descriptors=True,
    retain_device=True,
    retain_patient_characteristics=True,
    trial=Trial("Sponsor", "T-1"),
)
pytestmark = pytest.mark.skipif(
    DCIODVFY is None, reason="dciodvfy (Debian: dicom3tools) is not installed"
)


def errors(path):
    done = subprocess.run([DCIODVFY, str(path)], capture_output=True, text=True, check=False)
    lines = (done.stdout + done.stderr).splitlines()
    return {line for line in lines if line.startswith("Error")}


@pytest.fixture(scope="module")
def originals(tmp_path_factory):
    """Slices of CT with a patient, a segmentation and a structured report of them."""
    place = tmp_path_factory.mktemp("originals")
    hu = np.random.default_rng(2).normal(0, 30, (3, 32, 32)).astype(np.float32)
    image = Image(hu, Grid.picture((32, 32), 0.5), "HU") if len(hu) == 1 else _volume(hu)
    study = CtStudy("7", "PHANTOM-S000007", dt.date(2020, 1, 1), Laterality.LEFT)
    (folder,) = write_ct(place, image, study)
    slices = []
    for path in sorted(folder.iterdir()):
        ds = dcmread(path)
        ds.PatientName, ds.PatientID, ds.PatientBirthDate = "Doe^Jane", "P-4711", "19500101"
        ds.PatientSex, ds.PatientAge = "F", "070Y"
        ds.InstitutionName, ds.StationName = "General Hospital", "CT12"
        ds.AccessionNumber, ds.ReferringPhysicianName = "A-1", "Roe^Richard"
        ds.DeviceSerialNumber, ds.ProtocolName = "12345", "Hand of Jane"
        ds.private_block(0x0029, "SIEMENS CSA HEADER", create=True).add_new(1, "LO", "Doe")
        ds.save_as(path)
        slices.append(ds)
    _segmentation(slices).save_as(folder / "seg.dcm")
    _report(slices).save_as(folder / "sr.dcm")
    return folder


def _volume(hu):
    affine = np.diag([1.0, 0.5, 0.5, 1.0])[[2, 1, 0, 3]]
    return Image(hu, Grid(hu.shape, affine), "HU")


_LESION = hd.seg.SegmentDescription(
    segment_number=1,
    segment_label="Lesion 1",
    segmented_property_category=CodedConcept(
        "49755003", "SCT", "Morphologically Abnormal Structure"
    ),
    segmented_property_type=CodedConcept("18115005", "SCT", "Pathologic calcification"),
    algorithm_type=hd.seg.SegmentAlgorithmTypeValues.AUTOMATIC,
    algorithm_identification=hd.AlgorithmIdentificationSequence(
        "unet", CodedConcept("123110", "DCM", "Artificial Intelligence"), "1.0.0"
    ),
    tracking_uid=generate_uid(),
    tracking_id="Jane's lesion",
)
_MADE = {
    "series_instance_uid": generate_uid(),
    "series_number": 9,
    "sop_instance_uid": generate_uid(),
    "instance_number": 1,
    "manufacturer": "calcimetry",
    "manufacturer_model_name": "calcimetry",
    "software_versions": "0.1.0",
    "device_serial_number": "12345",
}


def _segmentation(slices):
    mask = np.zeros((3, 32, 32), np.uint8)
    mask[1, 10:14, 10:14] = 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return hd.seg.Segmentation(
            source_images=slices,
            pixel_array=mask,
            segmentation_type=hd.seg.SegmentationTypeValues.BINARY,
            segment_descriptions=[_LESION],
            content_creator_name="Roe^Richard",
            **_MADE,
        )


def _report(slices):
    observer = hd.sr.ObserverContext(
        CodedConcept("121006", "DCM", "Person"),
        hd.sr.PersonObserverIdentifyingAttributes("Roe^Richard"),
    )
    region = hd.sr.ImageRegion(
        graphic_type=hd.sr.GraphicTypeValues.POLYLINE,
        graphic_data=np.array([(10.0, 10.0), (14.0, 10.0), (14.0, 14.0), (10.0, 10.0)]),
        source_image=hd.sr.SourceImageForRegion(slices[1].SOPClassUID, slices[1].SOPInstanceUID),
    )
    group = hd.sr.PlanarROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=hd.sr.TrackingIdentifier(generate_uid(), "Jane's lesion"),
        referenced_region=region,
        measurements=[
            hd.sr.Measurement(
                CodedConcept("42798000", "SCT", "Area"), 4.0, CodedConcept("mm2", "UCUM", "mm2")
            )
        ],
    )
    content = hd.sr.MeasurementReport(
        observation_context=hd.sr.ObservationContext(observer_person_context=observer),
        procedure_reported=CodedConcept("77477000", "SCT", "Computed tomography"),
        imaging_measurements=[group],
    )
    made = {**_MADE, "series_instance_uid": generate_uid(), "sop_instance_uid": generate_uid()}
    return hd.sr.Comprehensive3DSR(evidence=slices, content=content[0], is_complete=True, **made)


@pytest.mark.parametrize("profile", [Profile(), EVERYTHING], ids=["no option", "all options"])
def test_no_object_gets_new_errors(originals, tmp_path, profile):
    done = deidentify_study([originals], tmp_path / "out", profile, bytes(range(32)))
    assert [row.status for row in done.rows] == ["written"] * 5
    before = {path.name: errors(path) for path in sorted(originals.iterdir())}
    for row, known in zip(done.rows, before.values(), strict=True):
        assert errors(tmp_path / "out" / row.file) <= known


def test_a_real_scanners_header_gets_no_new_errors(tmp_path):
    original = get_testdata_file("CT_small.dcm")
    done = deidentify_study([original], tmp_path / "out", EVERYTHING, bytes(range(32)))
    assert [row.status for row in done.rows] == ["written"]
    written = tmp_path / "out" / done.rows[0].file
    assert errors(written) <= errors(original)
    data = written.read_bytes()
    for word in (b"CompressedSamples", b"1CT1", b"JFK IMAGING", b"GEMS_", b"ABCD1234", b"CLUNIE"):
        assert word in Path(original).read_bytes()
        assert word not in data
    assert dcmread(written).PixelData == dcmread(original).PixelData


def test_reports_and_segmentations_keep_what_they_measured(originals, tmp_path):
    done = deidentify_study([originals], tmp_path / "out", EVERYTHING, bytes(range(32)))
    seg, sr = (tmp_path / "out" / row.file for row in done.rows[3:])
    found = hd.seg.segread(seg)
    original = hd.seg.segread(originals / "seg.dcm")
    np.testing.assert_array_equal(found.pixel_array, original.pixel_array)
    assert found.segment_numbers == original.segment_numbers
    assert found.SegmentSequence[0].TrackingID.startswith("id-")
    (group,) = hd.sr.srread(sr).content.get_planar_roi_measurement_groups()
    (area,) = group.get_measurements()
    assert area.value == 4.0
    assert group.tracking_identifier == found.SegmentSequence[0].TrackingID
    for path in (seg, sr):
        assert b"Jane" not in path.read_bytes()
        assert b"Roe" not in path.read_bytes()
