"""The table of bad DICOM, and how each must end (`test_bad_dicom.py`)."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import JPEG2000Lossless, JPEGExtended12Bit, RLELossless

from tests.dicom import making
from tests.dicom.making import save_all, series

SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
DOSE_REPORT = "1.2.840.10008.5.1.4.1.1.88.67"
SEGMENTATION = "1.2.840.10008.5.1.4.1.1.66.4"
MR = "1.2.840.10008.5.1.4.1.1.4"
PRIVATE = "1.3.12.2.1107.5.9.1"


@dataclass(frozen=True)
class Bad:
    """One bad input: how to make it in a folder, and how it must end.

    `told` stands in a reason. `volumes` are found all the same; `failed` says whether what
    is left counts as failed.
    """

    make: Callable[[Path], object]
    told: str
    volumes: int = 0
    failed: bool = True
    paths: tuple[str, ...] = (".",)


def _series(**changes: Any) -> Callable[[Path], object]:
    return lambda folder: save_all(folder, series(**changes))


def _one(place: int, **changes: Any) -> Callable[[Path], object]:
    """A good series in which one slice is changed."""

    def make(folder: Path) -> None:
        datasets = series()
        making.changed(datasets[place], changes)
        save_all(folder, datasets)

    return make


def _beside(*others: Dataset) -> Callable[[Path], object]:
    """A good series, and other objects of the same study."""

    def make(folder: Path) -> None:
        save_all(folder, series())
        save_all(folder, others, "other")

    return make


def _bytes(name: str, content: bytes) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes(content)


def _damaged(change: Callable[[bytes], bytes], place: int = 2) -> Callable[[Path], object]:
    def make(folder: Path) -> None:
        save_all(folder, series())
        path = folder / f"{place:04d}.dcm"
        path.write_bytes(change(path.read_bytes()))

    return make


def _without_slice(folder: Path) -> None:
    save_all(folder, series())
    (folder / "0002.dcm").unlink()


def _uneven(folder: Path) -> None:
    datasets = series()
    datasets[2].ImagePositionPatient = [-10.0, 20.0, 30.0 + 1.75]
    save_all(folder, datasets)


def _crooked(folder: Path) -> None:
    datasets = series()
    datasets[2].ImagePositionPatient = [-7.0, 20.0, 30.0 + 1.6]
    save_all(folder, datasets)


def _same_place(folder: Path) -> None:
    save_all(folder, [*series(), *series(making.volume() // 2)])


def _same_uid(folder: Path) -> None:
    datasets = series()
    datasets[1].SOPInstanceUID = datasets[0].SOPInstanceUID
    save_all(folder, datasets)


def _two_directions(folder: Path) -> None:
    turned = series(ImageOrientationPatient=[0, 1, 0, 0, 0, -1], step=(0.8, 0, 0))
    save_all(folder, [*series(), *turned])


def _compressed(ds: Dataset, syntax: str) -> Dataset:
    ds.compress(syntax, generate_instance_uid=False)
    return ds


def _other_size_inside(folder: Path) -> None:
    hu = np.zeros((4, 40, 40), np.int16)
    datasets = [_compressed(ds, JPEG2000Lossless) for ds in series(hu)]
    for ds in datasets:
        ds.Rows = 36
    save_all(folder, datasets)


def _without_class(folder: Path) -> None:
    for path in save_all(folder, series()).iterdir():
        blank = b" " * (len(making.CTImageStorage) + 1)
        path.write_bytes(path.read_bytes().replace(making.CTImageStorage.encode() + b"\0", blank))


def _zip(members: Sequence[tuple[str, bytes]], packed: bool = False) -> Callable[[Path], object]:
    def make(folder: Path) -> None:
        kind = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
        with zipfile.ZipFile(folder / "study.zip", "w", kind) as archive:
            for name, content in members:
                archive.writestr(name, content)

    return make


def _encrypted_zip(folder: Path) -> None:
    _zip([("a.dcm", b"x" * 200)])(folder)
    content = bytearray((folder / "study.zip").read_bytes())
    directory = content.index(b"PK\x01\x02")
    content[6] |= 1
    content[directory + 8] |= 1
    (folder / "study.zip").write_bytes(content)


def _damaged_member(folder: Path) -> None:
    _zip([("a.dcm", bytes(500))], packed=True)(folder)
    content = bytearray((folder / "study.zip").read_bytes())
    content[36:40] = b"\xff\xff\xff\xff"
    (folder / "study.zip").write_bytes(content)


def _directory_of_missing_files(folder: Path) -> None:
    making.save_directory(folder, [["SLICES", "I0001"], ["..", "..", "etc", "passwd"]])


def _bytes_of(ds: Dataset) -> bytes:
    buffer = io.BytesIO()
    ds.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def other_object(sop_class: str, modality: str, **changes: Any) -> Dataset:
    """An object of the good series' study that is no CT image."""
    number = {"SeriesNumber": 99, "SeriesInstanceUID": making.STUDY + ".99"}
    return making.ct_slice(
        making.volume()[0],
        (0, 0, 0),
        1,
        **(number | {"SOPClassUID": sop_class, "Modality": modality} | changes),
    )


