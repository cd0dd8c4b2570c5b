"""Numbers and names for people."""

from __future__ import annotations

from dataclasses import replace

from calcimetry.render import wording


def test_names_that_could_mislead_are_spelled_out() -> None:
    assert wording.printable("a\u202egpj.exe") == "a\\u202egpj.exe"
    assert wording.printable("latin\udce9.jpg") == "latin\\udce9.jpg"
    assert wording.printable("Fingér 漢.jpg") == "Fingér 漢.jpg"


def test_bones_are_named(make_report) -> None:
    report = make_report(squares=((10, 10, 3),))
    assert wording.bones_of(report) == ("proximal phalanx",)
    assert wording.bone_of(report.lesions[0]) == "proximal phalanx"
    assert wording.bone_of(replace(report.lesions[0], bone=0)) == "-"
