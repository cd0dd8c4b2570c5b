from dataclasses import replace

import numpy as np
import pytest

from calcimetry.measurement.calibration import Calibration, CalibrationLine
from calcimetry.measurement.lesion_density import (
    urate_warning,
    with_density,
)
from calcimetry.model import Image, Interval
from tests.fakes import lesion
from tests.measurement.test_density import GAINS, GRID, cube

LINES = Calibration((CalibrationLine("80", 1.97), CalibrationLine("Sn150", 0.98)), nominal=True)


def cube_lesion():
    return replace(
        lesion(1),
        volume_mm3=27.0,
        volume_interval=Interval(24.0, 30.0),
        not_measured={"mass_mg": "needs a calibration", "side": "unknown"},
    )


def measured(images, around, calibration=LINES):
    (found,) = with_density([cube_lesion()], images, around, calibration)
    return found


def test_a_lesion_of_calcium():
    images, around = cube(gains=LINES.gains, noise=5.0)
    found = measured(images, around)
    assert found.mass_mg == pytest.approx(8.1, rel=0.05)
    assert found.mass_shared_mg == pytest.approx(0.175 * found.mass_mg)
    assert found.density_mg_cm3 == pytest.approx(1000.0 * found.mass_mg / 27.0)
    relative = (found.mass_interval.high - found.mass_mg) / found.mass_mg
    density = (found.density_interval.high - found.density_mg_cm3) / found.density_mg_cm3
    assert density == pytest.approx(np.hypot(relative, 3.0 / 27.0))
    assert (found.material, found.density_method, found.calibration) == (
        "calcium",
        "dual energy",
        "nominal",
    )
    assert found.material_probability > 0.99
    assert found.dual_energy_ratio == pytest.approx(2.01, abs=0.05)
    assert 9.0 < found.effective_atomic_number < 12.5
    assert found.mean_hu_low_energy > found.mean_hu_high_energy > 300.0
    assert found.peak_hu_low_energy > found.peak_hu > found.peak_hu_high_energy
    assert found.not_measured == {"side": "unknown"}


def test_a_lesion_of_urate_has_no_mass():
    images, around = cube(gains=(1.06, 1.0), noise=5.0)
    found = measured(images, around)
    assert found.material == "urate"
    assert found.is_urate
    assert found.mass_mg is found.density_mg_cm3 is None
    assert "urate" in found.not_measured["mass_mg"]
    assert "Lesion 1 is of urate" in urate_warning([found])
    assert urate_warning([found, found]).startswith("Lesions 1, 1 are of urate")
    assert urate_warning([lesion(1)]) == ""


def test_a_single_energy_says_so():
    images, around = cube(noise=5.0)
    line = Calibration((CalibrationLine("80", GAINS[0]),))
    found = measured(images[:1], around, line)
    assert (found.density_method, found.calibration) == ("single energy", "rods")
    assert found.mass_mg == pytest.approx(8.1, rel=0.05)
    assert found.not_measured["material"] == "the volume holds one energy"
    assert found.not_measured["mean_hu_low_energy"] == "the volume holds one energy"


def test_without_a_calibration_the_reason_stands_beside_what_is_missing():
    images, around = cube()
    found = measured(images, around, "no tube voltage is stated")
    for name in ("mass_mg", "density_mg_cm3", "material", "effective_atomic_number"):
        assert getattr(found, name) is None
        assert found.not_measured[name] == "no tube voltage is stated"
    assert found.dual_energy_ratio is not None
    assert found.density_method is None


def test_a_windowed_volume_says_so_for_all_of_it():
    images, around = cube()
    clipped = [Image(one.array, GRID, "HU", (-300.0, 1200.0)) for one in images]
    found = measured(clipped, around, "the image was windowed")
    assert found.peak_hu is found.mass_mg is found.dual_energy_ratio is None
    assert found.not_measured["peak_hu_low_energy"] == "the image was windowed"


def test_what_does_not_stand_out_has_reasons():
    images, around = cube(density=0.0)
    around = replace(around, mineral_fraction=0.3 * around.mineral_fraction)
    found = measured(images, around)
    assert found.dual_energy_ratio is found.material is found.effective_atomic_number is None
    for name in ("dual_energy_ratio", "material"):
        assert "stand out from soft tissue" in found.not_measured[name]
    assert "to one half" in found.not_measured["mean_hu_low_energy"]


def test_brightness_without_an_atomic_number_has_a_reason():
    images, around = cube(density=300.0, gains=(-2.0, 8.0))
    found = measured(images, around)
    assert "no atomic number" in found.not_measured["effective_atomic_number"]
