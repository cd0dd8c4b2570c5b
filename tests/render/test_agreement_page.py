from __future__ import annotations

from datetime import UTC, datetime

import pytest

from calcimetry.agreement.rows import StatisticRow, statistic_rows
from calcimetry.model import Interval
from calcimetry.render.agreement_definitions import STATISTICS
from calcimetry.render.agreement_page import (
    AgreementFigure,
    AgreementPage,
    AgreementSection,
    figures,
    p_value,
    render_agreement,
)
from tests.render.comparisons import comparison

ROWS = (
    StatisticRow("a", "b", "bias", 1.5, Interval(-0.25, 3.0), "t", None, "mm2"),
    StatisticRow("a", "b", "normality", None, p=0.0004),
    StatisticRow("a", "b", "passing_bablok", None, reason="both fall"),
)


def page(**changes):
    figure = AgreementFigure("A figure", "<svg/>", "Shows it.", ("figures/x.svg",))
    section = AgreementSection("anna & ben", ("anna reads <more>.",), (figure,), ROWS)
    given = {
        "sections": (section,),
        "left_out": (("x.png", "ben", "no bone"),),
        "notes": ("Beware.",),
        "settings": (("seed", "1"),),
        "version": "1.2.3",
        "created": datetime(2026, 1, 2, tzinfo=UTC),
    }
    return render_agreement(AgreementPage(**(given | changes)))


def test_all_of_it_is_there():
    html = page()
    for words in ("Beware.", "x.png", "no bone", "Mean difference a − b", "−0.25 to 3", "mm²"):
        assert words in html
    assert "not measured: both fall" in html
    assert "&lt; 0.001" in html
    assert "data:image/svg+xml;base64," in html


def test_names_are_escaped_and_nothing_is_fetched():
    html = page()
    assert "anna &amp; ben" in html
    assert "<more>" not in html
    assert "<script" not in html
    assert "http" not in html.replace("http-equiv", "")


def test_a_section_without_figures_and_nothing_left_out():
    html = page(sections=(AgreementSection("x", (), (), ()),), left_out=(), notes=())
    assert "Images left out" not in html
    assert "<figure>" not in html


def test_each_statistic_is_defined_here_and_for_clinicians(root):
    measurements = (root / "docs/measurements.md").read_text(encoding="utf-8")
    found = {
        row.statistic
        for options in ({}, {"raters": 3}, {"log": True})
        for row in statistic_rows(comparison(**options))
    }
    assert found <= set(STATISTICS)
    missing = [name for name in STATISTICS if f"`{name}`" not in measurements]
    assert not missing


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [(0.0, "", "0"), (99.96, "%", "100.0"), (1e-5, "", "1e−05"), (123456.0, "mm3", "123456")],
)
def test_figures(value, unit, text):
    assert figures(value, unit) == text


def test_p():
    assert p_value(0.004) == "0.004"
