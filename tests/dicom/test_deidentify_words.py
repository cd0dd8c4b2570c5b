"""What may stay of a text, and that `measure` still finds there what it looks for."""

from __future__ import annotations

import pytest

from calcimetry.dicom.deidentify_vocabulary import TERMS, WORDS
from calcimetry.dicom.deidentify_words import holds_identity, is_technical, parts, technical_words
from calcimetry.dicom.energy import energy_of
from calcimetry.dicom.instance import Frame, Instance
from calcimetry.dicom.kernels import sharpness_of
from calcimetry.dicom.kinds import refusal_of
from calcimetry.dicom.source import Source

DESCRIPTIONS = [
    "DE Hand Sn150kV 0.6 Br40",
    "DE_HAND_M_0.6_Br40_A_80kV",
    "Hand DE 0.75 Qr36 3 F_0.5",
    "Mono+ 50 keV hand",
    "Mono 100keV",
    "MONO_40KEV",
    "hand tin 150 kVp",
    "80-kV hand",
    "optimum contrast",
    "average 0.6 mm",
    "VNCa hand",
    "virtual non-calcium",
    "VirtualNonCa",
    "calcium suppressed",
    "ca supp",
    "VNC",
    "virtual non contrast",
    "virtual unenhanced",
    "VUE",
    "iodine map",
    "I map",
    "calcium map",
    "HAP",
    "hydroxyapatite (HAP)",
    "Zeff",
    "effective Z",
    "EFF_ATOMIC_NUM",
    "electron density",
    "rho",
    "uric acid",
    "MSU map",
    "urate",
    "gout 80 kV",
    "uric 80 kV",
    "bone marrow",
    "colour coded",
    "color",
    "fused",
    "fusion",
    "overlay",
    "MIP",
    "MinIP",
    "VRT hand",
    "volume render",
    "SSD",
    "3D rendering",
    "mat_water",
    "material density",
    "material map",
    "scout",
    "topogram",
    "surview",
    "scano",
    "localizer",
]


def found_in(words):
    instance = Instance(
        Source("x.dcm"),
        0,
        "1.2.840.10008.5.1.4.1.1.2",
        "",
        "",
        "",
        "",
        modality="CT",
        photometric="MONOCHROME2",
        transfer_syntax="1.2.840.10008.1.2.1",
        words=words,
        frames=(Frame(slope=1.0, intercept=0.0, kvp=80.0),),
    )
    return energy_of(words, instance.frames[0]), refusal_of(instance)


@pytest.mark.parametrize("words", DESCRIPTIONS)
def test_what_measure_looks_for_in_descriptions_stays(words):
    kept = technical_words(f"Doe, Jane: {words} 4711 for Dr. Roe")
    assert "Doe" not in kept
    assert "4711" not in kept
    assert found_in(kept) == found_in(words)


@pytest.mark.parametrize(
    "kernel",
    ["B30f", "Br40d\\3", "Qr36", "Hr64", "FC08", "FC30-H", "BONEPLUS", "STANDARD", "YB", "A"],
)
def test_kernels_stay(kernel):
    assert is_technical(kernel)
    assert sharpness_of(technical_words(kernel)) == sharpness_of(kernel)


@pytest.mark.parametrize(
    "text",
    [
        "Jane Doe",
        "Müller",
        "4711",
        "12.03.1950",
        "1950-03-12",
        "20200312",
        "0151 123 45 67",
        "12 May",
        "May12",
        "63Y",
        "MRN00012",
        "jane@example.org",
        "St. Mary",
        "12345678901",
        "0815",
    ],
)
def test_names_numbers_and_dates_go(text):
    assert technical_words(text) == ""
    assert not is_technical(text)


def test_a_text_that_may_stay_stays_as_it_stands():
    assert technical_words("DE  Hand, (0.6)") == "DE  Hand, (0.6)"
    assert technical_words("hand\x00\x07") == "hand"


def test_parts_of_the_patients_name_go_even_within_words():
    identity = parts(["Marrow^Anna", "P-4711"])
    assert technical_words("bone marrow", identity) == "bone"
    assert technical_words("bonemarrow", identity) == ""
    assert not is_technical("MARROW", identity)
    assert not is_technical("SR", parts(["SR^X"]))


@pytest.mark.parametrize("spelt", ["MÜLLER", "Muller", "mueller", "Mu\u0308ller"])
def test_all_spellings_of_a_name_are_the_name(spelt):
    assert holds_identity(f"CT of {spelt}", parts(["Müller^Anna"]))


def test_the_lists_are_words_of_their_case():
    assert all(word == word.lower() for word in WORDS)
    assert all(word == word.upper() for word in TERMS)
