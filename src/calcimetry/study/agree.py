"""Tables of readings into results: numbers, sentences, figures and a page."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import PIL.Image

from calcimetry import __version__
from calcimetry.agreement.compare import OnProgress, compare
from calcimetry.agreement.compared import Choices, Comparison, PairComparison
from calcimetry.agreement.rows import StatisticRow, statistic_rows
from calcimetry.errors import NotMeasurable, SettingsError
from calcimetry.files.reading_tables import Layout, read_readings
from calcimetry.files.tables import write_bytes, write_csv, write_json, write_text
from calcimetry.render.agreement_figures import draw_bland_altman, draw_identity, draw_mountain
from calcimetry.render.agreement_page import (
    AgreementFigure,
    AgreementPage,
    AgreementSection,
    render_agreement,
)
from calcimetry.render.agreement_terms import headline
from calcimetry.render.agreement_words import overall_sentences, pair_sentences, sentences
from calcimetry.render.chart import Chart
from calcimetry.render.rater_map import draw_raters

#: Files of the results folder.
NUMBERS, SENTENCES, JSON, PAGE = (
    "agreement.csv",
    "agreement.txt",
    "agreement.json",
    "agreement.html",
)
FIGURES = "figures"
#: The header of agreement.csv; columns are only ever appended.
COLUMNS = (
    *("a", "b", "statistic", "value", "low", "high", "interval", "p", "unit"),
    *("images", "patients", "reason"),
)


@dataclass(frozen=True, slots=True)
class AgreeResult:
    """What a comparison gave, and where its files are."""

    comparison: Comparison
    rows: tuple[StatisticRow, ...]
    sentences: tuple[str, ...]
    folder: Path


def agree(
    tables: Sequence[Path],
    layout: Layout,
    out: Path,
    choices: Choices | None = None,
    seed: int = 1,
    on_progress: OnProgress | None = None,
) -> AgreeResult:
    """Compare the raters of one table or more, and write the results.

    Writes agreement.csv (a row for each number), agreement.json, agreement.txt (the
    sentences), agreement.html and figures/ (SVG and PNG).

    Parameters
    ----------
    tables : sequence of Path
        CSV, Excel or Parquet files; see `calcimetry.files.reading_tables.read_readings`.
    layout : Layout
        Which columns hold what.
    out : Path
        Folder for the results; made if needed. Files of these names in it are replaced.
    choices : Choices, optional
        The defaults where None.
    seed : int
        Of the bootstrap.
    on_progress : callable, optional
        Called with what is done, of how many, and the pair.

    Raises
    ------
    InputError
        If the tables cannot be used.
    NotMeasurable
        If no pair of raters can be compared.
    SettingsError
        If fewer than two raters are named, or the seed is negative.
    OutputError
        If a file cannot be written.
    """
    choices = Choices() if choices is None else choices
    if len(layout.raters) < 2 or seed < 0:
        raise SettingsError(
            f"Comparing readings: two raters or more, each with a name of its own, and a seed of 0 "
            f"or more are needed, found {', '.join(layout.raters) or 'no rater'} and {seed}."
        )
    readings = read_readings(tables, layout)
    comparison = compare(readings, np.random.default_rng(seed), choices, on_progress)
    if not comparison.pairs:
        raise NotMeasurable(" ".join(comparison.failed.values()))
    rows = statistic_rows(comparison)
    said = sentences(comparison)
    charts = _charts(comparison)
    for name, chart in charts.items():
        write_text(out / FIGURES / f"{name}.svg", chart.svg())
        write_bytes(out / FIGURES / f"{name}.png", _png(chart.picture()))
    settings = _settings(tables, layout, choices, seed)
    write_csv(out / NUMBERS, COLUMNS, [_cells(row, comparison) for row in rows])
    write_text(out / SENTENCES, "".join(f"{line}\n" for line in (*readings.notes, *said)))
    write_json(out / JSON, _json(comparison, rows, said, settings))
    write_text(out / PAGE, render_agreement(_page(comparison, rows, charts, settings)))
    return AgreeResult(comparison, rows, said, out)


def _charts(comparison: Comparison) -> dict[str, Chart]:
    """Figures by the stem of their files."""
    unit = comparison.readings.unit
    charts: dict[str, Chart] = {}
    for number, one in enumerate(comparison.pairs, start=1):
        charts[f"pair-{number}_identity"] = draw_identity(one, unit)
        if one.limits is not None:
            charts[f"pair-{number}_bland-altman"] = draw_bland_altman(one, unit)
            charts[f"pair-{number}_mountain"] = draw_mountain(one, unit)
    if len(comparison.readings.raters) > 2:
        found = {
            (one.pair.a, one.pair.b): (
                one.concordance.coefficient,
                headline(one, "concordance", one.concordance.interval_z)[0],
            )
            for one in comparison.pairs
            if one.concordance is not None
        }
        charts["raters"] = draw_raters(comparison.readings.raters, found)
    return charts


def _page(
    comparison: Comparison,
    rows: Sequence[StatisticRow],
    charts: Mapping[str, Chart],
    settings: Mapping[str, str],
) -> AgreementPage:
    readings = comparison.readings
    sections = [
        AgreementSection(
            _title(one),
            pair_sentences(one, readings.unit),
            _figures(charts, f"pair-{number}_"),
            tuple(row for row in rows if (row.a, row.b) == (one.pair.a, one.pair.b)),
        )
        for number, one in enumerate(comparison.pairs, start=1)
    ]
    if comparison.overall is not None:
        sections.append(
            AgreementSection(
                "All raters",
                (*comparison.failed.values(), *overall_sentences(comparison.overall)),
                _figures(charts, "raters"),
                tuple(row for row in rows if not row.b),
            )
        )
    left_out = [
        (image, ", ".join(raters), readings.remarks.get(image, ""))
        for image, raters in readings.left_out(readings.raters).items()
    ]
    return AgreementPage(
        tuple(sections),
        tuple(left_out),
        readings.notes,
        tuple(settings.items()),
        __version__,
        datetime.now(UTC),
    )


def _title(one: PairComparison) -> str:
    return f"{one.pair.a} and {one.pair.b}"


def _figures(charts: Mapping[str, Chart], start: str) -> tuple[AgreementFigure, ...]:
    return tuple(
        AgreementFigure(
            chart.title,
            chart.svg(),
            chart.shows,
            (f"{FIGURES}/{name}.svg", f"{FIGURES}/{name}.png"),
        )
        for name, chart in charts.items()
        if name.startswith(start)
    )


def _settings(
    tables: Sequence[Path], layout: Layout, choices: Choices, seed: int
) -> dict[str, str]:
    shown = {
        "tables": ", ".join(path.name for path in tables),
        "raters": ", ".join(
            name if name == column else f"{name} ({column})"
            for name, column in layout.raters.items()
        ),
        "patients": layout.subject or "none: images are taken as independent",
        "scale": "logarithms" if choices.log else "differences",
    }
    if layout.subject:
        shown |= {"resamples": f"{choices.resamples:,}", "seed": str(seed)}
    return shown


def _cells(row: StatisticRow, comparison: Comparison) -> dict[str, object]:
    return {
        "a": row.a,
        "b": row.b,
        "statistic": row.statistic,
        "value": row.value,
        "low": row.interval.low if row.interval else None,
        "high": row.interval.high if row.interval else None,
        "interval": row.interval_by,
        "p": row.p,
        "unit": row.unit,
        **_counts(row, comparison),
        "reason": row.reason,
    }


def _counts(row: StatisticRow, comparison: Comparison) -> dict[str, int | None]:
    for one in comparison.pairs:
        if (row.a, row.b) == (one.pair.a, one.pair.b):
            return {"images": len(one.pair.images), "patients": one.pair.patients}
    if not row.b and comparison.overall is not None:
        return {"images": comparison.overall.images, "patients": comparison.overall.patients}
    return {"images": None, "patients": None}


def _json(
    comparison: Comparison,
    rows: Sequence[StatisticRow],
    said: Sequence[str],
    settings: Mapping[str, str],
) -> dict[str, object]:
    readings = comparison.readings
    return {
        "calcimetry": __version__,
        "difference": "a - b",
        "settings": dict(settings),
        "notes": list(readings.notes),
        "sentences": list(said),
        "statistics": [_cells(row, comparison) for row in rows],
        "left_out": [
            {"image": image, "without": list(raters), "remark": readings.remarks.get(image, "")}
            for image, raters in readings.left_out(readings.raters).items()
        ],
    }


def _png(picture: PIL.Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()
