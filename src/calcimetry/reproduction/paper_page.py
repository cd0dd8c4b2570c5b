"""A repeated study into files: the table, the figures, and a page that holds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from calcimetry import __version__
from calcimetry.files.tables import write_bytes, write_csv, write_json, write_text
from calcimetry.render.agreement_terms import ci, headline
from calcimetry.render.comparison_page import (
    ComparisonPage,
    PageFigure,
    PageTable,
    render_comparison,
)
from calcimetry.render.method_sheet import draw_methods
from calcimetry.reproduction.comparison_report import method_row, png
from calcimetry.reproduction.known_pictures import KnownPicture
from calcimetry.reproduction.page_tables import METHOD_NOTES, failure_table, method_tables
from calcimetry.reproduction.paper_figures import (
    SHIPPED_CURVE,
    draw_agreement,
    draw_curve,
    read_curve,
    side_by_side,
    spread,
)
from calcimetry.reproduction.paper_numbers import DISCREPANCIES, PAPER
from calcimetry.reproduction.paper_set import CALCIMETRY, TRUTH, PaperSet
from calcimetry.reproduction.paper_table import COLUMNS, Agreed, TableRow
from calcimetry.reproduction.rows import Row
from calcimetry.reproduction.summary import REFERENCE, Comparison

#: Files of the results folder.
TABLE, JSON, PAGE, FIGURES = "paper.csv", "paper.json", "index.html", "figures"
_SIMULATED_NOTES = tuple(
    " ".join(note.split())
    for note in """
Pictures are the simulator's, shaped like the paper's: bones, deposits, scanner and both
radiologists are simulated, the radiologists so that they agree with each other as the paper's two
did. What is said of calcimetry holds for pictures like these.

The shipped network learnt from other simulated pictures and has seen none of these: the pictures
held out are no more foreign to it than those to train on.
""".strip().split("\n\n")
)
_INTERVALS = tuple(
    " ".join(note.split())
    for note in """
Mean differences and limits of the first table are the paper's kind: plain ones over pictures. Those
of Figure 5 allow for several pictures of a patient, and so differ a little.

