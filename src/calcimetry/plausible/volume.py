"""Whether a volume can be CT of a hand in HU, and what about it gives reason to doubt."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calcimetry.errors import NotMeasurable
from calcimetry.model.image import Image
from calcimetry.plausible.motion import double_contour_mm
from calcimetry.regions import wider

BoolArray = NDArray[np.bool_]
Array = NDArray[np.floating[Any]]

#: Air lies within this of -1000 HU. It is looked for below the first number, in steps of the
#: second, and none is looked for where less of a volume lies there.
AIR_HU, AIR_WITHIN_HU = -1000.0, 120.0
_BELOW_HU, _STEP_HU, _LEAST_AIR = -300.0, 20.0, 0.02
#: Of what is denser than the first number, at least a part is soft tissue between the others.
BODY_HU, SOFT_HU, LEAST_SOFT = -300.0, (-200.0, 250.0), 0.3
#: No hand, no fist and no two hands are so thick, in mm; seen on samples of about the second.
MOST_THICK_MM, _COARSE_MM = 120.0, 4.0
#: Brighter than any bone, and the least volume of it in mm3 that is no noise.
METAL_HU, LEAST_METAL_MM3 = 2400.0, 1.0
#: Brighter than any deposit at any tube voltage: at 70 kV, of 50 keV, 1250 mg/cm3 reach 2860 HU.
#: Of a mix of two energies `METAL_HU` is: there they reach 2000.
BEYOND_DEPOSITS_HU = 2900.0
#: So far around metal nothing can be seen, in mm.
AROUND_METAL_MM = 3.0
#: Double contours are looked for in the block of so many samples that holds most mineral, which is
#: brighter than this.
MINERAL_HU, _BLOCK = 200.0, 96


def refuse_unusable_volume(image: Image) -> None:
    """Refuse a volume whose values are no HU, or whose body is no hand.

    Raises
    ------
    NotMeasurable
        If air does not lie near -1000 HU, too little is soft tissue, or the body is thicker
        than hands are.
    """
    doing = f"Measuring {image.name!r}"
    some = image.array[tuple(slice(None, None, max(1, size // 96)) for size in image.grid.shape)]
    if image.clipped_hu is None:
        _refuse_other_units(some, doing)
    thickness = _thickness_mm(image)
    if thickness > MOST_THICK_MM:
        raise NotMeasurable(
            f"{doing}: expected hands or fingers, at most {MOST_THICK_MM:g} mm thick; found a "
            f"body {thickness:.0f} mm thick. Choose a series of the hands, or crop it to them."
        )


def _refuse_other_units(some: Array, doing: str) -> None:
    air = _air_hu(some)
    hint = "Are its values HU (air -1000, water 0)? Check rescale slope and intercept."
    if air is not None and abs(air - AIR_HU) > AIR_WITHIN_HU:
        raise NotMeasurable(
            f"{doing}: expected air near {AIR_HU:g} HU, found it near {air:.0f} HU. {hint}"
        )
    body = some[some > BODY_HU]
    soft = float(np.mean((body > SOFT_HU[0]) & (body < SOFT_HU[1]))) if len(body) else 1.0
    if air is not None and soft < LEAST_SOFT:
        raise NotMeasurable(
            f"{doing}: expected soft tissue, {SOFT_HU[0]:g} to {SOFT_HU[1]:g} HU, in at least "
            f"{LEAST_SOFT:.0%} of what is denser than air; found it in {soft:.0%}. {hint}"
        )


def _air_hu(some: Array) -> float | None:
    """The commonest value below the densest gas; None where there is too little of it.

    What scanners fill the corners with is one value exactly, and none of air's.
    """
    dark = some[some < _BELOW_HU]
    lowest = dark == some.min()
    if float(lowest.mean() if len(dark) else 0.0) > _LEAST_AIR and not lowest.all():
        dark = dark[~lowest]
    if len(dark) < _LEAST_AIR * some.size:
        return None
    low = float(dark.min())
    counts = np.bincount(((dark - low) / _STEP_HU).astype(np.intp))
    return low + (float(counts.argmax()) + 0.5) * _STEP_HU


def _thickness_mm(image: Image) -> float:
    """Diameter of the largest ball that fits into the body, lungs included."""
    step = [max(1, round(_COARSE_MM / mm)) for mm in image.grid.spacing]
    body = image.array[tuple(slice(None, None, n) for n in step)] > BODY_HU
    for axis in range(3):
        planes = [ndimage.binary_fill_holes(plane) for plane in np.moveaxis(body, axis, 0)]
        body = np.stack(planes, axis)
    sampling = np.array(image.grid.spacing) * step
    return 2.0 * float(ndimage.distance_transform_edt(np.pad(body, 1), sampling=sampling).max())


def metal_mask(image: Image, above_hu: float = METAL_HU) -> BoolArray | None:
    """Where metal and what lies just around it hide everything.

    Parameters
    ----------
    image : Image
        A volume in HU.
    above_hu : float
        What is as bright is metal.

    Returns
    -------
    array of bool, shape of the grid, or None
        None where there is no metal.
    """
    metal = image.array >= above_hu
    if float(metal.sum()) * image.grid.voxel_mm3 < LEAST_METAL_MM3:
        return None
    around = np.zeros(metal.shape, bool)
    pieces, _ = ndimage.label(metal, np.ones((3, 3, 3)))
    for number, own in enumerate(ndimage.find_objects(pieces), 1):
        box = wider(own, image.grid.spacing, AROUND_METAL_MM)
        away = ndimage.distance_transform_edt(pieces[box] != number, sampling=image.grid.spacing)
        around[box] |= away <= AROUND_METAL_MM
    return around


def volume_doubts(image: Image, metal: BoolArray | None) -> tuple[str, ...]:
    """What about a volume gives reason to doubt its measurement.

    Parameters
    ----------
    image : Image
        A volume that `refuse_unusable_volume` lets pass.
    metal : array of bool or None
        What `metal_mask` gives.

    Returns
    -------
    tuple of str
        Warnings: metal, motion.
    """
    doubts = []
    if metal is not None:
        volume = float((image.array >= METAL_HU).sum()) * image.grid.voxel_mm3
        doubts.append(
            f"{volume:.1f} mm3 are brighter than {METAL_HU:g} HU, as metal is: streaks around it "
            "may look like lesions and hide bone."
        )
    apart = double_contour_mm(_block(image), image.grid.spacing)
    if apart is not None:
        doubts.append(
            f"Contours are double, about {apart:.1f} mm apart, as after motion during the scan: "
            "volumes and outlines may be wrong."
        )
    return tuple(doubts)


def _block(image: Image) -> Array:
    """Of each axis the stretch with most mineral."""
    mineral = image.array > MINERAL_HU
    chosen = []
    for axis, size in enumerate(image.grid.shape):
        others = tuple(k for k in range(3) if k != axis)
        before = np.concatenate([[0], np.cumsum(mineral.sum(axis=others))])
        width = min(_BLOCK, size)
        start = int(np.argmax(before[width:] - before[:-width]))
        chosen.append(slice(start, start + width))
    return image.array[tuple(chosen)]
