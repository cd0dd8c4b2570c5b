"""Whether a picture can be that of a finger, and what about it gives reason to doubt."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calcimetry.errors import NotMeasurable
from calcimetry.model.image import Image
from calcimetry.model.segmentation import Segmentation
from calcimetry.plausible.motion import double_contour_mm
from calcimetry.plausible.volume import AROUND_METAL_MM

BoolArray = NDArray[np.bool_]
Array = NDArray[np.floating[Any]]

#: Least correlation between neighbouring pixels of a picture of anything.
LEAST_CORRELATION = 0.5
#: A finger shows at least so much soft tissue, and its border is mostly air.
LEAST_SOFT_TISSUE_MM2 = 50.0
SOFT_TISSUE_HU = (-200.0, 250.0)
#: Above this, over most of the border, air is shown white.
BRIGHT_BORDER_HU = 300.0
#: What surrounds a finger, or its flesh, is even: so much of the picture lies within this of its
#: commonest intensity. Photographs and gradients are not.
EVEN_HU, LEAST_EVEN = 75.0, 0.3
#: Brighter than this is body, and most of it hangs together: print does not.
BODY_HU, LEAST_TOGETHER = -200.0, 0.3
#: Thickness of a finger, from a little fingertip to a swollen hand from the side, in mm.
THICKNESS_MM = (6.0, 60.0)
#: Just beside bone, from here to there in mm, lies soft tissue, in the mean between these HU; where
#: more than a part of it is as dark as air, a window has cut it off.
BESIDE_MM, BESIDE_HU, MOST_AIR = (1.2, 3.0), (-160.0, 160.0), 0.6
#: The brightest twentieth of all bone is at least so bright; and at most a part of the body is
#: as bright as the window's end.
LEAST_BONE_HU, MOST_SATURATED = 550.0, 0.25
#: JPEG darkens saturated pixels by up to this part of the window.
JPEG_SHARE = 0.05
#: A ring lies bare on both sides of a finger: saturated, so much of it within this of air, so
#: large at least on each side, and so far apart.
BARE_SHARE, BARE_MM, BARE_MM2, RING_MM = 0.6, 1.2, 1.5, (10.0, 35.0)


def refuse_unusable(image: Image) -> None:
    """Refuse a picture that cannot be that of a finger.

    Raises
    ------
    NotMeasurable
        If it shows nothing, noise, no finger, or is inverted.
    """
    doing = f"Measuring {image.name!r}"
    if image.unit != "HU":
        raise NotMeasurable(f"{doing}: expected intensities in HU, found {image.unit!r}.")
    hu = image.array[0]
    if np.ptp(hu) < 1.0:
        raise NotMeasurable(
            f"{doing}: the picture is blank, every pixel holds {hu.flat[0]:.0f} HU."
        )
    correlation = _neighbour_correlation(hu)
    if correlation < LEAST_CORRELATION:
        raise NotMeasurable(
            f"{doing}: neighbouring pixels have nothing to do with each other (correlation "
            f"{correlation:.2f}, a picture has over {LEAST_CORRELATION}): this is noise."
        )
    border = np.concatenate([hu[0], hu[-1], hu[:, 0], hu[:, -1]])
    if np.mean(border > BRIGHT_BORDER_HU) > 0.5:
        raise NotMeasurable(
            f"{doing}: the border of the picture is bright (median {np.median(border):.0f} HU), "
            "where air should be dark. Is the grey scale inverted? Export it with black for air."
        )
    smooth = ndimage.uniform_filter(hu, 3, mode="nearest")
    soft = (smooth > SOFT_TISSUE_HU[0]) & (smooth < SOFT_TISSUE_HU[1])
    area = float(soft.sum()) * image.grid.pixel_area_mm2
    if area < LEAST_SOFT_TISSUE_MM2:
        raise NotMeasurable(
            f"{doing}: a finger shows at least {LEAST_SOFT_TISSUE_MM2:g} mm2 of soft tissue, found "
            f"{area:.1f} mm2. Check pixel spacing ({image.grid.spacing[1]:g} mm), window and level."
        )
    _refuse_other_things(smooth, image, doing)


def _refuse_other_things(smooth: Array, image: Image, doing: str) -> None:
    """Refuse photographs, print, and bodies that are no finger."""
    even = _even_share(smooth)
    if even < LEAST_EVEN:
        raise NotMeasurable(
            f"{doing}: expected a finger before an even background; found intensities spread over "
            f"the picture, of which at most {even:.0%} lie within {EVEN_HU:g} HU of each other (a "
            f"finger has over {LEAST_EVEN:.0%}). Is it a CT picture of a finger?"
        )
    pieces, _ = ndimage.label(smooth > BODY_HU)
    sizes = np.bincount(pieces.ravel())[1:]
    together = float(sizes.max() / sizes.sum())
    if together < LEAST_TOGETHER:
        raise NotMeasurable(
            f"{doing}: expected one finger; found {len(sizes)} pieces, the largest of which holds "
            f"{together:.0%} of all that is brighter than air. Is it a CT picture of a finger?"
        )
    thickness = _thickness_mm(pieces == sizes.argmax() + 1, image.grid.spacing[1])
    low, high = THICKNESS_MM
    if not low <= thickness <= high:
        raise NotMeasurable(
            f"{doing}: expected a finger, {low:g} to {high:g} mm thick; found a body "
            f"{thickness:.0f} mm thick. Check pixel spacing ({image.grid.spacing[1]:g} mm), window "
            "and level, and whether the picture shows a finger."
        )


def picture_doubts(image: Image, bones: Segmentation, ring: BoolArray | None) -> tuple[str, ...]:
    """What about a picture gives reason to doubt its measurement.

    Parameters
    ----------
    image : Image
        A picture that `refuse_unusable` lets pass.
    bones : Segmentation
        Its bones.
    ring : array of bool or None
        What `ring_mask` gives.

    Returns
    -------
    tuple of str
        Warnings: a wrong window, a ring of metal, motion.
    """
    hu = image.array[0]
    doubts = [_window_doubt(image, bones.mask[0])]
    if ring is not None:
        doubts.append(
            "Saturated bars lie bare on both sides of the finger, as a metal ring's do: they and "
            f"what lies within {AROUND_METAL_MM:g} mm of them are not measured, and streaks "
            "farther off may look like calcium."
        )
    box = ndimage.find_objects((hu > BODY_HU).astype(np.uint8))[0]
    apart = double_contour_mm(hu[box], image.grid.spacing[1:])
    if apart is not None:
        doubts.append(
            f"Contours are double, {apart:.1f} mm apart, as after motion during the scan: areas "
            "and outlines may be wrong."
        )
    return tuple(filter(None, doubts))


def ring_mask(image: Image, bones: Segmentation) -> BoolArray | None:
    """Where a metal ring and what lies just around it hide everything.

    Saturated pieces that lie bare on both sides of the finger, with the finger between, are a
    ring's; bone under thin skin is none of them.

    Parameters
    ----------
    image : Image
        A picture that `refuse_unusable` lets pass.
    bones : Segmentation
        Its bones.

    Returns
    -------
    array of bool, shape of the grid, or None
        None where there is no ring, or no window that shows what is saturated.
    """
    if image.clipped_hu is None:
        return None
    hu, spacing_mm = image.array[0], image.grid.spacing[1]
    body = hu > BODY_HU
    near = 2 * max(1, round(BARE_MM / spacing_mm)) + 1
    low_hu, high_hu = image.clipped_hu
    bright = hu >= high_hu - JPEG_SHARE * (high_hu - low_hu)
    bright &= ~ndimage.binary_dilation(bones.mask[0], np.ones((3, 3)))
    pieces, count = ndimage.label(bright, np.ones((3, 3)))
    sizes = np.bincount(pieces.ravel(), minlength=count + 1)
    by_air = pieces[ndimage.minimum_filter(hu, near) <= BODY_HU]
    bare = np.bincount(by_air, minlength=count + 1) >= BARE_SHARE * sizes
    large = np.flatnonzero(bare[1:] & (sizes[1:] * spacing_mm**2 >= BARE_MM2)) + 1
    places = [np.array(p) for p in ndimage.center_of_mass(bright, pieces, large)] if count else []
    bars = set()
    for (first, one), (second, other) in itertools.combinations(
        zip(large.tolist(), places, strict=True), 2
    ):
        if RING_MM[0] <= float(np.linalg.norm(one - other)) * spacing_mm <= RING_MM[1]:
            line = one + np.linspace(0.1, 0.9, 33)[:, None] * (other - one)
            rows, columns = np.rint(line).astype(np.intp).T
            if bool(body[rows, columns].all()):
                bars |= {first, second}
    if not bars:
        return None
    away = ndimage.distance_transform_edt(~np.isin(pieces, list(bars))) * spacing_mm
    return np.asarray(away <= AROUND_METAL_MM)[None]


def _window_doubt(image: Image, bone: BoolArray) -> str:
    """Tell where tissue and bone have intensities that their own window would not give them."""
    hu = image.array[0]
    if not bone.any():
        return ""
    check = "Check window and level, which must be those of the export."
    beside = _beside(hu, bone, image.grid.spacing[1])
    if len(beside):
        middle = float(np.median(beside))
        if float(np.mean(beside < BODY_HU)) > MOST_AIR:
            return f"What lies beside bone is as dark as air. {check}"
        if not BESIDE_HU[0] <= middle <= BESIDE_HU[1]:
            return f"What lies beside bone has {middle:.0f} HU, and soft tissue has not. {check}"
    if image.clipped_hu is not None:
        saturated = float(np.mean(hu[hu > BODY_HU] >= image.clipped_hu[1]))
        if saturated > MOST_SATURATED:
            return f"{saturated:.0%} of the finger is as bright as the window's end. {check}"
    brightest = float(np.percentile(hu[bone], 95))
    if brightest < LEAST_BONE_HU:
        return f"Bone has at most {brightest:.0f} HU, less than its cortex has. {check}"
    return ""


def _beside(hu: Array, bone: BoolArray, spacing_mm: float) -> Array:
    """Intensities just beside bone, of pixels at most a millimetre apart."""
    step = max(1, round(0.7 / spacing_mm))
    reach = int(BESIDE_MM[1] / spacing_mm) + 1
    box = tuple(
        slice(max(part.start - reach, 0), part.stop + reach, step)
        for own in ndimage.find_objects(bone.astype(np.uint8))
        for part in own
    )
    away = ndimage.distance_transform_edt(~bone[box]) * (step * spacing_mm)
    return np.asarray(hu[box][(away > BESIDE_MM[0]) & (away < BESIDE_MM[1])])


def _even_share(smooth: Array) -> float:
    """Largest part of a picture that lies within `EVEN_HU` of one intensity."""
    low = float(smooth.min())
    steps = ((smooth - low) / (EVEN_HU / 5.0)).astype(np.intp)
    return float(np.convolve(np.bincount(steps.ravel()), np.ones(11)).max() / smooth.size)


def _thickness_mm(body: BoolArray, spacing_mm: float) -> float:
    """Diameter of the largest disc that fits into a body; beyond the picture there is none."""
    step = max(1, int(1.2 / spacing_mm))
    depth = ndimage.distance_transform_edt(np.pad(body[::step, ::step], 1))
    return float(2.0 * depth.max() * step * spacing_mm)


def _neighbour_correlation(hu: Array) -> float:
    """Correlation of pixels with the next one, along rows and columns alike."""
    values = hu.astype(np.float64) - hu.mean()
    products = np.concatenate(
        [(values[1:] * values[:-1]).ravel(), (values[:, 1:] * values[:, :-1]).ravel()]
    )
    return float(products.mean() / np.mean(values**2)) if products.size else 1.0
