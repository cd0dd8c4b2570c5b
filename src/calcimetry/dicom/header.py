"""One DICOM file's header, parsed up to its pixels."""

from __future__ import annotations

import hashlib
import re
import warnings
from functools import lru_cache
from typing import BinaryIO

from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset

from calcimetry.dicom.elements import code, count, day, string, text, whole
from calcimetry.dicom.frames import FRAME_TAGS, frames_of
from calcimetry.dicom.instance import Frame, Instance, PixelPlace
from calcimetry.dicom.part10 import DataSetStream, open_data_set
from calcimetry.dicom.source import Source
from calcimetry.errors import InputError, UnreadableFile

#: Most slices in one file, and the largest side of one, that are believed.
MAX_FRAMES, MAX_SIDE = 20_000, 4096
#: Longest description shown.
MAX_DESCRIPTION = 64
#: Values longer than this, in bytes, are not read from a header.
_LONGEST_VALUE = 64 << 20

SOP_CLASS, SOP_UID, MODALITY, DESCRIPTION = 0x00080016, 0x00080018, 0x00080060, 0x0008103E
PATIENT_ID, ISSUER = 0x00100020, 0x00100021
#: Name, number and birth date, and the other names and numbers of a patient.
IDENTITY = (0x00100010, PATIENT_ID, 0x00100030, 0x00101000, 0x00101001)
STUDY_UID, SERIES_UID, SERIES_NUMBER = 0x0020000D, 0x0020000E, 0x00200011
FRAME_OF_REFERENCE = 0x00200052
#: Days of acquisition, series and study: the first that is stated is that of the scan.
DAYS = (0x00080022, 0x00080021, 0x00080020)
SAMPLES, PHOTOMETRIC, FRAMES, ROWS, COLUMNS = (
    0x00280002,
    0x00280004,
    0x00280008,
    0x00280010,
    0x00280011,
)
ALLOCATED, STORED, HIGH_BIT, SIGNED = 0x00280100, 0x00280101, 0x00280102, 0x00280103
PADDING, PADDING_LIMIT, LOSSY = 0x00280120, 0x00280121, 0x00282110
#: Float, double and integer pixels.
PIXEL_TAGS = (0x7FE00008, 0x7FE00009, 0x7FE00010)
_TAGS = [
    *(SOP_CLASS, SOP_UID, MODALITY, DESCRIPTION, *IDENTITY, ISSUER),
    *(STUDY_UID, SERIES_UID, SERIES_NUMBER, FRAME_OF_REFERENCE, SAMPLES, PHOTOMETRIC, FRAMES),
    *(ROWS, COLUMNS, ALLOCATED, STORED, HIGH_BIT, SIGNED, PADDING, PADDING_LIMIT, LOSSY),
    *(*FRAME_TAGS, *DAYS),
]
_UNDEFINED = 0xFFFFFFFF


def read_header(stream: BinaryIO, size: int, source: Source) -> Instance:
    """Parse one DICOM file's header; its pixels are located but not read.

    Parameters
    ----------
    stream : binary file
        Standing just after the file's mark (`calcimetry.dicom.part10.is_dicom`).
    size : int
        Bytes of the file.
    source : Source
        Where it lies.

    Returns
    -------
    Instance
        With `problem` set where the header can be read but its pixels cannot be used.

    Raises
    ------
    UnreadableFile
        If the header is damaged.
    UnsupportedImage
        If a deflated file unpacks to more than is safe.
    """
    try:
        with warnings.catch_warnings():
            # pydicom warns of values that break DICOM's rules; those that matter are checked.
            warnings.simplefilter("ignore")
            return _parsed(open_data_set(stream, size, source.name), size, source)
    except InputError:
        raise
    except Exception as error:
        # Damaged bytes make a parser raise anything.
        raise UnreadableFile(
            f"Reading {source.name}: its DICOM header is damaged ({type(error).__name__}). "
            "Export or copy it again."
        ) from error


