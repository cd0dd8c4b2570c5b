"""Attenuation against published tables."""

import numpy as np
import pytest

from calcimetry.attenuation import (
    MATERIALS,
    decomposition_weights,
    hydroxyapatite_gain,
    linear_attenuation,
    mass_attenuation,
    tissue_ratio,
    urate_ratio,
)
from calcimetry.errors import InputError

# Hubbell and Seltzer, NIST Standard Reference Database 126 (1996): cm2/g with coherent scatter.
NIST = [
    ("water", 30.0, 0.3756),
    ("water", 60.0, 0.2059),
    ("water", 100.0, 0.1707),
    ("aluminium", 40.0, 0.5685),
    ("aluminium", 80.0, 0.2018),
    ("iron", 60.0, 1.205),
    ("iron", 100.0, 0.3717),
    ("air", 60.0, 0.1875),
    ("soft_tissue", 60.0, 0.2048),
    ("fat", 60.0, 0.1974),
]
# The same tables' cortical bone of ICRU 44, which our mix of mineral and soft tissue is like.
NIST_BONE = [(40.0, 0.6655), (60.0, 0.3148), (100.0, 0.1855)]


@pytest.mark.parametrize(("material", "energy", "published"), NIST)
def test_tables_agree_with_nist(material, energy, published):
    assert mass_attenuation(material, energy) == pytest.approx(published, rel=0.005)


@pytest.mark.parametrize(("energy", "published"), NIST_BONE)
def test_cortical_bone_is_like_that_of_icru_44(energy, published):
    assert mass_attenuation("cortical_bone", energy) == pytest.approx(published, rel=0.02)


def test_between_tabulated_energies_nothing_jumps():
    fine = np.linspace(10.0, 150.0, 1401)
    for material in MATERIALS:
        values = mass_attenuation(material, fine)
        assert (np.diff(values) < 0).all()
        assert np.abs(np.diff(np.log(values), 2)).max() < 0.005


def test_attenuation_per_length_follows_density():
    pure = linear_attenuation("water", [60.0, 80.0])
    np.testing.assert_allclose(pure, mass_attenuation("water", [60.0, 80.0]))
    np.testing.assert_allclose(linear_attenuation("water", [60.0, 80.0], 500.0), pure / 2)


def test_an_unknown_material_is_refused_by_name():
    with pytest.raises(InputError, match=r"water, soft_tissue.*found 'gold'"):
        mass_attenuation("gold", 60.0)


@pytest.mark.parametrize("energy", [9.0, 151.0, np.nan])
def test_energies_beyond_the_table_are_refused(energy):
    with pytest.raises(InputError, match="10 to 150 keV"):
        mass_attenuation("water", [60.0, energy])


@pytest.mark.parametrize("density", [-1.0, np.inf, np.nan])
def test_impossible_densities_are_refused(density):
    with pytest.raises(InputError, match="0 mg/cm3 or more"):
        linear_attenuation("water", 60.0, density)


def test_published_dual_energy_ratios():
    """80 and Sn150 kV: hydroxyapatite 2.00 (1.96 to 2.05), 10.1097/RLI.0000000000000756."""
    low, high = hydroxyapatite_gain([54.0, 86.5])
    assert 1.96 < low / high < 2.05
    assert urate_ratio(54.0, 86.5) == pytest.approx(1.06, abs=0.05)
    assert 1.0 < urate_ratio(54.0, 86.5) < tissue_ratio(54.0, 86.5) < low / high


def test_weights_of_two_energies():
    gains, tissue = np.array([1.97, 0.98]), np.array([1.34, 1.0])
    noise = np.diag([20.0, 15.0]) ** 2
    noisy = decomposition_weights(gains, noise)
    # Without tissue that varies: the least noisy sum, weighted by gain over variance.
    assert noisy[0] / noisy[1] == pytest.approx(1.97 / 400.0 / (0.98 / 225.0))
    varied = decomposition_weights(gains, noise + 1e9 * np.outer(tissue, tissue))
    assert varied @ gains == pytest.approx(1.0)
    assert varied @ tissue == pytest.approx(0.0, abs=1e-4)
    assert decomposition_weights([2.0], [[9.0]]) == pytest.approx([0.5])
