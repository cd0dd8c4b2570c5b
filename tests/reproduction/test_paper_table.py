from __future__ import annotations

from calcimetry.model import Interval
from calcimetry.reproduction.paper_numbers import Number
from calcimetry.reproduction.paper_table import TableRow


def test_numbers_as_they_are_shown():
    row = TableRow(
        "bias",
        "a − b: mean difference",
        "mm2",
        Number(-0.5),
        Number(1.74, Interval(-0.26, 3.1)),
    )
    assert row.texts == ("a − b: mean difference, mm²", "−0.5", "1.7 (−0.3 to 3.1)", "-")
    assert row.cells["all_low"] == -0.26
    assert "whole" not in row.cells


def test_counts_and_ranges_have_no_interval():
    assert TableRow("n", "pictures", "count", Number(31.0), None).texts == (
        "pictures",
        "31",
        "-",
        "-",
    )
    areas = Number(None, Interval(0.5, 41.5), is_range=True)
    assert TableRow("r", "areas", "mm2", areas, areas).texts[1] == "0.5 to 41.5"
