"""The table of bad volumes that are no DICOM, and how each must end (`test_bad_volumes.py`)."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nibabel as nib
import numpy as np

from tests.volumes import hand_hu, save_nifti


@dataclass(frozen=True)
class Bad:
    """One bad volume: how to make it in a folder, what to type, and how it must end.

    `row` is the image in images.csv that must have failed, or None where the run
    ends before there are rows. `told` stands in the line on stderr and in the row.
    """

    make: Callable[[Path], object]
    told: str
    row: str | None = "bad.nii.gz"
    arguments: tuple[str, ...] = ("bad.nii.gz",)
    status: int = 2


def _array(change: Callable[[np.ndarray], np.ndarray]) -> Callable[[Path], object]:
    def make(folder: Path) -> None:
        image = nib.Nifti1Image(change(hand_hu().T), np.diag([0.8, 0.9, 1.0, 1.0]))
        image.header.set_xyzt_units("mm")
        nib.save(image, folder / "bad.nii.gz")

    return make


def _header(place: int, form: str, *values: object) -> Callable[[Path], object]:
    def make(folder: Path) -> None:
        content = bytearray(gzip.decompress(save_nifti(folder / "bad.nii.gz").read_bytes()))
        struct.pack_into("<" + form, content, place, *values)
        (folder / "bad.nii.gz").write_bytes(gzip.compress(bytes(content)))

    return make


def _bytes(change: Callable[[bytes], bytes], name: str = "bad.nii.gz") -> Callable[[Path], object]:
    def make(folder: Path) -> None:
        content = save_nifti(folder / "whole.nii.gz").read_bytes()
        (folder / "whole.nii.gz").unlink()
        (folder / name).write_bytes(change(content))

    return make


def _bomb(content: bytes) -> bytes:
    """Declares 2.4 GB of voxels, and holds 2 MB of zeros in few bytes."""
    plain = bytearray(gzip.decompress(content)[:352])
    struct.pack_into("<3h", plain, 42, 600, 1000, 500)
    struct.pack_into("<2h", plain, 70, 64, 64)
    return gzip.compress(bytes(plain) + bytes(2 << 20))


def _nan(array: np.ndarray) -> np.ndarray:
    array = array.astype(np.float32)
    array[0, 0, 0] = np.nan
    return array


def _pair(change: Callable[[Path], object]) -> Callable[[Path], object]:
    def make(folder: Path) -> None:
        save_nifti(folder / "low.nii.gz")
        save_nifti(folder / "high.nii.gz", hand_hu(500.0))
        change(folder)

    return make


def _nothing(folder: Path) -> None:
    pass


def _shifted(folder: Path) -> None:
    affine = np.diag([0.8, 0.9, 1.0, 1.0])
    affine[2, 3] = 4.0
    save_nifti(folder / "high.nii.gz", hand_hu(500.0), affine)


def _labels_beside(folder: Path) -> None:
    save_nifti(folder / "in" / "hand.nii.gz", hand_hu(901.0))
    save_nifti(folder / "in" / "bad.nii.gz", (hand_hu() > 100).astype(int))


def _blank(array: np.ndarray) -> np.ndarray:
    return np.full(array.shape, -1000, np.int16)


PAIR = ("--low", "low.nii.gz", "--high", "high.nii.gz")
BAD = {
    "missing": Bad(_nothing, "no such file"),
    "empty file": Bad(_bytes(lambda _: b""), "empty (0 bytes)"),
    "a folder": Bad(lambda f: (f / "bad.nii.gz").mkdir(), "or PNG in it", "bad.nii.gz/"),
    "truncated": Bad(_bytes(lambda b: b[: len(b) // 2]), "damaged or incomplete"),
    "last byte lost": Bad(_bytes(lambda b: b[:-1]), "damaged or incomplete"),
    "not gzip": Bad(_bytes(gzip.decompress), "it is not gzip"),
    "text": Bad(_bytes(lambda _: gzip.compress(b"hello" * 200)), "not a NIfTI file"),
    "gzip in gzip": Bad(_bytes(gzip.compress), "not a NIfTI file"),
    "bomb": Bad(_bytes(_bomb), "incomplete (2097152 of 2400000000 bytes"),
    "huge dimensions": Bad(_header(42, "3h", 32767, 32767, 32767), "at most 536 million voxels"),
    "dimensions beyond the file": Bad(_header(42, "3h", 500, 500, 500), "incomplete"),
    "no dimensions": Bad(_header(40, "h", 0), "each of three axes"),
    "4-D": Bad(_array(lambda a: np.stack([a, a], axis=-1)), "several in one file"),
    "one slice": Bad(_array(lambda a: a[..., :1]), "Measure a single slice as a picture"),
    "NaN affine": Bad(_header(280, "f", np.nan), "mm apart, its header gives nan"),
    "voxels of 0 mm": Bad(_header(280, "f", 0.0), "gives 0 x 0.9 x 1 mm"),
    "voxels of micrometres as mm": Bad(_header(280, "f", 600.0), "gives 600 x"),
    "flat affine": Bad(
        _header(280, "12f", *(1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 1, 0)), "two axes of the volume"
    ),
    "NaN voxels": Bad(_array(_nan), "1 of 28800 voxels are NaN"),
    "complex": Bad(_array(lambda a: a.astype(np.complex64)), "complex numbers"),
    "colours": Bad(
        _array(lambda a: np.zeros(a.shape, [("R", "u1"), ("G", "u1"), ("B", "u1")])), "colours"
    ),
    "label map": Bad(_array(lambda a: (a > 100).astype(np.uint8)), "a label map"),
    "not rescaled": Bad(_array(lambda a: a + 1024), "values without their rescaling"),
    "blank": Bad(_array(_blank), "blank"),
    "header without voxels": Bad(_header(344, "4s", b"ni1\0"), ".hdr and .img"),
    "Analyze": Bad(_header(344, "4s", b"\0\0\0\0"), "cannot tell left from right"),
    "label map beside a hand": Bad(_labels_beside, "a label map", arguments=("in",), status=1),
    "low without high": Bad(_pair(_nothing), "needed both", None, PAIR[:2]),
    "high without low": Bad(_pair(_nothing), "only --high", None, PAIR[2:]),
    "voltage without a pair": Bad(
        _pair(_nothing), "belong to --low and --high", None, ("low.nii.gz", "--low-kvp", "80")
    ),
    "low is high": Bad(
        _pair(_nothing), "are the same image", "low.nii.gz", (*PAIR[:3], "low.nii.gz")
    ),
    "other grid": Bad(_pair(_shifted), "must lie on one grid", "low.nii.gz", PAIR),
    "other shape": Bad(
        _pair(lambda f: save_nifti(f / "high.nii.gz", hand_hu()[1:])),
        "must lie on one grid",
        "low.nii.gz",
        PAIR,
    ),
    "high missing": Bad(
        _pair(lambda f: (f / "high.nii.gz").unlink()),
        "high.nii.gz: there is no",
        "low.nii.gz",
        PAIR,
    ),
    "nothing named": Bad(_nothing, "Missing argument", None, ()),
    "a side that is none": Bad(_nothing, "'--side'", None, ("bad.nii.gz", "--side", "both")),
}
