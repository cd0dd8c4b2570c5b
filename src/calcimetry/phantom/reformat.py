"""Sagittal pictures of the fingers of a simulated volume, as a PACS exports them.

The kind of picture of the source paper: a plane along the finger, averaged over a slab.
Its truth is cut by the same plane.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from calcimetry.errors import SettingsError
from calcimetry.measurement.nearest import nearest_lesion
from calcimetry.measurement.size import AreaErrorModel, measure_lesions
from calcimetry.model import Bone, Finger, Grid, Image, Report, Segmentation
from calcimetry.phantom.truth import METHOD
from calcimetry.phantom.volume import HandVolume
from calcimetry.resample import resample_image

#: Qualities of JPEG that exports are drawn from, from these to these.
QUALITIES = (60, 98)
_AIR_HU = -1000.0
#: Layers averaged over a slab lie at most so far apart.
_LAYER_MM = 0.25
#: Deposits that show less in a picture count as not shown by it: no scanner shows them.
LEAST_AREA_MM2 = 0.15


@dataclass(frozen=True, slots=True)
class Slab:
    """Which part of a finger a picture shows.

    Parameters
    ----------
    offset_mm : float
        Distance of its middle plane from that of the finger's grid.
    thickness_mm : float
        Over which it is averaged; 0 is a plane.
    first_row, last_row : float
        Part of the finger's grid that is kept, from the tip (0) to the wrist (1).
    """

    offset_mm: float = 0.0
    thickness_mm: float = 1.0
    first_row: float = 0.0
    last_row: float = 1.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.offset_mm) and 0.0 <= self.thickness_mm <= 20.0):
            raise SettingsError(
                "Choosing a slab: expected a finite offset and a thickness of 0 to 20 mm, found "
                f"{self.offset_mm:g} and {self.thickness_mm:g} mm."
            )
        if not 0.0 <= self.first_row < self.last_row <= 1.0:
            raise SettingsError(
                "Choosing a slab: expected rows from 0 (tip) to 1 (wrist), the first before the "
                f"last; found {self.first_row:g} to {self.last_row:g}."
            )


@dataclass(frozen=True, eq=False, slots=True)
class FingerReformat:
    """One sagittal picture of one finger.

    `report` is that of a perfect measurement: the picture in HU before any window, its
    bones, lesion map and lesions, whose numbers are those of the volume.
    """

    finger: Finger
    slab: Slab
    report: Report


def reformat_finger(
    volume: HandVolume, report: Report, finger: Finger, slab: Slab
) -> FingerReformat:
    """Cut one sagittal picture out of a simulated volume.

    Parameters
    ----------
    volume : HandVolume
    report : Report
        Of the same volume, from `calcimetry.phantom.truth.true_report`.
    finger : Finger
        One of the report's.
    slab : Slab
        Which part of it.

    Returns
    -------
    FingerReformat
        Pixels as large as the samples of the finger's grid. A pixel belongs to the lesion
        that fills most of it, if that fills half of it or half of what it fills at its
        fullest; mineral is averaged over the slab. A lesion of less than 0.15 mm2 in the
        picture is none of it.
    """
    layers = _layers(finger.grid, slab)
    source = volume.image.grid
    picture = Grid.picture(layers.shape[1:], finger.grid.spacing[1])
    hu = resample_image(report.image.array, source, layers, fill=_AIR_HU).mean(axis=0)
    bone = resample_image(volume.bone_fraction, source, layers).mean(axis=0)
    labels = resample_image(report.bones.label_map, source, layers, order=0)
    bones = np.where(bone >= 0.5, _most_common(labels), 0)
    bone_map = Segmentation(bones, picture, report.bones.meanings)
    fractions = _fractions(volume, report, layers)
    fractions = {
        number: fraction
        for number, fraction in fractions.items()
        if fraction.sum() * picture.pixel_area_mm2 >= LEAST_AREA_MM2
    }
    numbers = np.zeros(layers.shape[1:], np.uint16)
    fullest = np.zeros(layers.shape[1:])
    for number, fraction in fractions.items():
        own = (fraction >= min(0.5, fraction.max() / 2.0)) & (fraction > fullest)
        numbers[own] = number
        fullest[own] = fraction[own]
    lesion_map = Segmentation(numbers, picture, report.lesion_map.meanings)
    mineral = np.sum([np.zeros(numbers.shape), *fractions.values()], axis=0)
    image = Image(hu, picture, "HU", name=report.image.name)
    lesions = measure_lesions(
        image,
        bone_map,
        lesion_map,
        np.clip(mineral, 0.0, 1.0)[None].astype(np.float32),
        AreaErrorModel.exact(),
    )
    truth = Report(
        image=image,
        bones=bone_map,
        lesion_map=lesion_map,
        lesions=lesions,
        status="complete",
        reason="",
        warnings=(),
        area_mm2=math.fsum(one.area_mm2 for one in lesions),
        area_interval=None,
        ellipse_area_mm2=math.fsum(one.ellipse_area_mm2 for one in lesions),
        method=METHOD,
    )
    return FingerReformat(finger, slab, truth)


def best_offsets_mm(
    volume: HandVolume, report: Report, finger: Finger, count: int = 1, apart_mm: float = 1.5
) -> tuple[float, ...]:
    """Offsets of the planes of a finger that show most of its lesions and still its bones.

    Parameters
    ----------
    volume, report, finger
        As of `reformat_finger`.
    count : int
        How many planes to find.
    apart_mm : float
        Least distance between two of them.

    Returns
    -------
    tuple of float
        As of `Slab`, the fullest plane first; fewer where fewer show a lesion. Only planes
        that show at least half as much of the finger's phalanges as the best one does
        count. Where none of them shows a lesion, the one that shows most bone.
    """
    grid, source = finger.grid, volume.image.grid
    phalanges = [label for label in finger.labels if label % 10 != Bone.METACARPAL]
    wanted = phalanges or list(finger.labels)
    bone = np.isin(resample_image(report.bones.label_map, source, grid, order=0), wanted)
    bone_area = bone.sum(axis=(1, 2))
    own = [one.number for one in report.lesions if one.bone in finger.labels]
    owner = resample_image(report.lesion_map.label_map, source, grid, order=0)
    lesion_area = np.isin(owner, own).sum(axis=(1, 2))
    lesion_area[2 * bone_area < bone_area.max()] = 0
    offsets = (np.arange(grid.shape[0]) - (grid.shape[0] - 1) / 2.0) * grid.spacing[0]
    found: list[float] = []
    for place in np.argsort(-lesion_area, kind="stable"):
        near = any(abs(offsets[place] - one) < apart_mm for one in found)
        if lesion_area[place] and not near and len(found) < count:
            found.append(float(offsets[place]))
    return tuple(found) or (float(offsets[int(np.argmax(bone_area))]),)


def cut_short(picture: FingerReformat) -> Slab:
    """The same slab with the field of view ending within a phalanx.

    Parameters
    ----------
    picture : FingerReformat
        Of a whole finger.

    Returns
    -------
    Slab
        Cut through the middle of the distal or of the proximal phalanx, whichever keeps
        more of the lesions; uncut where neither is in the picture.
    """
    bones = picture.report.bones.label_map[0]
    lesions = picture.report.lesion_map.mask[0].sum(axis=1)
    count = len(bones)
    middles = {}
    for bone in (Bone.DISTAL_PHALANX, Bone.PROXIMAL_PHALANX):
        own = [label for label in picture.finger.labels if label % 10 == bone]
        rows = np.flatnonzero(np.isin(bones, own).any(axis=1))
        if len(rows):
            middles[bone] = float(rows.mean()) / count
    options = []
    if Bone.DISTAL_PHALANX in middles:
        options.append(replace(picture.slab, first_row=middles[Bone.DISTAL_PHALANX]))
    if Bone.PROXIMAL_PHALANX in middles:
        options.append(replace(picture.slab, last_row=middles[Bone.PROXIMAL_PHALANX]))

    def kept(slab: Slab) -> int:
        return int(lesions[round(slab.first_row * count) : round(slab.last_row * count)].sum())

    return max(options, key=kept, default=picture.slab)


def _layers(grid: Grid, slab: Slab) -> Grid:
    """Planes of a finger's grid through a slab, evenly spaced, with its kept rows."""
    count = max(1, math.ceil(slab.thickness_mm / _LAYER_MM))
    step = slab.thickness_mm / count if slab.thickness_mm else grid.spacing[0]
    rows = grid.shape[1]
    top = min(round(slab.first_row * rows), rows - 1)
    bottom = max(round(slab.last_row * rows), top + 1)
    normal = grid.affine[:3, 0] / grid.spacing[0]
    affine = grid.affine.copy()
    middle = grid.index_to_mm([(grid.shape[0] - 1) / 2.0, top, 0])
    affine[:3, 0] = normal * step
    affine[:3, 3] = middle + normal * (slab.offset_mm - step * (count - 1) / 2.0)
    return Grid((count, bottom - top, grid.shape[2]), affine, grid.frame_of_reference_uid)


def _most_common(labels: NDArray[np.integer]) -> NDArray[np.integer]:
    """For each pixel the label, other than 0, that most of its layers have."""
    found = [int(n) for n in np.unique(labels) if n]
    if not found:
        return np.zeros(labels.shape[1:], labels.dtype)
    counts = np.stack([(labels == n).sum(axis=0) for n in found])
    best = np.array(found, labels.dtype)[counts.argmax(axis=0)]
    return np.where(counts.max(axis=0) > 0, best, 0)


def _fractions(volume: HandVolume, report: Report, layers: Grid) -> dict[int, NDArray[np.float64]]:
    """The part of each pixel that each lesion fills, averaged over the layers."""
    owner = nearest_lesion(report.lesion_map, volume.deposit_fraction)
    source = volume.image.grid
    mineral = resample_image(volume.deposit_fraction, source, layers).astype(np.float64)
    owners = resample_image(owner, source, layers, order=0)
    return {
        int(n): np.where(owners == n, mineral, 0.0).mean(axis=0) for n in np.unique(owners) if n
    }