LOCALIZER = {"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}
BAD: dict[str, Bad] = {
    "truncated pixels": Bad(_damaged(lambda data: data[:-30]), "pixels are cut off: expected 96"),
    "truncated before the pixels": Bad(
        _damaged(lambda data: data[:-120]), "it ends before its pixels"
    ),
    "truncated header": Bad(_damaged(lambda data: data[:300]), "'0002.dcm'"),
    "nothing after the mark": Bad(_damaged(lambda data: data[:132]), "ends within its header"),
    "empty .dcm": Bad(_bytes("a.dcm", b""), "empty (0 bytes)"),
    "text named .dcm": Bad(_bytes("a.dcm", b"hello"), "does not start as such a file"),
    "zeros after the mark": Bad(
        _bytes("a.dcm", bytes(128) + b"DICM" + bytes(400)), "names no transfer syntax"
    ),
    "no PixelSpacing": Bad(_series(PixelSpacing=None), "no PixelSpacing"),
    "PixelSpacing 0": Bad(_series(PixelSpacing=[0, 0]), "found 0 x 0 mm"),
    "no positions": Bad(_series(ImagePositionPatient=None), "5 of its 5 slices state no position"),
    "no orientation": Bad(_series(ImageOrientationPatient=None), "no direction of its rows"),
    "directions not at right angles": Bad(
        _series(ImageOrientationPatient=[1, 0, 0, 0.8, 0.6, 0]), "not at right angles"
    ),
    "a missing slice": Bad(
        _without_slice, "slices are missing: 1.60 mm between slice 2 at 30.8 mm and slice 3"
    ),
    "uneven slices": Bad(_uneven, "unevenly spaced"),
    "slices off the line": Bad(_crooked, "do not lie on one straight line"),
    "one place, other pixels": Bad(_same_place, "several slices lie at one place"),
    "one UID, other pixels": Bad(_same_uid, "carry the same SOPInstanceUID"),
    "two directions": Bad(_two_directions, "differ in orientation"),
    "two sizes": Bad(
        lambda folder: save_all(folder, [*series()[:2], *series(making.volume((5, 6, 6)))[2:]]),
        "differ in size: 6 x 6 and 8 x 6",
    ),
    "two pixel spacings": Bad(_one(1, PixelSpacing=[0.6, 0.6]), "differ in PixelSpacing"),
    "two slices": Bad(
        lambda folder: save_all(folder, series()[:2]), "needs at least 3 slices, found 2"
    ),
    "slices kilometres apart": Bad(_series(step=(0, 0, 900.0)), "found 900 mm"),
    "declared size too large": Bad(_series(Rows=60000, Columns=60000), "1 to 4096 a side"),
    "declared frames too many": Bad(_series(NumberOfFrames=2000000000), "1 to 20000 are read"),
    "declared size beyond the file": Bad(_series(Rows=4000, Columns=4000), "cut off: expected"),
    "no rescale": Bad(_series(RescaleSlope=None, RescaleIntercept=None), "no usable RescaleSlope"),
    "slope 0": Bad(_series(RescaleSlope=0), "no usable RescaleSlope"),
    "8 bits": Bad(_series(BitsAllocated=8, BitsStored=8, HighBit=7), "8 bits stored in 8"),
    "high bit elsewhere": Bad(_series(BitsStored=12, HighBit=15), "12 bits end at bit 15"),
    "not HU": Bad(_series(RescaleType="Z_EFF"), "its values are Z_EFF, not HU"),
    "colour": Bad(_series(SamplesPerPixel=3), "3 values per pixel (colour)"),
    "palette": Bad(_series(PhotometricInterpretation="PALETTE COLOR"), "PALETTE COLOR (colour)"),
    "float pixels": Bad(
        lambda folder: save_all(folder, map(_float_pixels, series())), "floating point numbers"
    ),
    "no pixels": Bad(_series(PixelData=None), "it ends before its pixels"),
    "12-bit JPEG": Bad(
        lambda folder: save_all(folder, map(_said_jpeg, series())), "cannot be unpacked here"
    ),
    "CT that says MR": Bad(_series(Modality="MR"), "its modality is MR"),
    "an MR series": Bad(_series(Modality="MR", SOPClassUID=MR), "MR Image Storage"),
    "captures that say CT": Bad(_series(SOPClassUID=SECONDARY_CAPTURE), "a secondary capture"),
    "no SOP class": Bad(_without_class, "of no stated kind"),
    "only a localizer": Bad(_series(**LOCALIZER), "a localizer"),
    "only a VNC map": Bad(_series(SeriesDescription="DE VNC hand"), "virtual non-contrast"),
    "a localizer beside": Bad(
        _beside(other_object(making.CTImageStorage, "CT", **LOCALIZER)), "a localizer", 1, False
    ),
    "a dose report beside": Bad(
        _beside(other_object(DOSE_REPORT, "SR", PixelData=None)), "Dose SR Storage", 1, False
    ),
    "a segmentation beside": Bad(
        _beside(other_object(SEGMENTATION, "SEG")), "Segmentation Storage", 1, False
    ),
    "a capture beside": Bad(
        _beside(other_object(SECONDARY_CAPTURE, "CT")), "a secondary capture", 1, False
    ),
    "a private object beside": Bad(
        _beside(other_object(PRIVATE, "CT", PixelData=None)), "a private object", 1, False
    ),
    "a broken series beside": Bad(
        _beside(other_object(making.CTImageStorage, "CT", Rows=9000)), "4096 a side", 1, True
    ),
    "a zip bomb": Bad(_zip([("a.dcm", bytes(30 << 20))], packed=True), "can be a trap"),
    "a zip that leads out": Bad(
        _zip([("../../a.dcm", _bytes_of(series()[0]))]), "its name leads out of the zip"
    ),
    "a zip in a zip": Bad(_zip([("a.zip", b"PK")]), "a zip inside a zip"),
    "an encrypted zip": Bad(_encrypted_zip, "it is encrypted"),
    "a damaged member of a zip": Bad(_damaged_member, "this part of study.zip is damaged"),
    "a file named .zip": Bad(_bytes("a.zip", b"not a zip"), "the zip is damaged"),
    "an empty zip": Bad(_zip([]), "the zip is empty"),
    "a DICOMDIR of missing files": Bad(
        _directory_of_missing_files, "2 files that DICOMDIR lists", paths=("DICOMDIR",)
    ),
    "a damaged DICOMDIR": Bad(
        _bytes("DICOMDIR", b"DICM" * 100), "it lists no files", paths=("DICOMDIR",)
    ),
}
#: Found out only when the pixels are read.
BAD_PIXELS: dict[str, Bad] = {
    "compressed pixels of another size": Bad(_other_size_inside, "the header says 36 x 40", 1),
    "compressed pixels cut off": Bad(
        lambda folder: save_all(folder, map(_cut_rle, series())), "cannot be decoded", 1
    ),
    "compressed pixels of another kind": Bad(
        lambda folder: save_all(folder, map(_not_a_codestream, series())), "are damaged", 1
    ),
}


def _float_pixels(ds: Dataset) -> Dataset:
    ds.FloatPixelData = ds.PixelData * 2
    del ds.PixelData
    return ds


def _said_jpeg(ds: Dataset) -> Dataset:
    ds = _compressed(ds, RLELossless)
    ds.file_meta.TransferSyntaxUID = JPEGExtended12Bit
    return ds


def _cut_rle(ds: Dataset) -> Dataset:
    ds = _compressed(ds, RLELossless)
    ds.PixelData = ds.PixelData[:90] + bytes(len(ds.PixelData) - 90)
    return ds


def _not_a_codestream(ds: Dataset) -> Dataset:
    ds = _compressed(ds, RLELossless)
    ds.file_meta.TransferSyntaxUID = JPEG2000Lossless
    return ds
