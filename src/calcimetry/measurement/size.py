"""How large each lesion of a picture is, and how sure of it one can be."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calcimetry.errors import InputError, NotMeasurable
from calcimetry.measurement.error_model import ErrorModel
from calcimetry.measurement.nearest import BoneSamples, nearest_lesion, touching_reach_mm
from calcimetry.model.geometry import Grid
from calcimetry.model.image import Image
from calcimetry.model.lesion import Interval, Lesion
from calcimetry.model.segmentation import Segmentation
from calcimetry.outline import outer_outlines, shape_of_outlines

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class AreaErrorModel(ErrorModel):
    """Where a lesion's true area lies, from its area in mm2, its perimeter and contact with bone.

    `ErrorModel` has the formula. `false_size` and `missed_size` are in mm2.

    Examples
    --------
    >>> from dataclasses import replace
    >>> model = replace(AreaErrorModel.exact(), boundary_low_mm=0.5, boundary_high_mm=0.25)
    >>> model.interval(8.0, 16.0)
    Interval(low=4.0, high=12.0)
    """

    relative_low: float = 1.188
    relative_high: float = 0.0
    boundary_low_mm: float = 0.0
    boundary_high_mm: float = 0.960
    contact_low: float = 0.038
    contact_high: float = 0.0
    false_size: float = 13.5
    missed_size: float = 3.2


def total_area(
    lesions: Sequence[Lesion], error_model: AreaErrorModel | None = None
) -> tuple[float, Interval | None]:
    """Sum of the areas in mm2, with its interval.

    Parameters
    ----------
    lesions : sequence of Lesion
    error_model : AreaErrorModel, optional
        Says how half widths add up.

    Returns
    -------
    total : float
    interval : Interval or None
        None without a lesion: what may have been missed where nothing was found depends on
        why nothing was found.

    Examples
    --------
    >>> total_area([])
    (0.0, None)
    """
    if not lesions:
        return 0.0, None
    areas = [lesion.area_mm2 for lesion in lesions]
    model = error_model or AreaErrorModel()
    return math.fsum(areas), model.total(areas, [lesion.area_interval for lesion in lesions])


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
    owner = nearest_lesion(lesion_map, mineral_fraction)[0]
    bone_samples = BoneSamples.of(bones)
    model = error_model or AreaErrorModel()
    return tuple(
        _measure_one(
            _Spot.of(number, box, lesion_map, owner, mineral_fraction), image, bone_samples, model
        )
        for number, box in enumerate(ndimage.find_objects(owner), 1)
        if box is not None
    )


@dataclass(frozen=True, eq=False, slots=True)
class _Spot:
    """One lesion of a picture in its own box, whose first pixel is `corner` (row, column)."""

    number: int
    corner: tuple[int, int]
    #: Part of each pixel that this lesion's mineral fills; not all 0.
    fraction: FloatArray
    #: Its pixels in the label map.
    own: NDArray[np.bool_]

    @classmethod
    def of(
        cls,
        number: int,
        box: tuple[slice, slice],
        lesion_map: Segmentation,
        owner: NDArray[np.uint16],
        mineral_fraction: NDArray[np.float32],
    ) -> _Spot:
        own = lesion_map.label_map[0][box] == number
        fraction = np.where(owner[box] == number, mineral_fraction[0][box], 0.0)
        if not (fraction > 0).any():
            # A lesion that the growth drew but gave no mineral still has its pixels.
            fraction = own
        return cls(number, (box[0].start, box[1].start), fraction.astype(np.float64), own)

    def place_mm(self, points: NDArray[Any], grid: Grid) -> FloatArray:
        """Points (row, column) of the box, shape (n, 2), in the picture's mm, shape (n, 3)."""
        return grid.index_to_mm(np.pad(points + self.corner, ((0, 0), (1, 0))))


def _measure_one(
    spot: _Spot, image: Image, bone_samples: BoneSamples, model: AreaErrorModel
) -> Lesion:
    grid, fraction = image.grid, spot.fraction
    area = float(fraction.sum()) * grid.pixel_area_mm2
    outlines = outer_outlines(fraction, float(fraction.max()) / 2.0)
    shape = shape_of_outlines(outlines, grid.spacing[1:], spot.corner)
    bone, near_mm = bone_samples.nearest(spot.place_mm(np.argwhere(spot.own), grid))
    reach_mm = touching_reach_mm(grid)
    touches_bone = near_mm <= reach_mm
    rows, columns = (
        float(fraction.sum(axis=other) @ np.arange(n)) / float(fraction.sum()) + start
        for other, n, start in zip((1, 0), fraction.shape, spot.corner, strict=True)
    )
    return Lesion(
        number=spot.number,
        bone=bone,
        area_mm2=area,
        area_interval=model.interval(area, shape.perimeter_mm, touches_bone),
        pixel_area_mm2=float(spot.own.sum()) * grid.pixel_area_mm2,
        long_axis_mm=shape.long_axis.length_mm,
        short_axis_mm=shape.short_axis.length_mm,
        ellipse_area_mm2=math.pi / 4.0 * shape.long_axis.length_mm * shape.short_axis.length_mm,
        perimeter_mm=shape.perimeter_mm,
        solidity=shape.solidity,
        touches_bone=touches_bone,
        centre=(0.0, rows, columns),
        long_axis_ends=shape.long_axis.ends,
        short_axis_ends=shape.short_axis.ends,
        ellipse_misfit=shape.ellipse_misfit,
        bone_contact_share=_contact_share(spot, outlines, grid, bone_samples, reach_mm),
        not_measured=_not_measured(image),
    )


def _contact_share(
    spot: _Spot,
    outlines: Sequence[FloatArray],
    grid: Grid,
    bone_samples: BoneSamples,
    reach_mm: float,
) -> float:
    """Part of an outline's length that lies so near to a pixel of bone."""
    first, second = (
        spot.place_mm(np.concatenate([curve[part] for curve in outlines]), grid)
        for part in (slice(None, -1), slice(1, None))
    )
    length = np.linalg.norm(second - first, axis=1)
    near = bone_samples.within((first + second) / 2.0, reach_mm)
    return float(length[near].sum() / length.sum())


def _not_measured(image: Image) -> dict[str, str]:
    """Why a picture gives no density, mass or volume."""
    reasons = {"volume_mm3": "a picture of one slice has no known thickness"}
    if image.clipped_hu is None:
        cause = "a single picture is no calibrated scan"
    else:
        low, high = image.clipped_hu
        cause = f"the picture was windowed and holds nothing below {low:g} or above {high:g} HU"
    return reasons | dict.fromkeys(("mean_hu", "density_mg_cm3", "mass_mg"), cause)
