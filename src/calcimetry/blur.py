"""How much an image is blurred, read from the outer edges of its bones."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.special import gammainc, gammaincinv, ndtr

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
#: Blurs tried, plates' thicknesses tried (mm), and edge offsets tried (pixels; volumes are
#: coarser than pictures).
SIGMAS_MM = np.geomspace(0.12, 1.5, 18)
THICKNESSES_MM = (0.5, 0.8, 1.2, 2.0, 5.0)
OFFSETS, VOLUME_OFFSETS = (-0.25, 0.0, 0.25), (-0.5, -0.25, 0.0, 0.25, 0.5)
#: Of a volume, planes across each axis are read: those that part its bone, brighter than
#: this, into equal shares.
BONE_HU, PLANES_PER_AXIS = 600.0, 4
#: A surface that leans more than this against a plane looks blurred in it.
LEAN = 0.3
#: Left to any object of its brightness, about a tenth.
LEAST_SHARE = -math.expm1(-0.105)


@dataclass(frozen=True, slots=True)
class Blur:
    """Gaussian blur of an image, its samples' own width included.

    `sigma_mm` is its standard deviation; `estimated` is False where the image
    showed too few edges and a usual blur stands in.
    """

    sigma_mm: float
    estimated: bool


@dataclass(frozen=True, eq=False, slots=True)
class _Plane:
    """One plane: HU, spacing of rows and columns, and the slope through it in HU per mm."""

    hu: FloatArray
    spacing: FloatArray
    through: FloatArray
    of_volume: bool


@dataclass(frozen=True, eq=False, slots=True)
class _Profiles:
    """Pixels near edges, one row per edge: place across it (mm, inwards), HU, used or not."""

    place: FloatArray
    rise_hu: FloatArray
    used: NDArray[np.bool_]


def estimate_blur(image: Image) -> Blur:
    """Standard deviation in mm of the Gaussian that blurs an image's edges.

    Parameters
    ----------
    image : Image
        A picture or a volume in HU.

    Returns
    -------
    Blur
        Of a volume one number for all directions, the middle of what edges in planes
        across each of its three axes show.

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
    0.6 mm, and a tenth too small above. In the planes of a volume only edges count
    whose surface stands upright in the plane.
    """
    measured = image.grid.spacing[1:] if image.is_picture else image.grid.spacing
    pixel = min(measured)
    found = [_edge_profiles(plane, image.clipped_hu) for plane in _planes(image)]
    profiles = _packed([one for one in found if one is not None])
    if profiles is None:
        usual = max(FALLBACK_SIGMA_MM, FALLBACK_SIGMA_PIXELS * pixel)
        return Blur(usual, estimated=False)
    offsets = pixel * np.array(OFFSETS if image.is_picture else VOLUME_OFFSETS)
    # Every third first, then around the best of those: the misfit has one valley.
    coarse = _best(profiles, range(0, len(SIGMAS_MM), 3), offsets)
    best = _best(profiles, range(max(coarse - 2, 0), min(coarse + 3, len(SIGMAS_MM))), offsets)
    # No edge can be sharper than the pixels that average it.
    return Blur(max(float(SIGMAS_MM[best]), pixel / math.sqrt(12.0)), estimated=True)


def _planes(image: Image) -> Iterator[_Plane]:
    """The picture itself, or planes of a volume that hold about equal shares of its bone."""
    spacing = np.array(image.grid.spacing)
    if image.is_picture:
        hu = image.array[0].astype(np.float64)
        yield _Plane(hu, spacing[1:], np.zeros_like(hu), of_volume=False)
        return
    bright = image.array > BONE_HU
    for axis in range(3):
        counts = bright.sum(axis=tuple({0, 1, 2} - {axis}))
        # Counted to the middle of each plane, so that a flipped volume gives the same planes.
        share = (np.cumsum(counts) - counts / 2.0) / max(int(counts.sum()), 1)
        wanted = (np.arange(PLANES_PER_AXIS) + 0.5) / PLANES_PER_AXIS
        chosen = np.abs(share[:, None] - wanted).argmin(axis=0)
        for place in np.unique(chosen[counts[chosen] > 0]):
            beside = np.clip([place - 1, place + 1], 0, len(counts) - 1)
            before, hu, after = (
                np.take(image.array, n, axis).astype(np.float64)
                for n in (beside[0], place, beside[1])
            )
            step = spacing[axis] * max(int(np.ptp(beside)), 1)
            through = (after - before) / step
            yield _Plane(hu, np.delete(spacing, axis), through, of_volume=True)


def _best(profiles: _Profiles, tried: range, offsets_mm: FloatArray) -> int:
    """Which of the blurs tried, by their place in `SIGMAS_MM`, fits the edges best."""
    return min(
        tried, key=lambda n: float(np.median(_misfit(profiles, float(SIGMAS_MM[n]), offsets_mm)))
    )


def _edge_profiles(plane: _Plane, clipped_hu: tuple[float, float] | None) -> _Profiles | None:
    """Pixels around the steepest edges between soft tissue and bone; None without any."""
    hu, spacing = plane.hu, plane.spacing
    soft = hu[(hu > SOFT_TISSUE_HU[0]) & (hu < SOFT_TISSUE_HU[1])]
    if soft.size == 0:
        return None
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
    crest &= np.abs(plane.through) <= LEAN * steepness
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
    low, high = clipped_hu or (-np.inf, np.inf)
    used = (np.abs(aside) < 0.8 * pixel) & (place > -reach_out) & (place < reach_in)
    clipped_low = (used & (levels <= low + CLIP_MARGIN_HU)).any(axis=1)
    used &= levels < high - CLIP_MARGIN_HU
    far = used & (place < -0.8 * reach_out)
    spread = np.where(far, np.abs(values), 0.0).sum(axis=1) / np.maximum(far.sum(axis=1), 1)
    good = ~clipped_low & (spread < OUTSIDE_SPREAD_HU) & (used.sum(axis=1) >= 8)
    if plane.of_volume:
        # Its samples are large, and marrow just outside an inner edge may be all that is seen.
        good &= far.any(axis=1)
    best = np.flatnonzero(good)[:MOST_EDGES]
    return _Profiles(place[best], values[best], used[best])


def _packed(found: list[_Profiles]) -> _Profiles | None:
    """All profiles as one, their unused pixels cut off; None where they are too few."""
    if sum(len(one.used) for one in found) < FEWEST_EDGES:
        return None
    longest = max(int(one.used.sum(axis=1).max(initial=0)) for one in found)
    parts = []
    for one in found:
        first = np.argsort(~one.used, axis=1, kind="stable")[:, :longest]
        room = [(0, 0), (0, longest - first.shape[1])]
        parts.append(
            [
                np.pad(np.take_along_axis(values, first, axis=1), room)
                for values in (one.place, one.rise_hu, one.used)
            ]
        )
    place, rise_hu, used = (np.concatenate(values) for values in zip(*parts, strict=True))
    return _Profiles(place, rise_hu, used)


def _misfit(profiles: _Profiles, sigma_mm: float, offsets_mm: FloatArray) -> FloatArray:
    """Mean squared misfit of each profile's best plate, in HU squared, shape (edges,)."""
    weight, rise = profiles.used.astype(np.float64), profiles.rise_hu
    best = np.full(len(rise), np.inf)
    for offset in offsets_mm:
        depth = profiles.place - offset
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


