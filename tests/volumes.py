"""A small hand as a CT volume, lying askew, and a stand-in for measuring it."""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np

from calcimetry.coverage.phalanges import expected_phalanges
from calcimetry.errors import NotMeasurable
from calcimetry.model import (
    Digit,
    DualEnergyImage,
    Finger,
    Grid,
    Hand,
    Image,
    Interval,
    Laterality,
    Lesion,
    PhalanxCoverage,
    Report,
    Segmentation,
    bone_name,
)

#: Of the hand laid flat: back to palm, tips to wrist, across; 1 mm each.
FLAT = (12, 60, 40)
#: The volume holds it turned: (across, back to palm, wrist to tips).
SHAPE = (FLAT[2], FLAT[0], FLAT[1])
#: Where each bone of the two fingers lies, by label: rows, columns.
BONES = {
    23: (slice(6, 14), slice(10, 14)),
    22: (slice(15, 25), slice(10, 14)),
    21: (slice(26, 38), slice(9, 15)),
    24: (slice(40, 56), slice(9, 15)),
    13: (slice(24, 32), slice(26, 30)),
    11: (slice(33, 42), slice(26, 31)),
    14: (slice(43, 55), slice(24, 31)),
}
#: The same for lesions: slices, rows, columns, nearest bone.
LESIONS = {
    1: (slice(8, 10), slice(17, 21), slice(10, 13), 22),
    2: (slice(7, 9), slice(35, 37), slice(27, 29), 11),
    3: (slice(9, 10), slice(45, 46), slice(12, 13), 24),
}


