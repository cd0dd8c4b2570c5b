"""What the header of a NIfTI file says, checked before any voxel is read."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO, cast

import nibabel as nib
import numpy as np
from nibabel.spatialimages import HeaderDataError
from numpy.typing import NDArray

from calcimetry.errors import SpacingError, UnreadableFile, UnsupportedImage
from calcimetry.model import Grid

#: Larger volumes are refused from their header alone: 2000 slices of 512 x 512, as for DICOM.
MAX_VOXELS = 1 << 29
#: Fewer samples along an axis make no volume.
MIN_SIDE = 3
#: Legal distance between neighbouring voxels in mm.
SPACING_RANGE_MM = (0.02, 10.0)
#: NIfTI's world points right, anterior and up; ours points left, posterior and up.
RAS_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])

#: Of NIfTI-1 and -2: the header's own size, which is also its first number.
_HEADERS: dict[int, type[nib.Nifti1Header]] = {348: nib.Nifti1Header, 540: nib.Nifti2Header}
_MAGIC = {348: (344, (b"n+1\0", b"ni1\0")), 540: (4, (b"n+2\0", b"ni2\0"))}
#: Extensions between header and voxels may be skipped up to here.
_MAX_OFFSET = 16_000_000
_UNIT_MM = {"mm": 1.0, "micron": 1e-3, "meter": 1e3, "unknown": 1.0}


@dataclass(frozen=True, slots=True)
class NiftiHeader:
    """Where the voxels of a file lie, in the file and in the patient.

    `shape` is the number of voxels along the file's (i, j, k); `grid` is that of
    the array indexed (k, j, i). `skip` is the number of bytes between header and
    voxels. A voxel's value is ``slope * stored + intercept``.
    """

    shape: tuple[int, int, int]
    dtype: np.dtype[np.generic]
    skip: int
    slope: float
    intercept: float
    grid: Grid
    warnings: tuple[str, ...]


def read_header(file: BinaryIO, name: str, least_side: int = MIN_SIDE) -> NiftiHeader:
    """Read the header at the beginning of a file, and refuse what is no one volume.

    Parameters
    ----------
    file : binary file
        At its beginning; left at the end of the header.
    name : str
        What messages call it.
    least_side : int
        Fewer samples along an axis are refused; 1 lets a single slice through.

    Returns
    -------
    NiftiHeader

    Raises
    ------
    UnreadableFile, UnsupportedImage, SpacingError
        As `calcimetry.files.nifti.read_nifti_with_warnings`.
    """
    header = _parsed(file, name)
    shape, dtype = _shape(header, name, least_side), _dtype(header, name)
    offset = float(header["vox_offset"])
    if not header.sizeof_hdr <= offset <= _MAX_OFFSET:
        raise UnreadableFile(
            f"Reading {name}: its header is damaged (voxels begin at byte {offset:g})."
        )
    slope, intercept = header.get_slope_inter()
    grid, warnings = _grid(header, shape, name)
    return NiftiHeader(
        shape,
        dtype,
        int(offset) - header.sizeof_hdr,
        1.0 if slope is None else float(slope),
        0.0 if intercept is None else float(intercept),
        grid,
        warnings,
    )


def _parsed(file: BinaryIO, name: str) -> nib.Nifti1Header:
    start = file.read(4)
    size = next(
        (n for n in _HEADERS for order in "<>" if start == struct.pack(f"{order}i", n)), None
    )
    block = start + file.read((size or 4) - 4)
    if size is None or len(block) < size:
        raise UnreadableFile(
            f"Reading {name}: not a NIfTI file, or its beginning is damaged. Export the volume "
            "as NIfTI (.nii or .nii.gz)."
        )
    place, (single, pair) = _MAGIC[size]
    magic = block[place : place + 4]
    if magic == pair:
        raise UnsupportedImage(
            f"Reading {name}: a header without its voxels (.hdr and .img). Save both as one file, "
            ".nii or .nii.gz."
        )
    if magic != single:
        raise UnreadableFile(
            f"Reading {name}: expected NIfTI, found the older Analyze format or a damaged header, "
            "which cannot tell left from right. Export the volume as NIfTI."
        )
    return _HEADERS[size](block, check=False)


def _shape(header: nib.Nifti1Header, name: str, least_side: int) -> tuple[int, int, int]:
    try:
        sizes = [int(n) for n in header.get_data_shape()]
    except HeaderDataError as error:
        raise UnreadableFile(f"Reading {name}: its header is damaged ({error}).") from error
    found = " x ".join(map(str, sizes))
    if any(n > 1 for n in sizes[3:]):
        raise UnsupportedImage(
            f"Reading {name}: expected one volume, found {found} voxels: several in one file. "
            "Save the one to measure as its own file; two energies go in as --low and --high."
        )
    if least_side == 1 and len(sizes) == 2:
        sizes.append(1)
    if len(sizes) < 3 or min(sizes[:3]) < least_side:
        raise UnsupportedImage(
            f"Reading {name}: a volume has at least {least_side} voxels along each of three axes, "
            f"found {found or 'none'}. Measure a single slice as a picture."
        )
    if np.prod(np.array(sizes, dtype=float)) > MAX_VOXELS:
        raise UnsupportedImage(
            f"Reading {name}: at most {MAX_VOXELS // 1_000_000} million voxels are read, its "
            f"header says {found}. Cut the hand out, without resampling it."
        )
    return sizes[0], sizes[1], sizes[2]


def _dtype(header: nib.Nifti1Header, name: str) -> np.dtype[np.generic]:
    try:
        dtype = header.get_data_dtype()
    except (HeaderDataError, KeyError) as error:
        raise UnreadableFile(f"Reading {name}: its header is damaged ({error}).") from error
    if dtype.kind not in "iuf" or dtype.itemsize > 8:
        kinds = {"V": "colours", "c": "complex numbers"}
        raise UnsupportedImage(
            f"Reading {name}: expected one number per voxel, CT values in HU, found "
            f"{kinds.get(dtype.kind, str(dtype))}."
        )
    return cast("np.dtype[np.generic]", dtype)


def _grid(
    header: nib.Nifti1Header, shape: tuple[int, int, int], name: str
) -> tuple[Grid, tuple[str, ...]]:
    warnings = []
    unit = header.get_xyzt_units()[0]
    if unit == "unknown":
        warnings.append(f"{name} does not state its unit of length: taken as mm.")
    sform, qform = header.get_sform(coded=True)[0], header.get_qform(coded=True)[0]
    affine = qform if sform is None else sform
    if affine is None:
        affine = header.get_base_affine()
        warnings.append(
            f"{name} does not say how it lies in the patient (sform and qform codes are 0): the "
            "side of the hand may be wrong. State it with --side."
        )
    affine = np.array(affine, dtype=np.float64)
    affine[:3] *= _UNIT_MM[unit]
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    low, high = SPACING_RANGE_MM
    # NaN fails every comparison, so it is refused here too.
    if not (np.isfinite(affine).all() and low <= spacing.min() and spacing.max() <= high):
        raise SpacingError(
            f"Reading {name}: neighbouring voxels must lie {low:g} to {high:g} mm apart, its "
            f"header gives {' x '.join(f'{mm:.4g}' for mm in spacing)} mm. Convert it again from "
            "the scanner's files."
        )
    if abs(np.linalg.det(affine[:3, :3] / spacing)) < 1e-3:
        raise SpacingError(
            f"Reading {name}: its header lays two axes of the volume onto each other. Convert it "
            "again from the scanner's files."
        )
    warnings += _disagreement(sform, qform, shape, name)
    columns, rows, slices = shape
    return Grid((slices, rows, columns), (RAS_LPS @ affine)[:, [2, 1, 0, 3]]), tuple(warnings)


def _disagreement(
    sform: NDArray[np.float64] | None,
    qform: NDArray[np.float64] | None,
    shape: tuple[int, int, int],
    name: str,
) -> list[str]:
    """Warn where the file's two accounts of its place differ by over a voxel somewhere."""
    if sform is None or qform is None:
        return []
    corners = np.array([(i, j, k, 1) for i in (0, 1) for j in (0, 1) for k in (0, 1)])
    corners = corners * [*(n - 1 for n in shape), 1]
    apart = np.linalg.norm(corners @ (sform - qform).T, axis=1).max()
    # A qform that is NaN is of no use, and not used.
    if not apart > np.linalg.norm(sform[:3, :3], axis=0).min():
        return []
    return [f"{name} says twice where it lies, differently: its sform is used, not its qform."]
