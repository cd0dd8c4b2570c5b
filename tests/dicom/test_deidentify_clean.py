"""What may stay of single values."""

from __future__ import annotations

import pytest
from pydicom.datadict import keyword_dict

from calcimetry.dicom.deidentify_clean import cleaned, is_number, is_public


@pytest.mark.parametrize(
    ("keyword", "kind", "values", "kept"),
    [
        ("ImageType", "CS", ["ORIGINAL", "PRIMARY", "AXIAL", "CT_SOM7 SPI DUAL"], None),
        (
            "ImageType",
            "CS",
            ["DERIVED", "DOE", "JANE", "DET_A"],
            ["DERIVED", "SECONDARY", "OTHER", "DET_A"],
        ),
        ("ImageType", "CS", ["DOE"], ["DERIVED", "SECONDARY"]),
        ("PatientOrientation", "CS", ["L", "PF"], None),
        ("PatientOrientation", "CS", ["DOE", "L"], []),
        ("PatientAge", "AS", ["089Y"], None),
        ("PatientAge", "AS", ["101Y"], ["090Y"]),
        ("PatientAge", "AS", ["011M"], None),
        ("PatientAge", "AS", ["DOE"], []),
        ("PatientSex", "CS", ["F"], None),
        ("PatientSex", "CS", ["DOE"], []),
        ("SpecificCharacterSet", "CS", ["", "ISO 2022 IR 87"], None),
        ("SpecificCharacterSet", "CS", ["DOE"], []),
        ("LossyImageCompression", "CS", ["01"], None),
        ("TemplateIdentifier", "CS", ["1500"], None),
        ("CodingSchemeDesignator", "SH", ["99DOE"], []),
        ("ConvolutionKernel", "SH", ["Br40d", "3"], None),
        ("ConvolutionKernel", "SH", ["DOE", "3"], ["3"]),
        ("ScanOptions", "CS", ["HELICAL MODE", "DOE"], ["HELICAL MODE"]),
        ("Manufacturer", "LO", ["SIEMENS"], None),
        ("Manufacturer", "LO", ["Doe Imaging"], ["Imaging"]),
        ("TextValue", "UT", ["Hand of Doe"], []),
    ],
)
def test_values(keyword, kind, values, kept):
    found = cleaned(keyword_dict[keyword], kind, values, frozenset())
    assert found == (values if kept is None else kept)


@pytest.mark.parametrize("text", ["1", "-1.5", "+.5e-3", "1.", ""])
def test_numbers(text):
    assert is_number(text)


@pytest.mark.parametrize("text", ["DOE", "1,5", "0x1", "12345678901234567", "1 2", "nan", "²"])
def test_no_numbers(text):
    assert not is_number(text)


def test_public_uids():
    assert is_public("1.2.840.10008.1.2.1")
    assert is_public("2.16.840.1.113883.6.96")
    assert not is_public("1.2.840.10008.5.1.4.1.1.2.4711")
    assert not is_public("Implicit VR Little Endian")
