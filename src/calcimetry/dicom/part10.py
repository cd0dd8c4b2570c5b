"""The file around a DICOM data set: its mark, its transfer syntax, and unpacking where deflated."""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import dataclass
from typing import BinaryIO

from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from calcimetry.errors import UnreadableFile, UnsupportedImage

#: Most bytes that a deflated data set may unpack to.
MAX_INFLATED_BYTES = 512 << 20
_MARK_AT, _MARK = 128, b"DICM"
_TRANSFER_SYNTAX, _SOP_CLASS = 0x0010, 0x0002
#: Longest value in the file's own header; UIDs have 64 characters.
_LONGEST_VALUE = 1 << 16
#: Kinds of value whose length takes four bytes (PS3.5 section 7.1.2).
_LONG_LENGTHS = frozenset(
    {b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"}
)


@dataclass(frozen=True, slots=True)
class DataSetStream:
    """A data set ready to be parsed: its bytes from where the stream stands, and their encoding."""

    stream: BinaryIO
    size: int
    transfer_syntax: str
    sop_class: str

    @property
    def implicit(self) -> bool:
        """Whether values carry no type of their own."""
        return self.transfer_syntax == ImplicitVRLittleEndian

    @property
    def little_endian(self) -> bool:
        """Whether the low byte comes first."""
        return self.transfer_syntax != ExplicitVRBigEndian


def is_dicom(stream: BinaryIO) -> bool:
    """Whether a stream starts as a DICOM file does: 128 bytes of anything, then ``DICM``.

    Examples
    --------
    >>> is_dicom(io.BytesIO(bytes(128) + b"DICM"))
    True
    """
    return stream.read(_MARK_AT + len(_MARK))[_MARK_AT:] == _MARK


def open_data_set(stream: BinaryIO, size: int, name: str) -> DataSetStream:
    """Read a DICOM file's own header, and leave the stream at its data set.

    Parameters
    ----------
    stream : binary file
        Standing just after the mark (`is_dicom`).
    size : int
        Bytes of the whole file.
    name : str
        For messages.

    Raises
    ------
    UnreadableFile
        If the file ends too soon, names no transfer syntax, or holds damaged deflated data.
    UnsupportedImage
        If a deflated data set unpacks to more than is safe.

    Notes
    -----
    DICOM PS3.10 section 7.1: this header is always explicit VR little endian. The elements
    are read by hand because pydicom's reader inflates without a limit.
    """
    found = _file_header(stream, name)
    syntax = found.get(_TRANSFER_SYNTAX, "")
    if not syntax:
        raise UnreadableFile(
            f"Reading {name}: it names no transfer syntax, so how its values are stored is not "
            "known. Export it again as DICOM."
        )
    if syntax == DeflatedExplicitVRLittleEndian:
        stream = _inflated(stream, name)
        size = stream.seek(0, io.SEEK_END)
        stream.seek(0)
    return DataSetStream(stream, size, syntax, found.get(_SOP_CLASS, ""))


def is_whole(stream: BinaryIO, size: int) -> bool:
    """Whether a DICOM file as calcimetry writes it ends where its last element does.

    Parameters
    ----------
    stream : binary file
        Standing at its start.
    size : int
        Bytes of the whole file.

    Returns
    -------
    bool
        False for a file cut off, and for one that is not explicit little endian with stated
        lengths. What the elements hold is not looked at.
    """
    if not is_dicom(stream):
        return False
    try:
        data = open_data_set(stream, size, "result")
    except (UnreadableFile, UnsupportedImage):
        return False
    if data.transfer_syntax != ExplicitVRLittleEndian:
        return False
    while len(head := data.stream.read(8)) == 8:
        kind, length = struct.unpack("<4x2sH", head)
        if kind in _LONG_LENGTHS:
            rest = data.stream.read(4)
            length = int.from_bytes(rest, "little") if len(rest) == 4 else size
        data.stream.seek(length, io.SEEK_CUR)
    return not head and data.stream.tell() == size


def _file_header(stream: BinaryIO, name: str) -> dict[int, str]:
    found: dict[int, str] = {}
    while len(head := stream.read(8)) == 8:
        group, element, kind, length = struct.unpack("<HH2sH", head)
        if group != 0x0002:
            stream.seek(-8, io.SEEK_CUR)
            return found
        if kind in (b"OB", b"UN"):
            length = int.from_bytes(stream.read(4), "little")
        value = stream.read(length) if length <= _LONGEST_VALUE else b""
        if len(value) < length:
            break
        found[element] = value.decode("latin-1").strip(" \0")
    if head and len(head) == 8:
        raise UnreadableFile(
            f"Reading {name}: the file's header is damaged or cut off. Export or copy it again."
        )
    raise UnreadableFile(
        f"Reading {name}: the file ends within its header, before any image. Export or copy it "
        "again."
    )


def _inflated(stream: BinaryIO, name: str) -> BinaryIO:
    unpack = zlib.decompressobj(-zlib.MAX_WBITS)
    damaged = UnreadableFile(
        f"Reading {name}: its deflated data are damaged. Export or copy it again."
    )
    try:
        data = unpack.decompress(stream.read(), MAX_INFLATED_BYTES)
    except zlib.error as error:
        raise damaged from error
    if unpack.unconsumed_tail:
        raise UnsupportedImage(
            f"Reading {name}: deflated data of at most {MAX_INFLATED_BYTES >> 20} MB are "
            "unpacked, and these are larger. Export it without deflating."
        )
    # Damaged data may also seem to go on beyond the file, or to end early. Nothing but the
    # zero that makes a length even may follow their end (PS3.5 section A.5).
    if not unpack.eof or unpack.unused_data not in (b"", b"\0"):
        raise damaged
    return io.BytesIO(data)
