from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from calcimetry.dicom.found import Found, Left, Scan
from calcimetry.errors import InputError, UnreadableFile
from calcimetry.files.inputs import Input
from calcimetry.model import DualEnergyImage, Grid, Image, Laterality
from calcimetry.study import sources
from calcimetry.study.sources import (
    EnergyPair,
    VolumeChoice,
    find_sources,
    read_pair,
    read_volume,
)
from tests.dicom import making
from tests.fakes import save_picture
from tests.volumes import hand_hu, save_nifti


@dataclass
class FakeVolume:
    """As much of a DICOM volume as a study asks for."""

    name: str = "3f2a90c417bb"
    patient: str = "aa11bb22"
    study: str = "cc33dd44"
    laterality: Laterality | None = None
    warnings: tuple[str, ...] = ("Slices are 3 mm thick.",)
    sha256: str = "f" * 64
    acquired: date | None = None
    scans: tuple[Scan, ...] = ()
    loads: list[str] = field(default_factory=list)

    def load(self):
        self.loads.append(self.name)
        return Image(hand_hu(), Grid(hand_hu().shape, np.eye(4)), name=self.name)


@pytest.fixture
def dicom(monkeypatch):
    """Make the search for DICOM find given things; gives what it was asked."""

    def make(volumes=(), left=(), others=()):
        asked = {}

        def fake(paths, **options):
            asked.update(options, paths=list(paths))
            return Found(tuple(volumes), tuple(left), tuple(others))

        monkeypatch.setattr(sources, "find_series", fake)
        return asked

    return make


def images(inputs):
    return [source.image for source in inputs.found]


def test_pictures_nifti_and_dicom_of_one_folder(tmp_path, dicom):
    save_picture(tmp_path / "a.png")
    save_nifti(tmp_path / "sub" / "hand.nii.gz")
    for name in ("IM1", "slice.dcm", "notes.txt"):
        (tmp_path / name).write_bytes(b"x")
    others = [tmp_path / name for name in ("a.png", "notes.txt", "sub/hand.nii.gz")]
    dicom([FakeVolume()], [Left("series 3 'scout' (1 slice)", "a localizer", False)], others)
    found = find_sources([tmp_path], VolumeChoice())
    assert images(found) == ["3f2a90c417bb", "a.png", "sub/hand.nii.gz"]
    volume, picture, nifti = found.found
    assert (volume.columns, volume.sha256) == (
        {"patient": "aa11bb22", "visit": "cc33dd44"},
        "f" * 64,
    )
    assert picture.load is None
    assert nifti.load is not None
    assert found.passed_over == {
        "notes.txt": "not DICOM, nor named as NIfTI, JPEG or PNG",
        "series 3 'scout' (1 slice)": "a localizer",
    }


def test_only_paths_that_exist_are_searched_for_dicom(tmp_path, dicom):
    asked = dicom(others=())
    found = find_sources([tmp_path / "missing", tmp_path], VolumeChoice(series="4"))
    assert asked == {"paths": [tmp_path], "series": "4", "low_kev": None, "high_kev": None}
    assert images(found)[0] == "missing"


def test_dicom_that_cannot_be_measured_is_a_row(tmp_path, dicom):
    (tmp_path / "IM1").write_bytes(b"x")
    dicom(left=[Left("series 4 'hand' (288 slices)", "slice 12 is missing", True)])
    (source,) = find_sources([tmp_path], VolumeChoice()).found
    assert (source.image, source.problem) == ("series 4 'hand' (288 slices)", "slice 12 is missing")


def test_litter_of_the_system_is_passed_over_and_listed(tmp_path):
    low, _ = making.dual_energy()
    making.save_all(tmp_path, low)
    for name in ("._1.dcm", ".DS_Store", "._hand.nii.gz", "._a.zip", "Thumbs.db"):
        (tmp_path / name).write_bytes(b"\0\5\x16\7")
    found = find_sources([tmp_path], VolumeChoice())
    assert [source.problem for source in found.found] == [""]
    assert found.passed_over == {
        "._1.dcm": "hidden file",
        "._a.zip": "hidden file",
        "._hand.nii.gz": "hidden file",
        ".DS_Store": "hidden file",
        "Thumbs.db": "not DICOM, nor named as NIfTI, JPEG or PNG",
    }


def test_a_locked_folder_is_told_once(tmp_path, dicom, monkeypatch):
    dicom(left=[Left("'locked'", "the folder cannot be read: Permission denied", True)])
    assert images(find_sources([tmp_path], VolumeChoice())) == [f"{tmp_path.name}/"]


def test_where_nothing_is_left_to_measure_each_path_says_why(tmp_path, dicom):
    (tmp_path / "a.zip").write_bytes(b"x")
    dicom(left=[Left("a.zip", "it holds no DICOM; unpack it", False)])
    (source,) = find_sources([tmp_path / "a.zip"], VolumeChoice()).found
    assert source.image == "a.zip"
    assert source.problem == (
        "nothing in it can be measured: 1 series passed over; a.zip: it holds no DICOM; unpack it"
    )


