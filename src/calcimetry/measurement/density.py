"""How much hydroxyapatite a lesion of a volume holds, wherever its border is drawn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calcimetry.attenuation import decomposition_weights, tissue_ratio
from calcimetry.errors import InputError, SettingsError
from calcimetry.measurement.calibration import Calibration
from calcimetry.measurement.neighbourhood import Neighbourhood
from calcimetry.model.image import Image
from calcimetry.model.lesion import Interval
from calcimetry.model.segmentation import Segmentation
from calcimetry.regions import steps_mm

FloatArray = NDArray[np.float64]

#: Two-sided 95% of a normal error.
_NORMAL_95 = 1.96
#: Part of its bone's own signal within the neighbourhood that may be wrong.
_BONE_ERROR = 0.1
#: Calcium's dual-energy ratio at 80 and Sn150 kV, where no calibration tells it.
_USUAL_RATIO = 2.0
#: Noise of neighbouring samples goes together: its sum over many varies so much more.
_NOISE_TOGETHER = 4.0


@dataclass(frozen=True, slots=True)
class DensitySettings:
    """How mass is taken, and how wrong it may be.

    Raises
    ------
    SettingsError
        If a length is not positive or an error negative.
    """

    #: Mineral's blurred border reaches so many standard deviations of the blur past the
    #: lesion's samples; all that lies within is added up.
    border_sigmas: float = 2.5
    #: and so much more, for the border may be drawn too far in.
    border_mm: float = 0.4
    #: Soft tissue is looked up so far beyond.
    tissue_reach_mm: float = 2.5
    #: Systematic error of mass without a calibration of rods, as published for uncalibrated
    #: calcium mass (10.1080/02841850802314770); half width of the interval.
    nominal_error: float = 0.175
    #: Standard error of the method itself, part of the mass.
    relative_error: float = 0.05
    #: Tube voltage, such as ``120``, of images that do not say theirs.
    tube_setting: str = ""

    def __post_init__(self) -> None:
        if not (self.border_sigmas > 0 and self.tissue_reach_mm > 0):
            raise SettingsError(
                "Reading settings: density.border_sigmas and tissue_reach_mm must be above 0; "
                f"found {self.border_sigmas:g} and {self.tissue_reach_mm:g} mm."
            )
        if not (self.nominal_error >= 0 and self.relative_error >= 0):
            raise SettingsError(
                "Reading settings: density.nominal_error and relative_error must be 0 or more, "
                f"found {self.nominal_error:g} and {self.relative_error:g}."
            )


@dataclass(frozen=True, eq=False, slots=True)
class Surroundings:
    """What lies around the lesions of one volume; all arrays have the shape of its grid.

    Parameters
    ----------
    bone_fraction : array of float, 0 to 1
        Part of each sample that bone fills.
    lesion_map : Segmentation
        Lesion numbers, on the grid of the images.
    mineral_fraction : array of float, 0 to 1
        Part of each sample that lesion mineral fills.
    blur_sigma_mm : float
        Standard deviation of the images' Gaussian blur.
    """

    bone_fraction: NDArray[np.float32]
    lesion_map: Segmentation
    mineral_fraction: NDArray[np.float32]
    blur_sigma_mm: float


@dataclass(frozen=True, slots=True)
class Mineral:
    """The signal of one lesion over its soft tissue, and what it weighs as hydroxyapatite.

    Parameters
    ----------
    number : int
        Of the lesion.
    mass_mg : float or None
        Hydroxyapatite; 0 at least. None without a calibration.
    mass_interval : Interval or None
    mean_hu, peak_hu : tuple of float or None
        Of each energy: mean over the samples that mineral fills by half or more, None where
        there is none, and brightest sample of the lesion.
    peak_mixed_hu : float
        Brightest sample of the energies' mix.
    tissue_hu : tuple of float
        Local soft tissue, of each energy.
    ratio, ratio_error : float or None
        Slope of the excess at the low energy over that at the high one, and its standard
        error; None with one energy or without signal.
    """

    number: int
    mass_mg: float | None
    mass_interval: Interval | None
    mean_hu: tuple[float, ...] | None
    peak_hu: tuple[float, ...]
    peak_mixed_hu: float
    tissue_hu: tuple[float, ...]
    ratio: float | None = None
    ratio_error: float | None = None


def measure_mineral(
    energies: Sequence[Image],
    around: Surroundings,
    calibration: Calibration | None,
    settings: DensitySettings | None = None,
) -> tuple[Mineral, ...]:
    """Hydroxyapatite of every lesion.

    Parameters
    ----------
    energies : sequence of Image
        One volume, or the lower and the higher energy of a pair, in HU, on one grid.
    around : Surroundings
        Bones and lesions on the same grid.
    calibration : Calibration or None
        With as many lines; None where there is none, which leaves HU and ratio.
    settings : DensitySettings, optional

    Returns
    -------
    tuple of Mineral
        By lesion number.

    Raises
    ------
    InputError
        If the calibration has another number of energies than the image, or the arrays do
        not share a grid.

    Notes
    -----
    Blur moves signal but loses none: what a lesion brightens over soft tissue, summed over
    all that its blur reaches, is its mass times the gain of hydroxyapatite. Soft tissue, the
    halo of bone nearby and the darkness of air are fitted to what lies just beyond. Samples
    within bone cannot be read; the part of the lesion's signal that blur puts there follows
    from its shape, as in the correction of partial volumes by regional spread functions
    (Rousset, Ma and Evans, J. Nucl. Med. 39 (1998) 904). Two energies are weighted as
    generalised least squares would, tissue that varies counting as an error common to both:
    for small lesions that is nearly their less noisy mix, for large ones nearly the
    difference, which takes fat and muscle for the same.
    """
    settings = settings or DensitySettings()
    if calibration is not None and len(energies) != len(calibration.lines):
        raise InputError(
            f"Measuring density in {energies[0].name!r}: expected a calibration of "
            f"{len(energies)} energies, found one of {len(calibration.lines)}."
        )
    grid = around.lesion_map.grid
    shapes = {around.bone_fraction.shape, around.mineral_fraction.shape}
    if any(one.grid != grid for one in energies) or shapes != {grid.shape}:
        raise InputError(
            f"Measuring density in {energies[0].name!r}: energies, bones and lesions must lie on "
            "one grid."
        )
    reach_mm = (
        settings.border_sigmas * around.blur_sigma_mm
        + float(max(grid.spacing)) / 2.0
        + settings.border_mm
    )
    margin = np.ceil((reach_mm + settings.tissue_reach_mm) / steps_mm(grid)).astype(int) + 1
    tissue = np.ones(len(energies))
    if calibration is not None and len(energies) == 2:
        tissue[0] = tissue_ratio(*calibration.energies_kev)
    minerals = []
    for number, box in enumerate(ndimage.find_objects(around.lesion_map.label_map), 1):
        if box is None:
            continue
        wider = tuple(
            slice(max(part.start - more, 0), part.stop + more)
            for part, more in zip(box, margin, strict=True)
        )
        place = Neighbourhood.of(
            number,
            [one.array[wider].astype(np.float64) for one in energies],
            around.lesion_map.label_map[wider],
            around.mineral_fraction[wider].astype(np.float64),
            around.bone_fraction[wider].astype(np.float64),
            np.array(grid.spacing),
            around.blur_sigma_mm,
            (reach_mm, settings.tissue_reach_mm),
            tissue,
        )
        minerals.append(_mineral(number, place, calibration, settings))
    return tuple(minerals)


def _mineral(
    number: int,
    place: Neighbourhood,
    calibration: Calibration | None,
    settings: DensitySettings,
) -> Mineral:
    mass, interval = (None, None) if calibration is None else _mass(place, calibration, settings)
    gains = (_USUAL_RATIO, 1.0) if calibration is None else calibration.gains
    ratio, error = place.slope(gains[0] / gains[-1])
    return Mineral(
        number,
        mass,
        interval,
        place.mean_hu,
        place.peak_hu,
        place.peak_mixed_hu,
        tuple(float(one) for one in place.tissue_hu),
        ratio,
        error,
    )


def _mass(
    place: Neighbourhood, calibration: Calibration, settings: DensitySettings
) -> tuple[float, Interval]:
    gains = np.array(calibration.gains)
    signal = place.signal_hu_mm3 / place.recovered
    covariance = _covariance(place)
    weights = decomposition_weights(gains, covariance)
    mass = max(0.0, float(weights @ signal) / 1000.0)
    random = math.hypot(
        math.sqrt(float(weights @ covariance @ weights)) / 1000.0,
        _BONE_ERROR * abs(float(weights @ place.bone_hu_mm3)) / 1000.0,
        settings.relative_error * mass,
    )
    reach = math.hypot(_NORMAL_95 * random, shared_error(calibration, settings) * mass)
    return mass, Interval(max(0.0, mass - reach), mass + reach)


def shared_error(calibration: Calibration, settings: DensitySettings) -> float:
    """Half width of the part of a mass' 95% interval that all lesions share, per mass.

    The published error of nominal calibration, or 1.96 standard errors of the rods' slope.
    """
    if calibration.nominal:
        return settings.nominal_error
    return _NORMAL_95 * calibration.slope_error


def _covariance(place: Neighbourhood) -> FloatArray:
    """Of the lesion's signal at each energy, (HU mm3)2, shape (energies, energies)."""
    inside, beyond = place.samples
    voxel = place.voxel_mm3
    # The sum over the lesion, and the mean beyond that is taken away from all of it.
    together = _NOISE_TOGETHER * inside * (1.0 + inside / beyond) * voxel**2
    volume = inside * voxel
    noise = np.diag(np.asarray(place.noise_hu) ** 2)
    tissue = np.outer(place.tissue_sd_hu, place.tissue_sd_hu)
    return np.asarray((together * noise + place.patches * volume**2 * tissue) / place.recovered**2)
