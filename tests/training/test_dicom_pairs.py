"""CT series with DICOM SEG, or with masks in files, as training pictures."""

import numpy as np
import pytest

from calcimetry.dicom.find import find_series
from calcimetry.dicom.source import Source
from calcimetry.errors import InputError, UnreadableFile
from calcimetry.training.pairs import read_training_pictures
from calcimetry.training.segments import referenced_series
from tests.dicom import making
from tests.training.pictures import save as save_png
from tests.training.volumes_on_disk import save_labels, save_seg

SHAPE = (5, 20, 18)


def hu():
    array = np.full(SHAPE, -1000, np.int16)
    array[:, 4:16, 3:14] = 900
    return array


def block(rows):
    mask = np.zeros(SHAPE, bool)
    mask[1:4, rows, 4:12] = True
    return mask


NAMED = {"Proximal phalanx": block(slice(10, 15)), "Middle phalanx": block(slice(5, 9))}
LESION = {"Lesion 1": block(slice(9, 11))}


@pytest.fixture
def ct(tmp_path):
    slices = making.series(hu())
    making.save_all(tmp_path / "ct", slices)
    return slices


def test_a_seg_that_refers_to_the_series(tmp_path, ct):
    save_seg(tmp_path / "mask.dcm", NAMED | LESION, ct, FrameOfReferenceUID="1.2.3")
    data = read_training_pictures(tmp_path)
    assert len(data.pictures) == 3  # the slices that show bone
    expected = np.zeros(SHAPE[1:], int)
    expected[10:15, 4:12], expected[5:9, 4:12] = 1, 2
    expected[9:11, 4:12] = 6
    picture = data.pictures[1]
    np.testing.assert_array_equal(picture.label_map, expected)
    assert picture.image.array[0, 10, 5] == 900
    assert picture.image.grid.spacing[1:] == pytest.approx(making.SPACING[1:])
    assert picture.has_deposits
    assert len(picture.patient) == 8
    assert not {"DOE", "4711"} & set(f"{picture.name} {picture.patient}".split())


def test_slices_in_any_order_meet_their_frames(tmp_path):
    backwards = making.series(hu(), step=(0.0, 0.0, -making.SPACING[0]))
    making.save_all(tmp_path / "ct", backwards)
    mask = np.zeros(SHAPE, bool)
    mask[0, 4:8, 4:8] = True
    save_seg(tmp_path / "mask.dcm", {"bone": mask}, backwards)
    (picture,) = read_training_pictures(tmp_path).pictures
    assert picture.name.endswith("slice 5")
    assert not picture.has_names
    np.testing.assert_array_equal(picture.label_map, mask[0])


def test_two_segs_of_one_frame_of_reference(tmp_path, ct):
    for name, masks in (("bones", NAMED), ("lesions", LESION)):
        save_seg(tmp_path / f"{name}.dcm", masks, ct, ReferencedSeriesSequence=None)
    data = read_training_pictures(tmp_path)
    assert set(np.unique(data.pictures[0].label_map)) == {0, 1, 2, 6}


def test_masks_as_files_named_after_the_series_or_on_its_grid(tmp_path, ct):
    (volume,) = find_series([tmp_path]).volumes
    labels = sum(n * mask for n, mask in enumerate(NAMED.values(), start=1))
    path = save_labels(tmp_path / f"{volume.name}_bones.nii.gz", labels, volume.grid)
    named = read_training_pictures(tmp_path)
    path.rename(tmp_path / "my_bones.nii.gz")
    again = read_training_pictures(tmp_path)
    for data in (named, again):
        assert len(data.pictures) == 3
        np.testing.assert_array_equal(data.pictures[0].label_map, labels[1])
        assert data.pictures[0].name == f"{volume.name}, slice 2"


