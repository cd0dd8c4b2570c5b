from __future__ import annotations

from calcimetry.files.results import Contents, Result
from calcimetry.study.page import write_page

HOW = {"now": {"version": "1", "settings": {"method": "kmeans"}}}


def test_a_page_without_its_overlays_shows_the_rest(tmp_path):
    result = Result("a.png", "a", "k", "complete", made_with="now", files=("overlays/a.png",))
    write_page(tmp_path, Contents((result,), HOW), "now")
    assert "overlays/a.png is missing or damaged" in (tmp_path / "report.html").read_text()


def test_a_page_says_what_was_passed_over(tmp_path):
    write_page(tmp_path, Contents((), HOW, {"notes.txt": "no picture"}), "now")
    assert "Passed over: 1 files" in (tmp_path / "report.html").read_text()
