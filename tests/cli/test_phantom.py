"""``phantom``: every command does its job, refuses what is wrong, and says what to type next."""

import pytest
from typer.testing import CliRunner

from calcimetry.cli.main import app


def phantom(*arguments):
    return CliRunner().invoke(app, ["phantom", *map(str, arguments)])


@pytest.mark.parametrize("command", ["hand", "finger", "cohort", "rods", "show"])
def test_every_command_explains_itself_with_an_example(command):
    done = phantom(command, "--help")
    assert done.exit_code == 0
    assert f"calcimetry phantom {command}" in done.stdout


def test_a_finger_in_every_format(tmp_path):
    for form, next_input in (
        ("dicom", "images --out"),
        ("nifti", "--low"),
        ("jpeg", "images --out"),
    ):
        out = tmp_path / form
        done = phantom("finger", "--seed", 3, "--out", out, "--format", form, "--spacing", 2)
        assert done.exit_code == 0, done.stderr
        assert done.stderr == ""
        assert next_input in done.stdout
        assert (out / "truth" / "truth.json").is_file()
        assert any((out / "images").iterdir())


def test_what_to_type_next_names_the_tubes(tmp_path):
    done = phantom(
        *("finger", "--seed", 3, "--out", tmp_path / "a", "--format", "nifti", "--spacing", 2),
        *("--preset", "80-140"),
    )
    assert "--low-kvp 80 --high-kvp 140" in done.stdout
    assert done.stdout.index("80kV.nii.gz --high") < done.stdout.index("140kV.nii.gz --low-kvp")


def test_quiet_is_quiet(tmp_path):
    done = phantom("finger", "--seed", 3, "--out", tmp_path / "a", "--spacing", 2, "-q")
    assert (done.exit_code, done.output) == (0, "")


def test_a_cohort_and_the_same_again(tmp_path):
    arguments = ("cohort", "--seed", 5, "--out", tmp_path / "c", "--patients", 1, "--images", 1)
    first = phantom(*arguments, "--spacing", 1.5)
    assert first.exit_code == 0, first.stderr
    assert "1 patients. Truth:" in first.stdout
    again = phantom(*arguments, "--spacing", 1.5)
    assert "1 patients, 1 made by an earlier run" in again.stdout


def test_a_drawing(tmp_path):
    done = phantom("show", 3, "--kind", "finger", "--spacing", 2, "--out", tmp_path / "seen.png")
    assert done.exit_code == 0
    assert (tmp_path / "seen.png").is_file()
    assert "seen.png" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["hand", "--seed", "-1", "--out", "x"], "the seed must be 0 or more, found -1"),
        (["hand", "--seed", "1", "--out", "x", "--spacing", "-0.6"], "found -0.6 mm"),
        (["hand", "--seed", "1", "--out", "x", "--preset", "60-90"], "found '60-90'"),
        (["hand", "--seed", "1", "--out", "x", "--physics", "magic"], "found 'magic'"),
        (["cohort", "--seed", "1", "--out", "x", "--preset", "60-90"], "found '60-90'"),
        (["finger", "--seed", "1", "--out", "x", "--format", "tiff"], "found 'tiff'"),
        (["cohort", "--seed", "1", "--out", "x", "--patients", "0"], "found 0 patients"),
        (["show", "1", "--kind", "foot"], "found 'foot'"),
    ],
)
def test_what_is_wrong_is_one_line_before_any_work(tmp_path, monkeypatch, arguments, words):
    monkeypatch.chdir(tmp_path)
    done = phantom(*arguments)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert words in done.stderr
    assert list(tmp_path.iterdir()) == []
