"""What is written is read back as what it was, by our reader and by those of others."""

from __future__ import annotations

import io

import highdicom
import numpy as np
import PIL.Image
import pydicom
import pytest
import SimpleITK as sitk  # noqa: N813 - as its own manual has it

from calcimetry.dicom import codes
from calcimetry.dicom.find import find_series
from calcimetry.dicom.findings import Findings, Tracking
from calcimetry.dicom.results import failure_report, result_objects
from calcimetry.dicom.source import Source
from calcimetry.errors import InputError
from calcimetry.model import Grid, Segmentation
from calcimetry.training.segments import read_segments
from tests.dicom import making, result_cases


def png(size: tuple[int, int] = (31, 17)) -> bytes:
    buffer = io.BytesIO()
    PIL.Image.new("RGB", size, (200, 100, 50)).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture(scope="module", params=result_cases.CASES)
def case(request, tmp_path_factory):
    """The study, what was found in it, and the files that say so."""
    make, how = result_cases.CASES[request.param]
    folder = tmp_path_factory.mktemp("case")
    study = make()
    found, files = result_cases.written(folder, study, pictures=(png(),), **how)
    return study, found, files


@pytest.fixture(scope="module")
def report(case):
    """The structured report as pydicom reads it."""
    return read(case[-1]["report"])


@pytest.fixture(scope="module")
def groups(case):
    """Its measurement groups as highdicom reads them: of 300, which it takes long for, the ends."""
    some = read(case[-1]["report"])
    every = some.ContentSequence[-1].ContentSequence
    some.ContentSequence[-1].ContentSequence = [*every[:3], *every[max(3, len(every) - 9) :]]
    return highdicom.sr.Comprehensive3DSR.from_dataset(
        some, copy=False
    ).content.get_image_measurement_groups()


def read(path):
    return pydicom.dcmread(path)


def segmentations(found: Findings, files):
    yield from (
        (files[name], marked)
        for name, marked in (("bones", found.bones), ("lesions", found.lesion_map))
        if name in files
    )


def planes_of(ds, grid: Grid) -> list[tuple[int, int]]:
    """Segment and slice of each frame of a SEG."""
    found = []
    for group in ds.PerFrameFunctionalGroupsSequence:
        place = group.PlanePositionSequence[0].ImagePositionPatient
        slice_, row, column = grid.mm_to_index([float(one) for one in place])
        assert abs(slice_ - round(slice_)) < 1e-3
        assert abs(row) < 1e-3
        assert abs(column) < 1e-3
        shared = ds.SharedFunctionalGroupsSequence[0]
        own = group if "SegmentIdentificationSequence" in group else shared
        number = own.SegmentIdentificationSequence[0].ReferencedSegmentNumber
        found.append((int(number), round(slice_)))
    return found


def assembled(frames, planes, marked: Segmentation) -> np.ndarray:
    """A label map from frames of single segments, the labels in ascending order."""
    labels = np.zeros(marked.grid.shape, int)
    for frame, (number, plane) in zip(frames, planes, strict=True):
        labels[plane][frame > 0] = marked.labels[number - 1]
    return labels


def test_everything_that_was_found_has_its_object(case):
    _, found, files = case
    planes = [f"plane-{one.number:04d}" for one in found.lesions]
    marked = ["bones", *(["lesions"] if found.lesions else [])]
    assert list(files) == [*marked, *planes, "picture-1", "report"]


def test_masks_are_the_same_to_pydicom_and_simpleitk(case):
    _, found, files = case
    for path, marked in segmentations(found, files):
        ds = read(path)
        frames = ds.pixel_array.reshape(-1, *marked.grid.shape[1:])
        planes = planes_of(ds, marked.grid)
        np.testing.assert_array_equal(assembled(frames, planes, marked), marked.label_map)
        other = sitk.GetArrayFromImage(sitk.ReadImage(str(path)))
        np.testing.assert_array_equal(assembled(other, planes, marked), marked.label_map)


