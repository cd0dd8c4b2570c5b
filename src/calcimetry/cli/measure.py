"""``calcimetry measure``: pictures in, tables and overlays out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from calcimetry.bone import METHODS
from calcimetry.cli.shell import errors_told, exit_status, progress_bar, say, tell_failures

if TYPE_CHECKING:
    from calcimetry.settings import Settings
    from calcimetry.study import StudyResult


def measure(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH...",
            help="JPEG or PNG files, or folders of them. A manifest.csv in a folder, with the "
            "columns image,pixel_spacing_mm, limits it to the files it names.",
            show_default=False,
        ),
    ],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for the results.")],
    pixel_spacing: Annotated[
        float | None,
        typer.Option(
            metavar="MM", help="Pixel spacing in mm of pictures that no manifest gives one."
        ),
    ] = None,
    window: Annotated[
        float | None,
        typer.Option(
            metavar="HU", help="Width of the window the pictures were exported with [1500]."
        ),
    ] = None,
    level: Annotated[
        float | None, typer.Option(metavar="HU", help="Centre of that window [450].")
    ] = None,
    method: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help=f"How bone is found: {' or '.join(METHODS)} [{next(iter(METHODS))}].",
        ),
    ] = None,
    settings: Annotated[
        Path | None, typer.Option(metavar="TOML", help="File of further settings.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Measure again what an earlier run has measured.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print nothing but what went wrong.")
    ] = False,
) -> None:
    """Measure the calcifications in finger pictures.

    Writes images.csv, lesions.csv, report.html, report.json, overlays/ and
    segmentations/ into DIR. Run again with the same DIR, it goes on where it stopped.

    \b
    Examples:
      calcimetry measure finger.jpg --pixel-spacing 0.4 --out results
      calcimetry measure visit1/ visit2/ --out results
      calcimetry measure --pixel-spacing 0.4 --out results -- -name-with-a-dash.jpg

    \b
    Exit status: 0 all measured, 1 some inputs failed (images.csv says why),
    2 nothing could be measured.
    """
    with errors_told(out):
        from calcimetry.study import measure_study

        chosen = _settings(settings, window, level, method)
        with progress_bar(quiet) as on_progress:
            study = measure_study(
                paths,
                out,
                pixel_spacing_mm=pixel_spacing,
                settings=chosen,
                overwrite=overwrite,
                on_progress=on_progress,
            )
        tell_failures(study)
        if not quiet:
            say(_summary(study))
        raise typer.Exit(exit_status(study))


def _settings(
    file: Path | None, window: float | None, level: float | None, method: str | None
) -> Settings:
    """The file's settings, or the defaults, with what was typed on top."""
    from calcimetry.settings import Settings

    settings = Settings.from_toml(file) if file else Settings()
    picture = settings.picture
    picture = replace(
        picture,
        window_hu=picture.window_hu if window is None else window,
        level_hu=picture.level_hu if level is None else level,
    )
    return replace(settings, picture=picture, method=method or settings.method)


def _summary(study: StudyResult) -> str:
    lesions = sum(len(result.lesions) for result in study.measured)
    again = f", {study.resumed} of them by an earlier run" if study.resumed else ""
    return (
        f"{len(study.measured)} of {len(study.results)} measured{again}; {lesions} lesions. "
        f"Results: {study.folder / 'report.html'}, images.csv, lesions.csv"
    )
