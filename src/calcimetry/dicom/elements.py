"""Values out of a parsed header, whatever state they are in: missing rather than an error.

pydicom's own access to values costs more than reading them from the file, and refuses a
whole header for one bad value. A header of CT needs few values of few kinds, and what is
missing is judged where it is needed.
"""

from __future__ import annotations

import math
from contextlib import suppress
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from pydicom.charset import convert_encodings, decode_bytes
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.valuerep import TEXT_VR_DELIMS

from calcimetry.dicom.source import printable

#: Longest text taken from a header, in bytes; DICOM's own limit for these is 1024 characters.
_LONGEST = 10_240
_LONGEST_CODE = 16
#: Specific Character Set.
_CHARACTERS = 0x00080005


def strings(ds: Dataset, tag: int) -> tuple[str, ...]:
    """The values of a text element, without padding; empty where missing."""
    raw = _raw(ds, tag)
    if not raw:
        return ()
    text = raw[:_LONGEST].decode("latin-1")
    return tuple(part.strip(" \0") for part in text.split("\\"))


def string(ds: Dataset, tag: int) -> str:
    """The first value of a text element; empty where missing."""
    values = strings(ds, tag)
    return values[0] if values else ""


def numbers(ds: Dataset, tag: int, count: int) -> tuple[float, ...] | None:
    """Exactly `count` finite decimal numbers of a text element (DS, IS), or None."""
    values = strings(ds, tag)
    if len(values) != count:
        return None
    try:
        found = tuple(float(value) for value in values)
    except ValueError:
        return None
    return found if all(math.isfinite(value) for value in found) else None


def code(ds: Dataset, tag: int) -> str:
    """A short word (CS, SH) that may be shown; empty where missing, too long or unprintable."""
    found = string(ds, tag)
    return found if len(found) <= _LONGEST_CODE and found.isprintable() else ""


def text(ds: Dataset, tag: int) -> str:
    """A text in the characters that the header states, all values of it on one line."""
    return _decoded(_raw(ds, tag)[:_LONGEST], _raw(ds, _CHARACTERS))


def number(ds: Dataset, tag: int) -> float | None:
    """One finite decimal number, or None."""
    found = numbers(ds, tag, 1)
    return found[0] if found else None


def count(ds: Dataset, tag: int) -> int | None:
    """A whole decimal number of a text element (IS) that fits 32 bits, or None."""
    found = number(ds, tag)
    return int(found) if found is not None and abs(found) < 2**31 else None


def day(ds: Dataset, *tags: int) -> date | None:
    """The first day (DA) that one of several elements states, or None."""
    for tag in tags:
        with suppress(ValueError):
            return datetime.strptime(string(ds, tag), "%Y%m%d").replace(tzinfo=UTC).date()
    return None


def whole(ds: Dataset, tag: int) -> int | None:
    """A 16-bit number (US, and SS without its sign) or a decimal one in text, or None."""
    element = _element(ds, tag)
    if element is None or not isinstance(element.value, bytes):
        return None
    if element.VR in ("IS", "DS"):
        return count(ds, tag)
    if len(element.value) < 2:
        return None
    return int.from_bytes(element.value[:2], "little" if element.is_little_endian else "big")


def items(ds: Dataset, tag: int) -> tuple[Dataset, ...]:
    """The items of a sequence; none where it is missing."""
    if tag not in ds:
        return ()
    value: Any = ds[tag].value
    return tuple(value) if isinstance(value, Sequence) else ()


@lru_cache(maxsize=256)  # the same few texts stand in all headers of a series
def _decoded(raw: bytes, characters: bytes) -> str:
    names = [part.strip() for part in characters.decode("latin-1").split("\\")]
    try:
        found = decode_bytes(raw, convert_encodings(names), TEXT_VR_DELIMS)
    except (LookupError, ValueError):
        found = raw.decode("latin-1")
    return " ".join(printable(found.strip(" \0")).split())


def _element(ds: Dataset, tag: int) -> RawDataElement | None:
    element: Any = ds.get_item(tag, keep_deferred=True)
    return element if isinstance(element, RawDataElement) else None


def _raw(ds: Dataset, tag: int) -> bytes:
    element = _element(ds, tag)
    return element.value if element is not None and isinstance(element.value, bytes) else b""
