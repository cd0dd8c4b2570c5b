"""Volumes with their masks cut into pictures: sagittal planes of each finger, or slices."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from calcimetry.errors import InputError
from calcimetry.model import Digit, Finger, Grid, Image, Laterality, Segmentation, bone_name
from calcimetry.model.anatomy import LEFT_HAND_OFFSET, WRIST_BONES
from calcimetry.phantom.truth import hands_of
from calcimetry.resample import box_around, resample_image
from calcimetry.training.marked import Cut
from calcimetry.training.mask_values import label_class

#: Distance of planes, and of slices at the least.
PLANES_MM = 1.0
#: A plane that shows less of the bones it was cut for hardly touches them.
_LEAST_BONE_MM2 = 10.0
_AIR_HU = -1000.0

Numbers = NDArray[np.integer]
Mask = NDArray[np.bool_]


def cut_volume(image: Image, bones: Numbers, deposits: Mask | None) -> tuple[Cut, ...]:
    """Pictures of a volume.

    Parameters
    ----------
    image : Image
        In HU.
    bones : array of int, shape of its grid
        The numbers of its bone mask.
    deposits : array of bool, shape of its grid, or None

    Returns
    -------
    tuple of Cut
        Where the mask tells digits (``10 x digit + bone``), each finger is straightened as
        `calcimetry.fingers.straighten` does it, and cut in sagittal planes 1 mm apart
        through its bones. Elsewhere the volume's own slices that show bone, at least 1 mm
        apart. A single slice is one cut.

    Raises
    ------
    InputError
        If no plane shows bone.
    """
    if 1 in image.grid.shape:
        return (_single(image, bones, deposits),)
    fingers = list(_fingers(bones, image.grid))
    if fingers:
        own = (_planes(finger, image, bones, deposits) for finger in fingers)
        cuts = tuple(itertools.chain.from_iterable(own))
    else:
        cuts = tuple(_slices(image, bones, deposits))
    if not cuts:
        raise InputError(
            f"Cutting {image.name}: no plane of it shows bone, by its mask. Mark whole bones, or "
            "take the image out of the folder."
        )
    return cuts


def _fingers(bones: Numbers, grid: Grid) -> Iterator[Finger]:
    """The straightened fingers of the digits in a mask."""
    values = [int(n) for n in np.unique(bones)]
    for side, start in ((Laterality.RIGHT, 0), (Laterality.LEFT, LEFT_HAND_OFFSET)):
        own = [n for n in values if start < n < start + LEFT_HAND_OFFSET and _has_digit(n - start)]
        if own:
            labels = np.where(np.isin(bones, own), bones, 0)
            meanings = {n: bone_name(n) for n in own}
            for hand in hands_of(Segmentation(labels, grid, meanings), side):
                yield from hand.fingers


def _has_digit(value: int) -> bool:
    known = label_class(value) is not None and value not in WRIST_BONES
    # The thumb has no middle phalanx, and what is called so has no name.
    return known and value >= 10 and value != 10 * Digit.THUMB + 2


def _planes(finger: Finger, image: Image, bones: Numbers, deposits: Mask | None) -> Iterator[Cut]:
    view = _view(finger.grid)
    box, part = box_around(view, image.grid, margin=2)
    hu = resample_image(image.array[box], part, view, fill=_AIR_HU)
    numbers = resample_image(bones[box], part, view, order=0)
    marked = None
    if deposits is not None:
        marked = resample_image(deposits[box].astype(np.uint8), part, view, order=0) > 0
    area = np.isin(numbers, finger.labels).sum(axis=(1, 2)) * view.pixel_area_mm2
    for place in np.flatnonzero(area >= _LEAST_BONE_MM2):
        name = f"{image.name}, {finger.name}, plane {place + 1}"
        own = None if marked is None else marked[place]
        yield Cut(name, _picture(hu[place], view, image, name), numbers[place], own)


def _slices(image: Image, bones: Numbers, deposits: Mask | None) -> Iterator[Cut]:
    step = max(1, round(PLANES_MM / image.grid.spacing[0]))
    for place in range(step // 2, image.grid.shape[0], step):
        if bones[place].any():
            name = f"{image.name}, slice {place + 1}"
            own = None if deposits is None else deposits[place]
            picture = _picture(image.array[place], image.grid, image, name)
            yield Cut(name, picture, bones[place], own)


def _single(image: Image, bones: Numbers, deposits: Mask | None) -> Cut:
    """The one slice of an image, whichever axis runs across it."""
    axis = image.grid.shape.index(1)
    order = (axis, *(k for k in range(3) if k != axis))
    affine = image.grid.affine[:, [*order, 3]]
    rows, columns = (image.grid.shape[k] for k in order[1:])
    grid = Grid((1, rows, columns), affine)
    own = None if deposits is None else deposits.transpose(order)[0]
    picture = _picture(image.array.transpose(order)[0], grid, image, image.name)
    return Cut(image.name, picture, bones.transpose(order)[0], own)


def _picture(hu: NDArray[np.floating], grid: Grid, source: Image, name: str) -> Image:
    """One plane of a grid as a picture: spacing of its rows and columns, and no place."""
    flat = Grid.picture((hu.shape[0], hu.shape[1]), 1.0)
    affine = flat.affine @ np.diag([1.0, *grid.spacing[1:], 1.0])
    return Image(hu, Grid(flat.shape, affine), "HU", source.clipped_hu, name)


def _view(grid: Grid) -> Grid:
    """A finger's grid with its planes 1 mm apart."""
    factor = PLANES_MM / grid.spacing[0]
    affine = grid.affine.copy()
    affine[:3, 0] *= factor
    count = int((grid.shape[0] - 1) / factor) + 1
    return Grid((count, *grid.shape[1:]), affine)
