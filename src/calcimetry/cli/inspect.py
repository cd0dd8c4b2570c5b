"""``calcimetry inspect``: what is there, what would be measured, and why the rest would not."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from calcimetry.cli.shell import NOTHING_DONE, errors_told, say, table_console

if TYPE_CHECKING:
    from calcimetry.dicom.found import Found, Left, Volume

NIFTI_ENDINGS = (".nii", ".nii.gz")
#: More files of one kind than this are told by their number.
_MANY = 12


def inspect(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH...",
            help="DICOM files, folders, DICOMDIRs, zips, NIfTI files or pictures.",
            show_default=False,
        ),
    ],
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
        from calcimetry.dicom.find import find_series

        found = find_series(paths, series=series, low_kev=low_kev, high_kev=high_kev)
        console = table_console()
        images = _told_files(found.other_files, console)
        if found.volumes:
            console.print(_volume_table(found.volumes), markup=False)
        for volume in found.volumes:
            for warning in volume.warnings:
                say(f"  {volume.name}: {warning}")
        if found.left:
            console.print(_left_table(found), markup=False)
        say(_summary(found, images))
        raise typer.Exit(0 if found.volumes or images else NOTHING_DONE)


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


def _left_table(found: Found) -> Table:
    table = Table(title="Would be left", title_justify="left")
    table.add_column("what", overflow="fold")
    table.add_column("why", overflow="fold")
    table.add_column("counts as")
    left: list[Left] = sorted(found.left, key=lambda item: not item.failed)
    for item in left:
        table.add_row(item.what, item.reason, "failed" if item.failed else "passed over")
    return table


def _told_files(files: tuple[Path, ...], console: Console) -> int:
    """List the files that are no DICOM; gives how many of them can be measured."""
    from calcimetry.files.inputs import printable
    from calcimetry.files.raster import PICTURE_ENDINGS

    kinds: dict[str, list[str]] = {}
    for path in files:
        name = path.name.lower()
        if not path.is_file():
            kind = "no such file or folder"
        elif name.endswith(PICTURE_ENDINGS):
            kind = "picture"
        elif name.endswith(NIFTI_ENDINGS):
            kind = "NIfTI volume"
        else:
            kind = "not an image"
        kinds.setdefault(kind, []).append(printable(path.name))
    if kinds:
        table = Table(title="Other files", title_justify="left")
        for column in ("kind", "files"):
            table.add_column(column, overflow="fold")
        for kind, names in kinds.items():
            more = f" and {len(names) - _MANY} more" if len(names) > _MANY else ""
            table.add_row(kind, ", ".join(names[:_MANY]) + more)
        console.print(table, markup=False)
    return sum(len(kinds.get(kind, ())) for kind in ("picture", "NIfTI volume"))


def _summary(found: Found, images: int) -> str:
    failed = sum(item.failed for item in found.left)
    parts = [f"{_count(len(found.volumes), 'DICOM volume')} would be measured"]
    if images:
        parts.append(f"{_count(images, 'picture or NIfTI file', 'pictures and NIfTI files')} too")
    parts.append(f"{failed} would fail")
    parts.append(f"{len(found.left) - failed} would be passed over")
    return "; ".join(parts) + "."


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
