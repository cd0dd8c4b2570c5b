from __future__ import annotations

import re
from dataclasses import replace

import PIL.Image

from calcimetry.files.results import Contents, FingerResult, HandResult, Result
from calcimetry.measurement.burden import total_burden
from calcimetry.study.page import write_page

HOW = {"now": {"version": "1", "settings": {"method": "kmeans"}}}


def test_a_page_without_its_overlays_shows_the_rest(tmp_path):
    result = Result("a.png", "a", "k", "complete", made_with="now", files=("overlays/a.png",))
    write_page(tmp_path, Contents((result,), HOW), "now")
    assert "overlays/a.png is missing or damaged" in (tmp_path / "report.html").read_text()


def test_a_page_says_what_was_passed_over(tmp_path):
    write_page(tmp_path, Contents((), HOW, {"notes.txt": "no picture"}), "now")
    assert "Passed over: 1 files" in (tmp_path / "report.html").read_text()


def test_many_overlays_are_linked_not_read(tmp_path):
    results = []
    for name in "abc":
        picture = tmp_path / "overlays" / f"{name}.png"
        picture.parent.mkdir(exist_ok=True)
        PIL.Image.new("L", (30, 20)).save(picture)
        files = (f"overlays/{name}.png",)
        results.append(Result(name, name, "k", "complete", made_with="now", files=files))
    (tmp_path / "overlays" / "b.png").write_bytes(b"damaged")
    contents = Contents(tuple(results), HOW)
    write_page(tmp_path, contents, "now", most_embedded=3)
    held = (tmp_path / "report.html").read_text()
    assert held.count('src="data:image/png') == 2
    write_page(tmp_path, contents, "now", most_embedded=2)
    linked = (tmp_path / "report.html").read_text()
    assert "data:image" not in linked
    assert 'width="30" height="20" src="overlays/a.png"' in linked
    assert "overlays/b.png is missing or damaged" in linked


def test_patients_come_with_their_hands_and_fingers(tmp_path):
    hand = HandResult(
        *("left hand", "left", (1, 2), 2, "partial", "not found: ring"),
        total_burden([], is_volume=True),
    )
    fingers = tuple(
        FingerResult(name, "left", n, "complete", "", {}, 0, 0.0, None, 0.0, 0.0, None)
        for n, name in ((1, "left thumb"), (2, "left index finger"))
    )
    volume = Result(
        *("a.nii", "a", "k", "complete"),
        made_with="now",
        area_mm2=0.0,
        volume_mm3=0.0,
        spacing_mm=(1.0, 1.0, 1.0),
        hands=(hand,),
        fingers=fingers,
    )
    known = replace(volume, image="b.nii", columns={"patient": "P01", "visit": "2"})
    write_page(tmp_path, Contents((volume, known), HOW), "now")
    text = (tmp_path / "report.html").read_text()
    names = re.findall(r'<th scope="row">(.*?)</th>', text.partition('id="summary"')[0])
    assert names == [
        "Patient P01, visit 2",
        "left hand of b.nii",
        "left thumb",
        "left index finger",
        "left hand of a.nii",
        "left thumb",
        "left index finger",
    ]