def test_masks_are_the_same_to_highdicom_by_the_slices_they_refer_to(case):
    study, found, files = case
    for path, marked in segmentations(found, files):
        seg = highdicom.seg.segread(path)
        by_uid = {}
        for ds in study:
            several = "NumberOfFrames" in ds
            numbers = range(1, int(ds.NumberOfFrames) + 1) if several else (None,)
            for number in numbers:
                position = (
                    ds.ImagePositionPatient
                    if number is None
                    else ds.PerFrameFunctionalGroupsSequence[number - 1]
                    .PlanePositionSequence[0]
                    .ImagePositionPatient
                )
                plane = round(marked.grid.mm_to_index([float(one) for one in position])[0])
                by_uid[str(ds.SOPInstanceUID), number] = plane
        referred = []
        for group in seg.PerFrameFunctionalGroupsSequence:
            sources = group.DerivationImageSequence[0].SourceImageSequence
            places = {
                by_uid[one.ReferencedSOPInstanceUID, one.get("ReferencedFrameNumber")]
                for one in sources
            }
            assert len(places) == 1  # both energies' slices lie at one place
            referred.append(places.pop())
        planes = planes_of(seg, marked.grid)
        assert referred == [plane for _, plane in planes]
        assert {one.SeriesInstanceUID for one in seg.ReferencedSeriesSequence} == {
            ds.SeriesInstanceUID for ds in study
        }
        named = [seg.get_segment_description(n).segment_label for n in seg.segment_numbers]
        assert len(set(named)) == len(marked.labels)


def test_masks_are_the_same_to_our_own_reader(case):
    _, found, files = case
    bones = read_segments(Source(files["bones"]), found.bones.grid)
    # What it reads are numbers of phalanges: it has none for the forearm.
    expected = np.where(found.bones.label_map % 100 < 60, found.bones.label_map, 0)
    np.testing.assert_array_equal(bones.bones, expected)
    if "lesions" in files:
        lesions = read_segments(Source(files["lesions"]), found.bones.grid)
        np.testing.assert_array_equal(lesions.deposits, found.lesion_map.mask)


def test_segments_say_what_and_where_they_are_in_codes_and_colours(case):
    _, found, files = case
    bones = read(files["bones"])
    first, *_ = bones.SegmentSequence
    assert first.SegmentLabel == "right index proximal phalanx"
    assert first.SegmentedPropertyTypeCodeSequence[0].CodeMeaning == (
        "Proximal phalanx of index finger"
    )
    modifier = first.SegmentedPropertyTypeCodeSequence[0].SegmentedPropertyTypeModifierCodeSequence
    assert modifier[0].CodeMeaning == "Right"
    assert first.AnatomicRegionSequence[0].CodeValue == "83738005"
    assert len(first.RecommendedDisplayCIELabValue) == 3
    assert first.SegmentAlgorithmType == "AUTOMATIC"
    algorithm = first.SegmentationAlgorithmIdentificationSequence[0]
    assert "unet 0ac7fc94e164" in algorithm.AlgorithmParameters
    if "lesions" not in files:
        return
    lesions = read(files["lesions"]).SegmentSequence
    assert [one.SegmentLabel for one in lesions] == [f"Lesion {n.number}" for n in found.lesions]
    assert len({one.TrackingUID for one in lesions}) == len(found.lesions)


def test_all_objects_belong_to_the_study(case):
    study, _, files = case
    source, places = study[0], set()
    for path in files.values():
        ds = read(path)
        for keyword in ("StudyInstanceUID", "PatientID", "PatientName", "PatientBirthDate"):
            assert str(ds[keyword].value or "") == str(source.get(keyword, "") or ""), keyword
        assert ds.Manufacturer == "calcimetry"
        assert ds.SoftwareVersions == "0.1.0"
        assert ds.SeriesInstanceUID != source.SeriesInstanceUID
        if "FrameOfReferenceUID" in ds:
            places.add(ds.FrameOfReferenceUID)
    assert len(places) == 1
    assert places == {source.get("FrameOfReferenceUID", *places)}


def said_in(content) -> list[tuple[str, str, str]]:
    """What a group says in codes, of what, and the comments, which highdicom leaves out."""
    return [
        (
            item.ConceptNameCodeSequence[0].CodeMeaning,
            item.ConceptCodeSequence[0].CodeMeaning,
            "".join(one.TextValue for one in item.get("ContentSequence", ())),
        )
        for item in content
        if item.ValueType == "CODE" and item.RelationshipType == "CONTAINS"
    ]


def numbers_of(group):
    return {one.name.meaning: one for one in group.get_measurements()}


def contents_of(report):
    """The content of each group, by its tracking identifier."""
    every = report.ContentSequence[-1].ContentSequence
    return {one.ContentSequence[0].TextValue: one.ContentSequence for one in every}


