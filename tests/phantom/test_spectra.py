"""Tabulated spectra: whole, ordered, and refused by name."""

import pytest

from calcimetry.errors import SettingsError
from calcimetry.phantom.spectra import PRESETS, spectrum, tube_settings


@pytest.mark.parametrize("setting", sorted({s for pair in PRESETS.values() for s in pair}))
def test_photons_add_up_and_end_at_the_tube_voltage(setting):
    energies, photons, absorbed = spectrum(setting)
    assert photons.sum() == pytest.approx(1.0, abs=1e-3)
    assert (photons[energies > float(setting.removeprefix("Sn"))] == 0).all()
    assert (absorbed > 0).all()
    assert (absorbed <= 1).all()


@pytest.mark.parametrize("preset", PRESETS)
def test_the_low_setting_has_the_softer_beam(preset):
    low, high = (spectrum(setting) for setting in tube_settings(preset))
    assert low.energies_kev @ low.photons + 10 < high.energies_kev @ high.photons


def test_tin_hardens():
    bare, behind_tin = spectrum("140"), spectrum("Sn140")
    assert bare.energies_kev @ bare.photons + 15 < behind_tin.energies_kev @ behind_tin.photons


@pytest.mark.parametrize("preset", ["80-Sn900", "", "Sn150-80"])
def test_an_impossible_pair_is_refused(preset):
    with pytest.raises(SettingsError, match=r"80-Sn150.*found"):
        tube_settings(preset)


@pytest.mark.parametrize("setting", ["900", "absorbed"])
def test_an_impossible_setting_is_refused(setting):
    with pytest.raises(SettingsError, match="Sn150; found"):
        spectrum(setting)
