import pytest

from calcimetry.errors import InputError
from calcimetry.measurement.calibration_fit import fit_calibration
from calcimetry.measurement.rod_readings import RodReading


def readings(*pairs):
    """Rods of (density, HU, HU)."""
    return tuple(
        RodReading(f"R{n}", float(density), tuple(map(float, hu)), (1.0,) * len(hu), (0, 0, 0), 2.0)
        for n, (density, *hu) in enumerate(pairs)
    )


def test_the_line_through_rods():
    made = fit_calibration(
        readings((0, 5, 2), (200, 385, 202), (800, 1525, 802)),
        ("80", "Sn150"),
        sha256={"scan": "a"},
        date="2026-01-01",
        version="1",
    )
    low, high = made.lines
    assert (low.slope_hu_per_mg_cm3, low.intercept_hu) == pytest.approx((1.9, 5.0))
    assert (high.slope_hu_per_mg_cm3, high.intercept_hu) == pytest.approx((1.0, 2.0))
    assert low.residual_sd_hu == pytest.approx(0.0, abs=1e-9)
    assert made.rods_mg_cm3 == (0.0, 200.0, 800.0)
    assert not made.nominal


def test_errors_are_those_of_a_regression():
    """Residuals 2, -4, 2 HU of rods 200 mg/cm3 apart: SD sqrt(24), SE that over sqrt(80000)."""
    made = fit_calibration(readings((0, 2), (200, 376), (400, 762)), ("80",))
    (line,) = made.lines
    assert line.slope_hu_per_mg_cm3 == pytest.approx(1.9)
    assert line.residual_sd_hu == pytest.approx(24**0.5)
    assert line.slope_error == pytest.approx((24 / 80000) ** 0.5)


@pytest.mark.parametrize(
    ("rods", "words"),
    [
        ([(0, 0), (400, 800)], "expected 3 rods or more .* found 0, 400"),
        ([], "found none"),
        ([(0, 0), (20, 40), (60, 120)], "100 mg/cm3 apart"),
        ([(0, 0), (200, 400), (400, 700), (800, 1600)], "rod R2 -.* HU off it"),
        ([(0, 900), (200, 500), (800, 0)], "slope -"),
    ],
)
def test_what_is_no_line_is_refused(rods, words):
    with pytest.raises(InputError, match=words):
        fit_calibration(readings(*rods), ("80",))


def test_swapped_energies_are_refused():
    with pytest.raises(InputError, match="swapped"):
        fit_calibration(readings((0, 0, 0), (200, 200, 400), (800, 800, 1600)), ("80", "Sn150"))
