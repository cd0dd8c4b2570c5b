"""Texts out of a data set as they stand, and whose they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydicom.datadict import dictionary_VR, keyword_dict
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence

from calcimetry.dicom.deidentify_words import parts

#: Values that are one text, backslashes and all.
_ONE_TEXT = frozenset({"ST", "LT", "UT", "UR"})
_PATIENT_ID = keyword_dict["PatientID"]
#: What tells who the patient is, besides all names of persons.
_NUMBERS = frozenset(
    keyword_dict[word]
    for word in (
        *("PatientID", "OtherPatientIDs", "AccessionNumber", "PatientBirthDate", "AdmissionID"),
        *("MedicalRecordLocator", "ClinicalTrialSubjectID"),
    )
)


def kind_of(ds: Dataset, tag: int) -> str:
    """The value representation that a data set states for an attribute; the dictionary's if none.

    Of those that hang on other attributes (``US or SS``) the first. Empty where what is stated is
    not what the attribute has: such a value is not what it says.
    """
    stated = _element(ds, tag).VR
    try:
        known = dictionary_VR(tag).split(" or ")
    except KeyError:
        return ""
    if stated is None or " or " in stated:
        return known[0]
    return str(stated) if stated in known else ""


def texts(ds: Dataset, tag: int) -> list[str]:
    """The values of an attribute as texts without padding.

    Bytes that are no ASCII come as other letters: what may stay is ASCII, so they need no
    decoding.
    """
    element = _element(ds, tag)
    value = element.value
    if isinstance(element, RawDataElement):
        text = (value or b"").decode("latin-1")
        values = [text] if kind_of(ds, tag) in _ONE_TEXT else text.split("\\")
    elif isinstance(value, MultiValue | list | tuple):
        values = [str(one) for one in value]
    else:
        values = ["" if value is None or isinstance(value, bytes | Sequence) else str(value)]
    return [value.strip(" \0") for value in values]


def items_of(ds: Dataset, tag: int) -> tuple[Dataset, ...]:
    """The items of a sequence; none where it is something else."""
    value = ds[tag].value
    return tuple(value) if isinstance(value, Sequence) else ()


def patient_id_of(ds: Dataset) -> str:
    """PatientID, which decides who the patient is; empty where there is none."""
    return "\\".join(decoded(ds, _PATIENT_ID)).strip(" \0") if _PATIENT_ID in ds else ""


def identity_of(ds: Dataset) -> frozenset[str]:
    """Parts of all names of persons and numbers of the patient, wherever they stand."""
    return parts(text for text in _identifying(ds) if text)


def _identifying(ds: Dataset) -> Iterator[str]:
    for tag in ds.keys():  # noqa: SIM118 - iterating a data set decodes its values
        kind = kind_of(ds, tag)
        if kind == "SQ":
            for item in items_of(ds, tag):
                yield from _identifying(item)
        elif kind == "PN" or tag in _NUMBERS:
            yield from decoded(ds, tag)


def decoded(ds: Dataset, tag: int) -> list[str]:
    """Values in the characters that the header states; as `texts` where those are wrong."""
    try:
        value = ds[tag].value
    except (ValueError, LookupError, TypeError, AttributeError):
        return texts(ds, tag)
    many = isinstance(value, MultiValue | list)
    return [str(one) for one in value] if many else [str(value)]


def _element(ds: Dataset, tag: int) -> Any:
    """An attribute as it was read, its value still in bytes."""
    return ds.get_item(tag)
