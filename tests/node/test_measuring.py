import json
import sys
from pathlib import Path

import pytest

from calcimetry import __version__
from calcimetry.errors import SettingsError
from calcimetry.files.calibrations import write_calibration
from calcimetry.measurement.calibration import Calibration, CalibrationLine
from calcimetry.node.configuration import MeasureSettings
from calcimetry.node.measuring import way_of_measuring


def test_it_is_measure_with_dicom():
    way = way_of_measuring(MeasureSettings())
    assert way.command(Path("/in"), Path("/out")) == (
        *(sys.executable, "-m", "calcimetry", "measure", "--dicom", "--quiet"),
        *("--out", "/out", "--", "/in"),
    )
    assert way.version == __version__
    assert way.method.startswith("unet")


def test_what_changes_a_result_changes_its_key(tmp_path):
    (tmp_path / "settings.toml").write_text("[growth]\nseed_hu = 200\n")
    plain = way_of_measuring(MeasureSettings())
    scored = way_of_measuring(MeasureSettings(score=True))
    changed = way_of_measuring(MeasureSettings(settings=tmp_path / "settings.toml"))
    assert len({one.made_with for one in (plain, scored, changed)}) == 3
    assert "--score" in scored.command(Path("/in"), Path("/out"))
    assert "--settings" in changed.command(Path("/in"), Path("/out"))
    assert json.loads(changed.settings)["growth"]["seed_hu"] == 200.0
    assert str(tmp_path) not in changed.settings


def test_a_settings_file_that_cannot_be_used_is_told_at_once(tmp_path):
    with pytest.raises(SettingsError, match=r"Reading settings from none\.toml"):
        way_of_measuring(MeasureSettings(settings=tmp_path / "none.toml"))


def test_a_calibration_is_part_of_the_settings(tmp_path):
    rods = tmp_path / "rods.json"
    write_calibration(rods, Calibration((CalibrationLine("100", 1.6),)))
    way = way_of_measuring(MeasureSettings(calibration=rods))
    assert str(rods) in way.command(Path("/in"), Path("/out"))
    assert json.loads(way.settings)["calibration"]["lines"]
