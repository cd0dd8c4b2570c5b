"""From what is painted on a canvas to materials, and how their brightness depends on the tube.

A canvas tells every sample as some water-like base, as bright at either energy, and some
hydroxyapatite: below their absorption edges all materials are sums of two (Alvarez and
Macovski, Phys. Med. Biol. 21 (1976) 733). So one canvas serves all tube settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcimetry.attenuation import MATERIALS
from calcimetry.phantom.canvas import Canvas
from calcimetry.phantom.projection import Beam
from calcimetry.phantom.spectra import USUAL_PRESET, tube_settings
from calcimetry.phantom.surroundings import METAL_HU

FloatArray = NDArray[np.floating[Any]]

#: Base brightness (HU) of air, of fat and soft tissue (in the mix of 80 and Sn150 kV that is 0.6
#: of the low, behind 20 mm of water), of flesh 300 HU dense such as nails and urate, and of metal.
_KNOTS_HU = (-1000.0, -90.0, 55.0, 300.0, METAL_HU)
_DENSE = 1300.0 / 1055.0
#: Materials of the base in mg/cm3 at those, mixed evenly in between. Air is nothing, for scanners
#: are set to -1000 HU in it.
_AT_KNOTS: Mapping[str, tuple[float, ...]] = MappingProxyType(
    {
        "fat": (0.0, MATERIALS["fat"].density_mg_cm3, 0.0, 0.0, 0.0),
        "soft_tissue": (
            0.0,
            0.0,
            MATERIALS["soft_tissue"].density_mg_cm3,
            _DENSE * MATERIALS["soft_tissue"].density_mg_cm3,
            0.0,
        ),
        "iron": (0.0, 0.0, 0.0, 0.0, MATERIALS["iron"].density_mg_cm3),
    }
)
_MINERAL = "hydroxyapatite"
#: Behind so much water (g/cm2) hydroxyapatite has the published ratio at the usual preset, and
#: other presets are compared with it.
PUBLISHED_PATH = 8.0


def materials_of(canvas: Canvas) -> dict[str, NDArray[np.float32]]:
    """What each sample of a canvas is made of.

    Parameters
    ----------
    canvas : Canvas
        Complete, without drawn streaks.

    Returns
    -------
    dict of str to ndarray of float32
        mg/cm3 by names of `calcimetry.attenuation.MATERIALS`; none that is nowhere.
        Hydroxyapatite takes the place of what else a sample holds. Urate is dense flesh with a
        trace of mineral, and all metal is iron.
    """
    mineral = np.clip(canvas.mineral, 0.0, None)
    room = 1.0 - mineral / np.float32(MATERIALS[_MINERAL].density_mg_cm3)
    made = {_MINERAL: mineral.astype(np.float32)}
    for name, densities in _AT_KNOTS.items():
        made[name] = (room * np.interp(canvas.base, _KNOTS_HU, densities)).astype(np.float32)
    return {name: array for name, array in made.items() if array.any()}


@cache
def mineral_gains(preset: str, water_g_cm2: float = PUBLISHED_PATH) -> tuple[float, float]:
    """HU per mg/cm3 of hydroxyapatite in the place of soft tissue, at low and high energy.

    Parameters
    ----------
    preset : str
        A name of `calcimetry.phantom.spectra.PRESETS`.
    water_g_cm2 : float
        What lies around it and hardens the beam, as water.

    Raises
    ------
    SettingsError
        If there is no such preset.

    Examples
    --------
    >>> low, high = mineral_gains("80-Sn150")
    >>> round(low / high, 2)
    2.04
    """
    low, high = (_mineral_gain(setting, water_g_cm2) for setting in tube_settings(preset))
    return low, high


def tissue_shift(base: FloatArray, preset: str, energy: int) -> FloatArray | None:
    """By how many HU fat and flesh differ from what they are at the usual preset.

    Parameters
    ----------
    base : ndarray
        In HU, of a canvas.
    preset : str
        A name of `calcimetry.phantom.spectra.PRESETS`.
    energy : int
        0 for the low, 1 for the high one.

    Returns
    -------
    ndarray of float32 or None
        Of the shape of `base`; None where the tube setting is the usual one.

    Raises
    ------
    SettingsError
        If there is no such preset.
    """
    setting, usual = tube_settings(preset)[energy], tube_settings(USUAL_PRESET)[energy]
    if setting == usual:
        return None
    shifts = np.zeros(len(_KNOTS_HU))
    for name in ("fat", "soft_tissue"):
        more = _brightness(setting, name) - _brightness(usual, name)
        shifts += more * np.array(_AT_KNOTS[name])
    return np.interp(base, _KNOTS_HU, shifts).astype(np.float32)


def _mineral_gain(setting: str, water_g_cm2: float) -> float:
    tissue = _brightness(setting, "soft_tissue", water_g_cm2)
    displaced = MATERIALS["soft_tissue"].density_mg_cm3 / MATERIALS[_MINERAL].density_mg_cm3
    return _brightness(setting, _MINERAL, water_g_cm2) - displaced * tissue


@cache
def _brightness(setting: str, material: str, water_g_cm2: float = PUBLISHED_PATH) -> float:
    """HU per mg/cm3 of a trace of a material, behind water."""
    return Beam(setting).hardened(material, water_g_cm2)
