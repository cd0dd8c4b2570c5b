"""``calcimetry agree``: how well raters agree, from a table of their readings."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from calcimetry.cli.shell import (
    ALL_MEASURED,
    SOME_FAILED,
    errors_told,
    progress_bar,
    say,
    tell,
)


def agree(
    table: Annotated[
        list[Path],
        typer.Argument(
            metavar="TABLE...",
            help="CSV, Excel (.xlsx) or Parquet files: a column for each rater, or one reading in "
            "each row, or lesions with long_axis_mm and short_axis_mm. Several are joined by "
            "image, such as images.csv of 'calcimetry measure' and the readers' axes.",
        ),
    ],
    a: Annotated[
        str,
        typer.Option(
            "--a",
            metavar="COLUMN",
            help="The first rater's column, or NAME=COLUMN to show another name. A difference is "
            "a - b.",
        ),
    ],
    b: Annotated[
        list[str],
        typer.Option(
            "--b", metavar="COLUMN", help="The other rater's; may be given again for more raters."
        ),
    ],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for the results.")],
    subject: Annotated[
        str,
        typer.Option(
            metavar="COLUMN",
            help="Column of patients, where a patient has several images: intervals then heed it.",
        ),
    ] = "",
    log: Annotated[
        bool, typer.Option("--log", help="Compare logarithms: differences become ratios a / b.")
    ] = False,
    image: Annotated[
        str, typer.Option(metavar="COLUMN", help="Column that names what was read.")
    ] = "image",
    rater_column: Annotated[
        str,
        typer.Option(
            metavar="COLUMN",
            help="Of a table with one reading in each row: the column that names the rater.",
        ),
    ] = "",
    value_column: Annotated[
        str, typer.Option(metavar="COLUMN", help="And the column of readings.")
    ] = "",
    unit: Annotated[
        str,
        typer.Option(metavar="UNIT", help="Unit of all readings [told from names such as _mm2]."),
    ] = "",
    resamples: Annotated[
        int, typer.Option(metavar="N", help="How often patients are drawn anew.")
    ] = 10_000,
    seed: Annotated[int, typer.Option(metavar="N", help="Of the draws.")] = 1,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print nothing but what went wrong.")
    ] = False,
) -> None:
    """Say how well two raters or more agree, in numbers, figures and plain sentences.

    Writes agreement.html, agreement.csv, agreement.json, agreement.txt (the sentences) and
    figures/ (SVG and PNG) into DIR.

    \b
    Examples:
      calcimetry agree areas.csv --a radiologist_1 --b calcimetry --out agreement
      calcimetry agree areas.csv --a radiologist_1 --b radiologist_2 --b calcimetry \\
          --subject patient --log --out agreement
      calcimetry agree results/images.csv readers.csv --a calcimetry=area_mm2 \\
          --b IMO --b AW --subject patient --out agreement

    \b
    Exit status: 0 every pair was compared, 1 some pairs could not be, 2 none.
    """
    with errors_told(None):
        from calcimetry.agreement.compared import Choices
        from calcimetry.files.reading_tables import Layout
        from calcimetry.study.agree import PAGE
        from calcimetry.study.agree import agree as run

        layout = Layout(_raters([a, *b]), image, subject, rater_column, value_column, unit)
        choices = Choices(log, resamples, os.cpu_count() or 1)
        with progress_bar(quiet) as watch:
            result = run(table, layout, out, choices, seed, watch.on_progress)
        for reason in (*result.comparison.readings.notes, *result.comparison.failed.values()):
            tell(reason)
        if not quiet:
            for line in result.sentences:
                say(line)
            say(f"Results: {result.folder / PAGE}, with agreement.csv, agreement.json, figures/")
        raise typer.Exit(SOME_FAILED if result.comparison.failed else ALL_MEASURED)


def _raters(texts: Sequence[str]) -> dict[str, str]:
    """Columns by the names to show."""
    from calcimetry.errors import SettingsError

    raters: dict[str, str] = {}
    for text in texts:
        name, equals, column = text.partition("=")
        shown, column = (name, column) if equals else (text, text)
        if not shown or not column or shown in raters or column in raters.values():
            raise SettingsError(
                f"Comparing readings: each rater needs a column and a name of its own, found "
                f"{text!r} after {', '.join(raters) or 'none'}."
            )
        raters[shown] = column
    return raters
