"""CT written as DICOM comes back as the same grid and HU, whatever way it lies."""

import datetime as dt

import numpy as np
import pydicom
import pytest
from scipy.spatial.transform import Rotation

from calcimetry.dicom.ct import CtStudy, write_ct
from calcimetry.dicom.find import find_series
from calcimetry.errors import InputError, OutputError
from calcimetry.model import DualEnergyImage, Grid, Image, Laterality

STUDY = CtStudy("seed 7", "PHANTOM-S000007", dt.date(2020, 3, 1), Laterality.LEFT)


def pair(affine, shape=(5, 8, 6)):
    slices, rows, columns = np.indices(shape)
    hu = -1000.0 + 300.3 * slices + 20.4 * rows + 3.3 * columns
    grid = Grid(shape, affine)
    return DualEnergyImage(Image(hu, grid), Image(hu / 2, grid), "80", "Sn150")


def oblique(turn=(20.0, -35.0, 50.0), flip=1.0, lean=0.0):
    affine = np.eye(4)
    scale = np.diag([0.8, 0.5, 0.4]) @ np.diag([flip, 1.0, 1.0])
    axes = np.array([[0, 0, 1], [0, 1, 0], [1, 0, 0]])  # slice z, row y, column x
    shear = np.array([[1, 0, 0], [lean, 1, 0], [0, 0, 1]])
    affine[:3, :3] = Rotation.from_euler("xyz", turn, degrees=True).as_matrix() @ axes @ shear
    affine[:3, :3] = affine[:3, :3] @ scale
    affine[:3, 3] = (-123.456, 78.9, -1000.0625)
    return affine


@pytest.mark.parametrize("flip", [1.0, -1.0])
@pytest.mark.parametrize("turn", [(0, 0, 0), (20, -35, 50), (90, 0, 0), (180, 0, 10)])
def test_grid_and_hu_come_back(tmp_path, turn, flip):
    image = pair(oblique(turn, flip))
    write_ct(tmp_path, image, STUDY)
    found = find_series([tmp_path])
    assert len(found.volumes) == 1
    assert not found.left
    volume = found.volumes[0]
    assert volume.laterality is Laterality.LEFT
    assert [scan.setting for scan in volume.scans] == ["80", "Sn150"]
    back = volume.load()
    assert isinstance(back, DualEnergyImage)
    # Readers put slices in order along the normal of rows and columns.
    axes = image.grid.affine[:3, :3]
    onwards = np.cross(axes[:, 2], axes[:, 1]) @ axes[:, 0] > 0
    grid = image.grid if onwards else image.grid.flipped(0)
    low, high = (one.array if onwards else one.array[::-1] for one in (image.low, image.high))
    np.testing.assert_allclose(back.grid.affine, grid.affine, atol=1e-9)
    assert back.grid.shape == grid.shape
    np.testing.assert_allclose(back.low.array, low, atol=0.5001)
    np.testing.assert_allclose(back.high.array, high, atol=0.5001)


def test_slices_that_lean_keep_their_places(tmp_path):
    image = pair(oblique(lean=0.3))
    write_ct(tmp_path, image, STUDY)
    volume = find_series([tmp_path]).volumes[0]
    np.testing.assert_allclose(
        volume.grid.index_to_mm([[0, 0, 0], [4, 7, 5]]),
        image.grid.index_to_mm([[0, 0, 0], [4, 7, 5]])
        if np.linalg.det(volume.grid.affine) * np.linalg.det(image.grid.affine) > 0
        else image.grid.index_to_mm([[4, 0, 0], [0, 7, 5]]),
        atol=1e-9,
    )


def test_the_same_key_gives_the_same_bytes_and_another_one_other_uids(tmp_path):
    image = pair(oblique())
    for name in ("one", "two"):
        write_ct(tmp_path / name, image, STUDY)
    files = sorted(path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*.dcm"))
    assert len(files) == 10
    for file in files:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()
    other = CtStudy("seed 8", "PHANTOM-S000008", dt.date(2020, 3, 1))
    write_ct(tmp_path / "three", image, other)
    uids = {
        name: {pydicom.dcmread(path).SOPInstanceUID for path in (tmp_path / name).rglob("*.dcm")}
        for name in ("one", "three")
    }
    assert len(uids["one"] | uids["three"]) == 20


def test_headers_name_nobody_and_are_not_private(tmp_path):
    low, high = write_ct(tmp_path, pair(oblique()), STUDY)
    first, second = (pydicom.dcmread(folder / "0001.dcm") for folder in (low, high))
    assert first.PatientName == "PHANTOM"
    assert first.PatientBirthDate == ""
    assert first.StudyInstanceUID == second.StudyInstanceUID
    assert first.FrameOfReferenceUID == second.FrameOfReferenceUID
    assert first.SeriesInstanceUID != second.SeriesInstanceUID
    assert (first.KVP, first.FilterType) == (80, "NONE")
    assert (second.KVP, second.FilterType) == (150, "TIN")
    assert not any(element.tag.is_private for element in first)
    for uid in (first.StudyInstanceUID, first.SOPInstanceUID, first.FrameOfReferenceUID):
        assert uid.is_valid
        assert uid.startswith("1.2.826.0.1.3680043.8.498.")


def test_a_volume_of_one_energy_is_one_series(tmp_path):
    told = []
    (folder,) = write_ct(tmp_path, pair(oblique()).low, STUDY, lambda *n: told.append(n))
    assert pydicom.dcmread(folder / "0001.dcm").KVP == 120
    assert told[-1] == (5, 5)


def test_what_has_no_hu_is_refused(tmp_path):
    image = Image(np.zeros((3, 4, 5)), Grid((3, 4, 5), np.eye(4)), "1")
    with pytest.raises(InputError, match="expected intensities in HU, found '1'"):
        write_ct(tmp_path, image, STUDY)


def test_rows_and_columns_askew_are_refused(tmp_path):
    affine = np.eye(4)
    affine[1, 2] = 0.2
    image = Image(np.zeros((3, 4, 5)), Grid((3, 4, 5), affine))
    with pytest.raises(InputError, match=r"right angles, found a cosine of 0\.196"):
        write_ct(tmp_path, image, STUDY)


def test_a_setting_that_is_no_tube_voltage_is_refused(tmp_path):
    image = pair(oblique())
    odd = DualEnergyImage(image.low, image.high, "50 keV", "100 keV")
    with pytest.raises(InputError, match="such as 80 or Sn150, found '50 keV'"):
        write_ct(tmp_path, odd, STUDY)


def test_a_file_in_the_way_is_told(tmp_path):
    (tmp_path / "80kV").write_text("here")
    with pytest.raises(OutputError, match="80kV"):
        write_ct(tmp_path, pair(oblique()), STUDY)
