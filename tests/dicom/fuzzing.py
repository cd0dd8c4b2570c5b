"""Damaged DICOM on purpose: what a case is, and what must hold of every one.

Used by `test_fuzz.py` with a few cases and by `benchmarks/fuzz_dicom.py` with many.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path

import gdcm
import numpy as np
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    RLELossless,
)

from calcimetry.dicom.find import find_series
from calcimetry.errors import CalcimetryError
from calcimetry.model import DualEnergyImage
from tests.dicom import making

SHAPE = (4, 36, 40)  # JPEG 2000 with its usual five levels needs 32 a side
#: Values that break expectations, put into header elements as they are.
ODD_VALUES = (
    *("", "nan", "inf", "-inf", "1e308", "-1", "0", "99999999999", "1\\2\\3", "0.000001", "\0"),
    *("HU\\HU", "x" * 200, "\u00e9\u00df", "LOCALIZER", "1.2.3", "RGB", "MONOCHROME1", "CT", "MR"),
)
ODD_NUMBERS = (0, 1, 2, 8, 15, 16, 17, 255, 4096, 32768, 65535)
TEXTS = (
    *("SOPClassUID", "SOPInstanceUID", "Modality", "SeriesDescription", "ImageType", "PatientID"),
    *("StudyInstanceUID", "SeriesInstanceUID", "SeriesNumber", "FrameOfReferenceUID", "KVP"),
    *("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "RescaleSlope"),
    *("RescaleIntercept", "RescaleType", "ConvolutionKernel", "AcquisitionNumber"),
    *("NumberOfFrames", "PhotometricInterpretation", "SpecificCharacterSet", "Laterality"),
)
NUMBERS = (
    *("Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation"),
    *("SamplesPerPixel", "PixelPaddingValue", "PixelPaddingRangeLimit"),
)


def recompressed(path: Path, kind: int) -> None:
    """Store a file's pixels in another transfer syntax, with GDCM's own encoder."""
    reader = gdcm.ImageReader()
    reader.SetFileName(str(path))
    assert reader.Read()
    change = gdcm.ImageChangeTransferSyntax()
    change.SetTransferSyntax(gdcm.TransferSyntax(kind))
    change.SetInput(reader.GetImage())
    assert change.Change()
    writer = gdcm.ImageWriter()
    writer.SetFileName(str(path))
    writer.SetFile(reader.GetFile())
    writer.SetImage(change.GetOutput())
    assert writer.Write()


def _bytes(ds: Dataset) -> bytes:
    buffer = io.BytesIO()
    ds.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def _series(syntax: str) -> list[Dataset]:
    datasets = making.series(making.volume(SHAPE))
    for ds in datasets:
        if syntax in (RLELossless, JPEG2000Lossless):
            ds.compress(syntax, generate_instance_uid=False)
        else:
            ds.file_meta.TransferSyntaxUID = syntax
        if syntax == ExplicitVRBigEndian:
            ds.PixelData = np.frombuffer(ds.PixelData, "<u2").astype(">u2").tobytes()
    return datasets


@cache
def whole_series(folder: Path) -> tuple[tuple[bytes, ...], ...]:
    """Good series as bytes, in every kind of encoding; `folder` is for writing them once."""
    syntaxes = (
        *(ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian),
        *(RLELossless, JPEG2000Lossless),
    )
    found = [tuple(_bytes(ds) for ds in making.series(making.volume(SHAPE)))]
    found += [tuple(_bytes(ds) for ds in _series(syntax)) for syntax in syntaxes]
    found.append((_bytes(making.enhanced(making.volume(SHAPE))),))
    for kind in (
        gdcm.TransferSyntax.JPEGLosslessProcess14_1,
        gdcm.TransferSyntax.JPEGLSLossless,
    ):
        making.save_all(folder, making.series(making.volume(SHAPE)))
        paths = sorted(folder.iterdir())
        for path in paths:
            recompressed(path, kind)
        found.append(tuple(path.read_bytes() for path in paths))
        for path in paths:
            path.unlink()
    return tuple(found)


def odd_header(rng: np.random.Generator) -> list[bytes]:
    """A series with a few header values replaced, in one of its slices or in all."""
    if rng.random() < 0.2:
        datasets = [making.enhanced(making.volume(SHAPE))]
    else:
        datasets = making.series(making.volume(SHAPE))
    chosen = datasets if rng.random() < 0.5 else [datasets[rng.integers(len(datasets))]]
    for _ in range(rng.integers(1, 4)):
        text = rng.random() < 0.7
        keyword = str(rng.choice(TEXTS if text else NUMBERS))
        value = str(rng.choice(ODD_VALUES)) if text else int(rng.choice(ODD_NUMBERS))
        for ds in chosen:
            if rng.random() < 0.15:
                ds.pop(keyword, None)
            else:
                _put(ds, keyword, value)
    return [_bytes(ds) for ds in datasets]


def _put(ds: Dataset, keyword: str, value: str | int) -> None:
    """Set a value past all of pydicom's checks: as raw bytes of the right kind."""
    raw = value.to_bytes(2, "little") if isinstance(value, int) else value.encode("latin-1")
    raw += b" " * (len(raw) % 2)
    tag = Tag(keyword)
    # LO, because pydicom would convert the text of an IS while it writes.
    kind = "US" if isinstance(value, int) else dictionary_VR(tag).replace("IS", "LO")
    ds[tag] = RawDataElement(tag, kind, len(raw), raw, 0, False, True)


