"""What may stay of an attribute's value."""

from __future__ import annotations

import re
from collections.abc import Callable

from pydicom.charset import python_encoding
from pydicom.config import IGNORE
from pydicom.datadict import keyword_dict
from pydicom.uid import UID

from calcimetry.dicom.deidentify_codes import is_public_scheme
from calcimetry.dicom.deidentify_words import is_technical, technical_words

_DECIMAL = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_AGE = re.compile(r"(\d{3})([DWMY])")
#: Ages above it, in years, are those of few people.
OLDEST_YEARS = 90
_IMAGE_TYPES = frozenset({keyword_dict["ImageType"], keyword_dict["FrameType"]})
_ORIGIN, _ROLE = ("ORIGINAL", "DERIVED", "MIXED"), ("PRIMARY", "SECONDARY")
_AGE_TAG, _KERNEL = keyword_dict["PatientAge"], keyword_dict["ConvolutionKernel"]
_STRENGTH = re.compile(r"\d")
#: What values that are no words look like.
_FORMS: dict[int, Callable[[str], object]] = {
    keyword_dict["SpecificCharacterSet"]: python_encoding.__contains__,
    keyword_dict["CodingSchemeDesignator"]: is_public_scheme,
    keyword_dict["LossyImageCompression"]: re.compile(r"0[01]").fullmatch,
    keyword_dict["PatientOrientation"]: re.compile(r"[APLRHF]{1,3}").fullmatch,
    keyword_dict["TemplateIdentifier"]: re.compile(r"\d{1,5}").fullmatch,
    keyword_dict["ContextIdentifier"]: re.compile(r"\d{1,5}").fullmatch,
    keyword_dict["StackID"]: re.compile(r"\d{1,4}").fullmatch,
    keyword_dict["PatientSex"]: re.compile(r"[MFO]").fullmatch,
}
#: What stands in the place of a text of which nothing stays, where DICOM asks for one.
FALLBACKS = {
    keyword_dict[word]: text
    for word, text in {
        "CodingSchemeDesignator": "99REMOVED",
        "Manufacturer": "REMOVED",
        "ManufacturerModelName": "REMOVED",
        "SoftwareVersions": "REMOVED",
        "SegmentLabel": "Segment",
        "SegmentAlgorithmName": "REMOVED",
        "AlgorithmName": "REMOVED",
        "AlgorithmVersion": "REMOVED",
        "ContentLabel": "REMOVED",
        "ContentDescription": "",
        "PositionReferenceIndicator": "",
        "StackID": "1",
        "TextValue": "Removed",
        "Laterality": "",
        "PatientOrientation": "",
        "PatientPosition": "",
    }.items()
}
#: All or nothing: half a sentence may say the opposite of the whole.
WHOLE = frozenset({keyword_dict["TextValue"], keyword_dict["TrackingID"]})
#: Public coding schemes whose UIDs are not DICOM's own: SNOMED CT, LOINC, UCUM, RadLex, FMA.
_SCHEMES = frozenset(
    {
        "2.16.840.1.113883.6.96",
        "2.16.840.1.113883.6.1",
        "2.16.840.1.113883.6.8",
        "2.16.840.1.113883.6.256",
        "2.16.840.1.113883.6.119",
    }
)


def cleaned(tag: int, kind: str, values: list[str], identity: frozenset[str]) -> list[str]:
    """What may stay of the values of an attribute.

    Parameters
    ----------
    tag : int
    kind : str
        Its value representation.
    values : list of str
    identity : frozenset of str
        `calcimetry.dicom.deidentify_words.parts` of the patient.

    Returns
    -------
    list of str
        The same values where all of them may stay; empty where none may.

    Examples
    --------
    >>> cleaned(0x0008103E, "LO", ["DE 80 kV Mr Miller"], frozenset())
    ['DE 80 kV']
    >>> cleaned(0x00101010, "AS", ["093Y"], frozenset())
    ['090Y']
    """
    if tag in _FORMS:
        return values if all(_FORMS[tag](value) for value in values) else []
    if tag == _AGE_TAG:
        return [age for age in map(_age, values) if age]
    if tag in _IMAGE_TYPES:
        return _image_type(values, identity)
    if tag == _KERNEL:  # a second value is its strength
        return [one for one in values if is_technical(one, identity) or _STRENGTH.fullmatch(one)]
    if kind == "CS" or tag in WHOLE:
        return [value for value in values if is_technical(value, identity)]
    return [words for words in (technical_words(value, identity) for value in values) if words]


def is_number(text: str) -> bool:
    """Whether a text is a decimal number, or empty.

    >>> is_number("-1.5e3"), is_number(""), is_number("Miller")
    (True, True, False)
    """
    return not text or (len(text) <= 16 and _DECIMAL.fullmatch(text) is not None)


def is_public(uid: str) -> bool:
    """Whether a UID is DICOM's own or a public coding scheme's, and so tells of nobody.

    >>> is_public("1.2.840.10008.5.1.4.1.1.2"), is_public("1.2.840.10008.9999")
    (True, False)
    """
    return uid in _SCHEMES or UID(uid, IGNORE).name != uid


def _age(text: str) -> str:
    found = _AGE.fullmatch(text)
    if found is None:
        return ""
    return f"{OLDEST_YEARS:03d}Y" if found[2] == "Y" and int(found[1]) > OLDEST_YEARS else text


def _image_type(values: list[str], identity: frozenset[str]) -> list[str]:
    """The first two values are fixed by DICOM, so they are never left out."""
    first = values[0] if values and values[0] in _ORIGIN else "DERIVED"
    second = values[1] if len(values) > 1 and values[1] in _ROLE else "SECONDARY"
    rest = [value for value in values[2:] if is_technical(value, identity)]
    if len(values) > 2 and values[2] not in rest:
        rest.insert(0, "OTHER")  # the others keep their places
    return [first, second, *rest]
