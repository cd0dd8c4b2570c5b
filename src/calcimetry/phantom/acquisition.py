"""From what a volume holds to what a scanner shows of it: blur, two energies, noise."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calcimetry.model import DualEnergyImage, Grid, Image, Laterality
from calcimetry.phantom.canvas import Canvas
from calcimetry.phantom.lattice import Lattice
from calcimetry.phantom.matter import mineral_gains, tissue_shift
from calcimetry.phantom.spectra import USUAL_PRESET, tube_settings

Array = NDArray[np.floating[Any]]

#: What 12 bits of CT hold.
HU_RANGE = (-1024.0, 3071.0)


@dataclass(frozen=True, slots=True)
class Acquisition:
    """One dual-energy scan.

    Parameters
    ----------
    low_gain, high_gain : float
        HU per mg/cm3 of hydroxyapatite at each energy.
    blur_mm : float
        Standard deviation of the Gaussian point spread in the slices.
    across : float
        How much wider it is across them.
    noise_hu, grain_mm : float
        Standard deviation of the noise, and of the Gaussian that makes it coarse.
    preset : str
        Tube settings, a name of `calcimetry.phantom.spectra.PRESETS`.
    """

    low_gain: float
    high_gain: float
    blur_mm: float
    across: float
    noise_hu: float
    grain_mm: float
    preset: str = USUAL_PRESET

    def at(self, preset: str) -> Acquisition:
        """The same scanner at other tube settings: gains change as physics has them.

        Examples
        --------
        >>> usual = Acquisition(2.0, 1.0, 0.4, 1.0, 10.0, 0.3)
        >>> usual.at("80-Sn150") == usual, round(usual.at("80-140").high_gain, 2)
        (True, 1.38)
        """
        before, after = mineral_gains(self.preset), mineral_gains(preset)
        return replace(
            self,
            low_gain=self.low_gain * (after[0] / before[0]),
            high_gain=self.high_gain * (after[1] / before[1]),
            preset=preset,
        )

    def scan(
        self, rng: np.random.Generator, canvas: Canvas, grid: Grid, name: str
    ) -> DualEnergyImage:
        """Both energies of what is on the canvas, on the grid of its samples."""
        steps = np.linalg.norm(canvas.lattice.steps, axis=1)
        # The samples' own width is in the fractions already.
        sigma = self.blur_mm * np.array([self.across, 1.0, 1.0]) / steps
        base, mineral = (
            ndimage.gaussian_filter(array, sigma, mode="nearest", truncate=3.0)
            for array in (canvas.base, canvas.mineral)
        )
        grain = self.grain_mm / steps
        images = []
        for energy, gain in enumerate((self.low_gain, self.high_gain)):
            noise = rng.standard_normal(canvas.lattice.shape, dtype=np.float32)
            if grain.max() > 0.2:
                noise = ndimage.gaussian_filter(noise, grain, truncate=3.0)
                noise /= noise.std() + 1e-9
            noise *= np.float32(self.noise_hu)
            noise += base
            noise += np.float32(gain) * mineral
            shift = tissue_shift(canvas.base, self.preset, energy)
            if shift is not None:
                noise += ndimage.gaussian_filter(shift, sigma, mode="nearest", truncate=3.0)
            images.append(Image(np.clip(noise, *HU_RANGE), grid, name=name))
        return DualEnergyImage(images[0], images[1], *tube_settings(self.preset))


def draw_acquisition(rng: np.random.Generator) -> Acquisition:
    """One random scan at 80 and Sn150 kV, whose calcium ratio is as published."""
    ratio = rng.uniform(1.97, 2.04)
    mixed = rng.uniform(1.2, 1.8)
    high = mixed / (0.6 * ratio + 0.4)
    return Acquisition(
        low_gain=float(ratio * high),
        high_gain=float(high),
        blur_mm=float(rng.uniform(0.15, 0.6)),
        across=float(rng.uniform(0.8, 1.6)),
        noise_hu=float(rng.uniform(3.0, 55.0)),
        grain_mm=float(rng.uniform(0.0, 0.6)),
    )


def image_grid(lattice: Lattice, laterality: Laterality) -> Grid:
    """Grid of a lattice's image: slices go down and rows back; columns decide which hand it is."""
    across = 1 if laterality is Laterality.LEFT else -1
    steps = np.linalg.norm(lattice.steps, axis=1)
    affine = np.eye(4)
    affine[:3, :3] = np.array([[0, 0, across], [0, 1, 0], [-1, 0, 0]]) * steps
    return Grid(lattice.shape, affine)