def test_dicom_is_read_when_asked_with_its_warnings(tmp_path, dicom):
    volume = FakeVolume(laterality=Laterality.LEFT)
    dicom([volume])
    (source,) = find_sources([], VolumeChoice(laterality=Laterality.RIGHT)).found
    assert volume.loads == []
    reading = read_volume(source, "its name")
    assert (reading.image.name, reading.warnings) == ("its name", volume.warnings)
    assert reading.laterality is Laterality.LEFT  # the file wins
    assert source.stated == {}


def test_the_side_is_stated_where_the_file_does_not(tmp_path):
    save_nifti(tmp_path / "hand.nii.gz")
    save_picture(tmp_path / "a.png")
    choice = VolumeChoice(laterality=Laterality.LEFT)
    picture, volume = find_sources([tmp_path], choice).found
    assert picture.stated == {}
    assert volume.stated == {"side": "left"}
    assert read_volume(volume, "hand").laterality is Laterality.LEFT
    assert find_sources([tmp_path], VolumeChoice()).found[1].stated == {}


def test_a_picture_is_no_volume(tmp_path):
    with pytest.raises(InputError, match="it is no volume"):
        read_volume(Input(tmp_path / "a.png", "a.png"), "a.png")


def pair_of(tmp_path, high=None, low_affine=None, high_affine=None):
    low = save_nifti(tmp_path / "80.nii.gz", affine=low_affine)
    hu = hand_hu(mineral=500.0) if high is None else high
    return EnergyPair(low, save_nifti(tmp_path / "150.nii.gz", hu, high_affine), "80", "Sn150")


def test_a_pair_is_one_image(tmp_path):
    pair = pair_of(tmp_path)
    (source,) = find_sources([], VolumeChoice(pair=pair)).found
    assert (source.image, source.problem) == ("80.nii.gz", "")
    assert source.stated == {"low": "80", "high": "Sn150"}
    reading = read_volume(source, "pair")
    assert isinstance(reading.image, DualEnergyImage)
    assert (reading.image.name, reading.image.high.name) == ("pair", "pair")
    assert (reading.image.low_setting, reading.image.high_setting) == ("80", "Sn150")
    assert reading.image.low.array.max() == 900.0
    assert reading.image.high.array.max() == 500.0
    assert reading.warnings == ()


def test_content_of_both_files_tells_a_pair_from_others(tmp_path):
    pair = pair_of(tmp_path)
    before = find_sources([], VolumeChoice(pair=pair)).found[0]
    save_nifti(pair.high, hand_hu(mineral=501.0))
    after = find_sources([], VolumeChoice(pair=pair)).found[0]
    assert before.place == after.place
    assert before.sha256 != after.sha256
    single = find_sources([pair.low], VolumeChoice()).found[0]
    assert single.place == ""


def test_swapped_energies_are_told(tmp_path):
    _, warnings = read_pair(pair_of(tmp_path, high=hand_hu(mineral=1400.0)))
    assert warnings == (
        "Mineral is brighter in 150.nii.gz than in 80.nii.gz: are --low and --high swapped?",
    )


def test_rounding_is_no_other_grid(tmp_path):
    affine = np.diag([0.8, 0.9, 1.0, 1.0])
    shifted = affine.copy()
    shifted[0, 3] = 1e-4
    image, _ = read_pair(pair_of(tmp_path, low_affine=affine, high_affine=shifted))
    assert image.high.grid == image.low.grid


@pytest.mark.parametrize("by", [0.5, 5.0])
def test_energies_of_different_places_are_no_pair(tmp_path, by):
    shifted = np.diag([0.8, 0.9, 1.0, 1.0])
    shifted[1, 3] = by
    with pytest.raises(InputError, match=r"80.nii.gz and 150.nii.gz: two energies must lie on one"):
        read_pair(pair_of(tmp_path, high_affine=shifted))


def test_energies_of_different_shapes_are_no_pair(tmp_path):
    with pytest.raises(InputError, match=r"40 x 12 x 60 .* and 39 x 12 x 60"):
        read_pair(pair_of(tmp_path, high=hand_hu()[:-1]))


def test_one_file_twice_is_no_pair(tmp_path):
    pair = pair_of(tmp_path)
    copy = tmp_path / "copy.nii.gz"
    copy.write_bytes(pair.low.read_bytes())
    for high in (pair.low, copy):
        (source,) = find_sources([], VolumeChoice(pair=EnergyPair(pair.low, high))).found
        assert "--low and --high are the same image" in source.problem


def test_a_pair_with_a_missing_file_fails_when_read(tmp_path):
    pair = EnergyPair(Path("gone.nii.gz"), save_nifti(tmp_path / "a.nii.gz"))
    (source,) = find_sources([], VolumeChoice(pair=pair)).found
    assert source.problem == ""
    with pytest.raises(UnreadableFile, match=r"gone.nii.gz: there is no such file"):
        read_volume(source, "pair")
