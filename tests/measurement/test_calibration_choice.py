import numpy as np
import pytest

from calcimetry.errors import InputError
from calcimetry.measurement.calibration import Calibration, CalibrationLine
from calcimetry.measurement.calibration_choice import calibration_for, calibration_or_reason
from calcimetry.model import Grid, Image

LOW, HIGH = CalibrationLine("80", 1.9), CalibrationLine("Sn150", 1.0)
RODS = Calibration((LOW, HIGH))


def image(setting="", **changes):
    return Image(np.zeros((2, 2, 2)), Grid((2, 2, 2), np.eye(4)), setting=setting, **changes)


def test_without_rods_the_nominal_calibration_is_taken():
    made, warning = calibration_for(None, ("80", "Sn150"))
    assert made.nominal
    assert warning == ""


def test_rods_of_the_same_settings_are_taken_however_they_are_written():
    assert calibration_for(RODS, ("80 kVp", "sn150")) == (RODS, "")


def test_one_energy_takes_its_own_line():
    assert calibration_for(RODS, ("Sn150",)) == (Calibration((HIGH,)), "")


@pytest.mark.parametrize("stated", [("100", "Sn140"), ("80", "140"), ("120",), ("",)])
def test_rods_of_other_settings_are_refused_by_name(stated):
    with pytest.raises(InputError, match="scanned with 80 kV and Sn150 kV, the image with"):
        calibration_for(RODS, stated)


def test_rods_of_one_energy_do_not_calibrate_two():
    with pytest.raises(InputError, match="settings of the rods"):
        calibration_for(Calibration((LOW,)), ("80", "Sn150"))


def test_unstated_settings_are_taken_with_a_warning():
    made, warning = calibration_for(RODS, ("", ""))
    assert made == RODS
    assert "an unstated setting" in warning


def test_a_calibration_that_does_not_fit_becomes_a_reason_and_a_warning():
    reason, warnings = calibration_or_reason(RODS, [image("100"), image("Sn140")])
    assert isinstance(reason, str)
    assert warnings == (f"No mass was measured. {reason}",)


def test_a_single_image_may_be_told_its_setting():
    made, _ = calibration_or_reason(None, [image()], "120")
    assert made.settings == ("120",)
    reason, warnings = calibration_or_reason(None, [image()])
    assert "no tube voltage" in reason
    assert warnings == ()


def test_a_windowed_image_has_no_calibration():
    reason, _ = calibration_or_reason(RODS, [image("80", clipped_hu=(-300.0, 1200.0))])
    assert "windowed and holds nothing below -300 or above 1200 HU" in reason
