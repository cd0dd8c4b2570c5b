"""Lesions of a volume with what they weigh and what they are made of."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from calcimetry.measurement.calibration import Calibration
from calcimetry.measurement.density import (
    DensitySettings,
    Mineral,
    Surroundings,
    measure_mineral,
    shared_error,
)
from calcimetry.measurement.material import effective_atomic_number, material_of
from calcimetry.model.image import Image
from calcimetry.model.lesion import Interval, Lesion

#: What needs a calibration, and what two energies.
_CALIBRATED = ("mass_mg", "density_mg_cm3")
_TWO_ENERGIES = (
    *("dual_energy_ratio", "effective_atomic_number", "material"),
    *("mean_hu_low_energy", "mean_hu_high_energy", "peak_hu_low_energy", "peak_hu_high_energy"),
)
_NO_MINERAL = "urate holds no hydroxyapatite"
_ONE_ENERGY = "the volume holds one energy"


def with_density(
    lesions: Sequence[Lesion],
    energies: Sequence[Image],
    around: Surroundings,
    calibration: Calibration | str,
    settings: DensitySettings | None = None,
) -> tuple[Lesion, ...]:
    """The lesions of a volume with their density, mass and material.

    Parameters
    ----------
    lesions : sequence of Lesion
        As `calcimetry.measurement.volume.measure_volume_lesions` gives them.
    energies : sequence of Image
        One volume, or the lower and the higher energy, in HU.
    around : Surroundings
        Bones and lesions on the same grid.
    calibration : Calibration or str
        Or the reason why there is none.
    settings : DensitySettings, optional

    Returns
    -------
    tuple of Lesion
        In their order. What could not be measured has its reason in `not_measured`.

    Raises
    ------
    InputError
        As `calcimetry.measurement.density.measure_mineral`.
    """
    if any(one.clipped_hu is not None for one in energies) and isinstance(calibration, str):
        names = (*_CALIBRATED, *_TWO_ENERGIES, "peak_hu")
        return tuple(_with_reasons(one, dict.fromkeys(names, calibration)) for one in lesions)
    settings = settings or DensitySettings()
    used = calibration if isinstance(calibration, Calibration) else None
    minerals = measure_mineral(energies, around, used, settings)
    by_number = {one.number: one for one in minerals}
    shared = 0.0 if used is None else shared_error(used, settings)
    return tuple(
        _with_mineral(lesion, by_number[lesion.number], calibration, shared) for lesion in lesions
    )


def _with_reasons(lesion: Lesion, reasons: dict[str, str]) -> Lesion:
    return replace(lesion, not_measured={**lesion.not_measured, **reasons})


def _with_mineral(
    lesion: Lesion, mineral: Mineral, calibration: Calibration | str, shared: float
) -> Lesion:
    """A lesion with what is known of its mineral, and the reasons for what is not.

    `shared` is what `calcimetry.measurement.density.shared_error` gives.
    """
    reasons = {k: v for k, v in lesion.not_measured.items() if k not in _CALIBRATED}
    two = len(mineral.peak_hu) == 2
    if not two:
        reasons |= dict.fromkeys(_TWO_ENERGIES, _ONE_ENERGY)
    lesion = replace(
        lesion,
        peak_hu=mineral.peak_mixed_hu,
        dual_energy_ratio=mineral.ratio,
        density_method="dual energy" if two else "single energy",
    )
    if two:
        mean, peak = mineral.mean_hu, mineral.peak_hu
        lesion = replace(
            lesion,
            mean_hu_low_energy=mean[0] if mean else None,
            mean_hu_high_energy=mean[1] if mean else None,
            peak_hu_low_energy=peak[0],
            peak_hu_high_energy=peak[1],
        )
        if mean is None:
            empty = ("mean_hu_low_energy", "mean_hu_high_energy", "effective_atomic_number")
            reasons |= dict.fromkeys(empty, "mineral fills no sample to one half")
        if mineral.ratio is None:
            reasons["dual_energy_ratio"] = "it does not stand out from soft tissue at both energies"
    if isinstance(calibration, str):
        names = [*_CALIBRATED, *(("effective_atomic_number", "material") if two else ())]
        return replace(
            lesion,
            density_method=None,
            not_measured=dict.fromkeys(names, calibration) | reasons,
        )
    if two:
        lesion, reasons = _with_material(lesion, mineral, calibration, reasons)
    lesion = replace(lesion, calibration="nominal" if calibration.nominal else "rods")
    if lesion.is_urate:
        reasons |= dict.fromkeys(_CALIBRATED, _NO_MINERAL)
        return replace(lesion, not_measured=reasons)
    return _with_mass(replace(lesion, not_measured=reasons), mineral, shared)


def _with_material(
    lesion: Lesion, mineral: Mineral, calibration: Calibration, reasons: dict[str, str]
) -> tuple[Lesion, dict[str, str]]:
    guess = material_of(mineral.ratio, mineral.ratio_error, calibration)
    number = effective_atomic_number(mineral.mean_hu, calibration) if mineral.mean_hu else None
    if guess.reason:
        reasons = {**reasons, "material": guess.reason}
    if number is None and mineral.mean_hu:
        why = "no atomic number is so bright at these energies"
        reasons = {**reasons, "effective_atomic_number": why}
    return (
        replace(
            lesion,
            effective_atomic_number=number,
            material=guess.material,
            material_probability=guess.probability,
        ),
        reasons,
    )


def _with_mass(lesion: Lesion, mineral: Mineral, shared: float) -> Lesion:
    """Mass, and density as mass over volume with the errors of both."""
    mass, interval = mineral.mass_mg, mineral.mass_interval
    if mass is None or interval is None or not lesion.volume_mm3:
        return lesion
    density = 1000.0 * mass / lesion.volume_mm3
    volume = lesion.volume_interval
    reach_of_volume = (volume.high - lesion.volume_mm3) / lesion.volume_mm3 if volume else 0.0
    reach = math.hypot(
        1000.0 * (interval.high - mass) / lesion.volume_mm3, reach_of_volume * density
    )
    return replace(
        lesion,
        mass_mg=mass,
        mass_interval=interval,
        mass_shared_mg=shared * mass,
        density_mg_cm3=density,
        density_interval=Interval(max(0.0, density - reach), density + reach),
    )


def urate_warning(lesions: Sequence[Lesion]) -> str:
    """Which lesions are of urate; empty where none is."""
    numbers = [str(lesion.number) for lesion in lesions if lesion.is_urate]
    if not numbers:
        return ""
    one = len(numbers) == 1
    return (
        f"{'Lesion' if one else 'Lesions'} {', '.join(numbers)} {'is' if one else 'are'} of urate "
        "by the dual-energy ratio, and left out of all totals and counts."
    )
