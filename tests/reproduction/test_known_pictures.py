from __future__ import annotations

import numpy as np
import PIL.Image
import pytest

from calcimetry.errors import InputError
from calcimetry.reproduction.known_pictures import read_known_pictures
from tests.reproduction.fingers import SPACING, save_fingers, true_bones, true_lesions


def manifest(folder, *lines):
    (folder / "manifest.csv").write_text("\n".join(lines), encoding="utf-8")


def test_pictures_with_their_truth(tmp_path):
    first, second = read_known_pictures(save_fingers(tmp_path, ("A", "B")))
    assert (first.name, first.patient, second.patient) == ("finger-0.png", "A", "B")
    assert first.image.grid.spacing[1:] == (SPACING, SPACING)
    assert np.array_equal(first.bones, true_bones())
    assert np.array_equal(second.lesions, true_lesions(3) > 0)
    assert first.has_names
    assert (second.true_area_mm2, second.area_from) == (pytest.approx(9 * 0.16), "label map")


def test_nobody_says_whose_pictures_they_are(tmp_path):
    (known,) = read_known_pictures(save_fingers(tmp_path, ("left",), header="side"))
    assert known.patient == ""


def test_the_true_area_is_best_known_where_it_is_stated(tmp_path):
    save_fingers(tmp_path, ("A",))
    (tmp_path / "truth.csv").write_text("image,true_area_mm2\nfinger-0.png,0.7\n")
    (known,) = read_known_pictures(tmp_path)
    assert (known.true_area_mm2, known.area_from) == (0.7, "truth.csv")
    manifest(tmp_path, "image,pixel_spacing_mm,true_area_mm2", "finger-0.png,0.4,0.6")
    (known,) = read_known_pictures(tmp_path)
    assert (known.true_area_mm2, known.area_from) == (0.6, "manifest.csv")


def test_a_picture_without_a_mask_of_lesions_has_no_true_area(tmp_path):
    save_fingers(tmp_path, ("A",))
    (tmp_path / "finger-0_lesions.png").unlink()
    (known,) = read_known_pictures(tmp_path)
    assert known.lesions is known.true_area_mm2 is None
    assert known.area_from == ""


def test_a_truth_table_that_is_no_text_is_left_aside(tmp_path):
    save_fingers(tmp_path, ("A",))
    (tmp_path / "truth.csv").write_bytes(b"\xff\xfe\x00")
    assert read_known_pictures(tmp_path)[0].area_from == "label map"


def test_a_mask_of_one_value_has_no_names(tmp_path):
    save_fingers(tmp_path, ("A",))
    PIL.Image.fromarray((true_bones() > 0).astype(np.uint8) * 255).save(
        tmp_path / "finger-0_bones.png"
    )
    (known,) = read_known_pictures(tmp_path)
    assert not known.has_names
    assert np.array_equal(known.bones, true_bones() > 0)


def test_real_pictures(shared):
    known = {one.name: one for one in read_known_pictures(shared / "data/fingers")}
    assert len(known) == 16
    assert known["index_0.jpg"].true_area_mm2 == 8.48
    assert np.unique(known["index_0.jpg"].bones).tolist() == [0, 1, 2, 3]


def test_no_folder(tmp_path):
    with pytest.raises(InputError, match="is no folder"):
        read_known_pictures(tmp_path / "none")


@pytest.mark.parametrize("text", ["many", "-1", "nan"])
def test_an_area_that_is_none(tmp_path, text):
    save_fingers(tmp_path, ("A",))
    manifest(tmp_path, "image,pixel_spacing_mm,true_area_mm2", f"finger-0.png,0.4,{text}")
    with pytest.raises(InputError, match=f"manifest.csv: true_area_mm2 of finger-0.png.*'{text}'"):
        read_known_pictures(tmp_path)


def test_numbers_that_are_no_bone(tmp_path):
    save_fingers(tmp_path, ("A",))
    PIL.Image.fromarray(np.where(true_bones() == 2, 77, true_bones())).save(
        tmp_path / "finger-0_bones.png"
    )
    with pytest.raises(InputError, match=r"Reading finger-0_bones\.png: .*found 77"):
        read_known_pictures(tmp_path)


def test_all_faults_are_told_at_once_up_to_ten(tmp_path):
    save_fingers(tmp_path, ("A",) * 12)
    for number in range(12):
        (tmp_path / f"finger-{number}_bones.png").unlink()
    with pytest.raises(InputError, match="cannot be used, and nothing was compared") as told:
        read_known_pictures(tmp_path)
    assert "12 images" in str(told.value)
    assert str(told.value).count("its bone mask is missing") == 10
    assert str(told.value).endswith("And 2 more.")
