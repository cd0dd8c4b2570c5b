"""The command line: one thin file per command, put together here."""

from __future__ import annotations

from typing import Annotated

import typer

from calcimetry import __version__
from calcimetry.cli.agree import agree
from calcimetry.cli.calibrate import calibrate
from calcimetry.cli.compare_methods import compare_methods
from calcimetry.cli.deidentify import deidentify
from calcimetry.cli.demo import demo
from calcimetry.cli.followup import followup
from calcimetry.cli.inspect import inspect
from calcimetry.cli.measure import measure
from calcimetry.cli.node import node
from calcimetry.cli.phantom import phantom
from calcimetry.cli.reproduce_paper import reproduce_paper
from calcimetry.cli.train import train

app = typer.Typer(
    name="calcimetry",
    help="Measure calcinosis cutis in CT of the hand. Research use only.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"calcimetry {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and stop."
        ),
    ] = False,
) -> None:
    """Measure calcinosis cutis in CT of the hand. Research use only."""


app.command(no_args_is_help=True)(measure)
app.command(no_args_is_help=True)(followup)
app.command(no_args_is_help=True)(inspect)
app.command()(demo)
app.command(no_args_is_help=True)(calibrate)
app.command(no_args_is_help=True)(deidentify)
app.command(no_args_is_help=True)(train)
app.command(no_args_is_help=True)(compare_methods)
app.command(no_args_is_help=True)(agree)
app.command(no_args_is_help=True)(reproduce_paper)
app.command(no_args_is_help=True)(node)
app.add_typer(phantom)
