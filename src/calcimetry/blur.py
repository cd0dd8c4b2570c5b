"""How much a picture is blurred, read from the outer edges of its bones."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.special import ndtr

from calcimetry.errors import NotMeasurable
from calcimetry.model.image import Image

FloatArray = NDArray[np.float64]

#: Where no edge can be read: hand CT reconstructed with a bone kernel, or, where
#: that is more, the least blur that a pixel's own width brings.
FALLBACK_SIGMA_MM, FALLBACK_SIGMA_PIXELS = 0.35, 0.4
#: Fewer edge profiles than this say nothing; more than `MOST_EDGES` say nothing new.
FEWEST_EDGES, MOST_EDGES = 15, 40
#: Soft tissue, whose median the edges rise from.
SOFT_TISSUE_HU = (-150.0, 130.0)
#: An edge pixel lies on the flank, this far above soft tissue.
FLANK_HU = (200.0, 900.0)
#: Outside a usable edge there is soft tissue, up to fat and muscle's own spread.
OUTSIDE_SPREAD_HU = 120.0
#: Intensities this close to a window's end may have been clipped.
CLIP_MARGIN_HU = 10.0
#: Blurs tried, plates' thicknesses tried (mm), and edge offsets tried (pixels).
SIGMAS_MM = np.geomspace(0.12, 1.5, 18)
THICKNESSES_MM = (0.5, 0.8, 1.2, 2.0, 5.0)
OFFSETS = (-0.25, 0.0, 0.25)
#: Where a tenth of an object's brightness is left (`shown_share`).
_LEAST_X = 0.105


@dataclass(frozen=True, slots=True)
class Blur:
    """Gaussian blur of a picture, its pixels' own width included.

    `sigma_mm` is its standard deviation; `estimated` is False where the picture
    showed too few edges and a usual blur stands in.
    """

    sigma_mm: float
    estimated: bool


@dataclass(frozen=True, eq=False, slots=True)
class _Profiles:
    """Pixels near edges, one row per edge: place across it (mm, inwards), HU, used or not."""

    place: FloatArray
    rise_hu: FloatArray
    used: NDArray[np.bool_]


def estimate_blur(image: Image) -> Blur:
    """Standard deviation in mm of the Gaussian that blurs a picture's edges.

    Parameters
    ----------
    image : Image
        A picture (one slice) in HU.

    Returns
    -------
    Blur

    Raises
    ------
    NotMeasurable
        If the image is a volume.

    Notes
    -----
    A bone's border is a plate of cortex with marrow behind it. Across the border,
    at depth x, a blurred plate of thickness w reads
    ``A [F(x / s) - (1 - m) F((x - w) / s)]`` over soft tissue, F being the normal
    distribution function, A the cortex and m A the marrow. Such a profile is
    fitted to the pixels around each of the steepest edges, least squares in A and
    m, over a table of w, of small shifts of the edge and of s; the s of the least
    median misfit is taken. Pixels that the window clipped are left out, so a
    bright cortex may be cut off at the top. Good to about a tenth between 0.2 and
    0.6 mm, and a tenth too small above.
    """
    if not image.is_picture:
        raise NotMeasurable(
            f"Estimating the blur of {image.name!r}: needs a picture of one slice, "
            f"found {image.grid.shape[0]} slices."
        )
    pixel = min(image.grid.spacing[1:])
    profiles = _edge_profiles(image)
    if profiles is None:
        usual = max(FALLBACK_SIGMA_MM, FALLBACK_SIGMA_PIXELS * pixel)
        return Blur(usual, estimated=False)
    # Every third first, then around the best of those: the misfit has one valley.
    coarse = _best(profiles, range(0, len(SIGMAS_MM), 3), pixel)
    best = _best(profiles, range(max(coarse - 2, 0), min(coarse + 3, len(SIGMAS_MM))), pixel)
    # No edge can be sharper than the pixels that average it.
    sigma = max(float(SIGMAS_MM[best]), pixel / math.sqrt(12.0))
    return Blur(sigma, estimated=True)


def _best(profiles: _Profiles, tried: range, pixel: float) -> int:
    """Which of the blurs tried, by their place in `SIGMAS_MM`, fits the edges best."""
    return min(tried, key=lambda n: float(np.median(_misfit(profiles, float(SIGMAS_MM[n]), pixel))))


def _edge_profiles(image: Image) -> _Profiles | None:
    """Pixels around the steepest edges between soft tissue and bone; None for too few."""
    hu = image.array[0].astype(np.float64)
    soft = hu[(hu > SOFT_TISSUE_HU[0]) & (hu < SOFT_TISSUE_HU[1])]
    if soft.size == 0:
        return None
    spacing = np.array(image.grid.spacing[1:])
    pixel = float(spacing.min())
    reach_out, reach_in = max(1.6, 3.0 * pixel), max(1.2, 2.0 * pixel)
    rise = hu - np.median(soft)
    sigma = 0.7 * pixel / spacing
    gradient = np.stack(
        [
            ndimage.gaussian_filter(hu, sigma, order=order, mode="nearest") / step
            for order, step in (((1, 0), spacing[0]), ((0, 1), spacing[1]))
        ],
        axis=-1,
    )
    steepness = np.linalg.norm(gradient, axis=-1)
    around = np.ceil(reach_out / spacing).astype(int)
    crest = steepness >= 0.95 * ndimage.maximum_filter(steepness, 3)
    crest &= (rise > FLANK_HU[0]) & (rise < FLANK_HU[1])
    crest[: around[0]] = crest[-around[0] :] = False
    crest[:, : around[1]] = crest[:, -around[1] :] = False
    edges = np.argwhere(crest)
    edges = edges[np.argsort(-steepness[crest], kind="stable")][: 4 * MOST_EDGES]

    steps = np.stack(np.meshgrid(*(np.arange(-n, n + 1) for n in around), indexing="ij"), -1)
    steps = steps.reshape(-1, 2)
    inwards = gradient[tuple(edges.T)] / steepness[tuple(edges.T)][:, None]
    place = inwards @ (steps * spacing).T
    aside = inwards @ (np.stack([-steps[:, 1] * spacing[1], steps[:, 0] * spacing[0]]))
    pixels = edges[:, None, :] + steps
    values, levels = rise[pixels[..., 0], pixels[..., 1]], hu[pixels[..., 0], pixels[..., 1]]
    low, high = image.clipped_hu or (-np.inf, np.inf)
    used = (np.abs(aside) < 0.8 * pixel) & (place > -reach_out) & (place < reach_in)
    clipped_low = (used & (levels <= low + CLIP_MARGIN_HU)).any(axis=1)
    used &= levels < high - CLIP_MARGIN_HU
    far = used & (place < -0.8 * reach_out)
    spread = np.where(far, np.abs(values), 0.0).sum(axis=1) / np.maximum(far.sum(axis=1), 1)
    good = ~clipped_low & (spread < OUTSIDE_SPREAD_HU) & (used.sum(axis=1) >= 8)
    if good.sum() < FEWEST_EDGES:
        return None
    best = np.flatnonzero(good)[:MOST_EDGES]
    return _packed(_Profiles(place[best], values[best], used[best]))


def _packed(profiles: _Profiles) -> _Profiles:
    """The same profiles with their unused pixels cut off."""
    longest = int(profiles.used.sum(axis=1).max())
    first = np.argsort(~profiles.used, axis=1, kind="stable")[:, :longest]
    return _Profiles(
        np.take_along_axis(profiles.place, first, axis=1),
        np.take_along_axis(profiles.rise_hu, first, axis=1),
        np.take_along_axis(profiles.used, first, axis=1),
    )


def _misfit(profiles: _Profiles, sigma_mm: float, pixel_mm: float) -> FloatArray:
    """Mean squared misfit of each profile's best plate, in HU squared, shape (edges,)."""
    weight, rise = profiles.used.astype(np.float64), profiles.rise_hu
    best = np.full(len(rise), np.inf)
    for offset in OFFSETS:
        depth = profiles.place - offset * pixel_mm
        front = ndtr(depth / sigma_mm)
        front_front = np.sum(weight * front * front, axis=1)
        front_rise = np.sum(weight * front * rise, axis=1)
        for thickness in THICKNESSES_MM:
            back = ndtr((depth - thickness) / sigma_mm)
            back_back = np.sum(weight * back * back, axis=1)
            front_back = np.sum(weight * front * back, axis=1)
            back_rise = np.sum(weight * back * rise, axis=1)
            determinant = front_front * back_back - front_back**2 + 1e-9
            cortex = (front_rise * back_back - back_rise * front_back) / determinant
            drop = (back_rise * front_front - front_rise * front_back) / determinant
            # Marrow is darker than cortex and no darker than soft tissue.
            drop = np.clip(drop, -np.maximum(cortex, 0.0), 0.0)
            cortex = (front_rise - drop * front_back) / np.maximum(front_front, 1e-9)
            left = rise - cortex[:, None] * front - drop[:, None] * back
            best = np.minimum(best, np.sum(weight * left**2, axis=1) / weight.sum(axis=1))
    return best


def shown_share(spread_mm2: float, sigma_mm: float) -> float:
    """Part of its own brightness that a small round object's peak still shows through a blur.

    Parameters
    ----------
    spread_mm2 : float
        The object's whole signal over its peak (HU mm2 over HU).
    sigma_mm : float
        Standard deviation of the Gaussian blur.

    Returns
    -------
    float
        1 for objects much larger than the blur; 0.1 at least, since what is nearly a
        point shows its signal but not its size.

    Notes
    -----
    A disc of radius R and brightness A has, blurred, the peak ``A (1 - exp(-x))`` with
    ``x = R**2 / (2 sigma**2)`` and the signal ``pi R**2 A``, so that its spread is
    ``2 pi sigma**2 x / (1 - exp(-x))``, which rises with x and is solved for it.

    Examples
    --------
    >>> round(shown_share(100.0, 0.4), 3)
    1.0
    >>> round(shown_share(1.5, 0.4), 2)
    0.58
    """
    x = np.linspace(_LEAST_X, 50.0, 2000)
    spread = 2.0 * np.pi * sigma_mm**2 * x / -np.expm1(-x)
    return float(-np.expm1(-np.interp(spread_mm2, spread, x)))
