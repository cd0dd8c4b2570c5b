"""Codes of public schemes stay, others may hold anything."""

from __future__ import annotations

import pytest
from pydicom.dataset import Dataset

from calcimetry.dicom.deidentify_codes import REPLACED_CODE, cleaned_code, is_code


def coded(value, scheme, meaning, keyword="CodeValue"):
    ds = Dataset()
    setattr(ds, keyword, value)
    ds.CodingSchemeDesignator, ds.CodeMeaning = scheme, meaning
    return ds


@pytest.mark.parametrize(
    ("value", "scheme", "meaning"),
    [
        ("103339001", "SCT", "Long Axis"),
        ("T-D8800", "SRT", "Finger"),
        ("113100", "DCM", "Basic Application Confidentiality Profile"),
        ("mg/cm3", "UCUM", "milligram per cubic centimeter"),
        ("[hnsf'U]", "UCUM", "Hounsfield unit"),
        ("1", "UCUM", "no units"),
        ("{counts}", "UCUM", "Counts"),
        ("23946", "FMA", "Distal phalanx of index finger"),
        ("ha-density", "99CALCIMETRY", "Hydroxyapatite density"),
        ("status-partial", "99CALCIMETRY", "Part of it was not measured"),
    ],
)
def test_public_codes_stay(value, scheme, meaning):
    assert cleaned_code(coded(value, scheme, meaning), frozenset()) == (value, scheme, meaning)


@pytest.mark.parametrize(
    ("value", "scheme"),
    [
        ("X12", "99HOSPITAL"),
        ("DOEJANE", "DCM"),
        ("4711", "SCT"),
        ("doe", "UCUM"),
        ("doe-jane", "99CALCIMETRY"),
        ("", ""),
    ],
)
def test_other_codes_are_replaced(value, scheme):
    assert cleaned_code(coded(value, scheme, "Dr. Roe's protocol"), frozenset()) == REPLACED_CODE


def test_long_codes_and_addresses_are_replaced():
    for keyword in ("LongCodeValue", "URNCodeValue"):
        ds = coded("DOE" * 10, "SCT", "Doe", keyword)
        assert is_code(ds)
        assert cleaned_code(ds, frozenset()) == REPLACED_CODE


def test_a_meaning_of_other_words_becomes_the_schemes_own_or_the_value():
    assert cleaned_code(coded("121106", "DCM", "Of Mrs Doe"), frozenset())[2] == "Comment"
    assert cleaned_code(coded("99999999", "SCT", "Of Mrs Doe"), frozenset())[2] == "99999999"


def test_what_holds_no_code_is_none():
    assert not is_code(Dataset())
