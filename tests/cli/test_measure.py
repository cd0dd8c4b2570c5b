from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

import PIL.Image
import pytest
from typer.testing import CliRunner

from calcimetry import __version__, study
from calcimetry.cli.main import app
from calcimetry.model import Laterality
from calcimetry.settings import Settings
from calcimetry.study import EnergyPair, VolumeChoice, run, writing
from tests.dicom import making
from tests.fakes import fake_measure, finger_levels, save_manifest, save_picture
from tests.volumes import fake_measure_volume, hand_hu, save_nifti


@pytest.fixture(autouse=True)
def fake(monkeypatch):
    monkeypatch.setattr(run, "measure", fake_measure)
    monkeypatch.setattr(writing, "draw_overlay", lambda _: PIL.Image.new("L", (30, 60)))


@pytest.fixture
def picture(tmp_path):
    return save_picture(tmp_path / "a.png")


def call(*arguments):
    return CliRunner().invoke(app, ["measure", *map(str, arguments)])


def test_all_measured(tmp_path, picture):
    result = call(picture, "--out", tmp_path / "out", "--pixel-spacing", "0.4")
    assert result.exit_code == 0
    assert result.stderr == ""
    assert result.stdout.startswith("1 of 1 measured; 1 lesions. Results: ")
    again = call(picture, "--out", tmp_path / "out", "--pixel-spacing", "0.4")
    assert "1 of them by an earlier run" in again.stdout


def test_some_failed(tmp_path, picture):
    save_picture(tmp_path / "b.png", finger_levels() * 0)
    missing = tmp_path / "no.jpg"
    result = call(
        picture, missing, tmp_path / "b.png", "--out", tmp_path / "out", "--pixel-spacing", "0.4"
    )
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        "calcimetry: Reading no.jpg: there is no such file or folder.",
        "calcimetry: Measuring 'b.png': the picture is blank.",
    ]


