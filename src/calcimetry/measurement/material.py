"""What a lesion is made of: calcium or urate, as two energies tell."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from calcimetry.attenuation import MATERIALS, urate_ratio
from calcimetry.errors import InputError
from calcimetry.measurement.calibration import Calibration
from calcimetry.model.lesion import URATE, Material

#: Published ratios at 80 and Sn150 kV: hydroxyapatite 2.00 (1.96 to 2.05), urate about 1.06
#: (10.1097/RLI.0000000000000756; Arthritis Res. Ther. 22 (2020) 212). Tables give urate 1.02
#: there; the published one lies so much above.
_URATE_ABOVE_TABLES = 0.04
#: How far deposits of one material lie apart, with what no noise explains (beam hardening,
#: impurities): standard deviation of the ratio, part of calcium's, and of urate's.
_CALCIUM_SPREAD, _URATE_SPREAD = 0.06, 0.10
#: What lies so many standard deviations above urate's ratio is not called urate, however far from
#: calcium it is: it would be left out of all totals.
_UNLIKE = 2.0
#: How likely urate is beforehand: what is measured here are deposits of systemic sclerosis, which
#: are calcium, and gout beside them is rare.
URATE_PRIOR = 0.1
#: A material is named where it is so probable.
SURE = 0.95
#: Exponent of the effective atomic number (Mayneord, Acta Int. Union Against Cancer 2 (1937)).
_EXPONENT = 2.94
#: Electrons per mass (mol/g) and effective atomic number of water and hydroxyapatite, from
#: their formulas.
_WATER, _MINERAL = (0.5551, 7.42), (0.4977, 15.86)


@dataclass(frozen=True, slots=True)
class MaterialGuess:
    """The material, and how probable it is against the other; `reason` where it is not told."""

    material: Material | None
    probability: float | None
    reason: str = ""


def material_of(
    ratio: float | None, ratio_error: float | None, calibration: Calibration
) -> MaterialGuess:
    """Tell calcium from urate by the dual-energy ratio.

    Parameters
    ----------
    ratio, ratio_error : float or None
        The lesion's, and its standard error; None where there is none.
    calibration : Calibration
        Of two energies: calcium's ratio is that of its slopes.

    Returns
    -------
    MaterialGuess
        Calcium means hydroxyapatite or pyrophosphate, whose ratios (2.00 and 2.02 at 80 and
        Sn150 kV) cannot be told apart. The probability is that of the more probable one by
        Bayes' rule, calcium nine times as likely beforehand, each ratio normally distributed
        with the lesion's own error and the material's spread. Below 95%, and where it is nearer
        to urate but more than two standard deviations above it, the material is "undetermined".

    Examples
    --------
    >>> from calcimetry.measurement.calibration import nominal_calibration
    >>> lines = nominal_calibration(("80", "Sn150"))
    >>> material_of(2.0, 0.1, lines).material, material_of(1.1, 0.1, lines).material
    ('calcium', 'urate')
    """
    if len(calibration.gains) < 2:
        return MaterialGuess(None, None, "one energy alone does not tell calcium from urate")
    if ratio is None or ratio_error is None:
        return MaterialGuess(None, None, "it does not stand out from soft tissue at both energies")
    expected = calcium_and_urate_ratio(calibration)
    spread = (_CALCIUM_SPREAD * expected[0], _URATE_SPREAD)
    logs, urate_sd = (
        [math.log(1.0 - URATE_PRIOR), math.log(URATE_PRIOR)],
        math.hypot(ratio_error, _URATE_SPREAD),
    )
    for number, (middle, own) in enumerate(zip(expected, spread, strict=True)):
        sd = math.hypot(ratio_error, own)
        # Beyond either ratio there is nothing else it could be.
        off = max(ratio - middle, 0.0) if number else min(ratio - middle, 0.0)
        logs[number] -= 0.5 * (off / sd) ** 2 + math.log(sd)
    # Where both are far off, the difference of their logarithms still has its sign.
    calcium = 1.0 / (1.0 + math.exp(min(logs[1] - logs[0], 700.0)))
    probability = max(calcium, 1.0 - calcium)
    unlike = ratio > expected[1] + _UNLIKE * urate_sd
    if probability < SURE or (calcium < 0.5 and unlike):
        return MaterialGuess("undetermined", probability)
    return MaterialGuess("calcium" if calcium > 0.5 else URATE, probability)


def calcium_and_urate_ratio(calibration: Calibration) -> tuple[float, float]:
    """Dual-energy ratios expected of the two at a calibration's energies.

    Raises
    ------
    InputError
        If it is of one energy.
    """
    if len(calibration.gains) != 2:
        raise InputError(
            "Expecting dual-energy ratios: a calibration of two energies is needed, found one."
        )
    low, high = calibration.gains
    return low / high, urate_ratio(*calibration.energies_kev) + _URATE_ABOVE_TABLES


def effective_atomic_number(hu: tuple[float, ...], calibration: Calibration) -> float | None:
    """Effective atomic number of what is as bright as this at two energies.

    Parameters
    ----------
    hu : (float, float)
        At the lower and the higher energy.
    calibration : Calibration
        Of two energies.

    Returns
    -------
    float or None
        None where no atomic number gives such brightness.

    Raises
    ------
    InputError
        If the calibration is of one energy.

    Notes
    -----
    Attenuation per electron over water's is ``1 + b_E (Z^n - Zw^n)`` with n = 2.94 (Mayneord
    1937), and b_E is known from water and hydroxyapatite, whose attenuation per mass over
    water's follows from the slope of the calibration. Of two energies the electrons cancel:
    with ``q = (1 + HU_low / 1000) / (1 + HU_high / 1000)``,
    ``Z^n = Zw^n + (q - 1) / (b_low - q b_high)``.

    Examples
    --------
    >>> from calcimetry.measurement.calibration import nominal_calibration
    >>> round(effective_atomic_number((0.0, 0.0), nominal_calibration(("80", "Sn150"))), 2)
    7.42
    """
    if not len(hu) == len(calibration.gains) == 2:
        raise InputError(
            "Working out an effective atomic number: expected two energies, found "
            f"{len(hu)} HU and a calibration of {len(calibration.gains)}."
        )
    displaced = MATERIALS["soft_tissue"].density_mg_cm3
    displaced /= MATERIALS["hydroxyapatite"].density_mg_cm3
    per_electron = (np.array(calibration.gains) + displaced) * _WATER[0] / _MINERAL[0]
    water = _WATER[1] ** _EXPONENT
    low, high = ((per_electron - 1.0) / (_MINERAL[1] ** _EXPONENT - water)).tolist()
    if min(hu) <= -1000.0:
        return None
    q = (1.0 + hu[0] / 1000.0) / (1.0 + hu[1] / 1000.0)
    below = low - q * high
    power = water + (q - 1.0) / below if below > 0.0 else 0.0
    return power ** (1.0 / _EXPONENT) if power > 0.0 else None
