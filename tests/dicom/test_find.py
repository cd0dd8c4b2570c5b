"""From paths to volumes: what is found, its name, and that no patient shows."""

import re
from datetime import date

import pytest
from pydicom.uid import generate_uid

from calcimetry.dicom.find import find_series
from calcimetry.dicom.found import short_hash
from calcimetry.model import Laterality
from tests.dicom import making
from tests.dicom.bad_dicom import LOCALIZER, MR, SECONDARY_CAPTURE, other_object
from tests.dicom.making import series


def find(folder, *groups):
    making.save_all(folder, [ds for group in groups for ds in group])
    return find_series([folder])


def test_a_volume_is_named_after_its_series(tmp_path):
    (volume,) = find(tmp_path, series()).volumes
    assert volume.name == short_hash(making.STUDY + ".1", 12)
    assert volume.study == short_hash(making.STUDY, 8)
    assert volume.patient == short_hash("P-4711\\", 8)
    assert volume.description == "series 1 'hand': 5 x 8 x 6, 0.8 x 0.5 x 0.4 mm"
    assert volume.low_setting == "120"
    assert volume.high_setting == ""
    assert volume.load().name == volume.name


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ({"AcquisitionDate": "20260302", "StudyDate": "20260301"}, date(2026, 3, 2)),
        (
            {"AcquisitionDate": "", "SeriesDate": "no day", "StudyDate": "20260301"},
            date(2026, 3, 1),
        ),
        ({}, None),
    ],
)
@pytest.mark.filterwarnings("ignore:Invalid value for VR DA")
def test_the_day_of_the_scan_is_known_and_not_shown(tmp_path, days, expected):
    (volume,) = find(tmp_path, series(**days)).volumes
    assert volume.acquired == expected
    # "2026" alone may stand in the hash of the UID by chance.
    assert not re.search("2026-?03", repr(volume))
    assert "datetime" not in repr(volume)


def test_nothing_shows_the_patient(tmp_path):
    found = find(tmp_path, series(PatientBirthDate="19500607"))
    for identity in ("DOE", "JANE", "4711", "1950"):
        assert identity not in repr(found)


@pytest.mark.parametrize(
    "description",
    ["hand Doe", "HAND_JANE left", "P4711", "P-4711 hand", "19500607 hand", "Ha?nd", "x4711x"],
)
def test_a_description_with_part_of_the_identity_is_left_out(tmp_path, description):
    found = find(tmp_path, series(SeriesDescription=description, PatientBirthDate="19500607"))
    assert found.volumes[0].description == "series 1: 5 x 8 x 6, 0.8 x 0.5 x 0.4 mm"


def test_a_description_left_out_still_tells_the_energy(tmp_path):
    low, high = making.dual_energy()
    for ds in (*low, *high):
        ds.SeriesDescription = "DOE " + ds.SeriesDescription
    (volume,) = find(tmp_path, low, high).volumes
    assert volume.high_setting == "Sn150"
    assert "DE" not in volume.description


def test_a_name_in_other_letters_is_seen(tmp_path):
    changes = {"PatientName": "Müller^Jürgen", "SeriesDescription": "hand müller"}
    found = find(tmp_path, series(SpecificCharacterSet="ISO_IR 192", **changes))
    assert "hand" not in found.volumes[0].description


def test_a_long_description_is_cut(tmp_path):
    with pytest.warns(UserWarning, match="exceeds the maximum length"):  # pydicom, writing
        datasets = series(SeriesDescription="h" * 64 + "and")
    (volume,) = find(tmp_path, datasets).volumes
    assert f"'{'h' * 64}'" in volume.description


def test_patients_without_number_are_not_one_patient(tmp_path):
    (volume,) = find(tmp_path, series(PatientID=None)).volumes
    assert volume.patient == ""


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"Laterality": "R"}, Laterality.RIGHT),
        ({"ImageLaterality": "L"}, Laterality.LEFT),
        ({"ImageLaterality": "L", "Laterality": "R"}, Laterality.LEFT),
        ({"Laterality": "B"}, None),
        ({"Laterality": "U"}, None),
        ({"Laterality": ""}, None),
        ({"SeriesDescription": "left hand"}, None),
    ],
)
def test_the_side_is_only_what_is_stated(tmp_path, changes, expected):
    (volume,) = find(tmp_path, series(**changes)).volumes
    assert volume.laterality is expected
    assert volume.warnings == ()


def test_two_sides_in_one_series_are_told(tmp_path):
    datasets = series(Laterality="L")
    datasets[2].Laterality = "R"
    (volume,) = find(tmp_path, datasets).volumes
    assert volume.laterality is None
    assert volume.warnings == ("its slices state different sides",)


