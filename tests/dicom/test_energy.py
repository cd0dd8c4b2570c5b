"""Energies are read from attributes, and from descriptions as scanners write them."""

import pytest

from calcimetry.dicom.energy import energy_of
from calcimetry.dicom.instance import Frame


@pytest.mark.parametrize(
    ("words", "frame", "expected"),
    [
        ("hand", Frame(kvp=120.0), "120"),
        ("hand", Frame(), ""),
        ("DE_Hand 0.6 Br40 3 A_80kV", Frame(kvp=80.0), "80"),
        ("DE_Hand 0.6 Br40 3 B_Sn150kV", Frame(kvp=150.0), "Sn150"),
        ("DE Sn 150 kV hand", Frame(), "Sn150"),
        ("DE Sn150kVp", Frame(kvp=150.0), "Sn150"),
        ("DE Sn150 hand", Frame(kvp=150.0), "Sn150"),
        ("80 kV and Sn150 kV", Frame(kvp=80.0), "80"),
        ("80 kV and Sn150 kV", Frame(kvp=150.0), "Sn150"),
        ("80 kV and Sn150 kV", Frame(), ""),
        ("hand with tin filter", Frame(kvp=100.0), "Sn100"),
        ("hand", Frame(kvp=140.0, filters="FLAT TIN"), "Sn140"),
        ("hand", Frame(kvp=140.0, filters="WEDGE_2 ALUMINUM"), "140"),
        ("continuous snapshot", Frame(kvp=140.0), "140"),
        ("Mono+ 50 keV", Frame(kvp=80.0), "50 keV"),
        ("MonoE 40keV[HU]", Frame(kvp=120.0), "40 keV"),
        ("70-keV", Frame(), "70 keV"),
        ("hand", Frame(image_type=("DERIVED", "PRIMARY", "AXIAL", "100KEV")), "100 keV"),
        ("DE M_0.6 hand", Frame(kvp=80.0), "mixed"),
        ("DE F_0.5", Frame(kvp=80.0), "mixed"),
        ("Average 0.6", Frame(), "mixed"),
        ("Mixed hand", Frame(kvp=80.0), "mixed"),
    ],
)
def test_energies(words, frame, expected):
    assert energy_of(words, frame).text == expected
