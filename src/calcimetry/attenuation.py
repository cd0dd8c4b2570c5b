"""How strongly the materials of a hand, and of what lies beside it, attenuate X-rays.

The numbers are in ``mass_attenuation.csv``, one column per material, made by
``tools/make_attenuation_tables.py`` from the tables of Elam, Ravel and Sieber [1]_ as
packaged in XrayDB [2]_. The tables and XrayDB are in the public domain. They hold total
attenuation: photoelectric absorption, coherent and incoherent scatter.

References
----------
.. [1] W. T. Elam, B. D. Ravel, J. R. Sieber: A new atomic database for X-ray spectroscopic
   calculations. Radiation Physics and Chemistry 63 (2002) 121-128.
.. [2] M. Newville et al.: XrayDB, X-ray reference data in SQLite.
.. [3] ICRU Report 44: Tissue substitutes in radiation dosimetry and measurement (1989).
.. [4] ICRU Report 46: Photon, electron, proton and neutron interaction data for body
   tissues (1992).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from calcimetry.errors import InputError

FloatArray = NDArray[np.float64]

_TABLE = Path(__file__).with_name("mass_attenuation.csv")


@dataclass(frozen=True, slots=True)
class Material:
    """A material as the tables know it.

    Parameters
    ----------
    density_mg_cm3 : float
        Density of the pure material.
    parts : mapping of str to float
        Parts by mass: of elements, of a chemical formula, or of other materials here.
    """

    density_mg_cm3: float
    parts: Mapping[str, float]


_SOFT_TISSUE = {
    "H": 0.102, "C": 0.143, "N": 0.034, "O": 0.708, "Na": 0.002, "P": 0.003, "S": 0.003,
    "Cl": 0.002, "K": 0.003,
}  # fmt: skip
_FAT = {
    "H": 0.114, "C": 0.598, "N": 0.007, "O": 0.278, "Na": 0.001, "S": 0.001, "Cl": 0.001,
}  # fmt: skip
_YELLOW_MARROW = {
    "H": 0.115, "C": 0.644, "N": 0.007, "O": 0.231, "Na": 0.001, "S": 0.001, "Cl": 0.001,
}  # fmt: skip

#: Soft tissue, fat and air as of ICRU 44 [3]_, yellow marrow as of ICRU 46 [4]_. Cortical bone
#: is 56% of its mass hydroxyapatite, which gives it the calcium of ICRU 44's (22.5%).
MATERIALS: Mapping[str, Material] = MappingProxyType(
    {
        "water": Material(1000.0, {"H2O": 1.0}),
        "soft_tissue": Material(1060.0, _SOFT_TISSUE),
        "fat": Material(950.0, _FAT),
        "yellow_marrow": Material(980.0, _YELLOW_MARROW),
        "air": Material(1.205, {"C": 0.0001, "N": 0.7553, "O": 0.2318, "Ar": 0.0128}),
        "hydroxyapatite": Material(3160.0, {"Ca10P6O26H2": 1.0}),
        "cortical_bone": Material(1920.0, {"hydroxyapatite": 0.56, "soft_tissue": 0.44}),
        "monosodium_urate": Material(1700.0, {"C5H5N4NaO4": 1.0}),  # the monohydrate
        "aluminium": Material(2699.0, {"Al": 1.0}),
        "iron": Material(7874.0, {"Fe": 1.0}),
    }
)


def mass_attenuation(material: str, energies_kev: ArrayLike) -> FloatArray:
    """Attenuation of a material per mass, in cm2/g.

    Parameters
    ----------
    material : str
        A name of `MATERIALS`.
    energies_kev : array_like
        Photon energies, 10 to 150 keV. Between the tabulated whole keV the logarithms
        are interpolated; no material here has an absorption edge in that range.

    Raises
    ------
    InputError
        If the material is unknown or an energy lies outside the table.

    Examples
    --------
    >>> [round(float(v), 4) for v in mass_attenuation("water", [40.0, 60.0, 100.0])]
    [0.2683, 0.2059, 0.1707]
    """
    energies, columns = _table()
    if material not in columns:
        raise InputError(
            f"Looking up X-ray attenuation: expected a material of {', '.join(MATERIALS)}; "
            f"found {material!r}."
        )
    wanted = np.asarray(energies_kev, np.float64)
    # Written so that NaN is refused too.
    if not ((wanted >= energies[0]) & (wanted <= energies[-1])).all():
        raise InputError(
            f"Looking up X-ray attenuation of {material}: expected energies from "
            f"{energies[0]:g} to {energies[-1]:g} keV, found {np.min(wanted):g} to "
            f"{np.max(wanted):g} keV."
        )
    logs = np.interp(np.log(wanted), np.log(energies), np.log(columns[material]))
    return np.asarray(np.exp(logs))


def linear_attenuation(
    material: str, energies_kev: ArrayLike, density_mg_cm3: float | None = None
) -> FloatArray:
    """Attenuation of a material per length, in 1/cm.

    Parameters
    ----------
    material, energies_kev
        As of `mass_attenuation`.
    density_mg_cm3 : float or None
        How much of the material there is; None for the pure material.

    Raises
    ------
    InputError
        As `mass_attenuation`, and if the density is negative or not finite.

    Examples
    --------
    >>> round(float(linear_attenuation("hydroxyapatite", 60.0, density_mg_cm3=200.0)), 4)
    0.0813
    """
    per_mass = mass_attenuation(material, energies_kev)
    if density_mg_cm3 is None:
        density_mg_cm3 = MATERIALS[material].density_mg_cm3
    if not 0.0 <= density_mg_cm3 < np.inf:
        raise InputError(
            f"Attenuation of {material}: expected a density of 0 mg/cm3 or more, "
            f"found {density_mg_cm3} mg/cm3."
        )
    return per_mass * (density_mg_cm3 / 1000.0)


def hydroxyapatite_gain(energies_kev: ArrayLike) -> FloatArray:
    """HU per mg/cm3 of hydroxyapatite that takes the place of as much soft tissue.

    Parameters
    ----------
    energies_kev : array_like
        As of `mass_attenuation`.

    Returns
    -------
    array of float, shape of `energies_kev`

    Raises
    ------
    InputError
        As `mass_attenuation`.

    Notes
    -----
    With mass attenuation m of mineral, tissue and water, ``(m_HA - d m_tissue) / m_water``, d
    being the density of soft tissue over that of pure hydroxyapatite: below their absorption
    edges all materials are sums of two (Alvarez and Macovski, Phys. Med. Biol. 21 (1976) 733).

    Examples
    --------
    >>> low, high = hydroxyapatite_gain([54.0, 86.5])
    >>> round(float(low), 3), round(float(low / high), 2)
    (1.965, 2.0)
    """
    return _gain("hydroxyapatite", energies_kev)


def urate_ratio(low_kev: float, high_kev: float) -> float:
    """Dual-energy ratio of monosodium urate that takes the place of soft tissue.

    Parameters
    ----------
    low_kev, high_kev : float
        As of `mass_attenuation`.

    Raises
    ------
    InputError
        As `mass_attenuation`.

    Examples
    --------
    >>> round(urate_ratio(54.0, 86.5), 2)
    1.02
    """
    low, high = _gain("monosodium_urate", [low_kev, high_kev])
    return float(low / high)


def tissue_ratio(low_kev: float, high_kev: float) -> float:
    """Difference of soft tissue and fat at a lower energy, over that at a higher one.

    Parameters
    ----------
    low_kev, high_kev : float
        As of `mass_attenuation`.

    Raises
    ------
    InputError
        As `mass_attenuation`.

    Examples
    --------
    >>> round(tissue_ratio(54.0, 86.5), 2)
    1.34
    """
    energies = [low_kev, high_kev]
    apart = linear_attenuation("soft_tissue", energies) - linear_attenuation("fat", energies)
    low, high = apart / mass_attenuation("water", energies)
    return float(low / high)


def decomposition_weights(gains: ArrayLike, covariance: ArrayLike) -> FloatArray:
    """Weights that make one amount of hydroxyapatite of the signals at each energy.

    Parameters
    ----------
    gains : array_like, shape (energies,)
        Signal per amount, as of `hydroxyapatite_gain`.
    covariance : array_like, shape (energies, energies)
        Of the signals' errors. What soft tissue varies by belongs here: along its own line
        from fat to muscle (`tissue_ratio`), and the larger it is, the less the weighted sum
        takes it for mineral. Without end, this is the decomposition into two materials.

    Returns
    -------
    array of float, shape (energies,)
        Generalised least squares: ``C^-1 g / (g' C^-1 g)`` (Aitken, Proc. R. Soc. Edinb. 55
        (1936) 42).

    Examples
    --------
    >>> noise, tissue = np.eye(2), np.outer([1.3, 1.0], [1.3, 1.0])
    >>> weights = decomposition_weights([2.0, 1.0], noise + 1e6 * tissue)
    >>> round(float(weights @ [2.0, 1.0]), 3), round(float(weights @ [1.3, 1.0]), 3)
    (1.0, 0.0)
    """
    gain = np.asarray(gains, np.float64)
    weights = np.linalg.solve(np.asarray(covariance, np.float64), gain)
    return np.asarray(weights / (weights @ gain))


def _gain(material: str, energies_kev: ArrayLike) -> FloatArray:
    displaced = MATERIALS["soft_tissue"].density_mg_cm3 / MATERIALS[material].density_mg_cm3
    own = mass_attenuation(material, energies_kev)
    tissue = mass_attenuation("soft_tissue", energies_kev)
    return np.asarray((own - displaced * tissue) / mass_attenuation("water", energies_kev))


@cache
def _table() -> tuple[FloatArray, dict[str, FloatArray]]:
    """Energies in keV, and cm2/g of each material at them."""
    names = _TABLE.read_text(encoding="utf-8").splitlines()[0].split(",")
    numbers = np.loadtxt(_TABLE, delimiter=",", skiprows=1, encoding="utf-8")
    return numbers[:, 0], dict(zip(names[1:], numbers[:, 1:].T, strict=True))
