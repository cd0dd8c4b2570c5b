"""Every bad input ends in one clear line and its row, and earlier results stay."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from typer.testing import CliRunner

from calcimetry import pipeline
from calcimetry.cli.main import app
from calcimetry.files import raster
from calcimetry.study import run, writing
from tests.bad_inputs import BAD, SPACING
from tests.fakes import fake_measure, finger_levels, image_rows, save_picture


@pytest.fixture
def results(tmp_path, monkeypatch):
    """A results folder that holds one good picture; the working folder holds the picture."""

    def good_is_quick(image, settings):
        quick = image.name in ("good.png", "good-2.png", "a.png") or np.array_equal(
            image.array, raster.read_picture(tmp_path / "good.png", 0.4).array
        )
        return fake_measure(image, settings) if quick else pipeline.measure(image, settings)

    monkeypatch.setattr(run, "measure", good_is_quick)
    monkeypatch.setattr(writing, "draw_overlay", lambda _: PIL.Image.new("L", (8, 8)))
    monkeypatch.chdir(tmp_path)
    save_picture(tmp_path / "good.png")
    assert measure("good.png", *SPACING).exit_code == 0
    return tmp_path / "out"


def measure(*arguments: str):
    return CliRunner().invoke(app, ["measure", "--out", "out", *arguments])


def files(out: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}


def assert_good_stays(out: Path, before: dict[Path, bytes]) -> None:
    assert image_rows(out)["good.png"]["area_mm2"] == "1.44"
    assert image_rows(out)["good.png"]["status"] == "partial"
    pictures = {path: content for path, content in before.items() if path.parent != out}
    assert len(pictures) == 3
    assert pictures.items() <= files(out).items()


@pytest.mark.parametrize("name", BAD)
def test_bad_input(name, results, tmp_path):
    bad = BAD[name]
    before = files(results)
    bad.make(tmp_path)
    done = measure(*bad.paths, *bad.options)
    assert done.exit_code == bad.status, done.output
    lines = done.stderr.splitlines()
    told = [line for line in lines if bad.told in line]
    assert told, done.stderr
    assert all(line.startswith("calcimetry: ") for line in lines)
    assert str(tmp_path) not in done.stderr
    assert_good_stays(results, before)
    if bad.row is None:
        assert len(lines) == 1
        assert files(results) == before
    else:
        row = image_rows(results)[bad.row]
        assert row["status"] == "failed"
        assert bad.told in row["reason"]
        assert row["area_mm2"] == row["lesion_count"] == ""
        failed = [row for row in image_rows(results).values() if row["status"] == "failed"]
        assert len(lines) == len(failed)


def test_there_are_enough_of_them():
    assert len(BAD) >= 25


def test_an_unreadable_folder(results, tmp_path, monkeypatch):
    save_picture(tmp_path / "in" / "locked" / "b.png")
    before = files(results)
    scan = os.scandir

    def locked(path):
        if os.fspath(path).endswith("locked"):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return scan(path)

    monkeypatch.setattr(os, "scandir", locked)
    done = measure("in/locked", *SPACING)
    assert done.exit_code == 2
    assert done.stderr == ("calcimetry: locked/: the folder cannot be read: Permission denied\n")
    assert_good_stays(results, before)


def test_an_unreadable_file(results, tmp_path, monkeypatch):
    save_picture(tmp_path / "bad.png", finger_levels() + 1)
    before = files(results)

    opened = PIL.Image.open

    def locked(file, *args, **options):
        if getattr(file, "name", "") == "bad.png":
            raise PermissionError(errno.EACCES, "Permission denied")
        return opened(file, *args, **options)

    monkeypatch.setattr(PIL.Image, "open", locked)
    done = measure("bad.png", *SPACING)
    assert done.exit_code == 2
    assert "no permission to open it" in done.stderr
    assert image_rows(results)["bad.png"]["status"] == "failed"
    monkeypatch.undo()
    assert_good_stays(results, before)


@pytest.mark.parametrize("step", ["write_bytes", "replace"])
def test_a_full_disk(results, tmp_path, monkeypatch, step):
    save_picture(tmp_path / "new.png", finger_levels() + 1)
    before = files(results)

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, step, full)
    done = measure("new.png", *SPACING)
    assert done.exit_code == 2
    assert len(done.stderr.splitlines()) == 1
    assert "No space left on device" in done.stderr
    assert files(results) == before


def test_a_folder_that_may_not_be_written(results, tmp_path, monkeypatch):
    def locked(*_args, **_options):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", locked)
    done = CliRunner().invoke(app, ["measure", "--out", "new", "good.png", *SPACING])
    assert done.exit_code == 2
    assert "Permission denied" in done.stderr
    assert not (tmp_path / "new").exists()


def test_out_is_a_file(results, tmp_path):
    (tmp_path / "file").write_text("mine")
    done = CliRunner().invoke(app, ["measure", "--out", "file", "good.png", *SPACING])
    assert done.exit_code == 2
    assert done.stderr == "calcimetry: Writing to file: a folder is needed, this is a file.\n"
    assert (tmp_path / "file").read_text() == "mine"


def test_a_damaged_report_is_not_overwritten(results):
    (results / "report.json").write_text('{"format"')
    before = files(results)
    done = measure("good.png", *SPACING)
    assert done.exit_code == 2
    assert "is damaged" in done.stderr
    assert files(results) == before


def test_an_interrupted_run(results, tmp_path, monkeypatch):
    save_picture(tmp_path / "in" / "a.png", finger_levels() + 1)
    save_picture(tmp_path / "in" / "b.png", finger_levels() + 2)
    before = files(results)

    def interrupted(image, settings):
        if image.name == "b.png":
            raise KeyboardInterrupt
        return fake_measure(image, settings)

    monkeypatch.setattr(run, "measure", interrupted)
    done = measure("in", *SPACING)
    assert done.exit_code == 1
    assert done.stderr == (
        "calcimetry: Interrupted. What was measured is kept in out; the same command goes on "
        "from there.\n"
    )
    assert image_rows(results)["a.png"]["status"] == "partial"
    assert "interrupted" in image_rows(results)["b.png"]["reason"]
    assert_good_stays(results, before)
    monkeypatch.setattr(run, "measure", fake_measure)
    assert "2 of 2 measured, 1 of them by an earlier run" in measure("in", *SPACING).stdout