def test_thick_slices_are_told(tmp_path):
    (volume,) = find(tmp_path, series(step=(0, 0, 2.0))).volumes
    assert "2 mm apart: small calcifications may be missed" in volume.warnings[0]


def test_the_digest_knows_a_volume_again(tmp_path):
    datasets = series()
    (first,) = find(tmp_path / "a", datasets).volumes
    (moved,) = find(tmp_path / "b", datasets[::-1]).volumes
    (shorter,) = find(tmp_path / "c", datasets[:4]).volumes
    datasets[0].SOPInstanceUID = generate_uid()
    (other,) = find(tmp_path / "d", datasets).volumes
    assert first.sha256 == moved.sha256
    assert len({first.sha256, shorter.sha256, other.sha256}) == 3


def test_enhanced_multi_frame_ct(tmp_path):
    (volume,) = find(tmp_path, [making.enhanced()]).volumes
    assert volume.laterality is Laterality.LEFT
    assert volume.grid.spacing == pytest.approx(making.SPACING)
    assert (volume.load().array == making.volume()).all()
    assert volume.scans[0].kernel == "Br40"


def test_an_enhanced_object_that_describes_too_few_frames(tmp_path):
    ds = making.enhanced()
    del ds.PerFrameFunctionalGroupsSequence[-1]
    (left,) = find(tmp_path, [ds]).left
    assert left.failed
    assert "states 5 frames but describes 4" in left.reason


def test_enhanced_objects_of_one_series_make_one_volume(tmp_path):
    first, second = making.enhanced(), making.enhanced()
    for index, frame in enumerate(second.PerFrameFunctionalGroupsSequence):
        position = [-10.0, 20.0, 30.0 + (5 + index) * making.SPACING[0]]
        frame.PlanePositionSequence[0].ImagePositionPatient = position
    second.SOPInstanceUID = generate_uid()
    (volume,) = find(tmp_path, [first, making.changed(second, {})]).volumes
    assert volume.grid.shape[0] == 10
    assert (volume.load().array[5:] == making.volume()).all()


def test_a_localizer_within_the_series_is_passed_over(tmp_path):
    localizer = other_object(
        making.CTImageStorage,
        "CT",
        SeriesInstanceUID=making.STUDY + ".1",
        SeriesNumber=1,
        ImageOrientationPatient=[1, 0, 0, 0, 0, -1],
        **LOCALIZER,
    )
    found = find(tmp_path, series(), [localizer])
    assert found.volumes[0].grid.shape[0] == 5
    (left,) = found.left
    assert (left.what, left.reason, left.failed) == (
        "1 of series 1 'hand' (6 slices) [0315fe6bb7d5]",
        "a localizer",
        False,
    )


def test_a_study_without_any_volume_fails(tmp_path):
    # Beside a good study, one whose only images are maps must not vanish.
    away = {"StudyInstanceUID": "1.2.3", "SeriesInstanceUID": "1.2.3.4"}
    found = find(tmp_path, series(), series(SeriesDescription="VNC", **away))
    assert len(found.volumes) == 1
    assert [item.failed for item in found.left] == [True]


def test_a_study_without_ct_is_passed_over_beside_one_with(tmp_path):
    away = {"StudyInstanceUID": "1.2.3", "SeriesInstanceUID": "1.2.3.4"}
    found = find(tmp_path, series(), series(Modality="MR", SOPClassUID=MR, **away))
    assert [item.failed for item in found.left] == [False]


def test_captures_fail_only_where_nothing_else_is_there(tmp_path):
    capture = other_object(SECONDARY_CAPTURE, "CT")
    assert [item.failed for item in find(tmp_path / "a", [capture]).left] == [True]
    found = find(tmp_path / "b", series(), [capture])
    assert [item.failed for item in found.left] == [False]


def test_broken_files_of_a_series_are_told_together(tmp_path):
    making.save_all(tmp_path, series())
    for path in tmp_path.iterdir():
        path.write_bytes(path.read_bytes()[:-10])
    (left,) = find_series([tmp_path]).left
    assert left.what == "series 1 'hand' (5 slices) [0315fe6bb7d5]"
    assert left.reason.endswith("(and 4 more of its files)")


def test_the_same_fault_of_two_patients_has_two_names(tmp_path):
    away = {"PatientID": "P-4712", "StudyInstanceUID": "1.2.3", "SeriesInstanceUID": "1.2.3.4"}
    found = find(tmp_path, series()[:2], series(**away)[:2])
    assert len({item.what for item in found.left}) == 2


def test_nothing_named_finds_nothing():
    found = find_series([])
    assert (found.volumes, found.left, found.other_files) == ((), (), ())