def _parsed(data: DataSetStream, size: int, source: Source) -> Instance:
    found_pixels: list[tuple[int, int, int]] = []

    def at_pixels(tag: int, _kind: str | None, length: int) -> bool:
        if tag >> 16 != 0x7FE0 or tag & 0xFFFF < 8:
            return False
        found_pixels.append((tag, data.stream.tell(), length))
        return True

    ds = read_dataset(
        data.stream,
        data.implicit,
        data.little_endian,
        stop_when=at_pixels,
        defer_size=_LONGEST_VALUE,
        specific_tags=_TAGS,
    )
    pixels, problem = None, ""
    frames: tuple[Frame, ...] = ()
    if found_pixels:
        pixels, problem = _pixel_place(ds, data, *found_pixels[0])
        frames = frames_of(ds, pixels.frames, source.name)
    words = text(ds, DESCRIPTION)
    frame_of_reference = string(ds, FRAME_OF_REFERENCE)
    return Instance(
        source=source,
        size=size,
        sop_class=string(ds, SOP_CLASS) or data.sop_class,
        sop_uid=string(ds, SOP_UID),
        series_uid=string(ds, SERIES_UID),
        patient=_pseudonym(string(ds, PATIENT_ID), string(ds, ISSUER)),
        study=_pseudonym(string(ds, STUDY_UID)),
        transfer_syntax=data.transfer_syntax,
        modality=code(ds, MODALITY),
        frame_of_reference_uid=frame_of_reference or None,
        series_number=count(ds, SERIES_NUMBER),
        description=_without_identity(words, ds),
        words=words,
        photometric=code(ds, PHOTOMETRIC),
        lossy=string(ds, LOSSY) == "01",
        padding=_padding(ds),
        pixels=pixels,
        frames=frames,
        problem=problem,
        acquired=day(ds, *DAYS),
    )


def _pixel_place(
    ds: Dataset, data: DataSetStream, tag: int, start: int, length: int
) -> tuple[PixelPlace, str]:
    """Where the pixels lie, and what is wrong with them, empty where nothing is."""
    # What is stated but is no number that can be meant, is none.
    frames = (count(ds, FRAMES) or 0) if string(ds, FRAMES) else 1
    rows, columns = whole(ds, ROWS) or 0, whole(ds, COLUMNS) or 0
    allocated, stored = whole(ds, ALLOCATED) or 0, whole(ds, STORED) or 0
    high_bit, samples = whole(ds, HIGH_BIT), whole(ds, SAMPLES)
    left = max(data.size - start, 0)
    encapsulated = length == _UNDEFINED
    place = PixelPlace(
        start,
        left if encapsulated else min(length, left),
        data.little_endian,
        rows,
        columns,
        frames if 1 <= frames <= MAX_FRAMES else 1,
        allocated,
        stored,
        bool(whole(ds, SIGNED)),
    )
    expected = rows * columns * frames * allocated // 8
    wrong = (
        (tag != PIXEL_TAGS[-1], "its pixels are floating point numbers, which CT does not have"),
        (place.frames != frames, f"it states {frames} frames; 1 to {MAX_FRAMES} are read"),
        (
            not (0 < rows <= MAX_SIDE and 0 < columns <= MAX_SIDE),
            f"it states {rows} x {columns} pixels; 1 to {MAX_SIDE} a side are read",
        ),
        (samples not in (None, 1), f"it has {samples} values per pixel (colour); CT has one"),
        (
            allocated != 16 or not 1 < stored <= 16,
            f"it states {stored} bits stored in {allocated}; CT has up to 16 in 16",
        ),
        (
            high_bit not in (None, stored - 1),
            f"its {stored} bits end at bit {high_bit}; only {stored - 1} is read",
        ),
        (
            not encapsulated and place.length < expected,
            f"its pixels are cut off: expected {expected} bytes, found {place.length}",
        ),
    )
    return place, next((what for is_so, what in wrong if is_so), "")


def _padding(ds: Dataset) -> tuple[int, int] | None:
    value, limit = whole(ds, PADDING), whole(ds, PADDING_LIMIT)
    if value is None:
        return None
    return value, value if limit is None else limit


def _pseudonym(*parts: str) -> str:
    """Eight hexadecimal digits that stand for values which must not be shown.

    Empty where the first is empty: nobody's patients are not one patient.
    """
    if not parts[0]:
        return ""
    return hashlib.sha256("\\".join(parts).encode()).hexdigest()[:8]


def _without_identity(words: str, ds: Dataset) -> str:
    """A description that may be shown: empty where it holds part of the patient's identity.

    Empty too where something in it does not print: in a damaged header a value may run on
    into the next ones, and the name is one of them.
    """
    return _shown(words, " ".join(text(ds, tag) for tag in IDENTITY if tag in ds))


@lru_cache(maxsize=64)  # the same for all slices of a series
def _shown(words: str, identity: str) -> str:
    parts = {part for part in re.split(r"[\W_]+", identity.casefold()) if len(part) > 1}
    own = set(re.split(r"[\W_]+", words.casefold()))
    known = any(part in own or (len(part) > 2 and part in words.casefold()) for part in parts)
    return "" if known or "?" in words else words[:MAX_DESCRIPTION]
