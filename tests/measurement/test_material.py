import pytest

from calcimetry.errors import InputError
from calcimetry.measurement.calibration import Calibration, CalibrationLine, nominal_calibration
from calcimetry.measurement.material import (
    calcium_and_urate_ratio,
    effective_atomic_number,
    material_of,
)

LINES = nominal_calibration(("80", "Sn150"))
ONE = Calibration((CalibrationLine("80", 1.9),))


@pytest.mark.parametrize(
    ("ratio", "error", "material"),
    [
        (2.0, 0.05, "calcium"),
        (2.6, 0.3, "calcium"),
        (1.06, 0.05, "urate"),
        (0.7, 0.2, "urate"),
        (1.5, 0.5, "undetermined"),
    ],
)
def test_the_ratio_tells_the_material(ratio, error, material):
    guess = material_of(ratio, error, LINES)
    assert guess.material == material
    assert 0.5 <= guess.probability <= 1.0
    assert (guess.probability >= 0.95) == (material != "undetermined")


def test_a_ratio_far_off_overflows_nothing():
    assert material_of(-1e6, 1e-3, LINES).material == "urate"
    assert material_of(1e6, 1e-3, LINES).material == "calcium"


def test_expected_ratios_are_the_published_ones():
    calcium, urate = calcium_and_urate_ratio(LINES)
    assert 1.96 <= calcium <= 2.05
    assert urate == pytest.approx(1.06, abs=0.01)


def test_what_does_not_tell_has_a_reason():
    assert "one energy" in material_of(2.0, 0.1, ONE).reason
    assert "stand out" in material_of(None, None, LINES).reason
    with pytest.raises(InputError, match="two energies is needed, found one"):
        calcium_and_urate_ratio(ONE)


def test_effective_atomic_numbers():
    """Water is itself; tissue with 150 mg/cm3 of hydroxyapatite lies by the published 9.43."""
    low, high = LINES.gains
    assert effective_atomic_number((0.0, 0.0), LINES) == pytest.approx(7.42, abs=0.01)
    calcified = effective_atomic_number((50 + 150 * low, 50 + 150 * high), LINES)
    assert calcified == pytest.approx(9.43, abs=0.41)
    # Pure hydroxyapatite: what the tables give it, over water.
    pure = [1000.0 * (3.160 * (gain + 1060 / 3160) - 1.0) for gain in (low, high)]
    assert effective_atomic_number(tuple(pure), LINES) == pytest.approx(15.86, abs=0.05)


def test_where_there_is_no_atomic_number():
    assert effective_atomic_number((-1000.0, 0.0), LINES) is None
    assert effective_atomic_number((-900.0, 900.0), LINES) is None
    with pytest.raises(InputError, match="expected two energies, found 1 HU"):
        effective_atomic_number((100.0,), ONE)
