"""What the headers of CT say, as values: one `Instance` per file, one `Frame` per slice."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from calcimetry.dicom.source import Source

Triple = tuple[float, float, float]
Six = tuple[float, float, float, float, float, float]


@dataclass(frozen=True, slots=True)
class PixelPlace:
    """Where an instance's pixels lie and how they are stored.

    `start` is the offset of the first byte in the data set's stream (the unpacked one
    where the data set is deflated), `length` the bytes that are there.
    """

    start: int
    length: int
    little_endian: bool
    rows: int
    columns: int
    frames: int
    bits_allocated: int
    bits_stored: int
    signed: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """One slice as its header describes it; None or empty where it does not say.

    `position` is that of the centre of its first pixel, in LPS mm; `orientation` the
    direction along a row, then down a column; `spacing` (row, column) in mm.
    """

    position: Triple | None = None
    orientation: Six | None = None
    spacing: tuple[float, float] | None = None
    slope: float | None = None
    intercept: float | None = None
    rescale_type: str = ""
    image_type: tuple[str, ...] = ()
    acquisition: str = ""
    kernel: str = ""
    kvp: float | None = None
    filters: str = ""
    laterality: str = ""


@dataclass(frozen=True, slots=True)
class Instance:
    """One DICOM object: what it is, whose it is and where its pixels are.

    `patient` and `study` are pseudonyms; the patient's name and number are not kept.
    `words` is the description as it stands, for recognising what the series is, and is
    never shown: `description` is the part of it that may be. `problem` says why it cannot
    be measured and is empty otherwise; `pixels` is then None or unusable. `acquired` is the day
    of the scan, which orders visits and is shown nowhere.
    """

    source: Source
    size: int
    sop_class: str
    sop_uid: str
    series_uid: str
    patient: str
    study: str
    transfer_syntax: str = ""
    modality: str = ""
    frame_of_reference_uid: str | None = None
    series_number: int | None = None
    description: str = ""
    words: str = field(default="", repr=False)
    photometric: str = ""
    lossy: bool = False
    padding: tuple[int, int] | None = None
    pixels: PixelPlace | None = None
    frames: tuple[Frame, ...] = ()
    problem: str = ""
    acquired: date | None = field(default=None, repr=False)
