"""A painted canvas scanned through projections, as a scanner would."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np
from scipy import ndimage

from calcimetry.model import DualEnergyImage, Grid, Image
from calcimetry.phantom.acquisition import HU_RANGE, Acquisition
from calcimetry.phantom.canvas import Canvas
from calcimetry.phantom.ct import scan_volume
from calcimetry.phantom.image_domain import effective_path
from calcimetry.phantom.matter import materials_of, mineral_gains
from calcimetry.phantom.reconstruction import KERNEL_FWHM_MM, SIGMA_PER_FWHM, Kernel
from calcimetry.phantom.scan_settings import ScanMode, ScanSettings

_FEWEST_VIEWS = 360


def project(
    rng: np.random.Generator,
    canvas: Canvas,
    acquisition: Acquisition,
    mode: ScanMode,
    grid: Grid,
    name: str,
) -> tuple[DualEnergyImage, Acquisition]:
    """Scan what is on a canvas slice by slice, through projections.

    Parameters
    ----------
    rng : numpy.random.Generator
        The only source of chance.
    canvas : Canvas
        Complete, without drawn streaks.
    acquisition : Acquisition
        Its blur chooses the nearest kernel and widens slices; its noise is that in the middle
        of 80 mm of water. What minerals and tissue look like is left to physics.
    mode : ScanMode
        Tube settings and workers.
    grid : Grid
        Of the image: the canvas's samples.
    name : str
        The image's name.

    Returns
    -------
    (DualEnergyImage, Acquisition)
        Both energies on the grid, and what the scan was in the end: blur of the kernel, and
        gains behind as much matter as rays through a slice meet on average. There is no grain
        to name: reconstruction makes it.

    Raises
    ------
    InputError
        If slices are larger than a scanner's field.
    """
    materials = materials_of(canvas)
    across_mm = acquisition.blur_mm * acquisition.across
    materials = {
        of: ndimage.gaussian_filter1d(
            array, across_mm / grid.spacing[0], axis=0, mode="nearest", truncate=3.0
        )
        for of, array in materials.items()
    }
    kernel = _nearest_kernel(acquisition.blur_mm)
    settings = ScanSettings(
        preset=mode.preset,
        kernel=kernel,
        noise_hu=(acquisition.noise_hu, acquisition.noise_hu),
        views=_views(grid, kernel),
    )
    scan = scan_volume(
        materials, grid, settings, rng, workers=mode.workers, progress=mode.progress, name=name
    )
    low, high = (
        Image(np.clip(one.array, *HU_RANGE), grid, name=name) for one in (scan.low, scan.high)
    )
    # Slices differ little: their mean stands for all.
    matter = np.sum([array.mean(axis=0, dtype=np.float64) for array in materials.values()], axis=0)
    gains = mineral_gains(mode.preset, round(effective_path(matter, grid), 2))
    blur_mm = float(KERNEL_FWHM_MM[kernel] * SIGMA_PER_FWHM)
    done = replace(
        acquisition,
        low_gain=gains[0],
        high_gain=gains[1],
        blur_mm=blur_mm,
        across=float(across_mm / blur_mm),
        grain_mm=0.0,
    )
    return replace(scan, low=low, high=high), done


def _views(grid: Grid, kernel: Kernel) -> int:
    """So many that rays are half a point spread apart in a slice's corners, at most a scanner's.

    The noise asked for does not depend on it.
    """
    corner_mm = 0.5 * float(np.linalg.norm(np.multiply(grid.shape[1:], grid.spacing[1:])))
    pairs = round(np.pi * corner_mm / (0.5 * KERNEL_FWHM_MM[kernel]))
    return int(np.clip(2 * pairs, _FEWEST_VIEWS, ScanSettings().views))


def _nearest_kernel(blur_mm: float) -> Kernel:
    """The kernel whose point spread is most like a Gaussian of this standard deviation."""
    fwhm = blur_mm / SIGMA_PER_FWHM
    nearest = min(KERNEL_FWHM_MM, key=lambda name: abs(KERNEL_FWHM_MM[name] - fwhm))
    return cast("Kernel", nearest)
