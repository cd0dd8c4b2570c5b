"""What is true of a simulated volume, in the words that measurements are made in.

The bones and deposits of a `HandVolume` are known, so its hand, its fingers and every
quantity of its lesions follow without looking at the image. The same functions that
measure an image measure the truth, so that a difference between the two is an error of
finding and not of definition.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from calcimetry.fingers.bones import SingleBone
from calcimetry.fingers.chain import FINGER, Naming
from calcimetry.fingers.posture import Posture, posture_of
from calcimetry.fingers.rod import bow, fit_rod, thinned
from calcimetry.fingers.straighten import lay_flat, straighten_finger
from calcimetry.measurement.deposit import Deposit
from calcimetry.measurement.nearest import nearest_lesion
from calcimetry.measurement.section import Section, all_sections
from calcimetry.measurement.size import AreaErrorModel
from calcimetry.measurement.volume import measure_volume_lesions
from calcimetry.measurement.volume_error import VolumeErrorModel
from calcimetry.model import (
    Bone,
    Digit,
    Finger,
    Grid,
    Hand,
    Laterality,
    Lesion,
    Phalanx,
    Report,
    Segmentation,
    bone_name,
)
from calcimetry.model.anatomy import LEFT_HAND_OFFSET
from calcimetry.outline import measure_shape
from calcimetry.phantom.volume import HandVolume

FloatArray = NDArray[np.float64]

#: What a report of the truth names as its bone method.
METHOD = "simulated truth"
#: Fewer samples of a bone say nothing of where it points.
_LEAST_SAMPLES = 30


@dataclass(frozen=True, slots=True)
class TruePlane:
    """One lesion in one sagittal plane of its finger.

    `offset_mm` is the plane's distance from the lesion's centre of mass.
    """

    offset_mm: float
    area_mm2: float
    long_axis_mm: float
    short_axis_mm: float


def true_report(volume: HandVolume) -> Report:
    """The report that a perfect measurement of a simulated volume would give.

    Parameters
    ----------
    volume : HandVolume
        A hand, or a part of one.

    Returns
    -------
    Report
        Of the mixed image, named after `volume.image`. Bones have their side in their
        labels; lesions have the density and mass they were made with, and no interval (that
        of an area has no width). A deposit too thin to fill half of any sample has no
        number in the lesion map and is not among the lesions, but is in `volume.lesions`.
    """
    image = volume.image.mixed
    bones = true_bones(volume)
    hands = hands_of(bones, volume.laterality)
    numbers = [one.number for one in volume.lesions]
    meanings = {n: f"calcification {n}" for n in numbers}
    numbered = volume.lesion_map.astype(np.uint16)
    lesion_map = Segmentation(numbered, image.grid, meanings)
    measured = measure_volume_lesions(
        image,
        bones,
        lesion_map,
        volume.deposit_fraction,
        hands,
        AreaErrorModel.exact(),
        VolumeErrorModel.exact(),
    )
    density = {one.number: one.density_mg_cm3 for one in volume.lesions}
    lesions = tuple(_with_density(lesion, density[lesion.number]) for lesion in measured)
    return Report(
        image=image,
        bones=bones,
        lesion_map=lesion_map,
        lesions=lesions,
        status="complete",
        reason="",
        warnings=(),
        area_mm2=sum(one.area_mm2 for one in lesions),
        area_interval=None,
        ellipse_area_mm2=sum(one.ellipse_area_mm2 for one in lesions),
        method=METHOD,
        hands=hands,
        volume_mm3=sum(one.volume_mm3 for one in volume.lesions),
    )


def true_bones(volume: HandVolume) -> Segmentation:
    """The bones of a simulated volume where they fill at least half of a sample."""
    offset = LEFT_HAND_OFFSET if volume.laterality is Laterality.LEFT else 0
    solid = (volume.bone_fraction >= 0.5) & (volume.bone_map > 0)
    labels = np.where(solid, volume.bone_map.astype(np.uint16) + offset, 0)
    meanings = {int(n): bone_name(int(n)) for n in np.unique(labels) if n}
    return Segmentation(labels, volume.image.grid, meanings)


def true_planes(volume: HandVolume, report: Report) -> dict[int, tuple[TruePlane, ...]]:
    """Every lesion in every sagittal plane of its finger, by lesion number.

    Parameters
    ----------
    volume : HandVolume
    report : Report
        Of the same volume, from `true_report`.

    Returns
    -------
    mapping of int to tuple of TruePlane
        In the order of the planes, at most 0.4 mm apart. The largest area among them is
        the report's `area_mm2` of that lesion.
    """
    owner = nearest_lesion(report.lesion_map, volume.deposit_fraction)
    boxes = ndimage.find_objects(owner)
    planes = {}
    for lesion in report.lesions:
        deposit = Deposit.of(
            lesion.number,
            boxes[lesion.number - 1],
            report.image,
            report.lesion_map,
            owner,
            volume.deposit_fraction,
        )
        # Measured lesions of volumes have a plane, whose axes are those of its neighbours.
        affine = (lesion.plane or deposit.grid).affine[:3, :3]
        frame = affine / np.linalg.norm(affine, axis=0)
        sections = all_sections(deposit.fraction, deposit.own, deposit.grid, frame)
        planes[lesion.number] = tuple(_plane(one, deposit.centre_mm) for one in sections)
    return planes


def _plane(section: Section, centre_mm: FloatArray) -> TruePlane:
    spacing = section.grid.spacing[1:]
    shape = measure_shape(section.fraction, spacing, float(section.fraction.max()) / 2.0)
    normal = section.grid.affine[:3, 0] / section.grid.spacing[0]
    return TruePlane(
        offset_mm=float((section.grid.affine[:3, 3] - centre_mm) @ normal),
        area_mm2=section.area_mm2,
        long_axis_mm=shape.long_axis.length_mm,
        short_axis_mm=shape.short_axis.length_mm,
    )


def _with_density(lesion: Lesion, density_mg_cm3: float) -> Lesion:
    volume = lesion.volume_mm3 or 0.0
    missing = {
        name: why
        for name, why in lesion.not_measured.items()
        if name not in ("density_mg_cm3", "mass_mg")
    }
    return replace(
        lesion,
        density_mg_cm3=density_mg_cm3,
        mass_mg=density_mg_cm3 * volume / 1000.0,
        volume_interval=None,
        not_measured=missing,
    )


def hands_of(bones: Segmentation, laterality: Laterality) -> tuple[Hand, ...]:
    """The hand of a volume whose bones have their names, with its fingers straightened.

    Parameters
    ----------
    bones : Segmentation
        ``10 x digit + bone`` (+ 100 in a left hand) of one hand.
    laterality : Laterality

    Returns
    -------
    tuple of Hand
        None where no long bone is in view.
    """
    digits = {
        digit: posture_of(Naming(found, 0.0))
        for digit in list(Digit)[1:]
        if (found := _bones_of(bones, digit, laterality))
    }
    if not digits:
        return ()
    distal, palmar = _directions(digits, laterality)
    fingers = []
    for digit, posture in digits.items():
        straight = straighten_finger(digit, posture, palmar, bones.grid)
        labels = tuple(
            Phalanx(digit, bone, laterality).label
            for bone, _ in (*posture.naming.bones, (Bone.SESAMOID, None))
        )
        present = tuple(label for label in labels if label in bones.meanings)
        fingers.append(Finger(digit, laterality, straight.grid, present))
    first = fingers[0].grid.affine[:3]
    points = np.concatenate([bone.points for p in digits.values() for _, bone in p.naming.bones])
    flat = lay_flat(points, distal, first[:, 2] if palmar is None else palmar, bones.grid)
    return (Hand(laterality, tuple(fingers), flat),)


def _bones_of(
    bones: Segmentation, digit: Digit, laterality: Laterality
) -> tuple[tuple[Bone, SingleBone], ...]:
    """The long bones of one digit that are in view, from the tip inwards."""
    found = []
    for name in FINGER:
        if digit is Digit.THUMB and name is Bone.MIDDLE_PHALANX:
            continue
        index = np.argwhere(bones.label_map == Phalanx(digit, name, laterality).label)
        if len(index) >= _LEAST_SAMPLES:
            found.append((name, _single(index, name, bones.grid)))
    return tuple(found)


def _single(index: NDArray[np.intp], name: Bone, grid: Grid) -> SingleBone:
    points = thinned(grid.index_to_mm(index))
    rod = fit_rod(points)
    volume = len(index) * abs(float(np.linalg.det(grid.affine[:3, :3])))
    border = (index <= 1) | (index >= np.array(grid.shape) - 2)
    return SingleBone(index, points, rod, bow(points, rod), {name: 1.0}, volume, bool(border.any()))


def _directions(
    digits: dict[Digit, Posture], laterality: Laterality
) -> tuple[FloatArray, FloatArray | None]:
    """Unit vectors towards the fingertips and out of the palm; a lone digit tells no palm.

    With r from the little finger to the thumb and d towards the tips, r x d points out of
    a right hand's palm (`calcimetry.fingers.side`).
    """
    row = [posture for digit, posture in digits.items() if digit is not Digit.THUMB]
    row = row if len(row) > 1 else list(digits.values())
    distal = np.sum([posture.root for posture in row], axis=0)
    distal = distal / np.linalg.norm(distal)
    if len(row) == 1:
        return distal, None
    first, last = (p.base if p.knuckle is None else p.knuckle for p in (row[0], row[-1]))
    palmar = np.cross(first - last, distal)
    palmar = palmar / np.linalg.norm(palmar)
    return distal, palmar if laterality is Laterality.RIGHT else -palmar
