"""Write docs/reference/deidentification.md: what happens to each attribute that PS3.15 lists.

Run it again when the table or an option changes; a test compares the page with the program.
"""

from __future__ import annotations

from pathlib import Path

from pydicom.datadict import dictionary_description, dictionary_VR

from calcimetry.dicom.deidentify_profile import Profile
from calcimetry.dicom.deidentify_table import action_of, basic_profile

PAGE = Path(__file__).parent.parent / "docs/reference/deidentification.md"
OPTIONS = ("shift_dates", "clean_descriptors", "retain_device", "retain_patient_characteristics")
MARK = "<!-- The table below is written by tools/write_deidentification_table.py. -->\n"


def row(tag: int, code: str) -> str:
    """One line of the table."""
    try:
        kind, name = dictionary_VR(tag).split(" or ")[0], dictionary_description(tag)
    except KeyError:
        kind, name = "", "not in pydicom's dictionary"
    plain = action_of(tag, kind, Profile())
    changed = [
        f"{action_of(tag, kind, Profile(**{one: True}))} (`{one}`)"
        for one in OPTIONS
        if action_of(tag, kind, Profile(**{one: True})) != plain
    ]
    shown = f"({tag >> 16:04X},{tag & 0xFFFF:04X})"
    return f"| {shown} | {name} | {code} | {plain} | {', '.join(changed) or '-'} |\n"


def main() -> None:
    """Replace what stands below the mark."""
    head = PAGE.read_text(encoding="utf-8").partition(MARK)[0]
    rows = [row(tag, code) for tag, code in sorted(basic_profile().items())]
    titles = "| tag | attribute | PS3.15 | without options | with the option |"
    table = f"\n{titles}\n|---|---|---|---|---|\n"
    PAGE.write_text("".join((head, MARK, table, *rows)), encoding="utf-8")
    print(f"{PAGE}: {len(rows)} attributes")


if __name__ == "__main__":
    main()
