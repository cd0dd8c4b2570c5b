"""Data sets in which every attribute of DICOM holds a marker that nobody may meet again."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from io import BytesIO

from pydicom import dcmread, dcmwrite
from pydicom.datadict import DicomDictionary
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag

from tests.dicom import making

#: Every marker holds it, in letters of either case or, in UIDs and dates, in digits.
MARK, MARKED_UID, MARKED_DATE = "QZQ", "3680043.98765.", "19530717"
#: Values in bytes that are pixels, or that describe them.
_KEPT_BYTES = frozenset(
    {0x7FE00008, 0x7FE00009, 0x7FE00010, 0x7FE00001, 0x7FE00002, 0x00283006, 0x00700022}
    | {0x00281201, 0x00281202, 0x00281203}
)
#: Attributes that decide whether an object is taken at all, and how it is read.
_DECIDING = frozenset(
    {0x00080016, 0x00080005, 0x00280301, 0x00280302, 0x00287FE0, 0x00080008, 0x00200032, 0x00280004}
)


def marker(number: int) -> str:
    """Letters that no other number gives, all of one length so that none holds another.

    >>> marker(0), marker(255)
    ('QZQGGGG', 'QZQGGWW')
    """
    digits = f"{number:04x}".translate(str.maketrans("0123456789abcdef", "GHIJKLMNOPRSTUVW"))
    return MARK + digits.upper()


def value_of(kind: str, number: int) -> bytes:
    """A marked value of a kind; wrong on purpose where no right one could hold a marker."""
    mark = marker(number)
    if kind == "PN":
        mark = f"{mark}^{mark}"
    elif kind == "UI":
        mark = f"1.2.826.0.1.{MARKED_UID}{number}"
    elif kind in ("DA", "DT"):
        mark = MARKED_DATE + ("101112" if kind == "DT" else "")
    return mark.encode()


def tags() -> Iterator[tuple[int, str]]:
    """Every attribute that can hold text, bytes or items, with the kind of its value."""
    for tag, entry in DicomDictionary.items():
        kind = entry[0].split(" or ")[-1]
        holds_no_text = kind in ("US", "SS", "UL", "SL", "UV", "SV", "FL", "FD", "AT", "NONE")
        of_data_set = tag >> 16 > 4 and tag >> 16 != 0xFFFE and tag & 0xFFFF
        if of_data_set and not holds_no_text and tag not in _KEPT_BYTES:
            yield tag, kind


def marked(skip: frozenset[int] = frozenset()) -> Dataset:
    """A CT slice with a marker in every attribute, those within sequences and private ones too.

    Each sequence has an item, which holds some of the attributes: all sequences together hold
    all of them, and some hold items within items.

    Parameters
    ----------
    skip : frozenset of int
        Attributes to leave out.
    """
    ds = making.ct_slice(making.volume()[0], (0, 0, 0), 1)
    ds.file_meta.SourceApplicationEntityTitle = marker(1)
    ds.file_meta.SendingApplicationEntityTitle = marker(1)
    ds.file_meta.ImplementationVersionName = marker(2)
    ds.file_meta.PrivateInformationCreatorUID = f"1.2.{MARKED_UID}1"
    ds.file_meta.PrivateInformation = marker(3).encode() + b"\0"
    ds.preamble = (marker(4) * 20)[:128].encode()
    every = [(tag, kind) for tag, kind in tags() if tag not in skip | _DECIDING]
    plain = [one for one in every if one[1] != "SQ"]
    sequences = [tag for tag, kind in every if kind == "SQ"]
    _fill(ds, plain)
    for number, tag in enumerate(sequences):
        item, inner = Dataset(), Dataset()
        _fill(item, plain[number % 397 :: 397])
        _fill(inner, plain[number % 389 :: 389])
        _put(item, sequences[number - 1], [inner])
        _put(ds, tag, [item])
    return ds


def _put(ds: Dataset, tag: int, items: list[Dataset]) -> None:
    ds[tag] = DataElement(tag, "SQ", items)


def _fill(ds: Dataset, attributes: list[tuple[int, str]]) -> None:
    for tag, kind in attributes:
        value = value_of(kind, tag & 0xFFFF ^ tag >> 16)
        value += b" " * (len(value) % 2)
        ds[tag] = RawDataElement(Tag(tag), kind, len(value), value, 0, False, True)
    for creator in ("SIEMENS CSA HEADER", "GEMS_ACQU_01"):
        block = ds.private_block(0x0029, creator, create=True)
        block.add_new(0x10, "LO", marker(5))
        block.add_new(0x11, "OB", marker(6).encode() + b"\0")


def read_again(ds: Dataset) -> Dataset:
    """A data set as it comes from a file."""
    return dcmread(BytesIO(bytes_of(ds)))


def bytes_of(ds: Dataset) -> bytes:
    """A data set as a file."""
    stream = BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dcmwrite(stream, ds, enforce_file_format=True)
    return stream.getvalue()
