"""From a simulated scan of rods to a calibration file."""

import csv
from pathlib import Path

import nibabel
import numpy as np
import pytest

from calcimetry.attenuation import hydroxyapatite_gain
from calcimetry.errors import InputError
from calcimetry.files.calibrations import read_calibration
from calcimetry.files.nifti import write_ct_nifti, write_label_nifti
from calcimetry.model import Image, Segmentation
from calcimetry.phantom.rods import calibration_rods
from calcimetry.study.calibrating import calibrate
from calcimetry.study.sources import EnergyPair, VolumeChoice


@pytest.fixture(scope="module")
def scan(tmp_path_factory) -> Path:
    """A folder with low.nii.gz, high.nii.gz, rods.csv, labels.nii.gz and by-label.csv."""
    folder = tmp_path_factory.mktemp("rods")
    made = calibration_rods(np.random.default_rng(2), 1.0, mode="fast")
    for name in ("low", "high"):
        write_ct_nifti(folder / f"{name}.nii.gz", getattr(made.image, name))
    grid = made.image.grid
    places = grid.index_to_mm(np.stack(np.indices(grid.shape), axis=-1))
    labels = np.zeros(grid.shape, np.uint16)
    for number, rod in enumerate(made.rods, start=1):
        inside = np.linalg.norm((places - rod.centre_mm)[..., :2], axis=-1) < rod.radius_mm
        labels[inside] = number
    names = {n: f"rod {n}" for n in range(1, len(made.rods) + 1)}
    write_label_nifti(folder / "labels.nii.gz", Segmentation(labels, grid, names))
    with (folder / "rods.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("x_mm", "y_mm", "z_mm", "ha_mg_cm3"))
        writer.writerows((*rod.centre_mm, rod.density_mg_cm3) for rod in made.rods)
    with (folder / "by-label.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("label", "ha_mg_cm3"))
        writer.writerows((n, rod.density_mg_cm3) for n, rod in enumerate(made.rods, start=1))
    return folder


def pair_of(scan: Path) -> VolumeChoice:
    return VolumeChoice(pair=EnergyPair(scan / "low.nii.gz", scan / "high.nii.gz", "80", "Sn150"))


def test_a_pair_of_energies(scan, tmp_path):
    stages = []
    made = calibrate(
        None, scan / "rods.csv", tmp_path / "c.json", volumes=pair_of(scan), on_stage=stages.append
    )
    assert made.settings == ("80", "Sn150")
    # The simulator's beams are softer or harder than the nominal ones by a few percent.
    assert made.gains == pytest.approx(tuple(hydroxyapatite_gain([53.9, 87.9])), rel=0.06)
    assert made.rods_mg_cm3 == (0.0, 50.0, 100.0, 200.0, 400.0, 600.0, 800.0)
    assert all(len(one) == 64 for one in made.sha256.values())
    assert read_calibration(tmp_path / "c.json") == made
    assert (tmp_path / "c.png").read_bytes().startswith(b"\x89PNG")
    assert stages == ["reading rods", "reading the scan", "finding rods"]


def test_rods_by_label_give_the_same_line(scan, tmp_path):
    labels = scan / "labels.nii.gz"
    by_label = calibrate(
        scan / "low.nii.gz", scan / "by-label.csv", tmp_path / "a.json", labels=labels, setting="80"
    )
    by_centre = calibrate(scan / "low.nii.gz", scan / "rods.csv", tmp_path / "b.json", setting="80")
    assert by_label.gains == pytest.approx(by_centre.gains, rel=0.01)
    assert by_label.settings == ("80",)


def test_labels_of_another_grid_are_refused(scan, tmp_path):
    file = nibabel.load(scan / "labels.nii.gz")
    moved = file.affine.copy()
    moved[0, 3] += 5.0
    nibabel.save(nibabel.Nifti1Image(np.asarray(file.dataobj), moved), tmp_path / "moved.nii.gz")
    with pytest.raises(InputError, match="a label map on the scan's own grid"):
        calibrate(
            scan / "low.nii.gz",
            scan / "by-label.csv",
            tmp_path / "a.json",
            labels=tmp_path / "moved.nii.gz",
        )


def test_two_scans_are_one_too_many(scan, tmp_path):
    for name in ("one", "two"):
        write_ct_nifti(tmp_path / "many" / f"{name}.nii.gz", _air())
    with pytest.raises(InputError, match=r"expected one scan of rods, found 2: one\.nii\.gz"):
        calibrate(tmp_path / "many", scan / "rods.csv", tmp_path / "c.json")


def test_a_picture_is_no_scan(scan, tmp_path):
    (tmp_path / "finger.png").write_bytes(b"")
    with pytest.raises(InputError, match="found a picture"):
        calibrate(tmp_path / "finger.png", scan / "rods.csv", tmp_path / "c.json")


def test_a_scan_that_is_not_there(scan, tmp_path):
    with pytest.raises(InputError, match=r"Reading gone\.nii\.gz: there is no such file"):
        calibrate(tmp_path / "gone.nii.gz", scan / "rods.csv", tmp_path / "c.json")


def test_one_file_is_no_pair(scan, tmp_path):
    same = VolumeChoice(pair=EnergyPair(scan / "low.nii.gz", scan / "low.nii.gz"))
    with pytest.raises(InputError, match=r"Calibrating with low\.nii\.gz: .* the same image"):
        calibrate(None, scan / "rods.csv", tmp_path / "c.json", volumes=same)


def test_the_calibration_is_a_json_file(scan, tmp_path):
    with pytest.raises(InputError, match=r"a \.json file, found 'c\.csv'"):
        calibrate(scan / "low.nii.gz", scan / "rods.csv", tmp_path / "c.csv")


def _air() -> Image:
    from calcimetry.model import Grid

    return Image(np.full((4, 16, 16), -1000.0), Grid((4, 16, 16), np.eye(4)))
