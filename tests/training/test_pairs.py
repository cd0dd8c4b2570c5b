"""Images and masks from disk: every layout that is promised, every fault named before training."""

import numpy as np
import pytest

from calcimetry.errors import InputError
from calcimetry.training.pairs import read_training_pictures
from tests.training.pictures import SIZE, bones, lesions, manifest, save, save_pair


def only(folder):
    data = read_training_pictures(folder)
    assert len(data.pictures) == 1
    return data.pictures[0]


@pytest.mark.parametrize("place", [".", "segmentations", "masks", "truth", "../truth"])
def test_masks_are_found_where_programs_write_them(tmp_path, place):
    folder = tmp_path / "images"
    save_pair(folder, "ring", place=place)
    save(folder / place / "ring_lesions.png", lesions())
    manifest(folder, "ring.png,0.4")
    picture = only(folder)
    expected = np.where(lesions() > 0, 6, bones())
    np.testing.assert_array_equal(picture.label_map, expected)
    assert picture.name == "ring.png"
    assert picture.image.grid.spacing[1:] == (0.4, 0.4)
    assert picture.has_names
    assert picture.has_deposits


def test_masks_of_subfolders_lie_below_a_folder_of_the_root(tmp_path):
    images = tmp_path / "images"
    save_pair(images / "a" / "visit-1", "ring")
    (images / "a" / "visit-1" / "ring_bones.png").rename(tmp_path / "ring_bones.png")
    (tmp_path / "truth" / "a" / "visit-1").mkdir(parents=True)
    (tmp_path / "ring_bones.png").rename(tmp_path / "truth/a/visit-1/ring_bones.png")
    manifest(images, "a/visit-1/ring.png,0.5,a", columns="image,pixel_spacing_mm,patient")
    for root in (images, tmp_path):
        assert only(root).patient == "a"


def test_the_manifest_names_masks_and_patients(tmp_path):
    save_pair(tmp_path / "data", "ring")
    save(tmp_path / "mine" / "b.png", bones((2, 3)))
    save(tmp_path / "data" / "l.png", lesions())
    manifest(
        tmp_path / "data",
        "ring.png,0.4,P7,../mine/b.png,l.png",
        columns="image,pixel_spacing_mm,patient,mask,lesions",
    )
    data = read_training_pictures(tmp_path / "data")
    assert set(np.unique(data.pictures[0].label_map)) == {0, 2, 3, 6}
    assert data.pictures[0].patient == "P7"
    assert data.notes == (
        "1 of 1 bone masks hold label numbers (10 x digit + bone, + 100 in the left hand).",
    )


def test_notes_tell_what_is_not_known(tmp_path):
    for stem in ("a", "b"):
        save_pair(tmp_path, stem)
    manifest(tmp_path, "a.png,0.4", "b.png,0.4")
    data = read_training_pictures(tmp_path)
    assert [one.patient for one in data.pictures] == ["a.png", "b.png"]
    assert any(note.startswith("No patient column: every image") for note in data.notes)
    assert any(note.startswith("2 of 2 pictures have no mask of lesions") for note in data.notes)
    assert not data.pictures[0].has_deposits


def test_some_images_without_patient_are_counted(tmp_path):
    for stem in ("a", "b"):
        save_pair(tmp_path, stem)
    manifest(tmp_path, "a.png,0.4,x", "b.png,0.4,", columns="image,pixel_spacing_mm,patient")
    assert "1 images state no patient: each counts as its own." in (
        read_training_pictures(tmp_path).notes
    )


def test_bone_of_one_value_has_no_names(tmp_path):
    save_pair(tmp_path, "a", bones((255, 255)))
    manifest(tmp_path, "a.png,0.4")
    picture = only(tmp_path)
    assert not picture.has_names
    np.testing.assert_array_equal(picture.label_map, bones((1, 1)))


def test_progress_is_told(tmp_path):
    save_pair(tmp_path, "a")
    manifest(tmp_path, "a.png,0.4")
    told = []
    read_training_pictures(tmp_path, on_progress=lambda *what: told.append(what))
    assert told == [(0, 1, "a.png"), (1, 1, "")]


def test_the_window_is_that_of_the_export(tmp_path):
    save_pair(tmp_path, "a")
    manifest(tmp_path, "a.png,0.4")
    data = read_training_pictures(tmp_path, window_hu=2000.0, level_hu=500.0)
    assert data.pictures[0].image.clipped_hu == (-500.0, 1500.0)


