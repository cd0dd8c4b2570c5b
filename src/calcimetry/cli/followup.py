"""``calcimetry followup``: visits in, what became of each lesion and patient out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from calcimetry.cli.measure import Side
from calcimetry.cli.shell import (
    ALL_MEASURED,
    SOME_FAILED,
    errors_told,
    progress_bar,
    say,
    tell,
)

if TYPE_CHECKING:
    from calcimetry.study.followup import FollowUpResult


def followup(
    baseline: Annotated[
        Path,
        typer.Argument(
            metavar="BASELINE",
            help="First visit: a folder that `calcimetry measure` wrote, or what it measures "
            "(DICOM, NIfTI, pictures, a folder of them).",
            show_default=False,
        ),
    ],
    later: Annotated[
        list[Path],
        typer.Argument(
            metavar="LATER...", help="Later visits in their order, likewise.", show_default=False
        ),
    ],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for the results.")],
    pairs: Annotated[
        Path | None,
        typer.Option(
            metavar="CSV",
            help="Your own matches, which win: columns baseline,later hold lesion numbers (0 for "
            "none); image and visit may follow.",
        ),
    ] = None,
    days: Annotated[
        str,
        typer.Option(
            metavar="N,N",
            help="Days from the baseline to each later visit, where files do not say.",
        ),
    ] = "",
    images: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="PATH", help="Where measured volumes lie now, if they moved; may come again."
        ),
    ] = None,
    without_images: Annotated[
        bool,
        typer.Option(
            "--without-images", help="Compare saved results whose images are gone; draws no hands."
        ),
    ] = False,
    same_patient: Annotated[
        bool,
        typer.Option(
            "--same-patient", help="It is one patient though files give different numbers."
        ),
    ] = False,
    dicom: Annotated[
        bool,
        typer.Option(
            "--dicom",
            help="Write DICOM results of each visit, with the same tracking identifiers; studies "
            "of DICOM only.",
        ),
    ] = False,
    pixel_spacing: Annotated[
        float | None,
        typer.Option(metavar="MM", help="Of pictures to measure that no manifest gives one."),
    ] = None,
    side: Annotated[
        Side | None, typer.Option(help="Which hand volumes to measure show, if files do not say.")
    ] = None,
    settings: Annotated[
        Path | None,
        typer.Option(
            metavar="TOML",
            help="File of further settings: as of `measure` for visits to measure, and a group "
            "followup for how they are compared.",
        ),
    ] = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print nothing but what went wrong.")
    ] = False,
) -> None:
    """Follow the same lesions from visit to visit, and measure what changed.

    Writes followup.csv (lesions), followup_fingers.csv, followup_patients.csv, alignments.csv,
    followup.html, followup.json and figures/ into DIR. Visits that are no results yet are measured
    first, into DIR/visits; run again, it goes on where it stopped. Pictures are compared by
    their totals per finger alone.

    \b
    Examples:
      calcimetry followup results-2024 results-2025 --out change
      calcimetry followup ct-2024/ ct-2025/ ct-2026/ --out change
      calcimetry followup v1.nii.gz v2.nii.gz --days 182 --side left --out change
      calcimetry followup results-1 results-2 --pairs my-pairs.csv --out change

    \b
    Exit status: 0 all compared, 1 something was not (the page says why), 2 nothing.
    """
    with errors_told(out):
        from calcimetry.model import Laterality
        from calcimetry.settings import Settings
        from calcimetry.study.followup import follow_up
        from calcimetry.study.followup_choice import FollowUpChoice
        from calcimetry.study.sources import VolumeChoice

        choice = FollowUpChoice(
            pairs=pairs,
            days=_days(days),
            images=tuple(images or ()),
            with_images=not without_images,
            same_patient=same_patient,
            dicom=dicom,
            pixel_spacing_mm=pixel_spacing,
            volumes=VolumeChoice(laterality=None if side is None else Laterality[side.name]),
            settings=Settings.from_toml(settings) if settings else None,
        )
        with progress_bar(quiet) as watch:
            result = follow_up(
                [baseline, *later],
                out,
                choice=choice,
                on_progress=watch.on_progress,
                on_stage=watch.on_stage,
            )
        for reason in result.left_out:
            tell(reason)
        if not quiet:
            say(_summary(result))
        raise typer.Exit(SOME_FAILED if result.left_out else ALL_MEASURED)


def _days(text: str) -> tuple[int, ...]:
    """Whole numbers separated by commas."""
    from calcimetry.errors import SettingsError

    try:
        return tuple(int(part) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise SettingsError(
            f"Following up: --days must be whole numbers separated by commas, found {text!r}."
        ) from error


def _summary(result: FollowUpResult) -> str:
    number = len(result.compared)
    what = "hand or finger" if number == 1 else "hands or fingers"
    counts = result.counts
    told = f"; lesions: {', '.join(f'{n} {kind}' for kind, n in counts.items())}" if counts else ""
    if not result.volumes:
        told = " by their totals alone, for pictures show no lesion twice in one plane"
    return f"{number} {what} compared{told}. Results: {result.page}"
