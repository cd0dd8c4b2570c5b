"""``calcimetry demo``: the whole job on pictures and a volume simulated on the spot."""

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
    """Simulate four finger pictures and a CT volume of a finger, and measure them.

    No patient is in them and nothing is downloaded. Prints the lesions found, the
    measured beside the true total, and the files written.

    \b
    Example:
      calcimetry demo --out calcimetry-demo
    """
    with errors_told(out):
        from calcimetry.study import VolumeChoice, measure_study
        from calcimetry.study.demo import write_demo_pictures, write_demo_volume

        pictures = write_demo_pictures(out / "pictures")
        volumes = VolumeChoice(pair=write_demo_volume(out / "volume"))
        with progress_bar(quiet=False) as watch:
            study = measure_study(
                [pictures],
                out,
                volumes=volumes,
                overwrite=True,
                on_progress=watch.on_progress,
                on_stage=watch.on_stage,
            )
        console = table_console()
        console.print(_lesion_table(study.measured), markup=False)
        console.print(_total_table(study.measured), markup=False)
        tell_failures(study)
        say("Written:")
        tables = ("images.csv", "fingers.csv", "hands.csv", "lesions.csv")
        for name in ("report.html", *tables, "report.json"):
            say(f"  {study.folder / name}")
        for result in study.measured:
            for file in result.files:
                say(f"  {study.folder / file}")
        raise typer.Exit(exit_status(study))


def _lesion_table(results: tuple[Result, ...]) -> Table:
    table = Table(title="Lesions", title_justify="left")
    table.add_column("image")
    table.add_column("lesion", justify="right")
    table.add_column("nearest bone")
    for name in ("volume mm3", "area mm2", "95% interval", "long axis mm", "short axis mm"):
        table.add_column(name, justify="right")
    for result in results:
        for lesion in result.lesions:
            table.add_row(
                result.image,
                str(lesion.number),
                bone_name(lesion.bone) if lesion.bone else "-",
                "" if lesion.volume_mm3 is None else f"{lesion.volume_mm3:.1f}",
                f"{lesion.area_mm2:.2f}",
                _between(lesion.area_interval),
                f"{lesion.long_axis_mm:.1f}",
                f"{lesion.short_axis_mm:.1f}",
            )
        table.add_section()
    return table


def _total_table(results: tuple[Result, ...]) -> Table:
    """The total that matters: a volume's in mm3, a picture's area in mm2."""
    table = Table(title="Totals", title_justify="left")
    table.add_column("image")
    for name in ("lesions", "total", "95% interval", "true total"):
        table.add_column(name, justify="right")
    table.add_column("unit")
    table.add_column("status")
    for result in results:
        unit = "mm3" if result.is_volume else "mm2"
        total = result.volume_mm3 if result.is_volume else result.area_mm2
        interval = result.volume_interval if result.is_volume else result.area_interval
        name = "true_volume_mm3" if result.is_volume else "true_area_mm2"
        table.add_row(
            result.image,
            str(len(result.lesions)),
            "-" if total is None else f"{total:.2f}",
            "-" if interval is None else _between(interval),
            result.columns.get(name, ""),
            unit,
            result.status,
        )
    return table


def _between(interval: Interval) -> str:
    return f"{interval.low:.2f} to {interval.high:.2f}"
