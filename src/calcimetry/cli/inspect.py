"""``calcimetry inspect``: what is there, what would be measured, and why the rest would not."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from calcimetry.cli.shell import NOTHING_DONE, errors_told, say, table_console

if TYPE_CHECKING:
    from calcimetry.cli.inspect_files import Files
    from calcimetry.dicom.found import Found, Left, Volume


def inspect(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH...",
            help="DICOM files, folders, DICOMDIRs, zips, NIfTI files or pictures. A manifest.csv "
            "in a folder counts as it does for `measure`.",
            show_default=False,
        ),
    ],
    pixel_spacing: Annotated[
        float | None,
        typer.Option(
            metavar="MM",
            help="As `measure` takes it: pixel spacing of pictures that no manifest gives one.",
        ),
    ] = None,
    series: Annotated[
        str | None,
        typer.Option(
            metavar="LIST",
            help="As `measure` takes it: series numbers, SeriesInstanceUIDs or names of volumes, "
            "separated by commas.",
        ),
    ] = None,
    low_kev: Annotated[
        float | None, typer.Option(metavar="KEV", help="Low energy of a monoenergetic pair.")
    ] = None,
    high_kev: Annotated[
        float | None, typer.Option(metavar="KEV", help="High energy of a monoenergetic pair.")
    ] = None,
) -> None:
    """List what `measure` would measure, and why it would leave the rest.

    Reads headers only and writes nothing.

    \b
    Example:
      calcimetry inspect study/

    \b
    Exit status: 0 something can be measured, 2 nothing can.
    """
    with errors_told(None):
        from calcimetry.cli.inspect_files import image_table, judged
        from calcimetry.study.sources import VolumeChoice, look_through

        choice = VolumeChoice(series=series, low_kev=low_kev, high_kev=high_kev)
        found, inputs = look_through(paths, choice)
        files = judged(inputs, pixel_spacing)
        console = table_console()
        if found.volumes:
            console.print(_volume_table(found.volumes), markup=False)
        for volume in found.volumes:
            for warning in volume.warnings:
                say(f"  {volume.name}: {warning}")
        if files.images:
            console.print(image_table(files.images), markup=False)
        if found.left or files.left:
            console.print(_left_table(found, files), markup=False)
        say(_summary(found, files))
        raise typer.Exit(0 if found.volumes or files.images else NOTHING_DONE)


def _volume_table(volumes: Iterable[Volume]) -> Table:
    table = Table(title="Would be measured", title_justify="left", show_lines=True)
    table.add_column("volume", no_wrap=True)
    table.add_column("patient", no_wrap=True)
    for name in ("series", "energy", "kernel"):
        table.add_column(name, overflow="fold")
    table.add_column("side", no_wrap=True)
    table.add_column("slices, rows, columns", no_wrap=True)
    for volume in volumes:
        grid = volume.grid
        table.add_row(
            volume.name,
            volume.patient or "-",
            "\n".join(scan.label for scan in volume.scans),
            _energy(volume),
            volume.scans[0].kernel or "-",
            volume.laterality.name.lower() if volume.laterality else "-",
            " x ".join(map(str, grid.shape))
            + "\n"
            + " x ".join(f"{value:.3g}" for value in grid.spacing)
            + " mm",
        )
    return table


def _energy(volume: Volume) -> str:
    settings = [
        f"{scan.setting} kV" if scan.setting.removeprefix("Sn").isdecimal() else scan.setting or "-"
        for scan in volume.scans
    ]
    return "\n".join(settings) + ("\n(a pair)" if len(settings) == 2 else "")


def _left_table(found: Found, files: Files) -> Table:
    table = Table(title="Would be left", title_justify="left")
    table.add_column("what", overflow="fold")
    table.add_column("why", overflow="fold")
    table.add_column("counts as")
    left: list[Left] = sorted((*found.left, *files.together), key=lambda item: not item.failed)
    for item in left:
        table.add_row(item.what, item.reason, "failed" if item.failed else "passed over")
    return table


def _summary(found: Found, files: Files) -> str:
    left = [*found.left, *files.left]
    failed = sum(item.failed for item in left)
    parts = [f"{_count(len(found.volumes), 'DICOM volume')} would be measured"]
    if files.images:
        count = _count(len(files.images), "picture or NIfTI file", "pictures and NIfTI files")
        parts.append(f"{count} too")
    parts.append(f"{failed} would fail")
    parts.append(f"{len(left) - failed} would be passed over")
    return "; ".join(parts) + "."


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
