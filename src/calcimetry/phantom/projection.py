"""What a detector reads behind an object: a fan beam of many energies, quanta and noise.

Attenuation adds up over materials, so line integrals are taken of a few weighted sums of
the materials only, from which the attenuation at every energy follows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import fft, special

from calcimetry.attenuation import mass_attenuation
from calcimetry.phantom.polar import PolarTransform
from calcimetry.phantom.spectra import spectrum

FloatArray = NDArray[np.floating[Any]]

#: From the focal spot to the axis of rotation, and between detector readings there, as of
#: current dual-source scanners with a flying focal spot.
SOURCE_MM, SAMPLING_MM = 595.0, 0.25
#: Width over which one reading averages, at the axis of rotation: detector and focal spot.
APERTURE_MM = 0.4
#: Energies are taken in steps of this many keV.
_BIN_KEV = 2
#: A material's attenuation may be off by this part of itself.
_BASIS_TOLERANCE = 2e-4
#: Water up to here is known to the correction of beam hardening, in g/cm2.
_MOST_WATER = 60.0
#: Rays that meet less than this (g/cm2) pass through air alone.
_NOTHING = 1e-4
#: Below this many quanta the normal distribution no longer stands in for Poisson's.
_FEW_QUANTA = 30.0
#: The least signal that is told apart from none, over that in air.
_DARKEST = 1e-12
#: Rays done at a time, so that their energies fit in a core's cache, and products of matrices stay
#: too small to be spread over threads, which would get in the way of other slices.
_CHUNK = 1024


class Gantry:
    """Rays of a fan beam around slices of one size.

    One rotation has `views` positions of the source. The detector's readings are spaced
    evenly in the distance of their rays from the axis of rotation, so that fan and parallel
    rays differ by nothing but a shift in the angle of rotation, which is done exactly.

    Parameters
    ----------
    size : (int, int)
        Rows and columns.
    spacing_mm : (float, float)
        Of rows and of columns.
    views : int
        Positions of the source in a full turn; even.
    """

    def __init__(self, size: tuple[int, int], spacing_mm: tuple[float, float], views: int) -> None:
        self.views = views
        across = float(np.hypot(size[0] * spacing_mm[0], size[1] * spacing_mm[1]))
        self.readings = int(np.ceil(across / SAMPLING_MM)) + 2
        #: Samples of a projection, zeros behind it included, so that no filter wraps round.
        self.length = fft.next_fast_len(2 * self.readings, real=True)
        self.frequencies = np.arange(self.length // 2 + 1) / (self.length * SAMPLING_MM)
        self.angles = np.arange(views // 2) * (2.0 * np.pi / views)
        self.polar = PolarTransform(size, spacing_mm, self.angles, self.frequencies)
        away = (np.arange(self.readings) - (self.readings - 1) / 2) * SAMPLING_MM
        turns = np.outer(np.arange(views // 2 + 1), np.arcsin(away / SOURCE_MM))
        self._to_fan = np.exp(1j * turns).astype(np.complex64)
        middle = (self.readings - 1) / 2 * SAMPLING_MM
        self.centring = np.exp(2j * np.pi * self.frequencies * middle).astype(np.complex64)
        self._aperture = np.sinc(APERTURE_MM * self.frequencies).astype(np.float32)

    def line_integrals(self, slices: FloatArray) -> NDArray[np.float32]:
        """Sums along all rays of a fan beam, through (n, rows, columns), times mm.

        Returns
        -------
        ndarray of float32, shape (n, views, readings)
        """
        spectra = self.polar.spectra(slices) * (self._aperture * np.conj(self.centring))
        half = fft.irfft(spectra, n=self.length, axis=-1)[..., : self.readings] / SAMPLING_MM
        full = np.concatenate([half, half[..., ::-1]], axis=1)
        return self._shifted(full, self._to_fan)

    def parallel(self, fan: FloatArray) -> NDArray[np.float32]:
        """Sort fan rays (n, views, readings) into parallel ones (n, views / 2, readings).

        Each ray was met twice in a turn, once from either end; the two are averaged.
        """
        full = self._shifted(fan, np.conj(self._to_fan))
        half = self.views // 2
        return np.asarray(0.5 * (full[:, :half] + full[:, half:, ::-1]))

    def _shifted(
        self, full: FloatArray, turn: NDArray[np.complexfloating[Any, Any]]
    ) -> NDArray[np.float32]:
        spectra = fft.rfft(np.asarray(full, np.float32), axis=1)
        return np.asarray(fft.irfft(spectra * turn, n=self.views, axis=1), np.float32)


class MaterialBasis:
    """The fewest weighted sums of materials from which all their attenuation follows.

    The sums are the leading singular vectors of the attenuation of the materials over
    energy; three or four serve for any number of materials without an absorption edge.

    Parameters
    ----------
    materials : sequence of str
        Names of `calcimetry.attenuation.MATERIALS`.
    """

    def __init__(self, materials: Sequence[str]) -> None:
        fine = np.arange(20.0, 151.0)
        table = np.stack([mass_attenuation(name, fine) for name in materials], axis=1)
        left, sizes, right = np.linalg.svd(table / table.mean(axis=0), full_matrices=False)
        shares = right * table.mean(axis=0)
        count = len(sizes)
        for count in range(1, len(sizes) + 1):
            guess = (left[:, :count] * sizes[:count]) @ shares[:count]
            if np.abs(guess / table - 1.0).max() < _BASIS_TOLERANCE:
                break
        #: Weight of each material in each sum, shape (sums, materials).
        self.weights = shares[:count].astype(np.float32)
        self._materials = tuple(materials)

    def functions(self, energies_kev: FloatArray) -> FloatArray:
        """Attenuation of each sum in cm2/g, shape (sums, energies)."""
        table = np.stack([mass_attenuation(name, energies_kev) for name in self._materials])
        return np.asarray(np.linalg.lstsq(self.weights.T.astype(np.float64), table)[0])


class Beam:
    """X-rays of one tube setting and the detector that reads them.

    The detector adds up the energy it absorbs. Scatter, a bow-tie filter and crosstalk
    are not modelled.

    Parameters
    ----------
    setting : str
        As of `calcimetry.phantom.spectra.spectrum`.
    """

    def __init__(self, setting: str) -> None:
        tube = spectrum(setting)
        # Energies that hold a 100,000th of the photons change nothing.
        kept = tube.photons > 1e-5 * tube.photons.max()
        energies = tube.energies_kev[kept]
        caught = (tube.photons * tube.absorbed)[kept]
        bins = (np.arange(len(energies)) // _BIN_KEV).astype(int)
        number = np.bincount(bins, caught)
        energy = np.bincount(bins, caught * energies)
        square = np.bincount(bins, caught * energies**2)
        #: Mean energy of each bin in keV.
        self.energies_kev = energy / number
        # keV, and keV squared, read per photon sent out.
        self._moments = np.stack([energy, square], axis=1)
        self._water = mass_attenuation("water", self.energies_kev)
        path = np.linspace(0.0, _MOST_WATER, 601)
        logs = self.logs(path)
        slope = (path[1] - path[0]) / (logs[1] - logs[0])
        # Noise makes air attenuate less than nothing: straight on, for as much again.
        self._logs = np.concatenate([[-_MOST_WATER / slope], logs])
        self._paths = np.concatenate([[-_MOST_WATER], path])

    def logs(self, water: FloatArray) -> FloatArray:
        """Negative logarithm of the signal behind water (g/cm2) over that in air."""
        seen = np.exp(-np.multiply.outer(water, self._water)) @ self._moments[:, 0]
        return np.asarray(-np.log(seen / self._moments[:, 0].sum()))

    def water_equivalent(self, logs: FloatArray) -> NDArray[np.float32]:
        """Correct beam hardening: the water (g/cm2) that would give these logarithms."""
        return np.asarray(np.interp(logs, self._logs, self._paths), np.float32)

    def hardened(self, material: str, water: float) -> float:
        """Attenuation of a trace of a material over that of as much water, behind water (g/cm2).

        It is what a reconstruction corrected for water's beam hardening makes of it.
        """
        weights = self._moments[:, 0] * np.exp(-water * self._water)
        other = mass_attenuation(material, self.energies_kev)
        return float(weights @ other / (weights @ self._water))

    def ray_noise(self, photons: float, electronic_quanta: float, water: float) -> float:
        """Standard deviation of one reading behind water (g/cm2), as water in g/cm2."""
        signal, square = np.exp(-water * self._water) @ self._moments
        variance = square / signal**2 / photons
        variance += (electronic_quanta * self._quantum / (signal * photons)) ** 2
        return float(np.sqrt(variance) * self._path_per_log(water))

    def photons_for(self, noise: float, electronic_quanta: float, water: float) -> float:
        """Photons per reading at which `ray_noise` is `noise`."""
        signal, square = np.exp(-water * self._water) @ self._moments
        variance = (noise / self._path_per_log(water)) ** 2
        quantum = square / signal**2
        electronic = (electronic_quanta * self._quantum / signal) ** 2
        return float((quantum + np.sqrt(quantum**2 + 4 * variance * electronic)) / (2 * variance))

    def read(
        self,
        paths: FloatArray,
        functions: FloatArray,
        photons: float | None,
        electronic_quanta: float,
        rng: np.random.Generator,
    ) -> NDArray[np.float32]:
        """Logarithms of what the detector reads.

        Parameters
        ----------
        paths : ndarray, shape (sums, ...)
            Line integrals of the sums of a `MaterialBasis` in g/cm2.
        functions : ndarray, shape (sums, energies)
            From `MaterialBasis.functions` at `energies_kev`.
        photons : float or None
            Sent out towards one reading; None reads without noise.
        electronic_quanta : float
            Standard deviation of the electronic noise, in quanta of the mean energy.
        rng : numpy.random.Generator
            The only source of chance. It is asked for as many numbers whatever the object,
            so that rounding on another machine cannot put it out of step.

        Returns
        -------
        ndarray of float32, shape (...)
        """
        moments = self._transmitted(paths, functions)
        signal = moments[0]
        if photons is not None:
            quanta = photons * signal**2 / moments[1]
            shape = signal.shape
            caught = _poisson(quanta, rng.standard_normal(shape, dtype=np.float32))
            electronic = np.float32(electronic_quanta * self._quantum / photons)
            signal = signal * caught / quanta
            signal += electronic * rng.standard_normal(shape, dtype=np.float32)
            # A reading of nothing has no logarithm: half a quantum is taken for it.
            signal = np.maximum(signal, np.float32(0.5 * self._quantum / photons))
        return np.asarray(-np.log(signal / np.float32(self._moments[:, 0].sum())), np.float32)

    @property
    def _quantum(self) -> float:
        """Energy of one quantum in air, in keV."""
        energy, square = self._moments.sum(axis=0)
        return float(square / energy)

    def _path_per_log(self, water: float) -> float:
        around = np.array([max(water - 0.01, 0.0), water + 0.01])
        logs = self.logs(around)
        return float((around[1] - around[0]) / (logs[1] - logs[0]))

    def _transmitted(self, paths: FloatArray, functions: FloatArray) -> NDArray[np.float32]:
        """Energy, and energy squared, that is read per photon, shape (2, ...)."""
        flat = paths.reshape(len(paths), -1)
        moments = self._moments.astype(np.float32)
        out = np.repeat(moments.sum(axis=0)[:, None], flat.shape[1], axis=1)
        met = np.flatnonzero(np.abs(flat).max(axis=0) > _NOTHING)
        exponents = -functions.astype(np.float32)
        for start in range(0, len(met), _CHUNK):
            rays = met[start : start + _CHUNK]
            out[:, rays] = (np.exp(flat[:, rays].T @ exponents) @ moments).T
        # Behind a block of metal it is too little for a float; logarithms need something.
        floor = np.float32(_DARKEST) * moments.sum(axis=0)[:, None]
        return np.asarray(np.maximum(out, floor).reshape(2, *paths.shape[1:]))


def _poisson(mean: FloatArray, normal: FloatArray) -> FloatArray:
    """Poisson numbers of the given means, from standard normal ones."""
    drawn = mean + np.sqrt(mean) * normal
    few = mean < _FEW_QUANTA
    if few.any():
        share = special.ndtr(normal[few].astype(np.float64))
        drawn[few] = np.ceil(np.maximum(special.pdtrik(share, mean[few]), 0.0))
    return np.asarray(drawn)
