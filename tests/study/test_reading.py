from __future__ import annotations

from pathlib import Path

import pytest

from calcimetry.errors import InputError, UnreadableFile, UnsupportedImage
from calcimetry.study.reading import read_one
from tests.fakes import save_manifest, save_picture
from tests.volumes import SHAPE, save_nifti


def read(path, spacing=None):
    return read_one(Path(path), spacing, 1500.0, 450.0)


def test_a_picture(tmp_path):
    image = read(save_picture(tmp_path / "a.png"), 0.4)
    assert (image.is_picture, image.grid.spacing[1], image.name) == (True, 0.4, "a.png")


def test_a_volume_and_a_folder_of_one(tmp_path):
    path = save_nifti(tmp_path / "in" / "hand.nii.gz")
    for given in (path, path.parent):
        image = read(given)
        assert (image.grid.shape, image.name) == (SHAPE, "hand.nii.gz")


def test_a_picture_of_a_folder_has_its_manifests_spacing(tmp_path):
    save_picture(tmp_path / "a.png")
    save_manifest(tmp_path, "a.png,0.3")
    assert read(tmp_path, 0.5).grid.spacing[1] == 0.3
    (tmp_path / "manifest.csv").unlink()
    assert read(tmp_path, 0.5).grid.spacing[1] == 0.5


def test_several_are_too_many(tmp_path):
    for number in range(7):
        save_picture(tmp_path / f"{number}.png")
    with pytest.raises(InputError, match=r"expected one .* found 7: 0.png, .* 4.png, \.\.\."):
        read(tmp_path)


def test_nothing_is_too_few(tmp_path):
    with pytest.raises(InputError, match="no DICOM, NIfTI, JPEG or PNG in it"):
        read(tmp_path)
    with pytest.raises(UnreadableFile, match="no such file"):
        read(tmp_path / "gone.nii")
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises((UnreadableFile, UnsupportedImage), match=r"notes.txt"):
        read(tmp_path / "notes.txt")


def test_a_hand_in_dicom(shared):
    image = read(shared / "data" / "hand" / "dicom")
    assert (image.low_setting, image.high_setting) == ("80", "Sn150")
    assert image.grid.shape == (288, 138, 193)
