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
from calcimetry.measurement.place import Place, aspect_of, axis_labels, digit_of, place_of
from calcimetry.measurement.section import (
    Section,
    frames_of_array,
    largest_section,
    sagittal_frame,
    sagittal_frame_of_hand,
)
from calcimetry.measurement.size import TOUCHING_MM, AreaErrorModel
from calcimetry.measurement.volume_error import VolumeErrorModel
from calcimetry.model.anatomy import Laterality
from calcimetry.model.geometry import Grid
from calcimetry.model.hand import Hand
from calcimetry.model.image import Image
from calcimetry.model.lesion import Aspect, Lesion
from calcimetry.model.segmentation import Segmentation
from calcimetry.outline import measure_shape
from calcimetry.regions import FACES

FloatArray = NDArray[np.float64]

#: Distances that differ by less count as equal.
_TIE_MM = 1e-5
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
    bone_voxels = _BoneVoxels.of(bones)
    return tuple(
        _measure_one(
            Deposit.of(number, box, image, lesion_map, own, mineral_fraction),
            image.grid,
            bone_voxels,
            hands,
            area_error or AreaErrorModel(),
            volume_error or VolumeErrorModel(),
        )
        for number, box in enumerate(ndimage.find_objects(own), 1)
        if box is not None
    )


def nearest_lesion(
    lesion_map: Segmentation, mineral_fraction: NDArray[np.float32]
) -> NDArray[np.uint16]:
    """Number of the lesion that each sample with mineral counts for.

    Parameters
    ----------
    lesion_map : Segmentation
        Lesion numbers.
    mineral_fraction : array of float, shape of the grid
        Part of each sample that lesion mineral fills.

    Returns
    -------
    array of int, shape of the grid
        The sample's own number, or that of the nearest lesion where it has mineral but no
        number, of equally near ones the lower; 0 elsewhere.
    """
    own = lesion_map.label_map.copy()
    loose = np.argwhere((mineral_fraction > 0) & (own == 0))
    index = np.argwhere(own > 0)
    if len(loose) and len(index):
        numbers = own[tuple(index.T)]
        places = (lesion_map.grid.index_to_mm(one) for one in (index, loose))
        # A tiny fourth coordinate, so that of equally near lesions the one of the lower number
        # counts: the last digit of a distance may not decide.
        known, asked = (
            np.column_stack([place, step])
            for place, step in zip(places, (_TIE_MM * numbers, np.zeros(len(loose))), strict=True)
        )
        _, nearest = cKDTree(known).query(asked)
        own[tuple(loose.T)] = numbers[nearest]
    return own


@dataclass(frozen=True, eq=False, slots=True)
class _BoneVoxels:
    """Every bone sample's place in mm, shape (n, 3), and label; the tree holds the border's."""

    place_mm: FloatArray
    label: NDArray[np.uint16]
    border_label: NDArray[np.uint16]
    tree: cKDTree

    @classmethod
    def of(cls, bones: Segmentation) -> _BoneVoxels:
        mask = bones.mask
        border = mask & ~ndimage.binary_erosion(mask, FACES, border_value=1)
        place_mm = bones.grid.index_to_mm(np.argwhere(mask))
        tree = cKDTree(bones.grid.index_to_mm(np.argwhere(border)))
        return cls(place_mm, bones.label_map[mask], bones.label_map[border], tree)

    def nearest(self, points_mm: FloatArray) -> tuple[int, float]:
        """Label of the bone nearest to any of the points, and how far it is; 0 without bone."""
        if not len(self.border_label):
            return 0, math.inf
        distance, _ = self.tree.query(points_mm)
        least = float(distance.min())
        # Of equally near bones the one that is so near at most places, however the last digit
        # of a distance comes out.
        reach = least + _TIE_MM
        equal = self.tree.query_ball_point(points_mm[distance <= reach], reach)
        labels = self.border_label[np.concatenate(equal).astype(np.intp)]
        return int(np.bincount(labels).argmax()), least


def _measure_one(
    deposit: Deposit,
    image_grid: Grid,
    bone_voxels: _BoneVoxels,
    hands: tuple[Hand, ...],
    area_error: AreaErrorModel,
    volume_error: VolumeErrorModel,
) -> Lesion:
    centre_mm, volume = deposit.centre_mm, deposit.volume_mm3
    bone, near_mm = bone_voxels.nearest(deposit.grid.index_to_mm(np.argwhere(deposit.own)))
    place = place_of(bone, centre_mm, hands)
    section = _largest_section(deposit, place)
    area, spacing = section.area_mm2, section.grid.spacing[1:]
    level = float(section.fraction.max()) / 2.0
    shape = measure_shape(section.fraction, spacing, level)
    mean_hu, why_no_hu = deposit.mean_hu()
    side, digit = _SIDES[place.laterality], digit_of(place)
    aspect = _aspect(place, bone, bone_voxels, centre_mm)
    where = {"side": side, "digit": digit, "aspect": aspect}
    slice_index, row, column = image_grid.mm_to_index(centre_mm)
    return Lesion(
        number=deposit.number,
        bone=bone,
        area_mm2=area,
        area_interval=area_error.interval(area, shape.perimeter_mm),
        pixel_area_mm2=float(section.own.sum()) * section.grid.pixel_area_mm2,
        long_axis_mm=shape.long_axis.length_mm,
        short_axis_mm=shape.short_axis.length_mm,
        ellipse_area_mm2=math.pi / 4.0 * shape.long_axis.length_mm * shape.short_axis.length_mm,
        perimeter_mm=shape.perimeter_mm,
        solidity=shape.solidity,
        touches_bone=near_mm <= max(TOUCHING_MM, *image_grid.spacing) * (1.0 + 1e-9),
        centre=(float(slice_index), float(row), float(column)),
        long_axis_ends=shape.long_axis.ends,
        short_axis_ends=shape.short_axis.ends,
        mean_hu=mean_hu,
        volume_mm3=volume,
        volume_interval=volume_error.interval(volume, deposit.surface_mm2),
        plane=section.grid,
        side=side,
        digit=digit,
        aspect=aspect,
        not_measured=why_no_hu
        | dict.fromkeys(("density_mg_cm3", "mass_mg"), NO_CALIBRATION)
        | {name: place.reason for name, value in where.items() if value is None},
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


def _aspect(
    place: Place, bone: int, bone_voxels: _BoneVoxels, centre_mm: FloatArray
) -> Aspect | None:
    if place.finger is None:
        return None
    axis = np.isin(bone_voxels.label, axis_labels(place.finger, bone))
    return aspect_of(place.finger, bone_voxels.place_mm[axis], centre_mm)