def shown_share(spread: float, sigma_mm: float, dimensions: int = 2) -> float:
    """Part of its own brightness that a small disc's or ball's peak still shows through a blur.

    Parameters
    ----------
    spread : float
        The object's whole signal over its peak: mm2 in a picture, mm3 in a volume.
    sigma_mm : float
        Standard deviation of the Gaussian blur.
    dimensions : {2, 3}
        Of a picture or a volume.

    Returns
    -------
    float
        1 for objects much larger than the blur; about 0.1 at least, since a point shows its
        signal but not its size.

    Notes
    -----
    Blurred by a Gaussian, the middle of a disc or ball of brightness A and radius r is A times
    the probability that a normal deviate falls within it: the regularised incomplete gamma
    function ``P(d / 2, x)`` (Abramowitz and Stegun 26.4.1), where ``x = r**2 / (2 sigma**2)``;
    ``1 - exp(-x)`` for a disc. The spread is the size over that; it rises with the radius and is
    solved for it.

    Examples
    --------
    >>> round(shown_share(1.5, 0.4), 2)
    0.58
    """
    half = dimensions / 2.0
    x = np.geomspace(float(gammaincinv(half, LEAST_SHARE)) / 4.0, 50.0, 200)
    share = gammainc(half, x)
    unit = np.pi if dimensions == 2 else 4.0 / 3.0 * np.pi
    size = unit * (sigma_mm * np.sqrt(2.0 * x)) ** dimensions
    return float(np.clip(np.interp(np.log(spread), np.log(size / share), share), LEAST_SHARE, 1))
