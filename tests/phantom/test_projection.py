"""The parts of a reading: materials in few sums, water back from logarithms, quanta."""

import numpy as np
import pytest

from calcimetry.attenuation import MATERIALS, mass_attenuation
from calcimetry.phantom.projection import Beam, MaterialBasis, _poisson
from calcimetry.phantom.spectra import PRESETS

SETTINGS = sorted({setting for pair in PRESETS.values() for setting in pair})


def test_few_sums_hold_the_attenuation_of_all_materials():
    basis = MaterialBasis(tuple(MATERIALS))
    energies = np.arange(25.0, 150.0, 2.0)
    assert len(basis.weights) <= 4
    rebuilt = basis.weights.T @ basis.functions(energies)
    table = np.stack([mass_attenuation(name, energies) for name in MATERIALS])
    np.testing.assert_allclose(rebuilt, table, rtol=1e-3)


@pytest.mark.parametrize("setting", SETTINGS)
def test_water_comes_back_from_its_logarithms(setting):
    beam = Beam(setting)
    water = np.array([0.0, 0.3, 5.0, 20.0, 40.0])
    np.testing.assert_allclose(beam.water_equivalent(beam.logs(water)), water, atol=1e-3)
    assert (beam.water_equivalent(np.array([-0.01])) < 0).all()  # noise in air stays unbiased


@pytest.mark.parametrize("setting", SETTINGS)
def test_photons_and_noise_are_each_others_inverse(setting):
    beam = Beam(setting)
    photons = beam.photons_for(0.02, 10.0, 8.0)
    assert beam.ray_noise(photons, 10.0, 8.0) == pytest.approx(0.02)
    assert beam.ray_noise(4 * photons, 0.0, 8.0) == pytest.approx(
        beam.ray_noise(photons, 0.0, 8.0) / 2
    )


def test_readings_scatter_as_foretold():
    beam, basis = Beam("80"), MaterialBasis(("water",))
    photons = beam.photons_for(0.02, 10.0, 8.0)
    paths = np.full((1, 200, 200), 8.0 * basis.weights[0, 0], np.float32)
    functions = basis.functions(beam.energies_kev)
    logs = beam.read(paths, functions, photons, 10.0, np.random.default_rng(0))
    water = beam.water_equivalent(logs)
    assert water.mean() == pytest.approx(8.0, abs=0.001)
    assert water.std() == pytest.approx(0.02, rel=0.03)


@pytest.mark.parametrize("mean", [0.5, 5.0, 29.0, 31.0, 400.0])
def test_quanta_have_the_mean_and_spread_of_poisson(mean):
    normal = np.random.default_rng(1).standard_normal(40000).astype(np.float32)
    drawn = _poisson(np.full(40000, mean, np.float32), normal)
    assert drawn.mean() == pytest.approx(mean, rel=0.02)
    assert drawn.var() == pytest.approx(mean, rel=0.04)
    if mean < 30.0:
        assert (drawn == np.rint(drawn)).all()
