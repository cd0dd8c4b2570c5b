from __future__ import annotations

import pytest
from typer.testing import CliRunner

from calcimetry.cli.main import app
from calcimetry.files.nifti import read_nifti
from calcimetry.study import EnergyPair, demo, run
from calcimetry.study.demo import write_demo_pictures, write_demo_volume
from tests.fakes import fake_measure, finger_levels, image_rows, save_manifest, save_picture
from tests.volumes import fake_measure_volume, hand_hu, save_nifti


@pytest.fixture(autouse=True)
def pictures(tmp_path, monkeypatch):
    folder = tmp_path / "pictures"
    save_picture(folder / "ring.png")
    save_picture(folder / "thumb.png", finger_levels() + 3)
    save_manifest(folder, "ring.png,0.4", "thumb.png,0.4")

    low = save_nifti(tmp_path / "volume" / "80.nii.gz")
    high = save_nifti(tmp_path / "volume" / "150.nii.gz", hand_hu(500.0))
    pair = EnergyPair(low, high, columns={"true_volume_mm3": "34.5"})

    def measure(image, settings, *how):
        return (fake_measure_volume if how else fake_measure)(image, settings, *how)

    monkeypatch.setattr(demo, "write_demo_pictures", lambda _: folder)
    monkeypatch.setattr(demo, "write_demo_volume", lambda _: pair)
    monkeypatch.setattr(run, "measure", measure)


def test_prints_lesions_totals_and_files(tmp_path):
    out = tmp_path / "out"
    result = CliRunner().invoke(app, ["demo", "--out", str(out)])
    assert result.exit_code == 0
    for told in ("ring.png", "thumb.png", "middle phalanx", "1.44", "1.04 to 1.84", "partial"):
        assert told in result.stdout
    (total,) = [line for line in result.stdout.splitlines() if "34.5" in line]
    for told in ("80.nii.gz", "33.00", "24.75 to 41.25", "mm3", "complete"):
        assert told in total
    assert image_rows(out)["80.nii.gz"]["true_volume_mm3"] == "34.5"
    for name in ("report.html", "images.csv", "overlays/ring.png", "overlays/80_fingers.png"):
        assert str(out / name) in result.stdout
        assert (out / name).is_file()


def test_writes_into_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(app, ["demo"]).exit_code == 0
    assert (tmp_path / "calcimetry-demo" / "report.html").is_file()


def test_the_demo_pictures_are_the_same_every_time(tmp_path):
    first, second = (write_demo_pictures(tmp_path / name) for name in ("a", "b"))
    names = sorted(path.name for path in first.iterdir())
    assert names == ["bent.png", "crooked.png", "manifest.csv", "straight.png", "tip-down.png"]
    for name in names:
        assert (first / name).read_bytes() == (second / name).read_bytes()


def test_the_demo_volume_is_the_same_every_time(tmp_path):
    first, second = (write_demo_volume(tmp_path / name) for name in ("a", "b"))
    assert float(first.columns["true_volume_mm3"]) > 10
    assert read_nifti(first.low).grid == read_nifti(first.high).grid
    for one, other in ((first.low, second.low), (first.high, second.high)):
        assert one.read_bytes() == other.read_bytes()
