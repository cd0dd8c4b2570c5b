import math
import pickle

import pytest

from calcimetry.errors import InputError
from calcimetry.measurement.calibration import (
    Calibration,
    CalibrationLine,
    effective_kev,
    nominal_calibration,
)
from calcimetry.phantom.projection import Beam

LOW, HIGH = CalibrationLine("80", 1.9, 4.0, 0.019, 6.0), CalibrationLine("Sn150", 1.0, 1.0)


@pytest.mark.parametrize("setting", ["70", "80", "100", "140", "150", "Sn140", "Sn150"])
def test_effective_energies_are_those_of_the_spectra_behind_8_cm_of_water(setting):
    from calcimetry.attenuation import mass_attenuation

    kev = effective_kev(setting)
    at_one_energy = mass_attenuation("hydroxyapatite", kev) / mass_attenuation("water", kev)
    assert Beam(setting).hardened("hydroxyapatite", 8.0) == pytest.approx(at_one_energy, rel=0.005)


@pytest.mark.parametrize(
    ("setting", "kev"),
    [("120", 64.35), ("120 kVp", 64.35), ("Sn 150 kV", 87.9), ("70.5 keV", 70.5)]
    + [(text, None) for text in ("", "mixed", "60", "Sn100", "160", "190 keV")],
)
def test_settings_are_read_as_people_write_them(setting, kev):
    assert effective_kev(setting) == kev


def test_published_ratio_of_80_and_sn150():
    low, high = nominal_calibration(("80", "Sn150")).gains
    assert 1.96 <= low / high <= 2.05


def test_slopes_give_their_own_energies_back():
    assert nominal_calibration(("54 keV", "86.5 keV")).energies_kev == pytest.approx(
        (54.0, 86.5), abs=0.05
    )


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (("",), "found no tube voltage"),
        (("mixed",), "found 'mixed'"),
        (("80", "80"), "brighter at the lower energy"),
        (("Sn150", "80"), "swapped"),
        ((), "one or two energies, found 0"),
    ],
)
def test_what_tables_cannot_tell_is_refused(settings, words):
    with pytest.raises(InputError, match=words):
        nominal_calibration(settings)


@pytest.mark.parametrize(
    "bad",
    [
        {"slope_hu_per_mg_cm3": 0.0},
        {"slope_hu_per_mg_cm3": math.nan},
        {"slope_error": -1.0},
        {"intercept_hu": math.inf},
    ],
)
def test_a_line_is_a_line(bad):
    with pytest.raises(InputError, match="calibration line of 80"):
        CalibrationLine(**{"setting": "80", "slope_hu_per_mg_cm3": 1.0, **bad})


def test_to_dict_and_back_and_through_pickle():
    made = Calibration((LOW, HIGH), False, (0.0, 800.0), {"scan": "ab"}, "2026-01-01", "1")
    assert Calibration.from_dict(made.to_dict()) == made
    assert pickle.loads(pickle.dumps(made)) == made
    assert made.settings == ("80", "Sn150")
    assert made.slope_error == pytest.approx(0.01)


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"lines": [{"setting": "80"}]},
        {"lines": [{"setting": "80", "slope_hu_per_mg_cm3": "steep"}]},
        {"lines": 3},
        {"lines": [{"setting": "80", "slope_hu_per_mg_cm3": 1.9}], "colour": "red"},
    ],
)
def test_other_records_are_refused(record):
    with pytest.raises(InputError, match=r"Reading mine\.json: expected what"):
        Calibration.from_dict(record, "mine.json")
