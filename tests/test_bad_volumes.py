"""Every bad volume that is no DICOM ends in one clear line and its row; earlier results stay."""

from __future__ import annotations

import errno
from pathlib import Path

import PIL.Image
import pytest
from typer.testing import CliRunner

from calcimetry.cli.main import app
from calcimetry.study import run, writing
from tests.bad_volumes import BAD
from tests.fakes import image_rows
from tests.volumes import fake_measure_volume, hand_hu, save_nifti

FILES = ("overlays/good.png", "overlays/good_fingers.png")
FILES += ("segmentations/good_bones.nii.gz", "segmentations/good_lesions.nii.gz")


@pytest.fixture
def results(tmp_path, monkeypatch):
    """A results folder that holds one good volume; the working folder holds the volume."""
    monkeypatch.setattr(run, "measure", fake_measure_volume)
    for name in ("draw_hands", "draw_fingers"):
        monkeypatch.setattr(writing, name, lambda *_: PIL.Image.new("L", (8, 8)))
    monkeypatch.chdir(tmp_path)
    save_nifti(tmp_path / "good.nii.gz", hand_hu(902.0))
    assert measure("good.nii.gz").exit_code == 0
    return tmp_path / "out"


def measure(*arguments: str):
    return CliRunner().invoke(app, ["measure", "--out", "out", *arguments])


def files(out: Path) -> dict[str, bytes]:
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in out.rglob("*")
        if path.is_file()
    }


def assert_good_stays(out: Path, before: dict[str, bytes]) -> None:
    assert image_rows(out)["good.nii.gz"]["volume_mm3"] == "33"
    after = files(out)
    assert all(after[name] == before[name] for name in FILES)


@pytest.mark.parametrize("name", BAD)
def test_bad_volume(name, results, tmp_path):
    bad = BAD[name]
    before = files(results)
    bad.make(tmp_path)
    done = measure(*bad.arguments)
    assert done.exit_code == bad.status, done.output
    assert "Traceback" not in done.output
    lines = done.stderr.splitlines()
    assert any(bad.told in line for line in lines), done.stderr
    assert str(tmp_path) not in done.stderr
    assert_good_stays(results, before)
    if bad.row is None:
        assert files(results) == before
    else:
        assert len(lines) == 1
        assert lines[0].startswith("calcimetry: ")
        row = image_rows(results)[bad.row]
        assert row["status"] == "failed"
        assert bad.told in row["reason"]
        assert row["volume_mm3"] == row["lesion_count"] == row["spacing_row_mm"] == ""


def test_there_are_enough_of_them():
    assert len(BAD) >= 25


@pytest.mark.parametrize("step", ["write_bytes", "replace"])
def test_a_full_disk(results, tmp_path, monkeypatch, step):
    save_nifti(tmp_path / "new.nii.gz")
    before = files(results)

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, step, full)
    done = measure("new.nii.gz")
    assert done.exit_code == 2
    assert len(done.stderr.splitlines()) == 1
    assert "No space left on device" in done.stderr
    assert files(results) == before


def test_an_interrupted_run(results, tmp_path, monkeypatch):
    for number, name in enumerate("ab"):
        save_nifti(tmp_path / "in" / f"{name}.nii", hand_hu(700.0 + number))
    before = files(results)

    def interrupted(image, *how):
        if image.name == "b.nii":
            raise KeyboardInterrupt
        return fake_measure_volume(image, *how)

    monkeypatch.setattr(run, "measure", interrupted)
    done = measure("in")
    assert done.exit_code == 1
    assert "the same command goes on from there" in done.stderr
    assert "interrupted" in image_rows(results)["b.nii"]["reason"]
    assert_good_stays(results, before)
    monkeypatch.setattr(run, "measure", fake_measure_volume)
    assert "2 of 2 measured, 1 of them by an earlier run" in measure("in").stdout


def test_memory_that_runs_out_is_a_row(results, tmp_path, monkeypatch):
    save_nifti(tmp_path / "large.nii.gz")

    def out_of_memory(*_):
        raise MemoryError("Unable to allocate 40 GiB")

    monkeypatch.setattr(run, "measure", out_of_memory)
    done = measure("large.nii.gz")
    assert done.exit_code == 2
    assert "Unable to allocate 40 GiB" in image_rows(results)["large.nii.gz"]["reason"]