def _turned(flat: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(flat.transpose(2, 0, 1)[:, :, ::-1])


#: From the flat hand's index to the volume's.
_TO_VOLUME = np.array(
    [[0, 0, 1, 0], [1, 0, 0, 0], [0, -1, 0, FLAT[1] - 1], [0, 0, 0, 1]], dtype=float
)


def hand_hu(mineral: float = 900.0) -> np.ndarray:
    """HU of the hand, shape `SHAPE`: air, soft tissue, bones and lesions."""
    flat = np.full(FLAT, -1000.0)
    flat[2:10, 3:58, 5:34] = 40.0
    for rows, columns in BONES.values():
        flat[4:8, rows, columns] = mineral
    for slices, rows, columns, _ in LESIONS.values():
        flat[slices, rows, columns] = 0.8 * mineral
    return _turned(flat)


def save_nifti(path: Path, hu: np.ndarray | None = None, affine: np.ndarray | None = None) -> Path:
    """Save a volume, shape (slices, rows, columns), as NIfTI with mm; makes its folder."""
    array = hand_hu() if hu is None else hu
    image = nib.Nifti1Image(
        array.T.astype(np.int16), np.diag([0.8, 0.9, 1.0, 1.0]) if affine is None else affine
    )
    image.set_qform(None, 0)
    image.header.set_xyzt_units("mm")
    path.parent.mkdir(parents=True, exist_ok=True)
    nib.save(image, path)
    return path


def _flat_grid(grid: Grid) -> Grid:
    return Grid(FLAT, grid.affine @ _TO_VOLUME)


def _finger(flat: Grid, digit: Digit, side: Laterality, columns: slice) -> Finger:
    """Its own grid has slices across the finger and columns from its back to its palm."""
    to_flat = np.eye(4)[:, [2, 1, 0, 3]]
    to_flat[2, 3] = columns.start
    grid = Grid((columns.stop - columns.start, FLAT[1], FLAT[0]), flat.affine @ to_flat)
    offset = 100 if side is Laterality.LEFT else 0
    return Finger(
        digit, side, grid, tuple(offset + label for label in BONES if label // 10 == digit)
    )


def _lesion(number: int, grid: Grid, hand: Hand, offset: int) -> Lesion:
    slices, rows, columns, bone = LESIONS[number]
    finger = next(one for one in hand.fingers if offset + bone in one.labels)
    extent = [part.stop - part.start for part in (slices, rows, columns)]
    area = float(extent[0] * extent[1])
    middle = [(part.start + part.stop - 1) / 2 for part in (slices, rows, columns)]
    slice_, row, column = (_TO_VOLUME @ [*middle, 1.0])[:3]
    plane_affine = finger.grid.affine.copy()
    place = finger.grid.mm_to_index(grid.index_to_mm((slice_, row, column)))
    plane_affine[:3, 3] += place[0] * plane_affine[:3, 0]
    return Lesion(
        number=number,
        bone=offset + bone,
        area_mm2=area,
        area_interval=Interval(0.8 * area, 1.2 * area),
        pixel_area_mm2=area,
        long_axis_mm=float(extent[1]),
        short_axis_mm=float(extent[0]),
        ellipse_area_mm2=np.pi / 4 * area,
        perimeter_mm=2.0 * (extent[0] + extent[1]),
        solidity=1.0,
        touches_bone=number == 1,
        centre=(float(slice_), float(row), float(column)),
        long_axis_ends=((rows.start - 0.5, middle[0]), (rows.stop - 0.5, middle[0])),
        short_axis_ends=((middle[1], slices.start - 0.5), (middle[1], slices.stop - 0.5)),
        mean_hu=720.0,
        volume_mm3=float(np.prod(extent)),
        volume_interval=Interval(0.75 * np.prod(extent), 1.25 * np.prod(extent)),
        plane=Grid((1, FLAT[1], FLAT[0]), plane_affine),
        side="left" if offset else "right",
        digit=bone // 10,
        aspect="volar",
        not_measured={"mass_mg": "no calibration yet"},
    )


def fake_measure_volume(
    image: Image | DualEnergyImage,
    settings: object = None,
    laterality: Laterality | None = None,
    on_stage: object = None,
    numbers: tuple[int, ...] = (1, 2, 3),
) -> Report:
    """The bones and lesions at the places where `hand_hu` has them; right if nobody says."""
    if isinstance(image, DualEnergyImage):
        image = image.mixed
    if np.ptp(image.array) < 1:
        raise NotMeasurable(f"Measuring {image.name!r}: the volume is blank.")
    grid, side = image.grid, laterality or Laterality.RIGHT
    offset = 100 if side is Laterality.LEFT else 0
    bones, lesion_map = np.zeros(FLAT, np.uint16), np.zeros(FLAT, np.uint16)
    for label, (rows, columns) in BONES.items():
        bones[4:8, rows, columns] = offset + label
    for number in numbers:
        lesion_map[LESIONS[number][:3]] = number
    flat = _flat_grid(grid)
    fingers = (
        _finger(flat, Digit.THUMB, side, slice(20, 36)),
        _finger(flat, Digit.INDEX, side, slice(4, 20)),
    )
    hand = Hand(side, fingers, flat)
    lesions = tuple(_lesion(number, grid, hand, offset) for number in numbers)
    volume = sum(one.volume_mm3 or 0.0 for one in lesions)
    area = sum(one.area_mm2 for one in lesions)
    return Report(
        image=image,
        bones=Segmentation(
            _turned(bones), grid, {offset + label: bone_name(offset + label) for label in BONES}
        ),
        lesion_map=Segmentation(_turned(lesion_map), grid, {n: f"lesion {n}" for n in numbers}),
        lesions=lesions,
        status="complete",
        reason="",
        warnings=("a warning",),
        area_mm2=area,
        area_interval=Interval(0.8 * area, 1.2 * area) if lesions else None,
        ellipse_area_mm2=np.pi / 4 * area,
        method="fake",
        hands=(hand,),
        volume_mm3=volume,
        volume_interval=Interval(0.75 * volume, 1.25 * volume) if lesions else None,
        coverage=tuple(
            PhalanxCoverage(phalanx, "complete", 1.0)
            for finger in fingers
            for phalanx in expected_phalanges(finger.digit, side)
        ),
    )
