"""What differs between two scans, and what that forbids."""

import re
from dataclasses import replace

import numpy as np
import pytest

from calcimetry.followup.likeness import likeness_of
from tests.followup.lesions import block_visit, turned

USUAL = ("80", "Sn150")


def test_alike():
    one = block_visit(tube_settings=USUAL, kernel="Br40", calibration="nominal", method="unet a")
    found = likeness_of(one, one)
    assert (found.warnings, found.mass_refused) == ((), "")
    assert not found.other_scan
    assert not found.other_gain


def test_what_is_not_stated_is_taken_as_alike():
    stated = block_visit(tube_settings=USUAL, kernel="Br40", calibration="nominal", method="unet a")
    assert likeness_of(stated, block_visit()).warnings == ()


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ({"kernel": "Br40"}, {"kernel": "Br60"}, r"kernel \(Br40 first, Br60 later\)"),
        ({"method": "unet a"}, {"method": "unet b"}, "bone method or its weights"),
        ({"tube_settings": USUAL}, {"tube_settings": ("80", "140")}, "80 and Sn150 first"),
    ],
)
def test_differences_are_told_and_widen(first, last, said):
    found = likeness_of(block_visit(**first), block_visit(**last))
    assert found.other_scan
    assert found.mass_refused == ""
    (warning,) = found.warnings
    assert "intervals are wider" in warning
    assert re.search(said, warning)


def test_another_spacing_is_told():
    first = block_visit()
    larger = np.eye(3) * 1.25
    coarse = turned(first.bones, larger, 0.0), turned(first.lesion_map, larger, 0.0)
    found = likeness_of(first, replace(first, bones=coarse[0], lesion_map=coarse[1]))
    assert "samples of 1.00 mm first and 1.25 mm later" in found.warnings[0]
    assert found.other_scan
    assert not found.other_gain


def test_kv_and_kvp_are_the_same():
    first = block_visit(tube_settings=("80 kVp", "Sn150"))
    assert not likeness_of(first, block_visit(tube_settings=("80", "Sn150 kV"))).other_gain


def test_one_energy_and_two_give_no_comparable_mass():
    found = likeness_of(
        block_visit(tube_settings=("120",)), block_visit(tube_settings=("80", "Sn150"))
    )
    assert found.other_gain
    assert "the baseline has a single energy, the later visit two energies" in found.mass_refused
    assert any(text.startswith("Masses are not compared") for text in found.warnings)


@pytest.mark.parametrize(
    ("first", "last", "refused"),
    [
        (("nominal", USUAL), ("rods 1", USUAL), True),
        (("rods 1", USUAL), ("rods 2", USUAL), False),
        (("rods 1", USUAL), ("rods 2", ("80", "140")), False),
        (("nominal", USUAL), ("nominal", ("80", "140")), False),
        (("", USUAL), ("rods 1", USUAL), False),
    ],
)
def test_calibrations(first, last, refused):
    visits = [
        block_visit(calibration=calibration, tube_settings=settings)
        for calibration, settings in (first, last)
    ]
    found = likeness_of(*visits)
    assert bool(found.mass_refused) == refused
    if first[0] and last[0]:
        assert found.warnings
        assert refused or found.other_gain


def test_other_energies_give_other_hu():
    def hu(first, last, **more):
        return likeness_of(
            block_visit("first", tube_settings=first),
            block_visit("last", tube_settings=last, **more),
        ).other_hu

    assert not hu(("80", "Sn150"), ("80", "Sn150"), calibration="rods a")
    assert not hu((), ("80", "Sn150"))
    assert hu(("80", "Sn150"), ("120",))
    assert hu(("100",), ("120",))
