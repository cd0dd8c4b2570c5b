"""Every attribute that PS3.15 lists is dealt with as it says, whatever the options."""

from __future__ import annotations

import re

import pytest
from dicomanonymizer.dicomfields_selector import dicom_anonymization_database_selector
from pydicom.datadict import dictionary_VR

from calcimetry.dicom.deidentify_profile import Profile
from calcimetry.dicom.deidentify_table import (
    BIRTH,
    CHARACTERISTICS,
    DATES,
    DESCRIPTORS,
    DEVICE,
    PSEUDONYMS,
    STRUCTURED,
    Action,
    action_of,
    basic_profile,
)

PS3_15 = dicom_anonymization_database_selector("dicomfields_2026c")
#: What may be done where the table says so; a stricter one of several is allowed (PS3.15 E.1.1).
ALLOWED = {
    "D": {Action.REPLACE, Action.UID, Action.ITEMS, Action.SHIFT},
    "Z": {Action.EMPTY, Action.PSEUDONYM},
    "X": {Action.REMOVE},
    "U": {Action.UID},
    "Z_D": {Action.REPLACE, Action.EMPTY, Action.PSEUDONYM},
    "X_Z": {Action.REMOVE, Action.EMPTY},
    "X_D": {Action.REMOVE, Action.REPLACE},
    "X_Z_D": {Action.REMOVE, Action.EMPTY, Action.REPLACE},
    "X_Z_U_STAR": {Action.ITEMS},
}
#: What options may keep beyond that.
OPTIONS = {
    "shift_dates": {Action.SHIFT},
    "clean_descriptors": {Action.CLEAN},
    "retain_device": {Action.KEEP},
    "retain_patient_characteristics": {Action.CLEAN},
}
LISTED = [(code, tag) for code in ALLOWED for tag in PS3_15[f"{code}_TAGS"] if len(tag) == 2]


def kind_of(tag):
    try:
        return dictionary_VR(tag).split(" or ")[0]
    except KeyError:
        return ""


def test_the_table_is_whole():
    assert len(LISTED) == len(basic_profile()) == 652
    assert len(PS3_15["ALL_TAGS"]) == len(LISTED) + 3  # curves, overlay data and comments


@pytest.mark.parametrize("code", ALLOWED)
def test_without_options_each_attribute_gets_what_the_table_says(code):
    for _, (group, element) in [one for one in LISTED if one[0] == code]:
        tag = group << 16 | element
        action = action_of(tag, kind_of(tag), Profile())
        if tag in STRUCTURED:  # Clean Structured Content is always on
            assert action is Action.ITEMS
        elif tag in PSEUDONYMS:  # D, Z and Z/D all allow a dummy: the pseudonym
            assert action is Action.PSEUDONYM
        elif not kind_of(tag):  # what pydicom's dictionary does not know goes
            assert action is Action.REMOVE
        else:
            assert action in ALLOWED[code], f"{tag:08X} {action}"


@pytest.mark.parametrize("option", OPTIONS)
def test_an_option_changes_nothing_but_what_it_is_for(option):
    concerned = {
        "clean_descriptors": DESCRIPTORS,
        "retain_device": DEVICE,
        "retain_patient_characteristics": CHARACTERISTICS,
    }
    for _, (group, element) in LISTED:
        tag = group << 16 | element
        kind = kind_of(tag)
        plain = action_of(tag, kind, Profile())
        changed = action_of(tag, kind, Profile(**{option: True}))
        if option == "shift_dates":
            meant = kind in DATES and tag not in BIRTH
        else:
            meant = tag in concerned[option]
        assert changed in OPTIONS[option] if meant else changed is plain


@pytest.mark.parametrize("tag", [0x60003000, 0x60024000, 0x600E0010, 0x50000010, 0x50FE3000])
def test_overlays_and_curves_go(tag):
    assert action_of(tag, "OW", Profile()) is Action.REMOVE


@pytest.mark.parametrize("tag", [0x00290010, 0x00291001, 0x00080000, 0x00081234])
def test_private_ones_group_lengths_and_unknown_ones_go(tag):
    assert action_of(tag, "LO", Profile()) is Action.REMOVE


def test_texts_that_no_table_lists_go():
    assert action_of(0x00080034 + 0x100, "LO", Profile()) is Action.REMOVE
    assert action_of(0x00102201, "LO", Profile()) is Action.REMOVE  # PatientSpeciesDescription
    assert action_of(0x00100033, "LO", Profile()) is Action.REMOVE  # a birth date in other words


def test_the_page_lists_each_attribute_with_its_actions(root):
    page = (root / "docs/reference/deidentification.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| \(([0-9A-F]{4},[0-9A-F]{4})\) \| (.*) \|$", page, re.MULTILINE))
    assert len(rows) == len(LISTED)
    for code, (group, element) in LISTED:
        tag = group << 16 | element
        kind = kind_of(tag)
        _, said_code, plain, options = rows[f"{group:04X},{element:04X}"].split(" | ")
        assert said_code == code.replace("_STAR", "*").replace("_", "/")
        assert plain == action_of(tag, kind, Profile())
        changed = {
            name: str(action_of(tag, kind, Profile(**{name: True})))
            for name in OPTIONS
            if action_of(tag, kind, Profile(**{name: True})) != plain
        }
        assert options == (", ".join(f"{what} (`{name}`)" for name, what in changed.items()) or "-")
