"""``calcimetry measure``: pictures and volumes in, tables and overlays out."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from calcimetry.bone import METHODS
from calcimetry.cli.shell import (
    ALL_MEASURED,
    SOME_FAILED,
    errors_told,
    exit_status,
    progress_bar,
    say,
    tell,
    tell_failures,
)

if TYPE_CHECKING:
    from calcimetry.settings import Settings
    from calcimetry.study import EnergyPair, StudyResult


class Side(StrEnum):
    """Which hand, as it is typed."""

    LEFT = "left"
    RIGHT = "right"


def measure(
    context: typer.Context,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for the results.")],
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="PATH...",
            help="CT of hands as DICOM (files, folders, DICOMDIR, zips) or NIfTI, finger pictures "
            "as JPEG or PNG, or folders of them all. A manifest.csv in a folder, with the "
            "columns image,pixel_spacing_mm, limits it to the files it names.",
            show_default=False,
        ),
    ] = None,
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
    low: Annotated[
        Path | None,
        typer.Option(metavar="NIFTI", help="Lower energy of a dual-energy pair that is no DICOM."),
    ] = None,
    high: Annotated[
        Path | None,
        typer.Option(metavar="NIFTI", help="Higher energy of that pair, on the same grid."),
    ] = None,
    low_kvp: Annotated[
        str, typer.Option(metavar="KV", help="Tube voltage of --low, such as 80.")
    ] = "",
    high_kvp: Annotated[
        str, typer.Option(metavar="KV", help="Of --high, such as Sn150 (with a tin filter).")
    ] = "",
    series: Annotated[
        str | None,
        typer.Option(
            metavar="ID", help="Measure this DICOM series: its UID, number or name in the results."
        ),
    ] = None,
    low_kev: Annotated[
        float | None,
        typer.Option(metavar="KEV", help="Lower of two monoenergetic DICOM series to pair."),
    ] = None,
    high_kev: Annotated[
        float | None, typer.Option(metavar="KEV", help="Higher of the two.")
    ] = None,
    side: Annotated[
        Side | None,
        typer.Option(help="Which hand volumes show, where their files do not say."),
    ] = None,
    method: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help=f"How bone is found: {' or '.join(METHODS)} [{next(iter(METHODS))}].",
        ),
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(
            metavar="ONNX",
            help="A network of your own, as `calcimetry train` leaves it; pictures only, where it "
            "was trained to tell bone alone.",
        ),
    ] = None,
    score: Annotated[
        bool,
        typer.Option(
            "--score",
            help="Write scores.csv: how much of each place of a hand calcification covers, as "
            "radiographic scores ask.",
        ),
    ] = False,
    dicom: Annotated[
        bool,
        typer.Option(
            "--dicom",
            help="Write results of DICOM series as DICOM too: segmentations, structured report, "
            "pictures, lesion planes. Other inputs are refused.",
        ),
    ] = False,
    calibration: Annotated[
        Path | None,
        typer.Option(
            metavar="JSON",
            help="What `calcimetry calibrate` wrote of rods scanned at the same tube settings.",
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
    """Measure the calcifications in CT of hands and in finger pictures.

    Writes images.csv, lesions.csv, fingers.csv and hands.csv of volumes, patients.csv, report.html,
    report.json, overlays/, segmentations/ and, with --dicom, dicom/ into DIR. Run again with the
    same DIR, it goes on where it stopped.

    \b
    Examples:
      calcimetry measure study/ --out results
      calcimetry measure study/ --out results --dicom
      calcimetry measure hand.nii.gz --side left --out results
      calcimetry measure --low 80kV.nii.gz --high Sn150kV.nii.gz --out results
      calcimetry measure finger.jpg --pixel-spacing 0.4 --out results
      calcimetry measure visit1/ visit2/ --out results
      calcimetry measure fingers/ --model runs/mine/model.onnx --out results
      calcimetry measure --pixel-spacing 0.4 --out results -- -name-with-a-dash.jpg

    \b
    Exit status: 0 all measured, 1 some inputs failed (images.csv says why),
    2 nothing could be measured.
    """
    if not paths and low is None and high is None:
        context.fail("Missing argument 'PATH...'.")
    with errors_told(out):
        from calcimetry.model import Laterality
        from calcimetry.study import VolumeChoice, dicom_files, measure_study

        volumes = VolumeChoice(
            pair=energy_pair(low, high, low_kvp, high_kvp),
            series=series,
            low_kev=low_kev,
            high_kev=high_kev,
            laterality=None if side is None else Laterality[side.name],
        )
        chosen = _settings(settings, window, level, method, model, calibration)
        chosen = replace(chosen, score=chosen.score or score)
        with progress_bar(quiet) as watch:
            study = measure_study(
                paths or [],
                out,
                pixel_spacing_mm=pixel_spacing,
                volumes=volumes,
                settings=chosen,
                overwrite=overwrite,
                dicom=dicom,
                on_progress=watch.on_progress,
                on_stage=watch.on_stage,
            )
        tell_failures(study)
        lacking = [one for one in study.measured if dicom and not dicom_files(study.folder, one)]
        for one in lacking:
            tell(f"{one.image}: {one.warnings[-1]}")
        if not quiet:
            say(_summary(study))
        raise typer.Exit(max(exit_status(study), SOME_FAILED if lacking else ALL_MEASURED))


def energy_pair(
    low: Path | None, high: Path | None, low_kvp: str, high_kvp: str
) -> EnergyPair | None:
    """The two files of --low and --high, which come together or not at all."""
    from calcimetry.errors import InputError
    from calcimetry.study import EnergyPair

    if low is not None and high is not None:
        return EnergyPair(low, high, low_kvp, high_kvp)
    if low is not None or high is not None:
        raise InputError(
            "Measuring a dual-energy pair: --low and --high are needed both, found only "
            f"{'--low' if high is None else '--high'}. Name a single volume as PATH."
        )
    if low_kvp or high_kvp:
        raise InputError(
            "Measuring: --low-kvp and --high-kvp belong to --low and --high; DICOM says its own."
        )
    return None


def _settings(
    file: Path | None,
    window: float | None,
    level: float | None,
    method: str | None,
    model: Path | None,
    calibration: Path | None,
) -> Settings:
    """The file's settings, or the defaults, with what was typed on top."""
    from calcimetry.bone.network import network_kind
    from calcimetry.files.calibrations import read_calibration
    from calcimetry.settings import Settings

    if model is not None and method is None:
        method = network_kind(model)

    settings = Settings.from_toml(file) if file else Settings()
    picture = settings.picture
    picture = replace(
        picture,
        window_hu=picture.window_hu if window is None else window,
        level_hu=picture.level_hu if level is None else level,
    )
    return replace(
        settings,
        picture=picture,
        method=method or settings.method,
        model=settings.model if model is None else str(model),
        calibration=settings.calibration if calibration is None else read_calibration(calibration),
    )


def _summary(study: StudyResult) -> str:
    lesions = sum(result.lesion_count for result in study.measured)
    results = study.contents.results
    volumes = any(result.is_volume for result in results)
    tables = ", ".join(
        [
            "images.csv",
            *(["fingers.csv", "hands.csv"] if volumes else []),
            *(["patients.csv"] if any(one.columns.get("patient") for one in results) else []),
            *(["scores.csv"] if any(h.sites for one in results for h in one.hands) else []),
            "lesions.csv",
        ]
    )
    again = f", {study.resumed} of them by an earlier run" if study.resumed else ""
    return (
        f"{len(study.measured)} of {len(study.results)} measured{again}; {lesions} lesions. "
        f"Results: {study.folder / 'report.html'}, {tables}"
    )
