"""``calcimetry phantom``: simulated hands, fingers and cohorts with known truth."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, cast

import typer

from calcimetry.cli.shell import errors_told, progress_bar, say

if TYPE_CHECKING:
    from calcimetry.phantom.cohort import Cohort
    from calcimetry.phantom.scan_settings import Physics
    from calcimetry.study.phantom_output import Format, PhantomOutput

phantom = typer.Typer(
    name="phantom",
    help="Simulate CT of hands with calcifications whose truth is known.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Seed = Annotated[int, typer.Option(metavar="N", help="Decides all that chance decides: 0 or more.")]
Out = Annotated[Path, typer.Option(metavar="DIR", help="A new or empty folder.")]
FormatName = Annotated[
    str, typer.Option("--format", metavar="NAME", help="dicom, nifti or jpeg (sagittal pictures).")
]
Preset = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="Tubes in kV, Sn for tin: 80-Sn150, 80-140, 70-Sn150 or 100-Sn140.",
    ),
]
PhysicsName = Annotated[
    str,
    typer.Option(
        "--physics", metavar="NAME", help="image (quick), or projection: slices reconstructed."
    ),
]
Spacing = Annotated[float, typer.Option(metavar="MM", help="Distance of samples, 0.3 to 2.0 mm.")]
Slab = Annotated[
    float, typer.Option(metavar="MM", help="Pictures: thickness they are averaged over.")
]
Plane = Annotated[
    float | None,
    typer.Option(
        metavar="MM",
        help="Pictures: plane, in mm from the middle of the finger [the one with most lesion].",
    ),
]
Quality = Annotated[
    int | None, typer.Option(metavar="N", help="Pictures: JPEG quality [drawn, 60 to 98].")
]
Border = Annotated[bool, typer.Option("--border", help="Pictures: burn in a white frame.")]
#: Slices projected at the same time.
_WORKERS = os.cpu_count() or 1
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but what went wrong.")]


@phantom.command(no_args_is_help=True)
def hand(
    seed: Seed,
    out: Out,
    format_name: FormatName = "dicom",
    preset: Preset = "80-Sn150",
    physics: PhysicsName = "image",
    spacing: Spacing = 0.6,
    slab: Slab = 1.0,
    plane: Plane = None,
    quality: Quality = None,
    border: Border = False,
    quiet: Quiet = False,
) -> None:
    """Simulate CT of one hand.

    Writes DIR/images (to measure) and DIR/truth (label maps, lesions.csv, truth.json).

    \b
    Examples:
      calcimetry phantom hand --seed 7 --out hand-7
      calcimetry phantom hand --seed 7 --out pictures-7 --format jpeg
    """
    with errors_told(None):
        output = _output(format_name, preset, physics, spacing, slab, plane, quality, border)
        _write("hand", seed, out, output, quiet)


@phantom.command(no_args_is_help=True)
def finger(
    seed: Seed,
    out: Out,
    format_name: FormatName = "dicom",
    preset: Preset = "80-Sn150",
    physics: PhysicsName = "image",
    spacing: Spacing = 0.6,
    slab: Slab = 1.0,
    plane: Plane = None,
    quality: Quality = None,
    border: Border = False,
    quiet: Quiet = False,
) -> None:
    """Simulate CT of one finger.

    Writes DIR/images (to measure) and DIR/truth (label maps, lesions.csv, truth.json).

    \b
    Examples:
      calcimetry phantom finger --seed 7 --out finger-7 --format nifti --spacing 0.5
      calcimetry phantom finger --seed 7 --out ct-7 --physics projection --preset 70-Sn150
    """
    with errors_told(None):
        output = _output(format_name, preset, physics, spacing, slab, plane, quality, border)
        _write("finger", seed, out, output, quiet)


@phantom.command(no_args_is_help=True)
def cohort(
    seed: Seed,
    out: Out,
    patients: Annotated[
        int | None,
        typer.Option(metavar="N", help="How many patients [as in the source paper: 3 and 13]."),
    ] = None,
    images: Annotated[
        int, typer.Option(metavar="N", help="With --patients: images of each of them.")
    ] = 3,
    visits: Annotated[int, typer.Option(metavar="N", help="Visits of each patient.")] = 1,
    months: Annotated[float, typer.Option(metavar="N", help="Months between visits.")] = 12.0,
    format_name: FormatName = "jpeg",
    preset: Preset = "80-Sn150",
    physics: PhysicsName = "image",
    spacing: Spacing = 0.6,
    slab: Slab = 1.0,
    quality: Quality = None,
    border: Border = False,
    quiet: Quiet = False,
) -> None:
    """Simulate finger images of many patients, at one visit or several.

    By default shaped like the source paper: 40 pictures of 3 patients, and 31 of 13
    others, 7 of them cut off by the field of view. Writes DIR/images and DIR/truth, with
    tables of pictures, lesions and the readings of two simulated radiologists. Run again
    with the same options, it goes on with the first unfinished patient.

    \b
    Examples:
      calcimetry phantom cohort --seed 7 --out paper-like
      calcimetry phantom cohort --seed 7 --out trial --patients 20 --images 2 --visits 3
    """
    with errors_told(out, "made"):
        from calcimetry.study.cohorts import write_cohort

        output = _output(format_name, preset, physics, spacing, slab, None, quality, border)
        planned = _cohort(seed, patients, images, visits, months)
        with progress_bar(quiet) as watch:
            done = write_cohort(planned, out, output, watch.on_progress, _WORKERS)
        if not quiet:
            again = f", {done.kept} made by an earlier run" if done.kept else ""
            say(f"{done.made + done.kept} patients{again}. Truth: {out / 'truth'}")
            _say_how_to_measure(done.images, output)


@phantom.command(no_args_is_help=True)
def rods(
    seed: Seed,
    out: Out,
    format_name: Annotated[
        str, typer.Option("--format", metavar="NAME", help="dicom or nifti.")
    ] = "dicom",
    preset: Preset = "80-Sn150",
    spacing: Annotated[
        float, typer.Option(metavar="MM", help="Pixel spacing, above 0 and up to 2 mm.")
    ] = 0.4,
    quiet: Quiet = False,
) -> None:
    """Simulate the calibration scan: rods of known hydroxyapatite in water.

    Writes DIR/images and DIR/truth (rods.csv, truth.json).

    \b
    Example:
      calcimetry phantom rods --seed 7 --out rods-7
    """
    with errors_told(None):
        from calcimetry.study.phantom_rods import write_rods

        with progress_bar(quiet) as watch:
            images = write_rods(seed, out, preset, spacing, format_name, watch.on_progress)
        if not quiet:
            say(f"Rods: {images}. Truth: {out / 'truth' / 'rods.csv'}")


@phantom.command(no_args_is_help=True)
def show(
    seed: Annotated[int, typer.Argument(metavar="SEED", help="Of the phantom, 0 or more.")],
    out: Annotated[
        Path | None, typer.Option(metavar="PNG", help="File to draw to [phantom-SEED.png].")
    ] = None,
    kind: Annotated[str, typer.Option(metavar="NAME", help="hand or finger.")] = "hand",
    spacing: Spacing = 0.6,
) -> None:
    """Draw a phantom: the whole hand, and each finger from its side, lesions coloured.

    \b
    Example:
      calcimetry phantom show 7 --out hand-7.png
    """
    with errors_told(None):
        from calcimetry.errors import SettingsError
        from calcimetry.study.phantoms import draw_phantom_to

        if kind not in ("hand", "finger"):
            raise SettingsError(
                f"Drawing a phantom: --kind must be hand or finger, found {kind!r}."
            )
        with progress_bar(quiet=False) as watch:
            path = draw_phantom_to(
                out or Path(f"phantom-{seed}.png"),
                seed,
                cast('Literal["finger", "hand"]', kind),
                spacing,
                watch.on_progress,
            )
        say(f"Drawn: {path}")


def _output(
    format_name: str,
    preset: str,
    physics: str,
    spacing: float,
    slab: float,
    plane: float | None,
    quality: int | None,
    border: bool,
) -> PhantomOutput:
    from calcimetry.study.phantom_output import PhantomOutput

    # Checked there, so that library and command line refuse in the same words.
    form = cast("Format", format_name)
    way = cast("Physics", physics)
    return PhantomOutput(form, preset, spacing, slab, plane, quality, border, way)


def _cohort(seed: int, patients: int | None, images: int, visits: int, months: float) -> Cohort:
    from calcimetry.phantom.cohort import PAPER_GROUPS, Cohort, Group

    groups: tuple[Group, ...] = PAPER_GROUPS
    if patients is not None:
        groups = (Group("patient", patients, patients * images),)
    return Cohort(seed, groups, visits, months)


def _write(
    kind: Literal["finger", "hand"], seed: int, out: Path, output: PhantomOutput, quiet: bool
) -> None:
    from calcimetry.study.phantoms import write_phantom

    with progress_bar(quiet) as watch:
        images = write_phantom(kind, seed, out, output, watch.on_progress, _WORKERS)
    if not quiet:
        say(f"Truth: {out / 'truth'}")
        _say_how_to_measure(images, output)


def _say_how_to_measure(images: Path, output: PhantomOutput) -> None:
    """What to type next."""
    from calcimetry.phantom.spectra import tube_settings

    inputs = str(images)
    low, high = tube_settings(output.preset)
    if output.format == "nifti" and (images / f"{low}kV.nii.gz").is_file():
        inputs = (
            f"--low {images / f'{low}kV.nii.gz'} --high {images / f'{high}kV.nii.gz'} "
            f"--low-kvp {low} --high-kvp {high}"
        )
    say(f"Measure it with: calcimetry measure {inputs} --out {images.parent}-results")