def test_the_report_holds_each_lesions_numbers_to_the_last_digit(case, report):
    _, found, files = case
    marked = read(files["lesions"]).SegmentSequence if found.lesions else ()
    contents = contents_of(report)
    for lesion, segment in zip(found.lesions, marked, strict=True):
        group = contents[f"Lesion {lesion.number}"]
        assert segment.TrackingID == f"Lesion {lesion.number}"
        assert segment.TrackingUID == group[1].UID
        numbers = {
            item.ConceptNameCodeSequence[0].CodeMeaning: item
            for item in group
            if item.ValueType == "NUM"
        }
        for name, (concept, unit) in codes.QUANTITIES.items():
            value = getattr(lesion, name)
            assert (concept.meaning in numbers) is (value is not None)
            if value is not None:
                (own,) = numbers[concept.meaning].MeasuredValueSequence
                assert own.FloatingPointValue == value
                assert own.MeasurementUnitsCodeSequence[0].CodeValue == unit
        upper, lower = (
            one.MeasuredValueSequence[0].FloatingPointValue
            for one in numbers["Area"].ContentSequence
        )
        assert lesion.area_mm2 + upper == pytest.approx(lesion.area_interval.high)
        assert lesion.area_mm2 - lower == pytest.approx(lesion.area_interval.low)
        failed = [
            (what, why) for what, value, why in said_in(group) if value == "Measurement failure"
        ]
        why = "no tube setting is stated"
        assert failed == ([] if lesion.mass_mg else [("Calcium Mass", why)])


def test_highdicom_reads_the_same_numbers(case, groups):
    _, found, _ = case
    by_name = {one.tracking_identifier: one for one in groups}
    for lesion in found.lesions[:3]:
        group = by_name[f"Lesion {lesion.number}"]
        assert group.finding_type.value == "18115005"
        numbers = numbers_of(group)
        for name, (concept, unit) in codes.QUANTITIES.items():
            if getattr(lesion, name) is not None:
                assert numbers[concept.meaning].value == getattr(lesion, name)
                assert numbers[concept.meaning].unit.value == unit
        assert group.finding_sites[0].value.meaning == "Index finger"
        assert group.finding_sites[0].laterality.meaning.lower() == lesion.side


def test_axes_lie_on_the_images_of_their_planes(case, groups):
    _, found, files = case
    for group, lesion in zip(groups, found.lesions[:3], strict=False):
        plane = read(files[f"plane-{lesion.number:04d}"])
        image = sitk.ReadImage(str(files[f"plane-{lesion.number:04d}"]))
        numbers = numbers_of(group)
        for name, ends in (
            ("Long Axis", lesion.long_axis_ends),
            ("Short Axis", lesion.short_axis_ends),
        ):
            (line,) = numbers[name].referenced_coordinates
            assert line.graphic_type.value == "POLYLINE"
            reference = line.ContentSequence[0].ReferencedSOPSequence[0]
            assert reference.ReferencedSOPInstanceUID == plane.SOPInstanceUID
            assert line.value.shape == (2, 2)
            for (column, row), end in zip(line.value, ends, strict=True):
                there = image.TransformContinuousIndexToPhysicalPoint(
                    (float(column) - 0.5, float(row) - 0.5, 0.0)
                )
                expected = lesion.plane.index_to_mm([0, *end])
                np.testing.assert_allclose(there, expected, atol=1e-4)
        # The image shows the volume: at the lesion's centre, its own HU.
        slice_, row, column = lesion.centre
        inside = found.image.array[int(slice_), int(row), int(column) :][:2].mean()
        place = grid_of(plane).mm_to_index(found.image.grid.index_to_mm(lesion.centre))
        middle = plane.pixel_array[round(place[1]), round(place[2])]
        assert middle == pytest.approx(inside, abs=8.0)


def grid_of(ds) -> Grid:
    along_row, down_column = np.array(ds.ImageOrientationPatient, float).reshape(2, 3)
    affine = np.eye(4)
    affine[:3, 0] = np.cross(along_row, down_column)
    affine[:3, 1] = down_column * float(ds.PixelSpacing[0])
    affine[:3, 2] = along_row * float(ds.PixelSpacing[1])
    affine[:3, 3] = np.array(ds.ImagePositionPatient, float)
    return Grid((1, ds.Rows, ds.Columns), affine)


