"""Volumes as NIfTI files: reading CT, writing label maps on the input's own grid."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import BinaryIO, cast

import nibabel as nib
import numpy as np
from numpy.typing import NDArray

from calcimetry.errors import InputError, UnreadableFile, UnsupportedImage
from calcimetry.files.nifti_header import MIN_SIDE, RAS_LPS, NiftiHeader, read_header
from calcimetry.files.opening import refuse_no_file, unreadable
from calcimetry.files.tables import write_bytes
from calcimetry.model import Grid, Image, Segmentation

#: Endings by which a volume is recognised in a folder; compared in lower case.
VOLUME_ENDINGS = (".nii.gz", ".nii")
#: A CT in HU shows air, -1000 HU, around the hand; even smoothed it lies below this.
AIR_HU = -200.0
#: Bytes read at once behind the voxels, and how often: a file may grow on and on there.
_CHUNK, _MOST_BEYOND = 1 << 20, 16


def read_nifti(path: str | PathLike[str]) -> Image:
    """Read one CT volume in HU: `read_nifti_with_warnings` without its warnings."""
    return read_nifti_with_warnings(path)[0]


def read_nifti_with_warnings(
    path: str | PathLike[str], least_side: int = MIN_SIDE
) -> tuple[Image, tuple[str, ...]]:
    """Read one CT volume in HU from a NIfTI-1 or NIfTI-2 file, compressed or not.

    The file's index (i, j, k) becomes (column, row, slice), which copies nothing,
    and its RAS millimetres become LPS. Any order and direction of axes, oblique
    and sheared ones included, is kept as it is: nothing is resampled.

    Where the volume lies in the patient is taken from the sform where its code is
    not 0, else from the qform where its code is not 0, as the standard says. Where
    both codes are 0 the file does not say: its axes are taken to run right,
    anterior and up, and a warning tells that sides may be wrong.

    Parameters
    ----------
    path : path-like
        A single-file NIfTI (.nii, .nii.gz).
    least_side : int
        Fewer voxels along an axis are refused; 1 lets a single slice through.

    Returns
    -------
    image : Image
        In HU, named after the file.
    warnings : tuple of str
        What was assumed, such as mm where the unit is not stated.

    Raises
    ------
    UnreadableFile
        If the file is missing, a folder, empty, truncated, no NIfTI, not
        compressed though its name says so, or may not be opened.
    UnsupportedImage
        If it holds several volumes, colours, complex numbers, NaN, a single
        slice, more than 536 million voxels, or no CT in HU: one in which nothing
        is darker than -200 HU shows no air.
    SpacingError
        If its voxels have no place or no size, or an absurd one.
    """
    path = Path(path)
    with _opened(path) as file:
        header = read_header(file, path.name, least_side)
        stored = _stored(file, header, path.name)
    hu = _hounsfield(stored, header, path.name)
    return Image(hu, header.grid, "HU", name=path.name), header.warnings


def read_label_nifti(path: str | PathLike[str]) -> tuple[NDArray[np.int64], Grid]:
    """Read a label map; also of a single slice.

    Parameters
    ----------
    path : path-like
        A single-file NIfTI (.nii, .nii.gz).

    Returns
    -------
    labels : array of int64, shape of the grid
    grid : Grid
        As of `read_nifti_with_warnings`.

    Raises
    ------
    UnreadableFile, SpacingError
        As `read_nifti_with_warnings`.
    UnsupportedImage
        If it holds several volumes, colours or complex numbers, or numbers that are no labels:
        fractions or negative ones.
    """
    path = Path(path)
    with _opened(path) as file:
        header = read_header(file, path.name, least_side=1)
        stored = _stored(file, header, path.name)
    numbers = stored.astype(np.float64) * header.slope + header.intercept
    with np.errstate(invalid="ignore"):  # NaN is told below
        labels = numbers.astype(np.int64)
    if not (np.array_equal(labels, numbers) and labels.min() >= 0):
        raise UnsupportedImage(
            f"Reading {path.name}: expected a label map, whole numbers from 0; found values from "
            f"{numbers.min():g} to {numbers.max():g}. Save the labels without smoothing."
        )
    return labels, header.grid


def read_label_grid(path: str | PathLike[str]) -> Grid:
    """The grid of a label map, from its header alone; raises as `read_label_nifti`."""
    path = Path(path)
    with _opened(path) as file:
        return read_header(file, path.name, least_side=1).grid


def write_label_nifti(path: str | PathLike[str], segmentation: Segmentation) -> None:
    """Write a label map as compressed NIfTI-1 whose voxel value is the label number.

    The voxels lie as in the segmentation's array, index (column, row, slice), and
    sform says where, in scanner coordinates; qform says the same where the grid is
    right-angled, which is all it can express. Eight bits, or sixteen where a label
    is above 255. The same content gives the same bytes. The file appears whole or
    not at all.

    Parameters
    ----------
    path : path-like
        Where to write, ending in .nii.gz; folders are made as needed.
    segmentation : Segmentation
        Labels on the grid of the volume that they belong to.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    labels = segmentation.label_map
    wide = labels.size > 0 and int(labels.max()) > 255
    _write(Path(path), labels.astype(np.uint16 if wide else np.uint8), segmentation.grid)


