"""The calibration scan: rods of known hydroxyapatite in a cylinder of water."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from calcimetry.attenuation import MATERIALS
from calcimetry.errors import SettingsError
from calcimetry.model import DualEnergyImage, Grid
from calcimetry.phantom.ct import Progress, scan_quickly, scan_volume
from calcimetry.phantom.scan_settings import ScanSettings

FloatArray = NDArray[np.float64]

#: Hydroxyapatite in the rods, in mg/cm3.
ROD_DENSITIES = (0.0, 50.0, 100.0, 200.0, 400.0, 600.0, 800.0)
#: About what a ray through a hand meets.
CYLINDER_RADIUS_MM = 40.0
#: Distance of the rods' axes from the cylinder's.
RING_RADIUS_MM = 25.0
#: Of air around the cylinder.
_MARGIN_MM = 5.0
_THINNEST_MM, _WIDEST_MM = 5.0, 20.0
_COARSEST_MM = 2.0
#: Part of a pixel that a disc fills is counted on this many points across.
_POINTS = 8


@dataclass(frozen=True, slots=True)
class Rod:
    """One rod, as long as the image.

    Parameters
    ----------
    centre_mm : (float, float, float)
        Middle of the rod, LPS.
    radius_mm : float
        Of its round section, at right angles to `axis`.
    density_mg_cm3 : float
        Hydroxyapatite in it; the rest is water.
    axis : (float, float, float)
        Direction of the rod, of length 1.
    """

    centre_mm: tuple[float, float, float]
    radius_mm: float
    density_mg_cm3: float
    axis: tuple[float, float, float] = (0.0, 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class RodScan:
    """The calibration scan and its truth."""

    image: DualEnergyImage
    rods: tuple[Rod, ...]


def calibration_rods(
    rng: np.random.Generator,
    spacing_mm: float = 0.4,
    preset: str = "80-Sn150",
    mode: Literal["fast", "projection"] = "projection",
    *,
    rod_diameter_mm: float = 8.0,
    slices: int = 8,
    slice_thickness_mm: float = 2.0,
    settings: ScanSettings | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> RodScan:
    """Scan rods of 0 to 800 mg/cm3 of hydroxyapatite in a water cylinder of 80 mm.

    The rods stand on a ring around the axis, 25 mm from it, in an order and at an angle
    that the generator decides.

    Parameters
    ----------
    rng : numpy.random.Generator
        The only source of chance.
    spacing_mm : float
        Of rows and columns.
    preset : str
        Pair of tube settings, a name of `calcimetry.phantom.spectra.PRESETS`.
    mode : {"fast", "projection"}
        `calcimetry.phantom.ct.scan_quickly` or `calcimetry.phantom.ct.scan_volume`.
    rod_diameter_mm : float
        5 to 20 mm.
    slices : int
        Their number.
    slice_thickness_mm : float
        And distance from slice to slice.
    settings : ScanSettings, optional
        Kernel, noise and dose; the preset and the spacings above take the place of its own.
    workers, progress
        As of `calcimetry.phantom.ct.scan_volume`.

    Returns
    -------
    RodScan
        The image is 90 mm wide, its slices across the rods.

    Raises
    ------
    SettingsError
        If a size, a number or the preset cannot be used; before any work.
    """
    wanted = replace(
        settings or ScanSettings(),
        preset=preset,
        pixel_spacing_mm=None,
        slice_thickness_mm=None,
        slice_spacing_mm=None,
    )
    _check(spacing_mm, mode, rod_diameter_mm, slices, slice_thickness_mm)
    grid = _grid(spacing_mm, slices, slice_thickness_mm)
    rods = _place(rng, rod_diameter_mm / 2)
    arrays = {
        name: np.broadcast_to(array, grid.shape)
        for name, array in _materials(grid.shape[1], spacing_mm, rods).items()
    }
    scan = scan_volume if mode == "projection" else scan_quickly
    image = scan(arrays, grid, wanted, rng, workers=workers, progress=progress, name="rods")
    return RodScan(image, rods)


def _check(
    spacing_mm: float, mode: str, diameter_mm: float, slices: int, thickness_mm: float
) -> None:
    doing = "Simulating calibration rods"
    if not 0.0 < spacing_mm <= _COARSEST_MM:
        raise SettingsError(
            f"{doing}: expected a spacing of more than 0 and at most {_COARSEST_MM:g} mm, "
            f"found {spacing_mm} mm."
        )
    if mode not in ("fast", "projection"):
        raise SettingsError(f"{doing}: expected the mode fast or projection, found {mode!r}.")
    if not _THINNEST_MM <= diameter_mm <= _WIDEST_MM:
        raise SettingsError(
            f"{doing}: expected rods of {_THINNEST_MM:g} to {_WIDEST_MM:g} mm diameter, "
            f"found {diameter_mm} mm."
        )
    if slices < 1:
        raise SettingsError(f"{doing}: expected 1 slice or more, found {slices}.")
    if not 0.0 < thickness_mm < np.inf:
        raise SettingsError(
            f"{doing}: expected slices of more than 0 mm thickness, found {thickness_mm} mm."
        )


def _grid(spacing_mm: float, slices: int, thickness_mm: float) -> Grid:
    """Axial slices around the origin."""
    size = int(np.ceil(2 * (CYLINDER_RADIUS_MM + _MARGIN_MM) / spacing_mm))
    affine = np.zeros((4, 4))
    affine[2, 0], affine[1, 1], affine[0, 2], affine[3, 3] = thickness_mm, spacing_mm, spacing_mm, 1
    corner = -(size - 1) / 2 * spacing_mm
    affine[:3, 3] = corner, corner, -(slices - 1) / 2 * thickness_mm
    return Grid((slices, size, size), affine)


def _place(rng: np.random.Generator, radius_mm: float) -> tuple[Rod, ...]:
    order = rng.permutation(ROD_DENSITIES)
    first = rng.uniform(0.0, 2.0 * np.pi)
    rods = []
    for number, density in enumerate(order):
        angle = first + 2.0 * np.pi * number / len(order)
        # Rounded, so that the truth is the same whatever a machine's cosine makes of its last bit.
        x, y = (round(float(RING_RADIUS_MM * f(angle)), 6) for f in (np.cos, np.sin))
        rods.append(Rod((x, y, 0.0), radius_mm, float(density)))
    return tuple(sorted(rods, key=lambda rod: rod.density_mg_cm3))


def _materials(size: int, spacing_mm: float, rods: tuple[Rod, ...]) -> dict[str, FloatArray]:
    """Water and hydroxyapatite of one slice in mg/cm3; the mineral takes the water's place."""
    water = 1000.0 * _disc(size, spacing_mm, (0.0, 0.0), CYLINDER_RADIUS_MM)
    mineral = np.zeros_like(water)
    for rod in rods:
        mineral += rod.density_mg_cm3 * _disc(size, spacing_mm, rod.centre_mm[:2], rod.radius_mm)
    water -= mineral * (1000.0 / MATERIALS["hydroxyapatite"].density_mg_cm3)
    return {"water": water, "hydroxyapatite": mineral}


def _disc(
    size: int, spacing_mm: float, centre_mm: tuple[float, float], radius_mm: float
) -> FloatArray:
    """Part of each pixel that a disc fills."""
    step = spacing_mm / _POINTS
    at = (np.arange(size * _POINTS) - (size * _POINTS - 1) / 2) * step
    x, y = at[None, :] - centre_mm[0], at[:, None] - centre_mm[1]
    inside = x * x + y * y <= radius_mm**2
    return np.asarray(inside.reshape(size, _POINTS, size, _POINTS).mean(axis=(1, 3)))