def test_a_single_slice_with_a_seg_or_a_picture(tmp_path):
    (one,) = making.series(hu()[2:3])
    making.save(one, tmp_path / "one.dcm")
    mask = block(slice(10, 15))[2]
    png = save_png(tmp_path / "one_bones.png", mask.astype(np.uint8))
    (as_png,) = read_training_pictures(tmp_path).pictures
    png.unlink()
    save_seg(tmp_path / "seg", {"Metacarpal": mask[None]}, [one])
    (as_seg,) = read_training_pictures(tmp_path).pictures
    for picture in (as_png, as_seg):
        np.testing.assert_array_equal(picture.label_map > 0, mask)
        assert picture.image.array[0, 10, 5] == 900
        assert picture.image.grid.spacing[1:] == pytest.approx(making.SPACING[1:])


def moved(ct, mm):
    return [
        making.changed(
            one, {"ImagePositionPatient": (np.array(one.ImagePositionPatient) + mm).tolist()}
        )
        for one in ct
    ]


FAULTS = {
    "elsewhere": (NAMED, lambda ct: moved(ct, 0.2), r"mask\.dcm: its frames do not lie on"),
    "outside": (NAMED, lambda ct: moved(ct, 8.0), r"mask\.dcm: its frames do not lie on"),
    "no names": ({"skin": block(slice(4, 9))}, list, "none of its 1 segments is called a bone"),
    "lesions only": (LESION, list, r"no DICOM SEG that belongs to it marks bone; mask\.dcm"),
    "empty": ({"11": np.zeros(SHAPE, bool)}, list, "no DICOM SEG that belongs to it marks bone"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_wrong_seg_is_named(tmp_path, name):
    masks, change, told = FAULTS[name]
    making.save_all(tmp_path / "ct", making.series(hu()))
    save_seg(tmp_path / "mask.dcm", masks, change(making.series(hu())))
    with pytest.raises(InputError, match=told) as caught:
        read_training_pictures(tmp_path)
    assert "DOE" not in str(caught.value)
    assert "4711" not in str(caught.value)


def test_two_segs_of_bones(tmp_path, ct):
    for name in ("a", "b"):
        save_seg(tmp_path / f"{name}.dcm", NAMED, ct)
    with pytest.raises(InputError, match=r"a\.dcm and b\.dcm both hold its bones"):
        read_training_pictures(tmp_path)


@pytest.mark.parametrize("keyword", ["SegmentSequence", "SharedFunctionalGroupsSequence"])
def test_a_damaged_seg_is_named(tmp_path, ct, keyword):
    save_seg(tmp_path / "mask.dcm", NAMED, ct, **{keyword: None})
    with pytest.raises(InputError, match=r"mask\.dcm: this DICOM SEG is damaged or incomplete"):
        read_training_pictures(tmp_path)


def test_a_file_that_is_no_dicom_at_all(tmp_path):
    (tmp_path / "mask.dcm").write_bytes(b"no DICOM")
    with pytest.raises(UnreadableFile, match=r"mask\.dcm: this DICOM SEG is damaged"):
        referenced_series(Source(tmp_path / "mask.dcm"))


def test_a_series_without_mask(tmp_path, ct):
    told = (
        r"Reading (\w{12}): its bone mask .* a DICOM SEG drawn on it, or \1_bones\.nii\.gz beside"
    )
    with pytest.raises(InputError, match=told):
        read_training_pictures(tmp_path)


def test_a_slice_without_mask_or_place(tmp_path):
    (one,) = making.series(hu()[2:3])
    making.save(one, tmp_path / "one.dcm")
    with pytest.raises(InputError, match=r"a DICOM SEG drawn on it, or one_bones\.png beside"):
        read_training_pictures(tmp_path)
    making.save(making.changed(one, {"PixelSpacing": None}), tmp_path / "one.dcm")
    with pytest.raises(InputError, match="its header states no PixelSpacing or no place"):
        read_training_pictures(tmp_path)


def test_ct_that_cannot_be_read_is_named(tmp_path, ct):
    (tmp_path / "ct" / "0002.dcm").unlink()
    with pytest.raises(InputError, match=r"series 1 .*: slices are missing"):
        read_training_pictures(tmp_path)
