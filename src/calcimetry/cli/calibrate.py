"""``calcimetry calibrate``: a scan of rods in, a calibration for `measure` out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from calcimetry.cli.measure import energy_pair
from calcimetry.cli.shell import errors_told, say


def calibrate(
    context: typer.Context,
    rods: Annotated[
        Path,
        typer.Option(
            metavar="CSV",
            help="Table of the rods: rod, ha_mg_cm3, and x_mm, y_mm, z_mm (LPS) or label.",
        ),
    ],
    out: Annotated[
        Path, typer.Option(metavar="JSON", help="Calibration file; its picture lies beside it.")
    ],
    scan: Annotated[
        Path | None,
        typer.Argument(
            metavar="PHANTOM_SCAN",
            help="CT of the rods as DICOM (one series or one pair of energies) or NIfTI.",
            show_default=False,
        ),
    ] = None,
    labels: Annotated[
        Path | None,
        typer.Option(
            metavar="NIFTI", help="Label map on the scan's grid, for rods given by their label."
        ),
    ] = None,
    kvp: Annotated[
        str,
        typer.Option(
            metavar="KV", help="Tube voltage of a scan of one energy that does not say its own."
        ),
    ] = "",
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
        typer.Option(metavar="ID", help="Take this DICOM series: its UID, number or name."),
    ] = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print nothing but what went wrong.")
    ] = False,
) -> None:
    """Fit the line of HU over hydroxyapatite to a scan of rods of known density.

    \b
    Examples:
      calcimetry calibrate rods-scan/ --rods rods.csv --out scanner.json
      calcimetry measure study/ --calibration scanner.json --out results
    """
    if scan is None and low is None and high is None:
        context.fail("Missing argument 'PHANTOM_SCAN'.")
    with errors_told(None):
        from calcimetry.study import VolumeChoice
        from calcimetry.study.calibrating import calibrate as run

        pair = energy_pair(low, high, low_kvp, high_kvp)
        volumes = VolumeChoice(pair=pair, series=series)
        fitted = run(scan, rods, out, volumes=volumes, labels=labels, setting=kvp)
        if not quiet:
            for line in fitted.lines:
                say(
                    f"{line.setting or 'energy not stated'}: {line.slope_hu_per_mg_cm3:.4f} "
                    f"+- {line.slope_error:.4f} HU per mg/cm3, {line.intercept_hu:.1f} HU at 0, "
                    f"residual {line.residual_sd_hu:.1f} HU"
                )
            say(
                f"{out}, {out.with_suffix('.png').name}\n"
                f"To measure with it: calcimetry measure PATH --calibration {out} --out DIR"
            )
