"""``calcimetry demo``: the whole job on pictures simulated on the spot."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from calcimetry.cli.shell import (
    errors_told,
    exit_status,
    progress_bar,
    say,
    table_console,
    tell_failures,
)
from calcimetry.model import Interval, bone_name

if TYPE_CHECKING:
    from calcimetry.files.results import Result


def demo(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for the results.")] = Path(
        "calcimetry-demo"
    ),
) -> None:
    """Simulate four finger pictures and measure them.

    No patient is in them and nothing is downloaded. Prints the lesions found, the
    measured beside the true total area, and the files written.

    \b
    Example:
      calcimetry demo --out calcimetry-demo
    """
    with errors_told(out):
        from calcimetry.study import measure_study
        from calcimetry.study.demo import write_demo_pictures

        folder = write_demo_pictures(out / "pictures")
        with progress_bar(quiet=False) as on_progress:
            study = measure_study([folder], out, overwrite=True, on_progress=on_progress)
        console = table_console()
        console.print(_lesion_table(study.measured), markup=False)
        console.print(_total_table(study.measured), markup=False)
        tell_failures(study)
        say("Written:")
        for name in ("report.html", "images.csv", "lesions.csv", "report.json"):
            say(f"  {study.folder / name}")
        for result in study.measured:
            for file in result.files:
                say(f"  {study.folder / file}")
        raise typer.Exit(exit_status(study))


def _lesion_table(results: tuple[Result, ...]) -> Table:
    table = Table(title="Lesions", title_justify="left")
    table.add_column("picture")
    table.add_column("lesion", justify="right")
    table.add_column("nearest bone")
    for name in ("area mm2", "95% interval", "long axis mm", "short axis mm"):
        table.add_column(name, justify="right")
    for result in results:
        for lesion in result.lesions:
            table.add_row(
                result.image,
                str(lesion.number),
                bone_name(lesion.bone) if lesion.bone else "-",
                f"{lesion.area_mm2:.2f}",
                _between(lesion.area_interval),
                f"{lesion.long_axis_mm:.1f}",
                f"{lesion.short_axis_mm:.1f}",
            )
        table.add_section()
    return table


def _total_table(results: tuple[Result, ...]) -> Table:
    table = Table(title="Totals", title_justify="left")
    table.add_column("picture")
    for name in ("lesions", "total area mm2", "95% interval", "true area mm2"):
        table.add_column(name, justify="right")
    table.add_column("status")
    for result in results:
        table.add_row(
            result.image,
            str(len(result.lesions)),
            "-" if result.area_mm2 is None else f"{result.area_mm2:.2f}",
            "-" if result.area_interval is None else _between(result.area_interval),
            result.columns.get("true_area_mm2", ""),
            result.status,
        )
    return table


def _between(interval: Interval) -> str:
    return f"{interval.low:.2f} to {interval.high:.2f}"
