"""The columns of summary.csv."""

from __future__ import annotations

from dataclasses import fields

from calcimetry.reproduction.summary import QUANTITIES, MethodSummary

_NUMBERS = tuple(field.name for field in fields(MethodSummary) if field.name != "differences")
_DIFFERENCE = ("", "_low", "_high", "_pictures", "_patients", "_no_interval_because")
#: One row per method; differences are the method minus U-Net.
SUMMARY_COLUMNS = (
    *_NUMBERS,
    *(f"{name}_difference{end}" for name in QUANTITIES for end in _DIFFERENCE),
)


def summary_cells(summary: MethodSummary) -> dict[str, object]:
    """One row of summary.csv by its columns."""
    cells: dict[str, object] = {name: getattr(summary, name) for name in _NUMBERS}
    for name, one in summary.differences.items():
        low, high = (one.interval.low, one.interval.high) if one.interval else (None, None)
        values = (one.mean, low, high, one.pictures, one.patients, one.reason)
        cells |= {
            f"{name}_difference{end}": value for end, value in zip(_DIFFERENCE, values, strict=True)
        }
    return cells
