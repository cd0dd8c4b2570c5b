"""The line of HU over hydroxyapatite through the rods of a calibration scan."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from calcimetry.errors import InputError
from calcimetry.measurement.calibration import Calibration, CalibrationLine
from calcimetry.measurement.rod_readings import RodReading

FloatArray = NDArray[np.float64]

#: A line needs so many rods of different density,
FEWEST_RODS = 3
#: which must spread over so much (mg/cm3),
LEAST_SPREAD_MG_CM3 = 100.0
#: and explain all but this part of the variance.
_UNEXPLAINED = 0.005
#: Rods of one scan must lie within so many HU of the line, or this part of its range.
_OFF_LINE_HU, _OFF_LINE_PART = 25.0, 0.04


def fit_calibration(
    readings: tuple[RodReading, ...],
    settings: tuple[str, ...],
    *,
    sha256: Mapping[str, str] | None = None,
    date: str = "",
    version: str = "",
) -> Calibration:
    """The straight line through rods of known hydroxyapatite, least squares, per energy.

    Parameters
    ----------
    readings : tuple of RodReading
        What `calcimetry.measurement.rod_readings.read_rods` gives.
    settings : tuple of str
        Tube settings, one per energy that was read, low first.
    sha256, date, version
        As of `Calibration`.

    Raises
    ------
    InputError
        If the rods are too few or too alike, the line is not straight, or mineral is not
        brighter at the lower energy.
    """
    density = np.array([one.density_mg_cm3 for one in readings])
    if len(np.unique(density)) < FEWEST_RODS or np.ptp(density) < LEAST_SPREAD_MG_CM3:
        raise InputError(
            f"Fitting a calibration: expected {FEWEST_RODS} rods or more of different densities, "
            f"{LEAST_SPREAD_MG_CM3:g} mg/cm3 apart in all; found "
            f"{', '.join(f'{one:g}' for one in density) or 'none'} mg/cm3."
        )
    lines = []
    for energy, setting in enumerate(settings):
        hu = np.array([one.mean_hu[energy] for one in readings])
        lines.append(_line(setting, density, hu, [one.name for one in readings]))
    return Calibration(
        tuple(lines),
        rods_mg_cm3=tuple(float(one) for one in density),
        sha256=dict(sha256 or {}),
        date=date,
        version=version,
    )


def _line(
    setting: str,
    density: FloatArray,
    hu: FloatArray,
    names: list[str],
) -> CalibrationLine:
    spread = density - density.mean()
    slope = float(spread @ hu / (spread @ spread))
    intercept = float(hu.mean() - slope * density.mean())
    off = hu - intercept - slope * density
    called = setting or "an unstated energy"
    worst = int(np.abs(off).argmax())
    unexplained = float(off @ off / max(((hu - hu.mean()) ** 2).sum(), 1e-9))
    allowed = max(_OFF_LINE_HU, _OFF_LINE_PART * float(np.ptp(hu)))
    if slope <= 0.0 or unexplained > _UNEXPLAINED or abs(off[worst]) > allowed:
        raise InputError(
            f"Fitting a calibration at {called}: expected HU that rise along a straight line with "
            f"hydroxyapatite, found slope {slope:.3f} HU per mg/cm3 and rod {names[worst]} "
            f"{off[worst]:+.0f} HU off it ({density[worst]:g} mg/cm3). Check densities and places."
        )
    residual = math.sqrt(float(off @ off) / max(len(hu) - 2, 1))
    error = residual / math.sqrt(float(spread @ spread))
    return CalibrationLine(setting, slope, intercept, error, residual)