def write_ct_nifti(path: str | PathLike[str], image: Image) -> None:
    """Write a volume in HU as compressed NIfTI-1 of whole numbers, as scanners store them.

    The file appears whole or not at all; `read_nifti` reads it back.

    Parameters
    ----------
    path : path-like
        Where to write, ending in .nii.gz; folders are made as needed.
    image : Image
        HU beyond what 16 bits hold are cut off.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    whole = np.clip(np.rint(image.array), -32768, 32767).astype(np.int16)
    _write(Path(path), whole, image.grid)


def _write(path: Path, array: NDArray[np.generic], grid: Grid) -> None:
    affine = RAS_LPS @ grid.affine[:, [2, 1, 0, 3]]
    image = nib.Nifti1Image(array.T, affine)
    image.set_sform(affine, code="scanner")
    image.set_qform(affine, code="scanner" if _right_angled(affine) else "unknown")
    image.header.set_xyzt_units("mm")
    write_bytes(path, gzip.compress(image.to_bytes(), compresslevel=6, mtime=0))


def _right_angled(affine: NDArray[np.float64]) -> bool:
    axes = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    return bool(np.allclose(axes.T @ axes, np.eye(3), atol=1e-5))


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """Open a file, decompressed, and turn whatever goes wrong until it is closed into ours."""
    name = path.name
    try:
        refuse_no_file(path, "a NIfTI file")
        with path.open("rb") as file:
            compressed = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            _refuse_wrong_name(name, compressed)
            if compressed:
                with gzip.open(file) as plain:
                    yield cast("BinaryIO", plain)
            else:
                yield file
    except InputError:
        raise
    except Exception as error:
        raise unreadable(name, error) from error


def _refuse_wrong_name(name: str, compressed: bool) -> None:
    if name.lower().endswith(".gz") and not compressed:
        raise UnreadableFile(
            f"Reading {name}: its name says that it is compressed, but it is not gzip. "
            "Export or copy it again, or name it .nii if it is plain NIfTI."
        )


def _stored(file: BinaryIO, header: NiftiHeader, name: str) -> NDArray[np.generic]:
    """Voxels as the file stores them, shape (k, j, i): no more is ever read than that."""
    file.read(header.skip)
    wanted = int(np.prod(header.shape)) * header.dtype.itemsize
    content = file.read(wanted)
    if len(content) < wanted:
        raise UnreadableFile(
            f"Reading {name}: the file is incomplete ({len(content)} of {wanted} bytes of voxels). "
            "Export or copy it again."
        )
    for _ in range(_MOST_BEYOND):  # to the end, where gzip compares its checksum
        if not file.read(_CHUNK):
            break
    return np.frombuffer(content, header.dtype).reshape(header.shape[::-1])


def _hounsfield(stored: NDArray[np.generic], header: NiftiHeader, name: str) -> NDArray[np.float32]:
    with np.errstate(over="ignore", invalid="ignore"):  # what float32 cannot hold is told below
        hu = stored.astype(np.float32)
        if (header.slope, header.intercept) != (1.0, 0.0):
            hu *= np.float32(header.slope)
            hu += np.float32(header.intercept)
        low, high = float(hu.min()), float(hu.max())  # NaN where there is any
    if not np.isfinite([low, high]).all():
        raise UnsupportedImage(
            f"Reading {name}: {int((~np.isfinite(hu)).sum())} of {hu.size} voxels are NaN or "
            "infinite. Store -1024 HU where nothing was measured."
        )
    if low > AIR_HU:
        raise UnsupportedImage(
            f"Reading {name}: expected CT in HU, where air is -1000; found values from {low:g} to "
            f"{high:g}: a label map, another kind of image, or values without their rescaling."
        )
    return hu
