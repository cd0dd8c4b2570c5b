import dataclasses
import math

import pytest

from calcimetry.errors import SettingsError
from calcimetry.measurement.calibration import Calibration, CalibrationLine
from calcimetry.settings import PictureSettings, Settings


def write(tmp_path, text):
    path = tmp_path / "settings.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_defaults_are_those_of_the_export_window():
    assert Settings().picture == PictureSettings(window_hu=1500.0, level_hu=450.0)


def test_a_file_changes_what_it_names_and_nothing_else(tmp_path):
    settings = Settings.from_toml(write(tmp_path, "[picture]\nwindow_hu = 2000\n"))
    assert settings == dataclasses.replace(Settings(), picture=PictureSettings(window_hu=2000.0))


def test_to_dict_and_back():
    settings = Settings.from_dict({"growth": {"seed_hu": 250}, "area_error": {"relative_low": 0.2}})
    assert Settings.from_dict(settings.to_dict()) == settings
    assert settings.to_dict()["growth"]["seed_hu"] == 250.0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("methd = 'kmeans'", "no setting 'methd'; the nearest is 'method'"),
        ("[growth]\nseed = 1", "no setting 'growth.seed'; the nearest is 'growth.seed_hu'"),
        (
            "[picture]\nwindow_hu = 'wide'",
            "'picture.window_hu' must be a finite number, found 'wide'",
        ),
        ("[picture]\nwindow_hu = true", "must be a finite number, found True"),
        ("[picture]\nwindow_hu = nan", "must be a finite number, found nan"),
        ("[picture]\nwindow_hu = 0", "must be a positive number of HU, found 0 HU"),
        ("[picture]\nlevel_hu = inf", "must be a finite number, found inf"),
        (f"[picture]\nlevel_hu = 1{400 * '0'}", "must be a finite number, found 1000"),
        (f"[picture]\nlevel_hu = 1{5000 * '0'}", "not a TOML file"),
        ("picture = 3", "'picture' must be a table, found 3"),
        ("method = 3", "'method' must be text, found 3"),
        ("method = 'magic'", "must be one of .*kmeans.*, found 'magic'"),
        ("method = ", "not a TOML file"),
    ],
)
def test_mistakes_are_named(tmp_path, text, message):
    with pytest.raises(SettingsError, match=message):
        Settings.from_toml(write(tmp_path, text))


def test_the_file_is_named_by_its_name_only(tmp_path):
    with pytest.raises(SettingsError, match=r"from settings\.toml") as caught:
        Settings.from_toml(write(tmp_path, "x = 1"))
    assert str(tmp_path) not in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SettingsError, match=r"missing\.toml: No such file"):
        Settings.from_toml(tmp_path / "missing.toml")


def test_settings_cannot_change():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().method = "other"


@pytest.mark.parametrize("window_hu", [0.0, -1500.0, math.inf, math.nan])
def test_a_window_is_positive_and_finite(window_hu):
    with pytest.raises(SettingsError, match=r"picture\.window_hu must be a positive number of HU"):
        PictureSettings(window_hu=window_hu)


@pytest.mark.parametrize("level_hu", [math.inf, -math.inf, math.nan])
def test_a_level_is_finite(level_hu):
    with pytest.raises(SettingsError, match=r"picture\.level_hu must be a finite number of HU"):
        PictureSettings(level_hu=level_hu)


def test_a_level_may_be_negative():
    assert PictureSettings(level_hu=-600.0).level_hu == -600.0


def test_every_default_is_finite():
    groups = [group for group in Settings().to_dict().values() if isinstance(group, dict)]
    assert len(groups) >= 4
    values = [value for group in groups for value in group.values()]
    assert all(math.isfinite(value) for value in values if not isinstance(value, str))


def test_a_calibration_is_part_of_the_settings():
    line = CalibrationLine("80", 1.9, 3.0, 0.01, 5.0)
    given = Calibration((line,), rods_mg_cm3=(0.0, 200.0, 800.0), sha256={"scan": "a"})
    settings = Settings(calibration=given)
    assert settings.to_dict()["calibration"]["lines"][0]["slope_hu_per_mg_cm3"] == 1.9
    assert Settings.from_dict(settings.to_dict()) == settings


@pytest.mark.parametrize("bad", ["cal.json", {"lines": []}, {"lines": [{"setting": "80"}]}])
def test_what_is_no_calibration_is_refused(bad):
    with pytest.raises(SettingsError, match="'calibration' must be what `calcimetry calibrate`"):
        Settings.from_dict({"calibration": bad})


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({"border_sigmas": 0}, "border_sigmas and tissue_reach_mm must be above 0"),
        ({"relative_error": -1}, "nominal_error and relative_error must be 0 or more"),
    ],
)
def test_settings_of_density_are_checked(bad, words):
    with pytest.raises(SettingsError, match=words):
        Settings.from_dict({"density": bad})


def test_in_volumes_a_claim_must_be_surer_and_all_else_is_as_in_pictures():
    settings = Settings.from_dict({"volume_claims": {"claim": 0.7}, "growth": {"seed_hu": 200}})
    volumes = settings.for_volumes()
    assert (volumes.settle.claim, volumes.growth.claim_seed) == (0.7, 0.7)
    assert volumes.growth.hint == settings.volume_claims.hint
    assert volumes.growth.seed_hu == 200
    assert volumes.settle.share == settings.settle.share
    assert settings.settle.claim == Settings().settle.claim


def test_a_file_says_how_visits_are_compared(tmp_path):
    text = "[followup.change.volume]\nrelative = 0.02\n[followup.matching]\nreach_mm = 3\n"
    settings = Settings.from_toml(write(tmp_path, text))
    usual = Settings().followup
    volume = dataclasses.replace(usual.change.volume, relative=0.02)
    assert settings.followup.change == dataclasses.replace(usual.change, volume=volume)
    assert settings.followup.matching.reach_mm == 3.0
    assert settings.to_dict() == Settings().to_dict()


def test_mistakes_in_nested_groups_are_named_in_full():
    with pytest.raises(SettingsError, match=r"'followup\.change\.mass\.relative' must be a finite"):
        Settings.from_dict({"followup": {"change": {"mass": {"relative": "small"}}}})
