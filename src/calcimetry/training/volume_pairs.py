"""A volume with its masks in NIfTI files."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calcimetry.errors import InputError
from calcimetry.files.inputs import Input, without_ending
from calcimetry.files.nifti import (
    VOLUME_ENDINGS,
    read_label_grid,
    read_label_nifti,
    read_nifti_with_warnings,
)
from calcimetry.model import Grid, Image
from calcimetry.training.marked import Marked, values_of
from calcimetry.training.mask_files import BONES, LESIONS, is_mask
from calcimetry.training.picture_pairs import PATIENT_COLUMN, mask_of, no_mask
from calcimetry.training.planes import cut_volume

#: A mask may put a voxel's centre by this part of a voxel elsewhere than its image does.
_SAME_PLACE = 0.1


def read_marked_nifti(source: Input, root: Path) -> Marked:
    """Read a NIfTI volume, or a single slice, with its masks.

    Parameters
    ----------
    source : Input
        That `calcimetry.files.inputs.find_inputs` found.
    root : Path
        The folder that was searched.

    Returns
    -------
    Marked
        See `calcimetry.training.planes.cut_volume`.

    Raises
    ------
    InputError
        If either cannot be read, the bone mask is missing or empty, or they do not lie on
        one grid.
    """
    if source.problem:
        raise InputError(f"Reading {source.image}: {source.problem}.")
    image = read_nifti_with_warnings(source.path, least_side=1)[0]
    masks = mask_of(source, root, BONES), mask_of(source, root, LESIONS)
    patient = source.columns.get(PATIENT_COLUMN, "")
    image = Image(image.array, image.grid, "HU", name=source.image)
    expected = f"{without_ending(source.path.name)[0]}{BONES}.nii.gz"
    return marked_volume(image, patient, masks, root, expected)


def marked_volume(
    image: Image,
    patient: str,
    masks: tuple[Path | None, Path | None],
    root: Path,
    expected: str,
) -> Marked:
    """Cut a volume whose masks, if any were found by name, lie in NIfTI files.

    Parameters
    ----------
    image : Image
        In HU; its name is told.
    patient : str
        A pseudonym, or empty.
    masks : pair of Path or None
        Of bones and of lesions. Where None, the only mask below `root` that lies on the
        image's grid is taken.
    root : Path
    expected : str
        What a missing bone mask should have been.

    Returns
    -------
    Marked

    Raises
    ------
    InputError
        If the bone mask is missing, empty, unreadable or on another grid, or several fit.
    """
    bones, lesions = masks
    bones = bones or only_on_grid(image, root, BONES)
    if bones is None:
        raise no_mask(image.name, expected)
    lesions = lesions or only_on_grid(image, root, LESIONS)
    numbers = _read(bones, image)
    deposits = None if lesions is None else _read(lesions, image) > 0
    values = values_of(numbers, bones.name)
    cuts = cut_volume(image, numbers, deposits)
    return Marked(image.name, patient, bones.name, values, cuts)


def only_on_grid(image: Image, root: Path, kind: str) -> Path | None:
    """The one mask below a folder that lies on an image's grid; None where there is none.

    Raises
    ------
    InputError
        If there are several.
    """
    found = []
    for path in _masks_below(root, kind):
        try:
            grid = read_label_grid(path)
        except InputError:
            continue  # told where it is an image's own by name
        if _turn(grid, image.grid) is not None:
            found.append(path)
    if len(found) > 1:
        raise InputError(
            f"Reading {image.name}: {found[0].name} and {found[1].name} both lie on its grid. Name "
            "its own mask after it, or keep only one of them in the folder."
        )
    return found[0] if found else None


def on_grid(labels: NDArray[np.int64], grid: Grid, target: Grid) -> NDArray[np.int64] | None:
    """Labels in the order of another grid; None where its samples lie elsewhere.

    The axes may run in another order or the other way: DICOM keeps no order of slices.

    Parameters
    ----------
    labels : array, shape of `grid`
    grid, target : Grid

    Returns
    -------
    array, shape of `target`, or None

    Examples
    --------
    >>> grid = Grid((2, 1, 3), np.eye(4))
    >>> on_grid(np.arange(6).reshape(2, 1, 3), grid, grid.flipped(2)).tolist()
    [[[2, 1, 0]], [[5, 4, 3]]]
    """
    turn = _turn(grid, target)
    if turn is None:
        return None
    order, back = turn
    return np.flip(labels.transpose(order), back)


def _turn(grid: Grid, target: Grid) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    """The axes of a grid in the order of another one, and which of those run back."""
    linear = np.linalg.solve(target.affine, grid.affine)[:3, :3].T  # rows: axes of `grid`
    order = tuple(int(k) for k in np.abs(linear).argmax(axis=0))
    if sorted(order) != [0, 1, 2] or tuple(grid.shape[k] for k in order) != target.shape:
        return None
    back = tuple(k for k in range(3) if linear[order[k], k] < 0)
    turned = grid.affine[:, [*order, 3]]
    moved = Grid(target.shape, turned)
    for axis in back:
        moved = moved.flipped(axis)
    ends = np.array(list(itertools.product((0, 1), repeat=3))) * (np.array(target.shape) - 1)
    off = np.abs(target.mm_to_index(moved.index_to_mm(ends)) - ends)
    return (order, back) if off.max() <= _SAME_PLACE else None


def _read(path: Path, image: Image) -> NDArray[np.int64]:
    labels, grid = read_label_nifti(path)
    result = on_grid(labels, grid, image.grid)
    if result is None:
        raise InputError(
            f"Reading {path.name}: expected the grid of {image.name}, {_told(image.grid)}; found "
            f"{_told(grid)}, or another place. Save the mask on the image's own voxels."
        )
    return result


def _masks_below(root: Path, kind: str) -> Iterator[Path]:
    for where, folders, names in os.walk(root):
        folders.sort()
        for name in sorted(names):
            if name.lower().endswith(VOLUME_ENDINGS) and kind[1:] in name and is_mask(Path(name)):
                yield Path(where, name)


def _told(grid: Grid) -> str:
    spacing = " x ".join(f"{mm:.3g}" for mm in grid.spacing)
    return f"{' x '.join(map(str, grid.shape))} voxels of {spacing} mm"
