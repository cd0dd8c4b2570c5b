"""What X-ray tubes send out at a setting, and what a detector makes of it.

``spectra.csv`` was made by ``tools/make_spectra.py`` with spekpy. A setting is written as
people write it: ``80`` for 80 kV, ``Sn150`` for 150 kV behind a tin filter.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from calcimetry.errors import SettingsError

FloatArray = NDArray[np.float64]

_TABLE = Path(__file__).with_name("spectra.csv")

#: Tube settings of the pairs of energies that scanners offer, low first.
PRESETS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "80-Sn150": ("80", "Sn150"),
        "80-140": ("80", "140"),
        "70-Sn150": ("70", "Sn150"),
        "100-Sn140": ("100", "Sn140"),
    }
)

#: The pair that calcium's published ratio is of, and that is taken where none is named.
USUAL_PRESET = "80-Sn150"


class Spectrum(NamedTuple):
    """Photons of one tube setting.

    `energies_kev` are the middles of the bins, `photons` the share of all photons in each,
    `absorbed` the part of them that the detector catches.
    """

    energies_kev: FloatArray
    photons: FloatArray
    absorbed: FloatArray


def tube_settings(preset: str) -> tuple[str, str]:
    """Low and high tube setting of a preset.

    Raises
    ------
    SettingsError
        If there is no such preset.
    """
    if preset not in PRESETS:
        raise SettingsError(
            "Choosing tube settings: expected a preset (kV, Sn for a tin filter) of "
            f"{', '.join(PRESETS)}; found {preset!r}."
        )
    return PRESETS[preset]


def spectrum(setting: str) -> Spectrum:
    """Photons behind tube and filters at one setting.

    Raises
    ------
    SettingsError
        If the setting is not tabulated.

    Examples
    --------
    >>> low = spectrum("80")
    >>> round(float((low.energies_kev * low.photons).sum()), 1)  # mean energy
    53.7
    """
    energies, columns = _table()
    if setting not in columns or setting == "absorbed":
        known = ", ".join(name for name in columns if name != "absorbed")
        raise SettingsError(
            f"Looking up an X-ray spectrum: expected a tube setting (kV) of {known}; "
            f"found {setting!r}."
        )
    return Spectrum(energies, columns[setting], columns["absorbed"])


@cache
def _table() -> tuple[FloatArray, dict[str, FloatArray]]:
    names = _TABLE.read_text(encoding="utf-8").splitlines()[0].split(",")
    numbers = np.loadtxt(_TABLE, delimiter=",", skiprows=1, encoding="utf-8")
    numbers.flags.writeable = False
    return numbers[:, 0], dict(zip(names[1:], numbers[:, 1:].T, strict=True))
