"""The calibration scan on disk: rods of known hydroxyapatite in water."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np

from calcimetry import __version__
from calcimetry.dicom.ct import CtStudy, write_ct
from calcimetry.errors import SettingsError
from calcimetry.files.nifti import write_ct_nifti
from calcimetry.files.tables import write_csv, write_json
from calcimetry.phantom.rods import calibration_rods
from calcimetry.phantom.spectra import tube_settings
from calcimetry.study.new_folder import new_folder
from calcimetry.study.phantom_output import checked_seed
from calcimetry.study.phantom_truth import plain
from calcimetry.study.phantoms import FIRST_DAY, OnProgress

FORMATS = ("dicom", "nifti")


def write_rods(
    seed: int,
    out: Path,
    preset: str = "80-Sn150",
    spacing_mm: float = 0.4,
    form: str = "dicom",
    on_progress: OnProgress | None = None,
) -> Path:
    """Simulate a scan of calibration rods from its projections, and write it with its truth.

    Parameters
    ----------
    seed : int
        0 or more.
    out : Path
        Must be new or empty. Gets ``images/`` and ``truth/``, whole or not at all.
    preset : str
        A name of `calcimetry.phantom.spectra.PRESETS`.
    spacing_mm : float
        Of rows and columns.
    form : {"dicom", "nifti"}
    on_progress : callable, optional

    Returns
    -------
    Path
        ``out / "images"``.

    Raises
    ------
    SettingsError
        If a setting cannot be used, before any work.
    OutputError
        If `out` is used already, or a file cannot be written.
    """
    checked_seed(seed)
    tube_settings(preset)
    if form not in FORMATS:
        raise SettingsError(
            f"Simulating calibration rods: format must be one of {', '.join(FORMATS)}, found "
            f"{form!r}."
        )

    def on_slice(done: int, total: int) -> None:
        if on_progress is not None:
            on_progress(done, total, "scanning rods")

    with new_folder(out) as folder:
        rng = np.random.default_rng(seed)
        scan = calibration_rods(rng, spacing_mm, preset, progress=on_slice)
        told = {"kind": "rods", "seed": seed, "preset": preset, "spacing_mm": spacing_mm}
        if form == "dicom":
            key = json.dumps([told, __version__], sort_keys=True)
            study = CtStudy(key, f"PHANTOM-R{seed:06d}", FIRST_DAY, software=__version__)
            write_ct(folder / "images", scan.image, study)
        else:
            for image, setting in zip(
                (scan.image.low, scan.image.high), tube_settings(preset), strict=True
            ):
                write_ct_nifti(folder / "images" / f"{setting}kV.nii.gz", image)
        rods = plain([asdict(rod) for rod in scan.rods])
        write_csv(
            folder / "truth" / "rods.csv",
            ("density_mg_cm3", "radius_mm", "x_mm", "y_mm", "z_mm"),
            [
                {
                    "density_mg_cm3": rod.density_mg_cm3,
                    "radius_mm": rod.radius_mm,
                    **dict(zip(("x_mm", "y_mm", "z_mm"), rod.centre_mm, strict=True)),
                }
                for rod in scan.rods
            ],
        )
        write_json(
            folder / "truth" / "truth.json",
            {"made_by": f"calcimetry {__version__}", **told, "rods": rods},
        )
    return out / "images"
