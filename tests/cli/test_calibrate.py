"""``calcimetry calibrate`` from the terminal's side."""

from typer.testing import CliRunner

from calcimetry.cli.main import app
from calcimetry.measurement.calibration import Calibration, CalibrationLine

RUNNER = CliRunner()


def test_it_tells_the_lines_and_what_to_do_next(monkeypatch, tmp_path):
    asked = {}

    def fake(scan, rods, out, **options):
        asked.update(options, scan=scan, rods=rods, out=out)
        return Calibration((CalibrationLine("80", 1.9, 2.0, 0.01, 5.0), CalibrationLine("", 1.0)))

    monkeypatch.setattr("calcimetry.study.calibrating.calibrate", fake)
    result = RUNNER.invoke(
        app,
        ["calibrate", "scan", "--rods", "rods.csv", "--out", "c.json", "--kvp", "80"],
    )
    assert result.exit_code == 0
    assert "80: 1.9000 +- 0.0100 HU per mg/cm3, 2.0 HU at 0, residual 5.0 HU" in result.stdout
    assert "energy not stated: 1.0000" in result.stdout
    assert "--calibration c.json" in result.stdout
    assert asked["setting"] == "80"
    quiet = RUNNER.invoke(
        app, ["calibrate", "scan", "--rods", "r.csv", "--out", "c.json", "--quiet"]
    )
    assert quiet.stdout == ""


def test_a_scan_must_be_named():
    result = RUNNER.invoke(app, ["calibrate", "--rods", "rods.csv", "--out", "c.json"])
    assert result.exit_code == 2
    assert "PHANTOM_SCAN" in result.stderr


def test_errors_are_one_line(tmp_path):
    result = RUNNER.invoke(
        app,
        ["calibrate", "scan", "--rods", str(tmp_path / "rods.csv"), "--out", "c.json"],
    )
    assert result.exit_code == 2
    assert "Reading rods.csv: No such file" in result.stderr


def test_measure_takes_what_calibrate_writes(tmp_path):
    bad = tmp_path / "c.json"
    bad.write_text("{}")
    result = RUNNER.invoke(
        app, ["measure", "x.nii.gz", "--calibration", str(bad), "--out", str(tmp_path / "out")]
    )
    assert result.exit_code == 2
    assert "Reading c.json: expected what `calcimetry calibrate` writes" in result.stderr
