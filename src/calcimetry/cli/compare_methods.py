"""``calcimetry compare-methods``: every bone method on the same pictures of known truth."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from calcimetry.bone import METHODS
from calcimetry.cli.shell import (
    ALL_MEASURED,
    NOTHING_DONE,
    SOME_FAILED,
    errors_told,
    progress_bar,
    say,
    table_console,
    tell,
)

if TYPE_CHECKING:
    from calcimetry.reproduction.summary import Comparison


def compare_methods(
    data: Annotated[
        Path,
        typer.Argument(
            metavar="DATA",
            help="Folder of finger pictures with their truth: a manifest.csv with the columns "
            "image,pixel_spacing_mm,patient, and for each picture <stem>_bones.png and "
            "<stem>_lesions.png; or what 'calcimetry phantom ... --format jpeg' writes.",
        ),
    ],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for the results.")],
    method: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help=f"A method to compare; may be given again: {', '.join(METHODS)} [all].",
        ),
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=ONNX",
            help="A network of your own, as `calcimetry train` leaves it, and the name to show it "
            "under; may be given again.",
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Run again what an earlier run has answers to.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print nothing but what went wrong.")
    ] = False,
) -> None:
    """Compare the methods that find bone, on pictures whose truth is known.

    Writes scores.csv (each picture and method), summary.csv (each method), methods.png,
    summary.png and index.html into DIR. Run again with the same DIR, it goes on where it
    stopped.

    \b
    Examples:
      calcimetry compare-methods fingers/ --out comparison
      calcimetry compare-methods paper-like/ --out comparison --method unet --method kmeans
      calcimetry compare-methods fingers/ --out comparison --model mine=runs/mine/model.onnx

    \b
    Exit status: 0 every method answered for every picture, 1 some did not (scores.csv says
    why), 2 nothing was compared.
    """
    with errors_told(out, doing="compared"):
        from calcimetry.reproduction.compare import compare_methods as run
        from calcimetry.reproduction.verdict import verdict

        with progress_bar(quiet) as watch:
            result = run(
                data,
                out,
                method or (),
                models=_models(model or ()),
                overwrite=overwrite,
                on_progress=watch.on_progress,
            )
        comparison = result.comparison
        for line in _failures(comparison):
            tell(line)
        if not quiet:
            table_console().print(_table(comparison), markup=False)
            say(verdict(comparison))
            again = f" ({result.resumed} answers are an earlier run's)" if result.resumed else ""
            say(f"Results: {result.folder / 'index.html'}, scores.csv, summary.csv{again}")
        raise typer.Exit(_exit_status(comparison))


def _models(texts: Sequence[str]) -> dict[str, Path]:
    """The networks of --model NAME=ONNX by their names."""
    from calcimetry.errors import SettingsError

    models: dict[str, Path] = {}
    for text in texts:
        name, equals, path = text.partition("=")
        if not (equals and name and path):
            raise SettingsError(
                f"Comparing methods: --model must be NAME=ONNX, such as mine=RUN/model.onnx, "
                f"found {text!r}."
            )
        if name in models:
            raise SettingsError(f"Comparing methods: two models are called {name!r}.")
        models[name] = Path(path)
    return models


def _failures(comparison: Comparison) -> list[str]:
    """One line for each reason of a method, with the pictures it holds for."""
    pictures: dict[tuple[str, str], list[str]] = {}
    for row in comparison.failed:
        pictures.setdefault((row.method, row.reason), []).append(row.image)
    return [
        f"{names[0] if len(names) == 1 else f'{len(names)} pictures'}: no answer by {method}: "
        f"{reason}"
        for (method, reason), names in pictures.items()
    ]


def _exit_status(comparison: Comparison) -> int:
    if not comparison.failed:
        return ALL_MEASURED
    return SOME_FAILED if len(comparison.failed) < len(comparison.rows) else NOTHING_DONE


def _table(comparison: Comparison) -> Table:
    table = Table("method")
    names = ("answered", "Dice", "worst", "outline mm", "area bias mm2", "CCC", "seconds", "MiB")
    for name in names:
        table.add_column(name, justify="right")
    for one in comparison.methods:
        table.add_row(
            one.method,
            f"{one.answered} of {one.pictures}",
            _number(one.bone_dice, ".3f"),
            _number(one.bone_dice_worst, ".3f"),
            _number(one.surface_mean_mm, ".3f"),
            _number(one.area_bias_mm2, "+.2f"),
            _number(one.area_concordance, ".3f"),
            _number(one.seconds, ".3f"),
            _number(one.memory_mib, ".0f"),
        )
    return table


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)