def test_a_failure_names_its_picture(tmp_path):
    save_manifest(tmp_path / "in", "a.png,0.4")
    result = call(tmp_path / "in", "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert result.stderr == "calcimetry: a.png: line 2 of the manifest: there is no such file\n"


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS holds UTF-8 names only")
@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
def test_a_results_folder_of_any_name_can_be_told(tmp_path, picture, encoding):
    out = os.fsdecode(os.fsencode(tmp_path) + "/é".encode() + b"\xff")
    done = CliRunner(charset=encoding).invoke(
        app, ["measure", str(picture), "--out", out, "--pixel-spacing", "0.4"]
    )
    assert done.exit_code == 0, done.stderr
    assert "report.html" in done.stdout


def test_quiet_prints_only_what_went_wrong(tmp_path, picture):
    result = call(picture, "--out", tmp_path / "out", "--pixel-spacing", "0.4", "--quiet")
    assert result.exit_code == 0
    assert result.output == ""


def test_window_level_and_file_of_settings(tmp_path, picture, monkeypatch):
    seen = []

    def looking(image, settings):
        seen.append((settings.method, image.clipped_hu))
        return fake_measure(image, settings)

    monkeypatch.setattr(run, "measure", looking)
    toml = tmp_path / "s.toml"
    toml.write_text('method = "kmeans"\n[picture]\nwindow_hu = 400\nlevel_hu = 40\n')
    common = (picture, "--out", tmp_path / "out", "--pixel-spacing", "0.4")
    call(*common, "--settings", toml)
    call(*common, "--settings", toml, "--level", "100", "--window", "600")
    call(*common, "--method", "kmeans")
    assert seen == [
        ("kmeans", (-160.0, 240.0)),
        ("kmeans", (-200.0, 400.0)),
        ("kmeans", (-300.0, 1200.0)),
    ]


def test_overwrite_measures_again(tmp_path, picture):
    common = (picture, "--out", tmp_path / "out", "--pixel-spacing", "0.4")
    call(*common)
    assert "earlier run" not in call(*common, "--overwrite").stdout


def test_what_is_typed_of_volumes_reaches_the_study(tmp_path, monkeypatch):
    seen = []

    def looking(paths, out, **options):
        seen.append((paths, options["volumes"]))
        raise KeyboardInterrupt

    monkeypatch.setattr(study, "measure_study", looking)
    call("in", "--out", "o", "--series", "4,5", "--low-kev", "50", "--high-kev", "120")
    call("in", "--out", "o", "--side", "left")
    call(
        "--low", "a.nii", "--high", "b.nii", "--low-kvp", "80", "--high-kvp", "Sn150", "--out", "o"
    )
    assert seen == [
        ([Path("in")], VolumeChoice(series="4,5", low_kev=50.0, high_kev=120.0)),
        ([Path("in")], VolumeChoice(laterality=Laterality.LEFT)),
        ([], VolumeChoice(EnergyPair(Path("a.nii"), Path("b.nii"), "80", "Sn150"))),
    ]


def test_a_volume_has_a_table_of_fingers(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "measure", fake_measure_volume)
    done = call(save_nifti(tmp_path / "hand.nii.gz"), "--out", tmp_path / "out")
    assert done.exit_code == 0
    assert done.stdout.strip().endswith("images.csv, fingers.csv, hands.csv, lesions.csv")


def test_an_interruption_is_one_line(tmp_path, picture, monkeypatch):
    def interrupted(image, settings):
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "measure", interrupted)
    result = call(picture, "--out", tmp_path / "out", "--pixel-spacing", "0.4")
    assert result.exit_code == 1
    assert "Interrupted" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_bug_outside_the_pictures_is_one_line(tmp_path, picture, monkeypatch):
    def buggy(*_):
        raise ZeroDivisionError("oh\nno")

    monkeypatch.setattr(run, "plan", buggy)
    result = call(picture, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert result.stderr == (
        "calcimetry: Internal error (ZeroDivisionError: oh no). Please report it with the "
        f"version, {__version__}.\n"
    )


def test_no_arguments_show_the_help():
    result = CliRunner().invoke(app, ["measure"])
    assert "calcimetry measure finger.jpg --pixel-spacing 0.4 --out results" in result.output
    assert "kmeans" in result.output
    assert "Usage" in CliRunner().invoke(app, []).output


def test_the_help_keeps_its_lines():
    lines = CliRunner().invoke(app, ["measure", "-h"]).output.splitlines()
    assert "    calcimetry measure visit1/ visit2/ --out results" in lines
    assert not any("\\b" in line or "\b" in line for line in lines)


def test_the_help_names_the_method_that_is_used():
    assert f"[{Settings().method}]" in CliRunner().invoke(app, ["measure", "-h"]).output


@pytest.mark.parametrize(
    ("arguments", "last"),
    [
        (["measure", "a.png"], "Error: Missing option '--out'."),
        (["measure", "a.png", "--out", "o", "--spacing", "1"], "Error: No such option: --spacing"),
        (["measure", "a.png", "--out", "o", "--pixel-spacing", "0,4"], "'--pixel-spacing'"),
        (["measure", "--out", "o"], "Error: Missing argument"),
        (["mesure"], "Error: No such command 'mesure'."),
        (["measure", "--out", "o", "-a.png"], "Error: No such option: -a"),
    ],
)
def test_a_mistyped_command_ends_with_what_is_wrong_and_status_2(arguments, last):
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 2
    assert last in done.stderr.splitlines()[-1]
    assert done.stdout == ""


def test_version():
    result = CliRunner().invoke(app, ["--version"])
    assert (result.exit_code, result.output) == (0, f"calcimetry {__version__}\n")


@pytest.mark.parametrize("quiet", [True, False])
def test_a_terminal_sees_a_bar_and_the_stage(tmp_path, picture, monkeypatch, quiet):
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("COLUMNS", "160")
    flags = ["--quiet"] if quiet else []
    result = call(picture, "--out", tmp_path / "out", "--pixel-spacing", "0.4", *flags)
    assert ("1/1" in result.stderr) is not quiet
    assert ("writing the report" in result.stderr) is not quiet


def test_the_program_itself_ends_without_a_traceback(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "calcimetry", "measure", "no.jpg", "--out", str(tmp_path / "out")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == "calcimetry: Reading no.jpg: there is no such file or folder.\n"
    with (tmp_path / "out" / "images.csv").open(newline="") as file:
        assert [row["status"] for row in csv.DictReader(file)] == ["failed"]


def test_dicom_results_of_what_is_no_dicom_are_refused(tmp_path, picture):
    result = call(picture, "--out", tmp_path / "out", "--pixel-spacing", "0.4", "--dicom")
    assert result.exit_code == 2
    assert result.stderr == (
        "calcimetry: a.png: it belongs to no DICOM study that DICOM results could refer to. "
        "Measure it without --dicom, or name the study that it comes from\n"
    )
    assert not list((tmp_path / "out").rglob("*.dcm"))


def test_a_study_that_can_have_no_dicom_results_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "measure", fake_measure_volume)
    for name in ("draw_hands", "draw_fingers"):
        monkeypatch.setattr(writing, name, lambda *_: PIL.Image.new("L", (30, 60)))
    making.save_all(tmp_path / "study", making.series(hand_hu(), StudyInstanceUID=None))
    result = call(tmp_path / "study", "--out", tmp_path / "out", "--dicom")
    assert result.exit_code == 1
    assert ": No DICOM results: Referring to the study of " in result.stderr
    assert result.stdout.startswith("1 of 1 measured; 3 lesions.")