def test_fingers_and_hands_have_their_burden(case, report, groups):
    _, found, _ = case
    named, contents = {one.tracking_identifier: one for one in groups}, contents_of(report)
    for site in found.sites:
        group = named[site.name.capitalize()]
        numbers = numbers_of(group)
        assert numbers["Number of calcifications"].value == site.burden.lesion_count
        assert numbers["Volume"].value == site.burden.volume_mm3
        said = {what: value for what, value, _ in said_in(contents[site.name.capitalize()])}
        assert said["Status of measurement"] == "Part of it was not measured"
        assert ("Calcium Mass" in said) is (site.burden.mass_mg is None)
        if site.digit is not None:
            assert said["Coverage of distal phalanx"] == "Resorbed"
    warned = [why for _, value, why in said_in(contents["Volume"]) if value == "Warning"]
    assert warned == list(found.warnings)


def test_the_report_names_all_that_it_rests_on(case, report):
    study, _, files = case
    evidence = {
        instance.ReferencedSOPInstanceUID
        for one in report.CurrentRequestedProcedureEvidenceSequence
        for series in one.ReferencedSeriesSequence
        for instance in series.ReferencedSOPSequence
    }
    results = {read(path).SOPInstanceUID for name, path in files.items() if name != "report"}
    assert evidence == results | {ds.SOPInstanceUID for ds in study}
    assert report.CompletionFlag == "PARTIAL"
    assert report.CompletionFlagDescription == "not found: ring"


def test_pictures_are_captured_as_they_are(case):
    _, found, files = case
    ds = read(files["picture-1"])
    with PIL.Image.open(io.BytesIO(found.pictures[0])) as picture:
        np.testing.assert_array_equal(ds.pixel_array, np.asarray(picture))
    assert ds.BurnedInAnnotation == "NO"


def test_results_in_the_study_are_no_inputs(case):
    _, _, files = case
    folder = files["report"].parent.parent
    before = find_series([folder / "study"])
    found = find_series([folder])
    assert [one.sha256 for one in found.volumes] == [one.sha256 for one in before.volumes]
    assert not [one for one in found.left if one.failed]


@pytest.fixture
def one_study(tmp_path):
    volume = result_cases.volume_of(tmp_path, result_cases.axial())
    return volume, result_cases.findings(volume.load(), ((6, 15, 10), (2, 15, 3)))


def test_the_same_results_are_the_same_objects(one_study):
    volume, found = one_study
    first, again = (dict(result_objects(result_cases.context(volume), found)) for _ in range(2))
    assert first == again


def test_a_lesion_keeps_its_name_from_visit_to_visit(one_study):
    volume, found = one_study
    given = {1: Tracking("Index volar 1", "1.2.3.4")}
    contexts = [result_cases.context(volume), result_cases.context(volume, given)]
    own, named = (
        [
            (one.TrackingID, one.TrackingUID)
            for one in pydicom.dcmread(io.BytesIO(objects["lesions"])).SegmentSequence
        ]
        for objects in (dict(result_objects(one, found)) for one in contexts)
    )
    assert named[0] == ("Index volar 1", "1.2.3.4")
    assert named[1] == own[1]
    assert own[0][0] == "Lesion 1"
    # Another name is another object: an archive keeps the first one it gets of a UID.
    assert contexts[0].uid("report") != contexts[1].uid("report")


def test_names_that_no_archive_would_take_are_refused():
    with pytest.raises(InputError, match="expected a UID"):
        Tracking("Lesion 1", "one.two")
    with pytest.raises(InputError, match="expected an identifier"):
        Tracking("", "1.2.3")


def test_findings_of_another_study_are_refused(one_study, tmp_path):
    volume, _ = one_study
    other = result_cases.volume_of(tmp_path / "other", making.series(making.volume((5, 24, 20))))
    stranger = result_cases.findings(volume.load())
    with pytest.raises(InputError, match="found \\(12, 24, 20\\)"):
        list(result_objects(result_cases.context(other), stranger))


def test_what_could_not_be_measured_is_a_report_with_its_reason(one_study):
    volume, _ = one_study
    content = failure_report(result_cases.context(volume), "no bone of a hand was found")
    said = said_in(contents_of(pydicom.dcmread(io.BytesIO(content)))["Volume"])
    why = "no bone of a hand was found"
    assert said[-2:] == [
        ("Volume", "Measurement failure", why),
        ("Calcium Mass", "Measurement failure", why),
    ]