FAULTS = {
    "other size": (bones()[:-1], r"ring_bones\.png: expected the size of ring\.png, 40 x 24"),
    "empty": (np.zeros(SIZE, np.uint8), r"ring_bones\.png: the mask is empty"),
    "strange": (bones((1, 77)), r"ring_bones\.png: expected 1 to 5, .* found 77"),
    "colours": (np.zeros((*SIZE, 3), np.uint8), r"ring_bones\.png: expected one number per pixel"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_wrong_mask_is_named(tmp_path, name):
    mask, told = FAULTS[name]
    save_pair(tmp_path, "ring")
    save(tmp_path / "ring_bones.png", mask)
    manifest(tmp_path, "ring.png,0.4")
    with pytest.raises(InputError, match=told):
        read_training_pictures(tmp_path)


def test_a_missing_mask_is_named(tmp_path):
    save_pair(tmp_path, "ring")
    (tmp_path / "ring_bones.png").unlink()
    manifest(tmp_path, "ring.png,0.4")
    with pytest.raises(InputError, match=r"ring\.png: its bone mask is missing\. Expected ring_b"):
        read_training_pictures(tmp_path)


@pytest.mark.parametrize("column", ["mask", "lesions"])
def test_a_named_mask_that_is_not_there(tmp_path, column):
    save_pair(tmp_path, "ring")
    manifest(tmp_path, "ring.png,0.4,x.png", columns=f"image,pixel_spacing_mm,{column}")
    with pytest.raises(InputError, match=r"Reading x\.png: there is no such file"):
        read_training_pictures(tmp_path)


def test_a_mask_that_is_all_lesion(tmp_path):
    save_pair(tmp_path, "ring")
    save(tmp_path / "ring_lesions.png", bones())
    manifest(tmp_path, "ring.png,0.4")
    with pytest.raises(InputError, match=r"ring_bones\.png: no bone is left in it beside"):
        read_training_pictures(tmp_path)


def test_a_mask_of_lesions_of_another_size(tmp_path):
    save_pair(tmp_path, "ring")
    save(tmp_path / "ring_lesions.png", lesions()[1:])
    manifest(tmp_path, "ring.png,0.4")
    with pytest.raises(InputError, match=r"ring_lesions\.png: expected the size"):
        read_training_pictures(tmp_path)


def test_a_picture_without_spacing(tmp_path):
    save_pair(tmp_path, "ring")
    with pytest.raises(InputError, match=r"ring\.png: its pixel spacing is not known"):
        read_training_pictures(tmp_path)


def test_a_line_of_the_manifest_without_picture(tmp_path):
    save_pair(tmp_path, "ring")
    manifest(tmp_path, "ring.png,0.4", "index.png,0.4")
    with pytest.raises(InputError, match=r"1 of 2 images.*\n.*index\.png.*no such file"):
        read_training_pictures(tmp_path)


def test_one_class_only(tmp_path):
    save_pair(tmp_path, "ring", np.full(SIZE, 1, np.uint8))
    manifest(tmp_path, "ring.png,0.4")
    with pytest.raises(InputError, match="every pixel of all 1 pictures has the same label"):
        read_training_pictures(tmp_path)


def test_no_picture_at_all(tmp_path):
    save(tmp_path / "ring_bones.png", bones())
    with pytest.raises(InputError, match="no picture or volume in it, masks aside"):
        read_training_pictures(tmp_path)


def test_no_folder(tmp_path):
    with pytest.raises(InputError, match="expected a folder, found none called gone"):
        read_training_pictures(tmp_path / "gone")


def test_all_faults_are_told_at_once_without_folders(tmp_path):
    for number in range(17):
        save_pair(tmp_path, f"p{number:02d}", bones((1, 77)))
    manifest(tmp_path, *(f"p{number:02d}.png,0.4" for number in range(17)))
    with pytest.raises(InputError) as caught:
        read_training_pictures(tmp_path)
    lines = str(caught.value).splitlines()
    assert "17 of 17 images cannot be used" in lines[0]
    assert len(lines) == 12
    assert lines[-1] == "and 7 more."
    assert str(tmp_path) not in str(caught.value)


def test_the_shared_fingers_read_as_they_are(shared):
    data = read_training_pictures(shared / "data" / "fingers")
    assert len(data.pictures) == 16
    assert data.notes[0] == "16 of 16 bone masks hold 60 x label."
    assert set().union(*(np.unique(one.label_map) for one in data.pictures)) == {0, 1, 2, 3, 6}
    assert all(one.has_names for one in data.pictures)
