"""What one mg/cm3 of hydroxyapatite is worth in HU: measured on rods, or nominal."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from calcimetry.attenuation import hydroxyapatite_gain
from calcimetry.errors import InputError

#: Effective energy (keV) of a tube voltage (kV): the one at which hydroxyapatite over water
#: attenuates as it does behind 80 mm of water, where the published dual-energy ratio of 80 and
#: Sn150 kV holds. From the spectra of the simulator; a test works them out anew.
_EFFECTIVE_KEV = {70.0: 49.9, 80.0: 53.9, 100.0: 60.1, 140.0: 68.6, 150.0: 70.2}
#: The same behind a filter of tin.
_EFFECTIVE_KEV_TIN = {140.0: 85.2, 150.0: 87.9}
_TUBE = re.compile(r"(Sn)?\s*(\d+(?:\.\d+)?)(?:\s*kVp?)?", re.IGNORECASE)
_MONO = re.compile(r"(\d+(?:\.\d+)?)\s*keV", re.IGNORECASE)
#: Virtual monoenergetic images that the tables can be read at.
_MONO_KEV = (20.0, 150.0)

#: Effective energies that a slope may stand for.
_SLOPE_KEV = (25.0, 149.0)


@dataclass(frozen=True, slots=True)
class CalibrationLine:
    """How bright hydroxyapatite is at one energy: HU = intercept + slope x mg/cm3.

    Parameters
    ----------
    setting : str
        Tube setting or energy as people write it: ``80``, ``Sn150``, ``50 keV``; empty where
        the scan did not say.
    slope_hu_per_mg_cm3 : float
        HU per mg/cm3 of hydroxyapatite.
    intercept_hu : float
        HU without any.
    slope_error : float
        Standard error of the slope.
    residual_sd_hu : float
        Standard deviation of the rods about the line.

    Raises
    ------
    InputError
        If a number is not finite, the slope not positive, or an error negative.
    """

    setting: str
    slope_hu_per_mg_cm3: float
    intercept_hu: float = 0.0
    slope_error: float = 0.0
    residual_sd_hu: float = 0.0

    def __post_init__(self) -> None:
        numbers = dataclasses.astuple(self)[1:]
        if not (
            all(math.isfinite(one) for one in numbers)
            and self.slope_hu_per_mg_cm3 > 0.0
            and min(self.slope_error, self.residual_sd_hu) >= 0.0
        ):
            raise InputError(
                f"Making the calibration line of {self.setting or 'an unstated energy'}: expected "
                "finite numbers, a slope above 0 HU per mg/cm3 and errors of 0 or more, found "
                f"slope {self.slope_hu_per_mg_cm3}, intercept {self.intercept_hu} HU, slope error "
                f"{self.slope_error}, residual {self.residual_sd_hu} HU."
            )


@dataclass(frozen=True, slots=True)
class Calibration:
    """One line per energy, low first, and where they come from.

    Parameters
    ----------
    lines : tuple of CalibrationLine
        One or two.
    nominal : bool
        True where nothing was measured: the lines follow from tables.
    rods_mg_cm3 : tuple of float
        Hydroxyapatite in the rods used.
    sha256 : mapping of str to str
        Of the scan and of the table of rods.
    date, version : str
        When, and by which version of the program.

    Raises
    ------
    InputError
        If there is no line or are more than two, or the second is as steep as the first.
    """

    lines: tuple[CalibrationLine, ...]
    nominal: bool = False
    rods_mg_cm3: tuple[float, ...] = ()
    sha256: Mapping[str, str] = dataclasses.field(default_factory=dict, hash=False)
    date: str = ""
    version: str = ""

    def __post_init__(self) -> None:
        if len(self.lines) not in (1, 2):
            raise InputError(
                f"Making a calibration: expected lines of one or two energies, found "
                f"{len(self.lines)}."
            )
        if len(self.lines) == 2 and not self.gains[0] > self.gains[1]:
            raise InputError(
                "Making a calibration: expected hydroxyapatite to be brighter at the lower energy, "
                f"found {self.gains[0]:.3f} and {self.gains[1]:.3f} HU per mg/cm3. Are the two "
                "energies the same, or swapped?"
            )

    @property
    def gains(self) -> tuple[float, ...]:
        """HU per mg/cm3, of each energy."""
        return tuple(line.slope_hu_per_mg_cm3 for line in self.lines)

    @property
    def settings(self) -> tuple[str, ...]:
        """Tube setting or energy of each."""
        return tuple(line.setting for line in self.lines)

    @property
    def energies_kev(self) -> tuple[float, ...]:
        """Effective energy of each line: the one at which tables give its slope."""
        kev = np.arange(_SLOPE_KEV[0], _SLOPE_KEV[1] + 0.1, 0.1)
        falling = hydroxyapatite_gain(kev)[::-1]
        return tuple(float(np.interp(gain, falling, kev[::-1])) for gain in self.gains)

    @property
    def slope_error(self) -> float:
        """Relative standard error of the worst slope."""
        return max(line.slope_error / line.slope_hu_per_mg_cm3 for line in self.lines)

    def to_dict(self) -> dict[str, Any]:
        """Nested dictionaries and lists of plain values, for JSON."""
        record = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        record["lines"] = [dataclasses.asdict(line) for line in self.lines]
        record["rods_mg_cm3"] = list(self.rods_mg_cm3)
        record["sha256"] = dict(self.sha256)
        return record

    @classmethod
    def from_dict(cls, record: Mapping[str, Any], where: str = "a calibration") -> Self:
        """Read what `to_dict` gives.

        Raises
        ------
        InputError
            If something is missing, unknown or of the wrong kind.
        """
        try:
            lines = tuple(
                CalibrationLine(
                    str(line["setting"]),
                    **{name: float(line[name]) for name in line if name != "setting"},
                )
                for line in record["lines"]
            )
            rest = {name: record[name] for name in record if name != "lines"}
            return cls(
                lines,
                nominal=bool(rest.pop("nominal", False)),
                rods_mg_cm3=tuple(float(one) for one in rest.pop("rods_mg_cm3", ())),
                sha256={str(k): str(v) for k, v in dict(rest.pop("sha256", {})).items()},
                **{name: str(value) for name, value in rest.items()},
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError(
                f"Reading {where}: expected what `calcimetry calibrate` writes, found a record "
                f"with something missing or of the wrong kind ({type(error).__name__}: {error})."
            ) from error


def effective_kev(setting: str) -> float | None:
    """Effective energy in keV of a tube setting, or the energy of a monoenergetic image.

    Parameters
    ----------
    setting : str
        Such as ``80``, ``Sn150`` or ``50 keV``.

    Returns
    -------
    float or None
        Between tabulated voltages interpolated; None where the setting says none, or one that
        lies outside the tables.

    Examples
    --------
    >>> effective_kev("80"), effective_kev("Sn150"), effective_kev("50 keV")
    (53.9, 87.9, 50.0)
    >>> effective_kev("mixed") is None
    True
    """
    mono = _MONO.fullmatch(setting.strip())
    if mono:
        kev = float(mono[1])
        return kev if _MONO_KEV[0] <= kev <= _MONO_KEV[1] else None
    tube = _TUBE.fullmatch(setting.strip())
    if not tube:
        return None
    table = _EFFECTIVE_KEV_TIN if tube[1] else _EFFECTIVE_KEV
    kvp = float(tube[2])
    if not min(table) <= kvp <= max(table):
        return None
    return round(float(np.interp(kvp, list(table), list(table.values()))), 2)


def nominal_calibration(settings: tuple[str, ...]) -> Calibration:
    """Lines of one or two tube settings from tables of attenuation at their effective energy.

    Parameters
    ----------
    settings : tuple of str
        Of each energy, low first.

    Raises
    ------
    InputError
        If a setting is not stated or not in the tables, or the second energy is not the higher.

    Examples
    --------
    >>> low, high = nominal_calibration(("80", "Sn150")).gains
    >>> round(low / high, 2)
    2.04
    """
    lines = []
    for setting in settings:
        kev = effective_kev(setting)
        if kev is None:
            found = f"{setting!r}" if setting else "no tube voltage"
            raise InputError(
                "Calibrating by tables: expected a tube voltage of 70 to 150 kV, of 140 to 150 kV "
                f"behind tin, or an energy in keV; found {found}. State it, or measure with a "
                "calibration of rods."
            )
        lines.append(CalibrationLine(setting, float(hydroxyapatite_gain(kev))))
    return Calibration(tuple(lines), nominal=True)
