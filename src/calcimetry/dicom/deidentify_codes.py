"""Coded entries: a public scheme's code may stay, whatever else it says is looked up or removed."""

from __future__ import annotations

import re
from functools import cache

from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes

from calcimetry.dicom.deidentify_texts import texts
from calcimetry.dicom.deidentify_words import is_technical

#: What the codes of public schemes look like; a code of another form is none of them.
_PUBLIC = {
    "DCM": re.compile(r"\d{6}"),
    "SCT": re.compile(r"\d{6,18}"),
    "SRT": re.compile(r"[A-Z]{1,2}-[0-9A-F]{4,6}"),
    "SNM3": re.compile(r"[A-Z]{1,2}-[0-9A-F]{4,6}"),
    "99SDM": re.compile(r"[A-Z]{1,2}-[0-9A-F]{4,6}"),
    "LN": re.compile(r"\d{1,6}-\d"),
    "RADLEX": re.compile(r"RID\d{1,6}"),
    "FMA": re.compile(r"\d{1,6}"),
    "UMLS": re.compile(r"C\d{7}"),
    "NCIt": re.compile(r"C\d{1,6}"),
    "RFC5646": re.compile(r"[a-z]{2,3}(?:-[A-Z]{2})?"),
}
#: Units of UCUM are made of these.
_UNIT = re.compile(
    r"(?:1|%|/|\.|\*|\^|\d{1,3}|\[hnsf'U\]|\{(?:counts?|ratio|pixels?|propcounts)\}"
    r"|[munpkMGcd]?(?:m|g|s|l|L|Gy|Sv|A|V|eV|Hz|Pa|mol|Bq)|deg|min|h|d|a|mo|wk|Cel)+"
)
#: Our own scheme, whose codes are technical words joined by hyphens.
_OWN = "99CALCIMETRY"
_MISSING = "REMOVED"
REPLACED_CODE = (_MISSING, f"99{_MISSING}", _MISSING)
CODE_VALUE, SCHEME, MEANING = 0x00080100, 0x00080102, 0x00080104
#: Codes of the usual length, longer ones and those that are addresses.
CODE_VALUES = (CODE_VALUE, 0x00080119, 0x00080120)


def cleaned_code(item: Dataset, identity: frozenset[str]) -> tuple[str, str, str]:
    """What a coded entry may say: its value, scheme and meaning.

    A meaning that is not made of technical words becomes the scheme's own, where pydicom knows it
    (DICOM PS3.16), or the value. A code of another scheme, such as a hospital's own, is
    replaced: its value may hold anything.

    Parameters
    ----------
    item : Dataset
        An item of a code sequence (PS3.3 section 8.8).
    identity : frozenset of str
        `calcimetry.dicom.deidentify_words.parts` of the patient.

    Returns
    -------
    value, scheme, meaning : str
    """
    value, scheme = (_text(item, tag) for tag in (CODE_VALUE, SCHEME))
    if not _is_public(value, scheme, identity):
        return REPLACED_CODE
    stated = _text(item, MEANING)
    # All or nothing: half a meaning may be the opposite.
    if not is_technical(stated, identity):
        stated = _meanings(scheme).get(value, value)
    return value, scheme, stated[:64]


def is_public_scheme(designator: str) -> bool:
    """Whether a coding scheme is a public one, or our own.

    >>> is_public_scheme("SCT"), is_public_scheme("99HOSPITAL")
    (True, False)
    """
    return designator in _PUBLIC or designator in ("UCUM", _OWN)


def is_code(item: Dataset) -> bool:
    """Whether an item is a coded entry."""
    return any(tag in item for tag in CODE_VALUES)


def _is_public(value: str, scheme: str, identity: frozenset[str]) -> bool:
    if scheme == _OWN:
        return is_technical(value.replace("-", " "), identity)
    if scheme == "UCUM":
        return _UNIT.fullmatch(value) is not None
    known = _PUBLIC.get(scheme)
    return known is not None and known.fullmatch(value) is not None


@cache
def _meanings(scheme: str) -> dict[str, str]:
    """Meanings by code value of one scheme, as far as DICOM uses them."""
    if scheme not in codes.schemes():
        return {}
    return {code.value: code.meaning for code in getattr(codes, scheme).concepts.values()}


def _text(item: Dataset, tag: int) -> str:
    return texts(item, tag)[0] if tag in item else ""
