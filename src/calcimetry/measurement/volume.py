"""How large each lesion of a volume is, and where in the hand it lies."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

from calcimetry.errors import InputError, NotMeasurable
from calcimetry.measurement.deposit import Deposit
from calcimetry.measurement.nearest import BoneSamples, nearest_lesion, touching_reach_mm
from calcimetry.measurement.place import Place, aspect_of, axis_labels, digit_of, place_of
from calcimetry.measurement.section import (
    Section,
    frames_of_array,
    largest_section,
    sagittal_frame,
    sagittal_frame_of_hand,
)
from calcimetry.measurement.size import AreaErrorModel
from calcimetry.measurement.surface import SKIN_HU, skin_points
from calcimetry.measurement.volume_error import VolumeErrorModel
from calcimetry.model.anatomy import Laterality
from calcimetry.model.geometry import Grid
from calcimetry.model.hand import Hand
from calcimetry.model.image import Image
from calcimetry.model.lesion import Aspect, Lesion
from calcimetry.model.segmentation import Segmentation
from calcimetry.outline import measure_shape

FloatArray = NDArray[np.float64]

#: Why there is no density until `calcimetry.measurement.lesion_density` gives it.
NO_CALIBRATION = "needs a calibration of HU to hydroxyapatite"
_SIDES: dict[Laterality | None, Literal["left", "right"] | None] = {
    Laterality.LEFT: "left",
    Laterality.RIGHT: "right",
    None: None,
}


def measure_volume_lesions(
    image: Image,
    bones: Segmentation,
    lesion_map: Segmentation,
    mineral_fraction: NDArray[np.float32],
    hands: tuple[Hand, ...] = (),
    area_error: AreaErrorModel | None = None,
    volume_error: VolumeErrorModel | None = None,
) -> tuple[Lesion, ...]:
    """Measure every lesion of a volume.

    Parameters
    ----------
    image : Image
        A volume.
    bones : Segmentation
        Named bones on the image's grid, for the nearest bone of each lesion.
    lesion_map : Segmentation
        Lesion numbers on the image's grid.
    mineral_fraction : array of float, shape of the grid, 0 to 1
        Part of each sample that lesion mineral fills. It may reach past the
        lesion's samples: each sample with mineral counts for the nearest lesion, so
        that the volumes add up to the mineral in the image.
    hands : tuple of Hand
        For the planes that areas and axes are measured in, and for the lesions' places.
    area_error : AreaErrorModel, optional
    volume_error : VolumeErrorModel, optional
        Where the 95% intervals come from.

    Returns
    -------
    tuple of Lesion
        By lesion number. docs/measurements.md defines each quantity. Area, axes and
        outline are those of the sagittal plane of the lesion's finger in which its
        area is largest; of a lesion that is no finger's, of the hand's planes from
        fingers to wrist and from back to palm; without a hand, of the planes of the
        volume's own array.

    Raises
    ------
    NotMeasurable
        If the image is a picture.
    InputError
        If the maps and the fraction do not share the image's grid.
    """
    if image.is_picture:
        raise NotMeasurable(
            f"Measuring the lesions of {image.name!r}: volumes need several slices, found a "
            "picture of one slice."
        )
    if (
        not bones.grid == lesion_map.grid == image.grid
        or mineral_fraction.shape != image.grid.shape
    ):
        raise InputError(
            f"Measuring the lesions of {image.name!r}: bones, lesions and mineral fraction "
            "must lie on the image's own grid."
        )
    own = nearest_lesion(lesion_map, mineral_fraction)
    boxes = ndimage.find_objects(own)
    around = _Around(
        image.grid,
        BoneSamples.of(bones),
        *(_skin(image) if boxes else (None, "")),
        hands,
        area_error or AreaErrorModel(),
        volume_error or VolumeErrorModel(),
    )
    return tuple(
        _measure_one(Deposit.of(number, box, image, lesion_map, own, mineral_fraction), around)
        for number, box in enumerate(boxes, 1)
        if box is not None
    )


@dataclass(frozen=True, eq=False, slots=True)
class _Around:
    """What all lesions of a volume are measured against."""

    grid: Grid
    bones: BoneSamples
    skin: cKDTree | None
    no_skin: str
    hands: tuple[Hand, ...]
    area_error: AreaErrorModel
    volume_error: VolumeErrorModel


def _skin(image: Image) -> tuple[cKDTree | None, str]:
    """Points of the skin, or why there are none."""
    if image.clipped_hu is not None and image.clipped_hu[0] >= SKIN_HU:
        low = image.clipped_hu[0]
        return None, f"the image was windowed at {low:g} HU, above the skin's {SKIN_HU:g} HU"
    skin = skin_points(image)
    return skin, "" if skin else "no skin is in view"


def _measure_one(deposit: Deposit, around: _Around) -> Lesion:
    centre_mm, volume = deposit.centre_mm, deposit.volume_mm3
    own_mm = deposit.grid.index_to_mm(np.argwhere(deposit.own))
    bone, near_mm = around.bones.nearest(own_mm)
    place = place_of(bone, centre_mm, around.hands)
    section = _largest_section(deposit, place)
    area, spacing = section.area_mm2, section.grid.spacing[1:]
    level = float(section.fraction.max()) / 2.0
    shape = measure_shape(section.fraction, spacing, level)
    surface, reach_mm = deposit.surface(), touching_reach_mm(around.grid)
    axes, surface_mm2 = surface.axes(), surface.area_mm2
    contact_mm2 = surface.near_bone_mm2(around.bones, reach_mm)
    touches_bone = near_mm <= reach_mm
    mean_hu, why_no_hu = deposit.mean_hu()
    side, digit = _SIDES[place.laterality], digit_of(place)
    aspect, offset_mm = _side_of_bone(place, bone, around.bones, centre_mm, section.grid)
    where = {"side": side, "digit": digit, "aspect": aspect, "plane_offset_mm": offset_mm}
    slice_index, row, column = around.grid.mm_to_index(centre_mm)
    return Lesion(
        number=deposit.number,
        bone=bone,
        area_mm2=area,
        area_interval=around.area_error.interval(area, shape.perimeter_mm, touches_bone),
        pixel_area_mm2=float(section.own.sum()) * section.grid.pixel_area_mm2,
        long_axis_mm=shape.long_axis.length_mm,
        short_axis_mm=shape.short_axis.length_mm,
        ellipse_area_mm2=math.pi / 4.0 * shape.long_axis.length_mm * shape.short_axis.length_mm,
        perimeter_mm=shape.perimeter_mm,
        solidity=shape.solidity,
        touches_bone=touches_bone,
        centre=(float(slice_index), float(row), float(column)),
        long_axis_ends=shape.long_axis.ends,
        short_axis_ends=shape.short_axis.ends,
        mean_hu=mean_hu,
        volume_mm3=volume,
        volume_interval=around.volume_error.interval(
            volume, surface_mm2, contact_mm2 / surface_mm2, mean_hu
        ),
        plane=section.grid,
        side=side,
        digit=digit,
        aspect=aspect,
        ellipse_misfit=shape.ellipse_misfit,
        bone_contact_share=contact_mm2 / surface_mm2,
        bone_contact_mm2=contact_mm2,
        surface_mm2=surface_mm2,
        feret_diameter_max_mm=axes.first_mm,
        second_axis_mm=axes.second_mm,
        third_axis_mm=axes.third_mm,
        ellipsoid_volume_mm3=axes.ellipsoid_mm3,
        depth_mm=None if around.skin is None else surface.depth_mm(around.skin),
        plane_offset_mm=offset_mm,
        not_measured=why_no_hu
        | dict.fromkeys(("density_mg_cm3", "mass_mg"), NO_CALIBRATION)
        | {name: place.reason for name, value in where.items() if value is None}
        | ({"depth_mm": around.no_skin} if around.skin is None else {}),
    )


def _largest_section(deposit: Deposit, place: Place) -> Section:
    """The plane that area and axes are measured in."""
    frames: tuple[FloatArray, ...]
    if place.finger is not None:
        frames = (sagittal_frame(place.finger.grid),)
    elif place.hand is not None:
        frames = (sagittal_frame_of_hand(place.hand.grid),)
    else:
        frames = frames_of_array(deposit.grid)
    sections = [
        largest_section(deposit.fraction, deposit.own, deposit.grid, frame) for frame in frames
    ]
    return max(sections, key=lambda section: section.area_mm2)


def _side_of_bone(
    place: Place, bone: int, bones: BoneSamples, centre_mm: FloatArray, plane: Grid
) -> tuple[Aspect | None, float | None]:
    """Side of the finger's bone that a lesion lies on, and how far towards the thumb its plane."""
    if place.finger is None:
        return None, None
    axis = bones.place_mm[np.isin(bones.label, axis_labels(place.finger, bone))]
    offset_mm = None
    if place.finger.radial:
        across = place.finger.radial * sagittal_frame(place.finger.grid)[:, 0]
        offset_mm = float((plane.affine[:3, 3] - axis.mean(axis=0)) @ across)
    return aspect_of(place.finger, axis, centre_mm), offset_mm
