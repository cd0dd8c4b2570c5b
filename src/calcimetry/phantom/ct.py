"""A CT scan of known materials at two energies: through projections, or quickly in the image.

`scan_volume` projects, counts quanta and reconstructs. `scan_quickly` blurs what a perfect
reconstruction would show and adds noise of the same strength and grain. Both take the same
settings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calcimetry.attenuation import MATERIALS
from calcimetry.errors import InputError, SettingsError
from calcimetry.model import DualEnergyImage, Grid, Image
from calcimetry.phantom.image_domain import blurred, effective_path, grain
from calcimetry.phantom.polar import PolarTransform
from calcimetry.phantom.projection import Beam, Gantry, MaterialBasis
from calcimetry.phantom.reconstruction import noise_gain, reconstruct
from calcimetry.phantom.scan_settings import ScanSettings
from calcimetry.phantom.spectra import tube_settings

FloatArray = NDArray[np.floating[Any]]
#: Told how many slices are done, of how many.
Progress = Callable[[int, int], None]
_ScanSlice = Callable[[FloatArray, np.random.Generator], FloatArray]

#: Water cylinder in whose middle the noise is what the settings ask for.
REFERENCE_CYLINDER_MM = 80.0
#: Largest diagonal of a slice, as of scanners.
LARGEST_MM = 500.0


def scan_volume(
    materials: Mapping[str, FloatArray],
    grid: Grid,
    settings: ScanSettings,
    rng: np.random.Generator,
    *,
    workers: int = 1,
    progress: Progress | None = None,
    name: str = "phantom",
) -> DualEnergyImage:
    """Project, read and reconstruct an object slice by slice.

    Parameters
    ----------
    materials : mapping of str to ndarray, shape of the grid
        How much of each material of `calcimetry.attenuation.MATERIALS` each sample holds,
        in mg/cm3. Where nothing is, there is vacuum; air changes 1 HU.
    grid : Grid
        Where the samples lie; its axes at right angles. The tube turns about the normal of
        the slices through the middle of the grid.
    settings : ScanSettings
        How to scan.
    rng : numpy.random.Generator
        The only source of chance.
    workers : int
        Slices done at the same time; the result does not depend on it.
    progress : callable, optional
        Called with the slices done and their number after each slice, not always in order.
    name : str
        The image's name.

    Raises
    ------
    InputError
        If a material is unknown, does not fit the grid, or is negative or not finite
        somewhere, if there is none, if the grid's axes are not at right angles or its slices
        larger than a scanner's field.
    SettingsError
        If the object is thinner than one slice, or there are no workers.
    """
    target, mixing = _prepare(materials, grid, settings, workers)
    scan = _projecting(tuple(materials), grid, target, settings, _per_slice(settings, mixing))
    return _scan(scan, materials, grid, target, mixing, settings, rng, (workers, progress, name))


def scan_quickly(
    materials: Mapping[str, FloatArray],
    grid: Grid,
    settings: ScanSettings,
    rng: np.random.Generator,
    *,
    workers: int = 1,
    progress: Progress | None = None,
    name: str = "phantom",
) -> DualEnergyImage:
    """The same scan without projections; parameters and errors as of `scan_volume`.

    Each material has one brightness per slice, that behind the matter which rays through
    the slice meet on average. So there are no streaks, and noise is the same all over a slice.
    """
    target, mixing = _prepare(materials, grid, settings, workers)
    scan = _blurring(tuple(materials), grid, target, settings, _per_slice(settings, mixing))
    return _scan(scan, materials, grid, target, mixing, settings, rng, (workers, progress, name))


def _prepare(
    materials: Mapping[str, FloatArray], grid: Grid, settings: ScanSettings, workers: int
) -> tuple[Grid, FloatArray]:
    """Grid of the reconstructed slices, and the part of each slice of the object in each."""
    _check_object(materials, grid)
    if workers < 1:
        raise SettingsError(f"Scanning an object: expected 1 worker or more, found {workers}.")
    mixing, first, step = _slice_mixing(grid, settings)
    affine = grid.affine.copy()
    affine[:3, 0] *= step
    shape = [len(mixing), *grid.shape[1:]]
    start = np.array([first, 0.0, 0.0])
    if settings.pixel_spacing_mm is not None:
        for axis in (1, 2):
            factor = settings.pixel_spacing_mm / grid.spacing[axis]
            shape[axis] = max(1, round(grid.shape[axis] / factor))
            start[axis] = (grid.shape[axis] - 1) / 2 - factor * (shape[axis] - 1) / 2
            affine[:3, axis] *= factor
    affine[:3, 3] = grid.index_to_mm(start)
    target = Grid((shape[0], shape[1], shape[2]), affine, grid.frame_of_reference_uid)
    return target, mixing


def _check_object(materials: Mapping[str, FloatArray], grid: Grid) -> None:
    if not materials:
        raise InputError("Scanning an object: expected at least one material, found none.")
    for name, array in materials.items():
        if name not in MATERIALS:
            raise InputError(
                f"Scanning an object: expected materials of {', '.join(MATERIALS)}; found {name!r}."
            )
        if np.shape(array) != grid.shape:
            raise InputError(
                f"Scanning an object: expected {name} in the grid's shape {grid.shape}, "
                f"found {np.shape(array)}."
            )
        if not (np.min(array) >= 0.0 and np.max(array) < np.inf):
            raise InputError(
                f"Scanning an object: expected {name} of 0 mg/cm3 or more everywhere, found "
                f"{np.min(array)} to {np.max(array)} mg/cm3."
            )
    axes = grid.affine[:3, :3] / grid.spacing
    if np.abs(axes.T @ axes - np.eye(3)).max() > 1e-3:
        raise InputError(
            "Scanning an object: expected a grid whose axes are at right angles; resample the "
            "object onto such a grid first."
        )
    diagonal = float(np.linalg.norm(np.multiply(grid.shape[1:], grid.spacing[1:])))
    if diagonal > LARGEST_MM:
        raise InputError(
            f"Scanning an object: expected slices of at most {LARGEST_MM:g} mm from corner to "
            f"corner, found {diagonal:.0f} mm."
        )


def _slice_mixing(grid: Grid, settings: ScanSettings) -> tuple[FloatArray, float, float]:
    """Weights (slices, object's slices), index of the first slice's middle, and step."""
    own = grid.spacing[0]
    thick = (settings.slice_thickness_mm or own) / own
    step = (settings.slice_spacing_mm or thick * own) / own
    room = grid.shape[0] - thick
    if room < -1e-6:
        raise SettingsError(
            "Scanning an object: expected an object at least one slice thick, found "
            f"{grid.shape[0] * own:g} mm for slices of {thick * own:g} mm."
        )
    low = step * np.arange(int(room / step + 1e-6) + 1)[:, None]
    cells = np.arange(grid.shape[0])[None, :]
    shared = np.minimum(low + thick, cells + 1) - np.maximum(low, cells)
    weights = np.where(shared > 1e-6, shared, 0.0)
    return weights / weights.sum(axis=1, keepdims=True), thick / 2 - 0.5, step


def _per_slice(settings: ScanSettings, mixing: FloatArray) -> ScanSettings:
    """The settings that each slice of the object is scanned with: mixing averages noise."""
    factor = 1.0 / float(np.sqrt((mixing[0] ** 2).sum()))
    low, high = settings.noise_hu
    return replace(settings, noise_hu=(low * factor, high * factor))


def _scan(
    scan: _ScanSlice,
    materials: Mapping[str, FloatArray],
    grid: Grid,
    target: Grid,
    mixing: FloatArray,
    settings: ScanSettings,
    rng: np.random.Generator,
    run: tuple[int, Progress | None, str],
) -> DualEnergyImage:
    """Scan all slices of the object, and mix them to the slices wanted."""
    workers, progress, name = run
    out = np.zeros((2, *target.shape), np.float32)
    generators = rng.spawn(grid.shape[0])

    def one(index: int) -> FloatArray:
        return scan(np.stack([a[index] for a in materials.values()]), generators[index])

    wanted = np.flatnonzero(mixing.any(axis=0))
    with ThreadPoolExecutor(workers) as pool:
        # In order, since a sum in another order would round differently.
        for done, (index, slices) in enumerate(
            zip(wanted, pool.map(one, wanted), strict=True), start=1
        ):
            for number in np.flatnonzero(mixing[:, index]):
                out[:, number] += np.float32(mixing[number, index]) * slices
            if progress is not None:
                progress(done, len(wanted))
    low, high = (Image(array, target, name=name) for array in out)
    return DualEnergyImage(low, high, *tube_settings(settings.preset))


def _projecting(
    names: tuple[str, ...], grid: Grid, target: Grid, settings: ScanSettings, own: ScanSettings
) -> _ScanSlice:
    """Scan one slice through projections: densities (materials, rows, columns) to HU (2, ...)."""
    gantry = Gantry(grid.shape[1:], grid.spacing[1:], settings.views)
    same = grid.shape[1:] == target.shape[1:] and grid.spacing[1:] == target.spacing[1:]
    wanted = (
        gantry.polar
        if same
        else PolarTransform(target.shape[1:], target.spacing[1:], gantry.angles, gantry.frequencies)
    )
    basis = MaterialBasis(names)
    beams = [Beam(setting) for setting in tube_settings(settings.preset)]
    functions = [basis.functions(beam.energies_kev) for beam in beams]
    photons = [_photons(beam, noise, own) for beam, noise in zip(beams, own.noise_hu, strict=True)]

    def scan(densities: FloatArray, rng: np.random.Generator) -> FloatArray:
        # mg/cm3 times mm is 1e-4 g/cm2.
        sums = np.tensordot(1e-4 * basis.weights, densities.astype(np.float32), axes=1)
        paths = gantry.line_integrals(sums)
        readings = [
            beam.water_equivalent(beam.read(paths, of, number, own.electronic_quanta, rng))
            for beam, of, number in zip(beams, functions, photons, strict=True)
        ]
        parallel = gantry.parallel(np.stack(readings))
        # g/cm2 per mm is ten times the water's g/cm3.
        return 1e4 * reconstruct(parallel, gantry, own.kernel, wanted) - 1000.0

    return scan


def _blurring(
    names: tuple[str, ...], grid: Grid, target: Grid, settings: ScanSettings, own: ScanSettings
) -> _ScanSlice:
    """Scan one slice in the image; takes and gives what `_projecting`'s does."""
    beams = [Beam(setting) for setting in tube_settings(settings.preset)]
    photons = [_photons(beam, noise, own) for beam, noise in zip(beams, own.noise_hu, strict=True)]
    show = partial(blurred, grid=grid, target=target, kernel=settings.kernel)

    def scan(densities: FloatArray, rng: np.random.Generator) -> FloatArray:
        path = effective_path(densities.sum(axis=0), grid)
        out = []
        for beam, number in zip(beams, photons, strict=True):
            brightness = np.array([beam.hardened(name, path) for name in names])
            hu = np.tensordot(brightness.astype(np.float32), densities, axes=1) - 1000.0
            shown = show(hu)
            if number is not None:
                one = beam.ray_noise(number, own.electronic_quanta, path)
                noise = 1e4 * one * noise_gain(own.kernel, own.views)
                shown = shown + np.float32(noise) * grain(rng, target, settings.kernel)
            out.append(shown)
        return np.stack(out)

    return scan


def _photons(beam: Beam, noise_hu: float, settings: ScanSettings) -> float | None:
    """Photons per reading that give the noise asked for, None for no noise."""
    if noise_hu == 0.0:
        return None
    reading = noise_hu / (1e4 * noise_gain(settings.kernel, settings.views))
    water = REFERENCE_CYLINDER_MM / 10.0
    return settings.dose * beam.photons_for(reading, settings.electronic_quanta, water)