def damaged(rng: np.random.Generator, data: bytes) -> bytes:
    """One file's bytes: flipped, cut off, cut out, doubled, or with a wild length or tag."""
    content = bytearray(data)
    # Mostly the header: pixels are many and any value of theirs is good.
    end = len(content) if rng.random() < 0.4 else min(len(content), 1400)
    kinds: tuple[Callable[[], None], ...] = (
        lambda: _flip(rng, content, end),
        lambda: content.__delitem__(slice(int(rng.integers(end)), None)),
        lambda: _cut(rng, content, end),
        lambda: _double(rng, content, end),
        lambda: _wild(rng, content, end),
    )
    for _ in range(rng.integers(1, 4)):
        if len(content) < 200:
            break
        end = min(end, len(content))
        kinds[rng.integers(len(kinds))]()
    return bytes(content)


def _flip(rng: np.random.Generator, content: bytearray, end: int) -> None:
    for place in rng.integers(0, end, rng.integers(1, 12)):
        content[place] = int(rng.integers(256))


def _cut(rng: np.random.Generator, content: bytearray, end: int) -> None:
    start = int(rng.integers(end))
    del content[start : start + int(rng.integers(1, 60))]


def _double(rng: np.random.Generator, content: bytearray, end: int) -> None:
    start = int(rng.integers(end))
    piece = content[start : start + int(rng.integers(1, 200))]
    content[start:start] = piece * int(rng.integers(1, 5))


def _wild(rng: np.random.Generator, content: bytearray, end: int) -> None:
    start = int(rng.integers(132, max(end - 4, 133)))
    values = (b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\0\0\0", b"\xfe\xff\x00\xe0", b"SQUN")
    content[start : start + 4] = values[rng.integers(len(values))]


def make_case(seed: int, wholes: tuple[tuple[bytes, ...], ...]) -> list[bytes]:
    """The files of one case; the same for the same seed."""
    rng = np.random.default_rng(seed)
    if rng.random() < 0.35:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pydicom says how bad these values are
            return odd_header(rng)
    files = list(wholes[rng.integers(len(wholes))])
    every = rng.random() < 0.3
    one = int(rng.integers(len(files)))
    return [
        damaged(rng, data) if every or place == one else data for place, data in enumerate(files)
    ]


def run_case(folder: Path, files: list[bytes]) -> list[str]:
    """Write a case's files, read them as the program does, and check what always holds.

    Returns the kind of each ending: ``measured``, ``left``, ``failed``, or the error's name.
    """
    for path in folder.iterdir():
        path.unlink()
    for place, data in enumerate(files):
        (folder / f"{place:04d}.dcm").write_bytes(data)
    found = find_series([folder])
    ends = ["failed" if item.failed else "passed over" for item in found.left]
    for item in found.left:
        assert_one_clear_line(f"{item.what}: {item.reason}")
    for volume in found.volumes:
        assert_one_clear_line(volume.description)
        try:
            image = volume.load()
        except CalcimetryError as error:
            assert_one_clear_line(str(error))
            ends.append(type(error).__name__)
        else:
            images = (image.low, image.high) if isinstance(image, DualEnergyImage) else (image,)
            assert all(one.array.min() >= -1024 for one in images)
            ends.append("measured")
    assert ends or found.other_files
    return ends or ["no DICOM"]


def assert_one_clear_line(text: str) -> None:
    assert text.isprintable(), text
    assert 0 < len(text) < 600, text
    assert "DOE" not in text
    assert "4711" not in text
    assert "Error" not in text or "(" in text, text
