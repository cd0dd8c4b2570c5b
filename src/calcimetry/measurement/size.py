"""How large each lesion of a picture is, and how sure of it one can be."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calcimetry.errors import InputError, NotMeasurable
from calcimetry.model.image import Image
from calcimetry.model.lesion import Interval, Lesion
from calcimetry.model.segmentation import Segmentation
from calcimetry.outline import measure_shape

#: A bone this near counts as touched; never less than one pixel.
TOUCHING_MM = 0.5
#: Two-sided 95% of a normal error.
NORMAL_95 = 1.96


@dataclass(frozen=True, slots=True)
class AreaErrorModel:
    """Standard error of a lesion's area, from its own size and border.

    ``se**2 = (boundary_mm * perimeter_mm)**2 + (relative * area_mm2)**2``

    Parameters
    ----------
    boundary_mm : float
        How far the whole outline may lie too far in or out: an error of the blur
        or of the half height, alike all around the lesion.
    relative : float
        Error of the lesion's own density, by which each border pixel is divided.
    """

    boundary_mm: float = 0.33
    relative: float = 0.05

    def standard_error(self, area_mm2: float, perimeter_mm: float) -> float:
        """Standard error in mm2.

        >>> AreaErrorModel(boundary_mm=0.1, relative=0.0).standard_error(9.0, 12.0)
        1.2000000000000002
        """
        return math.hypot(self.boundary_mm * perimeter_mm, self.relative * area_mm2)

    def interval(self, area_mm2: float, perimeter_mm: float) -> Interval:
        """95% interval of one area, in mm2; its low end is at least 0."""
        reach = NORMAL_95 * self.standard_error(area_mm2, perimeter_mm)
        return Interval(max(0.0, area_mm2 - reach), area_mm2 + reach)


def total_area(lesions: Sequence[Lesion]) -> tuple[float, Interval | None]:
    """Sum of the areas in mm2, with the interval of independent errors.

    Half widths add in quadrature. The upper half of each lesion's interval is
    used, as its lower half may have been cut at 0. Without a lesion there is no
    interval: 0 to 0 would claim that none was missed.

    >>> total_area([])
    (0.0, None)
    """
    if not lesions:
        return 0.0, None
    total = math.fsum(lesion.area_mm2 for lesion in lesions)
    reach = math.hypot(*(lesion.area_interval.high - lesion.area_mm2 for lesion in lesions))
    return total, Interval(max(0.0, total - reach), total + reach)


def measure_lesions(
    image: Image,
    bones: Segmentation,
    lesion_map: Segmentation,
    mineral_fraction: NDArray[np.float32],
    error_model: AreaErrorModel | None = None,
) -> tuple[Lesion, ...]:
    """Measure every lesion of a picture.

    Parameters
    ----------
    image : Image
        A picture (one slice); decides whether density can be told.
    bones : Segmentation
        Bone labels on the image's grid, for the nearest bone of each lesion.
    lesion_map : Segmentation
        Lesion numbers on the image's grid.
    mineral_fraction : array of float, shape (1, rows, columns), 0 to 1
        Part of each pixel that lesion mineral fills. It may reach past the
        lesion's pixels: each pixel with mineral counts for the nearest lesion, so
        that the areas add up to the mineral in the picture.
    error_model : AreaErrorModel, optional
        Where the 95% intervals come from.

    Returns
    -------
    tuple of Lesion
        By lesion number. docs/measurements.md defines each quantity.

    Raises
    ------
    NotMeasurable
        If the image is a volume.
    InputError
        If the maps and the fraction do not share the image's grid.
    """
    if not image.is_picture:
        raise NotMeasurable(
            f"Measuring the lesions of {image.name!r}: areas need a picture of one slice, "
            f"found {image.grid.shape[0]} slices."
        )
    if (
        not bones.grid == lesion_map.grid == image.grid
        or mineral_fraction.shape != image.grid.shape
    ):
        raise InputError(
            f"Measuring the lesions of {image.name!r}: bones, lesions and mineral fraction "
            "must lie on the image's own grid."
        )
    spacing = image.grid.spacing[1:]
    around = _Surroundings(
        lesion=_nearest_label(lesion_map, spacing),
        bone=_nearest_label(bones, spacing),
        bone_distance_mm=_distance_to_bone(bones),
    )
    fraction = np.asarray(mineral_fraction[0], dtype=np.float64)
    return tuple(
        _measure_one(
            number,
            image,
            mineral=fraction,
            lesion_map=lesion_map,
            around=around,
            model=error_model or AreaErrorModel(),
        )
        for number in lesion_map.labels
    )


@dataclass(frozen=True, eq=False, slots=True)
class _Surroundings:
    """For each pixel, shape (rows, columns): nearest lesion, nearest bone, and how far it is."""

    lesion: NDArray[np.uint16]
    bone: NDArray[np.uint16]
    bone_distance_mm: NDArray[np.float64]


def _measure_one(
    number: int,
    image: Image,
    *,
    mineral: NDArray[np.float64],
    lesion_map: Segmentation,
    around: _Surroundings,
    model: AreaErrorModel,
) -> Lesion:
    own = lesion_map.label_map[0] == number
    fraction = np.where(around.lesion == number, mineral, 0.0)
    if not (fraction > 0).any():
        # A lesion that the growth drew but gave no mineral still has its pixels.
        fraction = own.astype(np.float64)
    spacing = image.grid.spacing[1:]
    area = float(fraction.sum()) * image.grid.pixel_area_mm2
    shape = measure_shape(fraction, spacing, level=float(fraction.max()) / 2.0)
    weight = fraction / fraction.sum()
    rows, columns = np.indices(fraction.shape)
    nearest = int(np.argmin(np.where(own, around.bone_distance_mm, np.inf)))
    near_mm = float(around.bone_distance_mm.flat[nearest])
    return Lesion(
        number=number,
        bone=int(around.bone.flat[nearest]),
        area_mm2=area,
        area_interval=model.interval(area, shape.perimeter_mm),
        pixel_area_mm2=float(own.sum()) * image.grid.pixel_area_mm2,
        long_axis_mm=shape.long_axis.length_mm,
        short_axis_mm=shape.short_axis.length_mm,
        ellipse_area_mm2=math.pi / 4.0 * shape.long_axis.length_mm * shape.short_axis.length_mm,
        perimeter_mm=shape.perimeter_mm,
        solidity=shape.solidity,
        touches_bone=near_mm <= max(TOUCHING_MM, *spacing) * (1.0 + 1e-9),
        centre=(0.0, float((weight * rows).sum()), float((weight * columns).sum())),
        long_axis_ends=shape.long_axis.ends,
        short_axis_ends=shape.short_axis.ends,
        not_measured=_not_measured(image),
    )


def _nearest_label(segmentation: Segmentation, spacing: tuple[float, float]) -> NDArray[np.uint16]:
    """Label of the nearest labelled pixel, shape (rows, columns); 0 where there is none."""
    labels = segmentation.label_map[0]
    if not labels.any():
        return np.zeros_like(labels)
    index = ndimage.distance_transform_edt(
        labels == 0, sampling=spacing, return_distances=False, return_indices=True
    )
    return np.asarray(labels[tuple(index)], dtype=np.uint16)


def _distance_to_bone(bones: Segmentation) -> NDArray[np.float64]:
    """Distance in mm to the nearest bone pixel, shape (rows, columns); infinity without bone."""
    if not bones.mask.any():
        return np.full(bones.grid.shape[1:], np.inf)
    sampling = bones.grid.spacing[1:]
    return np.asarray(
        ndimage.distance_transform_edt(~bones.mask[0], sampling=sampling), dtype=np.float64
    )


def _not_measured(image: Image) -> dict[str, str]:
    """Why a picture gives no density, mass or volume."""
    reasons = {"volume_mm3": "a picture of one slice has no known thickness"}
    if image.clipped_hu is None:
        cause = "a single picture is no calibrated scan"
    else:
        low, high = image.clipped_hu
        cause = f"the picture was windowed and holds nothing below {low:g} or above {high:g} HU"
    return reasons | dict.fromkeys(("mean_hu", "density_mg_cm3", "mass_mg"), cause)
