"""What a received file says it is: its UIDs, read from its header and believed by nobody."""

from __future__ import annotations

import hashlib
import os
import re
import warnings
from dataclasses import dataclass, fields
from pathlib import Path
from typing import BinaryIO

from pydicom.filereader import read_dataset
from pydicom.uid import DeflatedExplicitVRLittleEndian

from calcimetry.dicom.elements import string
from calcimetry.dicom.header import PIXEL_TAGS, SERIES_UID, SOP_CLASS, SOP_UID, STUDY_UID
from calcimetry.dicom.part10 import is_dicom, packed_data_set
from calcimetry.errors import InputError, Refused
from calcimetry.node.refusals import UNREADABLE

_UID = re.compile(r"[0-9.]{1,64}")
#: Values longer than this, in bytes, are passed over; UIDs have 64 characters.
_LONGEST_VALUE = 1 << 16
_UNDEFINED = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Identity:
    """UIDs of one instance; each is digits and dots, and at most 64 of them."""

    study_uid: str
    series_uid: str
    sop_uid: str
    sop_class: str
    transfer_syntax: str


def is_uid(text: str) -> bool:
    """Whether a text can be a UID (PS3.5 section 9.1), leading zeros of a component forgiven.

    Examples
    --------
    >>> is_uid("1.2.840.10008.1.1"), is_uid("../../etc/passwd"), is_uid("")
    (True, False, False)
    """
    return _UID.fullmatch(text) is not None


def short_hash(uid: str) -> str:
    """Eight hexadecimal digits that stand for a UID where people read, as `measure` prints them.

    Examples
    --------
    >>> short_hash("1.2.3")
    'c47f5b18'
    """
    return hashlib.sha256(uid.encode()).hexdigest()[:8]


def read_identity(path: Path) -> Identity:
    """Read the UIDs of a DICOM file; its pixels are found but not read.

    Parameters
    ----------
    path : Path
        A file with the DICOM file header.

    Raises
    ------
    Refused
        If it cannot be read, lacks a UID, is deflated or cut off.
    """
    try:
        with path.open("rb") as stream, warnings.catch_warnings():
            # pydicom warns of values that break DICOM's rules; those that matter are checked.
            warnings.simplefilter("ignore")
            return _identity(stream)
    except Refused:
        raise
    except InputError as error:
        raise Refused(UNREADABLE, str(error).removeprefix("Reading the instance: ")) from error
    except Exception as error:
        # Damaged bytes make a parser raise anything.
        raise Refused(
            UNREADABLE, f"its DICOM header is damaged ({type(error).__name__})"
        ) from error


def _identity(stream: BinaryIO) -> Identity:
    size = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    if not is_dicom(stream):
        raise Refused(UNREADABLE, "it does not start as a DICOM file does")
    data = packed_data_set(stream, size, "the instance")
    if data.transfer_syntax == DeflatedExplicitVRLittleEndian:
        # Unpacking takes memory that the sender chooses.
        raise Refused(UNREADABLE, "its data set is deflated; send it without deflating")
    last, ends_at = 0, data.stream.tell()

    def at_element(tag: int, _kind: str | None, length: int) -> bool:
        nonlocal last, ends_at
        last, ends_at = tag, data.stream.tell() + length
        if length == _UNDEFINED:  # the parser finds its end
            ends_at = size
        return tag in PIXEL_TAGS or ends_at > size

    ds = read_dataset(
        data.stream,
        data.implicit,
        data.little_endian,
        stop_when=at_element,
        defer_size=_LONGEST_VALUE,
        specific_tags=[SOP_CLASS, SOP_UID, STUDY_UID, SERIES_UID],
    )
    # After the pixels, which are not looked behind, other elements may follow.
    if ends_at > size or (ends_at < size and last not in PIXEL_TAGS):
        raise Refused(UNREADABLE, "it is cut off")
    found = Identity(
        study_uid=string(ds, STUDY_UID),
        series_uid=string(ds, SERIES_UID),
        sop_uid=string(ds, SOP_UID),
        sop_class=string(ds, SOP_CLASS),
        transfer_syntax=data.transfer_syntax,
    )
    wrong = [one.name for one in fields(found) if not is_uid(getattr(found, one.name))]
    if wrong:
        raise Refused(UNREADABLE, f"it has no usable {wrong[0]}")
    return found