Intervals in brackets are of 95%, from leaving out one patient at a time where patients are known
(jackknife). Those of drawing patients anew stand in agreement-all/agreement.csv.
""".strip().split("\n\n")
)
_ORDER = "from the easiest to the hardest by their Dice of bone, not chosen by hand."


@dataclass(frozen=True, eq=False, slots=True)
class PaperStudy:
    """All that a repeated study found.

    Parameters
    ----------
    pictures : PaperSet
    comparison : Comparison
        Of the methods, on the independent set and the pictures held out.
    areas : mapping
        Total area in mm2 by rater and picture.
    every, whole : Agreed
        On all pictures and on those that show all phalanges; None where nobody says which.
    rows : tuple of TableRow
        The paper's numbers beside these.
    methods_folder : Path
        That holds the label maps of the methods.
    quick : bool
        Whether the study was a short one.
    """

    pictures: PaperSet
    comparison: Comparison
    areas: Mapping[str, Mapping[str, float]]
    every: Agreed
    whole: Agreed | None
    rows: tuple[TableRow, ...]
    methods_folder: Path
    quick: bool


def write_study(folder: Path, study: PaperStudy, curve: Path | None = None) -> None:
    """Write paper.csv, paper.json, figures/ and index.html.

    Parameters
    ----------
    folder : Path
    study : PaperStudy
    curve : Path, optional
        curve.csv of a training; without it that of the shipped curve is drawn.

    Raises
    ------
    OutputError
        If a file cannot be written.
    """
    said = verdict(study)
    write_csv(folder / TABLE, COLUMNS, [row.cells for row in study.rows])
    write_json(folder / JSON, _json(study, said))
    page = ComparisonPage(
        verdict=said,
        tables=(_table(study), *method_tables(study.comparison)),
        folded=failure_table(study.comparison),
        figures=tuple(_figures(folder, study, curve)),
        method_notes=(
            *(_SIMULATED_NOTES if study.pictures.simulated else ()),
            *_INTERVALS,
            *METHOD_NOTES,
        ),
        version=__version__,
        created=datetime.now(UTC),
        title="The source paper's study, repeated",
    )
    write_text(folder / PAGE, render_comparison(page))


def verdict(study: PaperStudy) -> str:
    """What was found, in two sentences or three."""
    pictures = study.pictures
    kind = "simulated pictures" if pictures.simulated else "pictures"
    of = f" of {pictures.patients} patients" if pictures.patients is not None else ""
    measured = len(study.areas.get(CALCIMETRY, {}))
    told = [
        f"On {len(pictures.test)} {kind}{of} calcimetry measured {measured} (the paper: 24 of 31)."
    ]
    readers = tuple(pictures.readings)
    for a, b, key in (
        *([(readers[0], readers[1], "readers_concordance")] if len(readers) > 1 else []),
        *((reader, CALCIMETRY, "calcimetry_concordance") for reader in readers[:1]),
        (CALCIMETRY, TRUTH, ""),
    ):
        found = study.every.pairs.get((a, b))
        if found is not None and found.concordance is not None:
            interval, over = headline(found, "concordance", found.concordance.interval_z)
            printed = f"; the paper found {PAPER[key].value:.2f}" if key else ""
            told.append(
                f"Lin's CCC of {a} with {b} is {found.concordance.coefficient:.2f}"
                f"{ci(interval, '.2f', over)}{printed}."
            )
    if study.quick and pictures.simulated:
        told.append("This was a quick run on few pictures: it shows how it goes, not how well.")
    return " ".join(told)


def _table(study: PaperStudy) -> PageTable:
    reasons = [one.reason for one in (study.every, study.whole) if one is not None and one.reason]
    if not study.pictures.readings:
        reasons.append("No readers.csv: there is no radiologist to compare with.")
    if study.whole is None:
        reasons.append(
            "The manifest has no column cut_off, so nobody says which pictures show all phalanges."
        )
    return PageTable(
        "The paper's numbers beside ours",
        ("", "the paper", "here, all pictures", "here, those that show all phalanges"),
        tuple(row.texts for row in study.rows),
        (*dict.fromkeys(reasons), *DISCREPANCIES),
    )


def _json(study: PaperStudy, said: str) -> dict[str, object]:
    versions = {row.method: row.method_version for row in study.comparison.rows}
    return {
        "calcimetry": __version__,
        "verdict": said,
        "simulated": study.pictures.simulated,
        "quick": study.quick,
        "difference": "a - b",
        "interval": "95%, leaving out patients (jackknife) where they are known",
        "methods": versions,
        "rows": [row.cells for row in study.rows],
        "discrepancies": list(DISCREPANCIES),
        "areas_mm2": {rater: dict(own) for rater, own in study.areas.items()},
    }


def _figures(folder: Path, study: PaperStudy, curve: Path | None) -> list[PageFigure]:
    """Draw and write all figures, and give those that the page shows."""
    shown: list[PageFigure] = []

    def show(name: str, title: str, content: bytes, shows: str) -> None:
        path = f"{FIGURES}/{name}.png"
        write_bytes(folder / path, content)
        shown.append(PageFigure(title, content, path, shows))

    charts = draw_agreement(study.every.pairs, tuple(study.pictures.readings), CALCIMETRY)
    for name, chart in charts.items():
        write_text(folder / FIGURES / f"{name}.svg", chart.svg())
        write_bytes(folder / FIGURES / f"{name}.png", png(chart.picture()))
    if charts:
        show(
            "figure-5",
            "Figure 5: how radiologists and calcimetry agree",
            png(side_by_side(list(charts.values()))),
            "Above both radiologists, below the first of them and calcimetry: areas against each "
            "other, and differences against their mean.",
        )
    rows = {row.image: row for row in study.comparison.rows if row.method == REFERENCE}
    for name, title, chosen, shows in _sheets(study, rows):
        if chosen:
            sheet = [method_row(study.methods_folder, [rows[one.name]], one) for one in chosen]
            show(name, title, png(draw_methods(sheet, title)), shows)
    points = read_curve(curve or SHIPPED_CURVE)
    chart = draw_curve(points, 10 if curve is None else len(study.pictures.held_out))
    write_text(folder / FIGURES / "figure-1_training.svg", chart.svg())
    show(
        "figure-1_training",
        "Figures 1b and 2: training",
        png(chart.picture()),
        "The recipe paper.toml, trained here."
        if curve
        else "The recipe paper.toml as it was trained on 2026-11-22 (--train repeats it); the "
        "network that measures learnt from more pictures.",
    )
    return shown


def _sheets(
    study: PaperStudy, rows: Mapping[str, Row]
) -> list[tuple[str, str, Sequence[KnownPicture], str]]:
    """Name, title, pictures and words of each sheet of pictures."""
    known = {one.name: one for one in study.pictures.test}
    whole = study.pictures.whole

    def dice(name: str) -> float:
        found = rows[name].score
        return 0.0 if found is None else found.bone_dice

    def error(name: str) -> float:
        found = rows[name].score
        off = None if found is None else found.area_difference_mm2
        return 0.0 if off is None else abs(off)

    ranked = sorted(known, key=lambda name: (-dice(name), name))
    full = [name for name in ranked if whole is None or name in whole]
    cut = [name for name in ranked if whole is not None and name not in whole]
    worst = sorted((name for name in known if error(name) > 0.0), key=lambda name: -error(name))
    return [
        (
            "figure-3_segmentation",
            "Figure 3: bones found",
            [known[name] for name in spread(full)],
            f"Pictures that show all phalanges, {_ORDER}",
        ),
        (
            "figure-4_cut-off",
            "Figure 4: phalanges not wholly in the picture",
            [known[name] for name in spread(cut)],
            f"The paper's network could not be applied to such pictures; {_ORDER}",
        ),
        (
            "largest-errors",
            "Where calcimetry errs most",
            [known[name] for name in worst[:3]],
            "The pictures whose measured area lies furthest from the true one.",
        ),
    ]
