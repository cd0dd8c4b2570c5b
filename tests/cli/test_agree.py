from __future__ import annotations

import pytest
from typer.testing import CliRunner

from calcimetry.cli.main import app

ROWS = "".join(f"{n},P{n % 6},{n},{n * 1.1 + n % 3},3\n" for n in range(1, 19))


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "areas.csv"
    path.write_text(f"image,patient,a_mm2,b_mm2,flat_mm2\n{ROWS}", encoding="utf-8")
    return path


def call(*arguments):
    return CliRunner().invoke(app, ["agree", *map(str, arguments)])


def test_two_raters(table, tmp_path):
    result = call(
        *(table, "--a", "radiologist=a_mm2", "--b", "calcimetry=b_mm2", "--subject", "patient"),
        *("--resamples", 200, "--out", tmp_path / "out"),
    )
    assert result.exit_code == 0, result.stderr
    assert result.stderr == ""
    assert "radiologist reads 1.95 mm² less than calcimetry on average" in result.stdout
    assert "Caution: intervals rest on 6 patients" in result.stdout
    assert f"Results: {tmp_path / 'out' / 'agreement.html'}" in result.stdout
    assert (tmp_path / "out/agreement.html").exists()


def test_quiet_tells_only_what_to_beware_of(table, tmp_path):
    options = ("--a", "a_mm2", "--b", "b_mm2", "--log", "--quiet", "--out", tmp_path / "out")
    result = call(table, *options)
    assert result.exit_code == 0
    assert result.stdout == ""
    assert result.stderr == (
        "calcimetry: 18 images of 6 patients are taken as independent, so intervals are too "
        "narrow: add --subject patient.\n"
    )


def test_some_pairs_fail(table, tmp_path):
    result = call(
        *(table, "--a", "a_mm2", "--b", "b_mm2", "--b", "flat_mm2", "--subject", "patient"),
        *("--resamples", 200, "--quiet", "--out", tmp_path / "out"),
    )
    assert result.exit_code == 1
    assert result.stderr.count("all 18 values of flat_mm2 are the same") == 2


def test_none_can_be_compared(table, tmp_path):
    result = call(table, "--a", "a_mm2", "--b", "flat_mm2", "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "values of flat_mm2 are the same" in result.stderr
    assert not (tmp_path / "out").exists()


def test_a_long_table(tmp_path):
    path = tmp_path / "long.csv"
    rows = [
        f"{n},{who},{n * (1.0 + 0.1 * (who == 'b')) + n % 2}\n" for n in range(9) for who in "ab"
    ]
    path.write_text("scan,who,ml\n" + "".join(rows), encoding="utf-8")
    result = call(
        *(path, "--a", "a", "--b", "b", "--image", "scan", "--rater-column", "who"),
        *("--value-column", "ml", "--unit", "ml", "--seed", 3, "--out", tmp_path / "out"),
    )
    assert result.exit_code == 0, result.stderr
    assert "a reads 0.40 ml less than b" in result.stdout


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--a", "a_mm2", "--b", "a_mm2"), "found 'a_mm2' after a_mm2"),
        (("--a", "x=a_mm2", "--b", "x=b_mm2"), "found 'x=b_mm2' after x"),
        (("--a", "=a_mm2", "--b", "b_mm2"), "found '=a_mm2' after none"),
        (("--a", "x=", "--b", "b_mm2"), "found 'x=' after none"),
        (("--a", "a_mm2", "--b", "gone"), "no readings of gone"),
        (("--a", "a_mm2", "--b", "b_mm2", "--subject", "who"), "each image needs its who"),
        (
            ("--a", "a_mm2", "--b", "b_mm2", "--subject", "patient", "--resamples", "5"),
            "at least 100 resamples",
        ),
    ],
)
def test_refused(table, tmp_path, options, told):
    result = call(table, *options, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert told in result.stderr
    assert len(result.stderr.splitlines()) == 1
