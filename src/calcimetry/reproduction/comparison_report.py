"""A comparison into files: tables, figures, and a page that holds them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from calcimetry import __version__
from calcimetry.files.tables import write_bytes, write_csv, write_text
from calcimetry.render.comparison_page import ComparisonPage, PageFigure, render_comparison
from calcimetry.render.difference_plot import Dot, DotPanel, draw_differences
from calcimetry.render.method_sheet import Finding, MethodRow, draw_methods
from calcimetry.reproduction.known_pictures import KnownPicture
from calcimetry.reproduction.page_tables import (
    METHOD_NOTES,
    failure_table,
    method_tables,
    row_table,
)
from calcimetry.reproduction.rows import SCORE_COLUMNS, Row
from calcimetry.reproduction.summary import REFERENCE, Comparison
from calcimetry.reproduction.summary_table import SUMMARY_COLUMNS, summary_cells
from calcimetry.reproduction.verdict import verdict

#: Files of the results folder.
SCORES, SUMMARY, PAGE = "scores.csv", "summary.csv", "index.html"
METHODS_FIGURE, DIFFERENCES_FIGURE = "methods.png", "summary.png"
#: So many pictures are drawn as every method sees them.
_SHOWN = 5
_PANELS = {
    "bone_dice": ("Dice of bone", "right of the line is better than "),
    "surface_mean_mm": ("Distance of outlines, mm", "left of the line is better than "),
    "area_absolute_error_mm2": (
        "Absolute error of lesion area, mm²",
        "left of the line is better than ",
    ),
}


def write_comparison(folder: Path, comparison: Comparison, known: Sequence[KnownPicture]) -> None:
    """Write scores.csv, summary.csv, methods.png, summary.png and index.html.

    Parameters
    ----------
    folder : Path
        The results folder; the label maps of the answers are read from it.
    comparison : Comparison
        At least one method and one picture.
    known : sequence of KnownPicture
        The pictures and their truth.

    Raises
    ------
    OutputError
        If a file cannot be written.
    """
    write_csv(folder / SCORES, SCORE_COLUMNS, [row.cells for row in comparison.rows])
    write_csv(folder / SUMMARY, SUMMARY_COLUMNS, map(summary_cells, comparison.methods))
    shown = _spread(comparison, known)
    methods = png(
        draw_methods(
            [method_row(folder, _of(comparison, one), one) for one in shown], _title(shown, known)
        )
    )
    write_bytes(folder / METHODS_FIGURE, methods)
    differences = png(_draw_differences(comparison))
    write_bytes(folder / DIFFERENCES_FIGURE, differences)
    page = ComparisonPage(
        verdict=verdict(comparison),
        tables=method_tables(comparison),
        folded=(*failure_table(comparison), row_table(comparison)),
        figures=(
            PageFigure(
                f"Differences from {REFERENCE}",
                differences,
                DIFFERENCES_FIGURE,
                f"Each method minus {REFERENCE}: means as dots, with 95% intervals where known.",
            ),
            PageFigure(
                "The same fingers as every method sees them",
                methods,
                METHODS_FIGURE,
                "Bones outlined in a colour each, calcifications filled in orange. The pictures "
                "are spread evenly from the easiest to the hardest, by the mean Dice of all "
                "methods.",
            ),
        ),
        method_notes=METHOD_NOTES,
        version=__version__,
        created=datetime.now(UTC),
    )
    write_text(folder / PAGE, render_comparison(page))


def _title(shown: Sequence[KnownPicture], known: Sequence[KnownPicture]) -> str:
    return f"{len(shown)} of {len(known)} pictures, from the easiest to the hardest"


def _spread(comparison: Comparison, known: Sequence[KnownPicture]) -> list[KnownPicture]:
    """Pictures to show: evenly from the one that methods did best on to the worst."""
    dices = {
        one.name: np.mean(
            [row.score.bone_dice if row.score else 0.0 for row in _of(comparison, one)]
        )
        for one in known
    }
    ranked = sorted(known, key=lambda one: (-dices[one.name], one.name))
    places = np.linspace(0, len(ranked) - 1, min(_SHOWN, len(ranked))).round().astype(int)
    return [ranked[place] for place in places]


def _of(comparison: Comparison, known: KnownPicture) -> list[Row]:
    return [row for row in comparison.rows if row.image == known.name]


def method_row(folder: Path, rows: Sequence[Row], known: KnownPicture) -> MethodRow:
    """One picture as it is, with the truth, and as the methods of `rows` see it.

    Parameters
    ----------
    folder : Path
        That the label maps of the rows lie in.
    rows : sequence of Row
        Answers for this picture.
    known : KnownPicture
    """
    true = known.true_area_mm2
    lesions = None if known.lesions is None else known.lesions.astype(np.uint8)
    caption = "" if true is None else f"{true:.2f} mm²"
    findings = [Finding("Picture"), Finding("Truth", known.bones, lesions, caption)]
    for row in rows:
        if row.score is None:
            findings.append(Finding(row.method, note=f"no answer: {row.reason}"))
            continue
        bones, grown = (_label_map(folder / file) for file in row.files)
        caption = f"Dice {row.score.bone_dice:.3f}, {row.score.area_mm2:.2f} mm²"
        findings.append(Finding(row.method, bones, grown, caption))
    name = f"{known.name} ({known.patient})" if known.patient else known.name
    return MethodRow(name, known.image, tuple(findings))


def _label_map(path: Path) -> NDArray[np.integer]:
    with PIL.Image.open(path) as picture:
        return np.asarray(picture)


def _draw_differences(comparison: Comparison) -> PIL.Image.Image:
    others = [method for method in comparison.methods if method.method != REFERENCE]
    panels = [
        DotPanel(
            title,
            better + REFERENCE,
            tuple(Dot(m.differences[name].mean, m.differences[name].interval) for m in others),
        )
        for name, (title, better) in _PANELS.items()
    ]
    reasons = dict.fromkeys(
        one.reason for method in others for one in method.differences.values() if one.reason
    )
    note = f"Why intervals are missing: {'; '.join(reasons)}." if reasons else ""
    if not others:
        note = f"No method was compared with {REFERENCE}."
    title = f"Each method minus {REFERENCE}, on the pictures that both answered"
    return draw_differences(title, [method.method for method in others], panels, note)


def png(picture: PIL.Image.Image) -> bytes:
    """A picture as the bytes of a PNG file."""
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()
