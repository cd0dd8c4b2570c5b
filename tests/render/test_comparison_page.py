from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from calcimetry.render.comparison_page import (
    ComparisonPage,
    PageFigure,
    PageTable,
    render_comparison,
)
from tests.render.test_report_page import Page


@pytest.fixture
def page() -> ComparisonPage:
    return ComparisonPage(
        verdict="On 3 pictures, unet found bone best.",
        tables=(PageTable("Bone", ("method", "Dice"), (("unet", "0.98"),), ("A note.",)),),
        folded=(
            PageTable("Reasons", ("picture", "reason"), (("a.png", "dark"),), holds_text=True),
        ),
        figures=(PageFigure("Fingers", b"png", "methods.png", "Five fingers."),),
        method_notes=("How it was measured.",),
        version="1.2.3",
        created=datetime(2026, 11, 22, tzinfo=UTC),
    )


def test_all_is_shown_and_held_by_the_page_itself(page):
    html = render_comparison(page)
    read = Page(html)
    text = " ".join(read.texts)
    for words in (page.verdict, "0.98", "A note.", "dark", "Five fingers.", "How it was", "1.2.3"):
        assert words in text
    assert read.sources == ["data:image/png;base64,cG5n"]
    assert set(read.links) == {"methods.png", "#top"}
    assert "script" not in read.tags
    assert "default-src 'none'" in html
    assert text.count("Research use only") == 2


def test_the_sentence_stands_on_top(page):
    html = render_comparison(page)
    assert html.index(page.verdict) < html.index("<table>") < html.index("<img")


def test_names_are_escaped(page):
    rows = (("<b>x</b>.png\n", "<script>"),)
    html = render_comparison(replace(page, tables=(PageTable("T", ("a", "b"), rows),)))
    assert "<script>" not in html
    assert "&lt;b&gt;x&lt;/b&gt;.png\\n" in html
