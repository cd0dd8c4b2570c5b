"""``calcimetry reproduce-paper``: the source paper's study from one command."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from calcimetry.cli.shell import (
    ALL_MEASURED,
    SOME_FAILED,
    errors_told,
    progress_bar,
    say,
    table_console,
    tell,
)
from calcimetry.cli.train import require_training

if TYPE_CHECKING:
    from calcimetry.reproduction.paper_page import PaperStudy


def reproduce_paper(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for the results.")],
    images: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Folder of your own pictures and masks, with a manifest.csv (image, "
            "pixel_spacing_mm, patient, group, cut_off) and a readers.csv (image, reader, "
            "long_axis_mm, short_axis_mm). Without it patients like the paper's are simulated.",
            show_default=False,
        ),
    ] = None,
    quick: Annotated[
        bool,
        typer.Option("--quick", help="Few simulated pictures and two methods: under two minutes."),
    ] = False,
    train: Annotated[
        bool,
        typer.Option(
            "--train",
            help="Repeat the paper's training too, and measure with that network as well: an "
            "hour or more. Needs the extra 'train'.",
        ),
    ] = False,
    seed: Annotated[
        int, typer.Option(metavar="N", help="Of what is simulated, drawn and held out.")
    ] = 2021,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print nothing but what went wrong.")
    ] = False,
) -> None:
    """Repeat the source paper's study: 31 pictures, two radiologists, seven methods.

    Writes index.html, paper.csv, paper.json (the paper's numbers beside these), figures/,
    agreement-all/, agreement-whole/ and methods/ into DIR. Run again with the same DIR, it
    goes on where it stopped.

    \b
    Examples:
      calcimetry reproduce-paper --out paper
      calcimetry reproduce-paper --out paper --quick
      calcimetry reproduce-paper --out paper --images dect/

    \b
    Exit status: 0 all pictures were measured, 1 some were not, 2 nothing was done.
    """
    with errors_told(out, doing="done"):
        from calcimetry.reproduction.paper_page import verdict
        from calcimetry.reproduction.paper_set import CALCIMETRY
        from calcimetry.reproduction.paper_study import reproduce_paper as run

        if train:
            require_training()
        with progress_bar(quiet) as watch:
            result = run(
                out,
                images,
                seed=seed,
                quick=quick,
                train=train,
                on_progress=watch.on_progress,
                on_stage=watch.on_stage,
            )
        study = result.study
        for row in study.comparison.failed:
            tell(f"{row.image}: no answer by {row.method}: {row.reason}")
        if not quiet:
            table_console().print(_table(study), markup=False)
            say(verdict(study))
            again = f" ({result.resumed} answers are an earlier run's)" if result.resumed else ""
            say(f"Results: {result.folder / 'index.html'}, paper.csv, paper.json{again}")
        measured = len(study.areas.get(CALCIMETRY, {}))
        raise typer.Exit(ALL_MEASURED if measured == len(study.pictures.test) else SOME_FAILED)


def _table(study: PaperStudy) -> Table:
    table = Table("")
    for name in ("the paper", "all pictures", "showing all phalanges"):
        table.add_column(name, justify="right")
    for row in study.rows:
        table.add_row(*row.texts)
    return table
