"""One simulated hand or finger, written with its truth."""

from __future__ import annotations

import datetime as dt
import io
import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from calcimetry import __version__
from calcimetry.dicom.ct import CtStudy
from calcimetry.errors import OutputError
from calcimetry.files.tables import write_bytes, write_csv, write_json
from calcimetry.model import Report
from calcimetry.phantom.reformat import Slab, best_offsets_mm, reformat_finger
from calcimetry.phantom.scan_settings import ScanMode
from calcimetry.phantom.truth import true_report
from calcimetry.phantom.volume import HandVolume, finger_volume, hand_volume
from calcimetry.render.truth_view import draw_truth
from calcimetry.study.new_folder import new_folder
from calcimetry.study.phantom_images import (
    drawn_quality,
    write_picture,
    write_picture_labels,
    write_volume_images,
    write_volume_labels,
)
from calcimetry.study.phantom_output import (
    PhantomOutput,
    checked_seed,
    refuse_fine_hand,
)
from calcimetry.study.phantom_truth import (
    PICTURE_COLUMNS,
    lesion_rows,
    picture_lesions,
    picture_row,
    truth_of,
)

Kind = Literal["finger", "hand"]
#: Told what is done, of how much, and what goes on now.
OnProgress = Callable[[int, int, str], None]
#: Simulated scans have dates too: of the first visit.
FIRST_DAY = dt.date(2020, 1, 6)
#: Shares of the work before the truth is found and all is written, one share each.
_SIMULATING, _PROJECTING = 1, 28


def write_phantom(
    kind: Kind,
    seed: int,
    out: Path,
    output: PhantomOutput | None = None,
    on_progress: OnProgress | None = None,
    workers: int = 1,
) -> Path:
    """Simulate a hand or a finger and write its images, label maps and truth.

    Parameters
    ----------
    kind : {"finger", "hand"}
    seed : int
        Decides everything; 0 or more.
    out : Path
        Must be new or empty. Gets ``images/`` and ``truth/``, whole or not at all.
    output : PhantomOutput, optional
        How the images are made and written.
    on_progress : callable, optional
    workers : int
        Slices projected at the same time; the result does not depend on it.

    Returns
    -------
    Path
        The folder to measure: ``out / "images"``.

    Raises
    ------
    SettingsError
        If the seed is negative, the spacing too fine for a hand, or there are no workers.
    OutputError
        If `out` is used already, or a file cannot be written.
    """
    output = output or PhantomOutput()
    _check(kind, seed, output)
    tell = on_progress or _silent
    simulating = _PROJECTING if output.physics == "projection" else _SIMULATING
    truth_at, steps = simulating + 1, simulating + 2

    def on_projected(done: int, total: int) -> None:
        tell(simulating * done, steps * total, "projecting slices")

    mode = ScanMode(output.preset, output.physics, workers, on_projected)
    with new_folder(out) as folder:
        tell(0, steps, f"simulating a {kind}")
        volume = _simulated(kind, seed, output.spacing_mm, mode)
        tell(simulating, steps, "finding the truth")
        report = true_report(volume)
        told = {"kind": kind, "seed": seed, "output": asdict(output)}
        truth = truth_of(volume, report, told)
        tell(truth_at, steps, "writing")
        if output.format == "jpeg":
            truth["pictures"] = _write_pictures(folder, volume, report, output, seed)
        else:
            # What differs in any setting is another study.
            key = json.dumps([told, __version__], sort_keys=True)
            study = CtStudy(
                key, f"PHANTOM-S{seed:06d}", FIRST_DAY, volume.laterality, software=__version__
            )

            def on_slice(done: int, total: int) -> None:
                tell(truth_at * total + done, steps * total, "writing")

            write_volume_images(folder / "images", volume, output, study, on_slice)
            write_volume_labels(folder / "truth", volume, report)
        columns, rows = lesion_rows(truth)
        write_csv(folder / "truth" / "lesions.csv", columns, rows)
        write_json(folder / "truth" / "truth.json", truth)
    return out / "images"


def draw_phantom_to(
    path: Path,
    seed: int,
    kind: Kind = "hand",
    spacing_mm: float = 0.6,
    on_progress: OnProgress | None = None,
) -> Path:
    """Draw what `write_phantom` would write: the whole hand, and each finger from its side.

    Parameters
    ----------
    path : Path
        Of the PNG; one that is there already is replaced.
    seed, kind
        As of `write_phantom`.
    spacing_mm : float
    on_progress : callable, optional

    Returns
    -------
    Path
        The same path.

    Raises
    ------
    SettingsError
        If the seed is negative or the spacing impossible.
    OutputError
        If the file cannot be written, before anything is simulated.
    """
    output = PhantomOutput(spacing_mm=spacing_mm)
    _check(kind, seed, output)
    _refuse_unwritable(path)
    tell = on_progress or _silent
    tell(0, 3, f"simulating a {kind}")
    volume = _simulated(kind, seed, spacing_mm, ScanMode())
    tell(1, 3, "finding the truth")
    report = true_report(volume)
    tell(2, 3, "drawing")
    packed = io.BytesIO()
    draw_truth(report).save(packed, "PNG")
    write_bytes(path, packed.getvalue())
    return path


def _check(kind: Kind, seed: int, output: PhantomOutput) -> None:
    checked_seed(seed)
    if kind == "hand":
        refuse_fine_hand(output)


def _refuse_unwritable(path: Path) -> None:
    """Make sure that a file can be written at a place, before the work."""
    if path.is_dir():
        raise OutputError(f"Writing to {path}: a file is needed, this is a folder.")
    known = path.is_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab"):
            pass
    except OSError as error:
        raise OutputError(
            f"Writing to {path}: {error.strerror or error}. Choose another --out file."
        ) from error
    if not known:
        path.unlink()


def _simulated(kind: Kind, seed: int, spacing_mm: float, mode: ScanMode) -> HandVolume:
    make = hand_volume if kind == "hand" else finger_volume
    volume = make(np.random.default_rng(seed), spacing_mm, None, mode)
    return _named(volume, f"{kind}-{seed}")


def visit_day(months: float, visit: int) -> dt.date:
    """Date of a simulated visit, from 0, with so many months between two.

    >>> visit_day(12.0, 1).isoformat()
    '2021-01-05'
    """
    return FIRST_DAY + dt.timedelta(days=round(visit * months * 30.4375))


def _named(volume: HandVolume, name: str) -> HandVolume:
    image = volume.image
    low, high = (replace(one, name=name) for one in (image.low, image.high))
    return replace(volume, image=replace(image, low=low, high=high))


def _write_pictures(
    folder: Path, volume: HandVolume, report: Report, output: PhantomOutput, seed: int
) -> list[dict[str, Any]]:
    """One sagittal picture of each finger; gives what is true of them."""
    rows: list[dict[str, Any]] = []
    pictures = []
    for finger in (one for hand in report.hands for one in hand.fingers):
        offset = output.plane_mm
        if offset is None:
            offset = best_offsets_mm(volume, report, finger)[0]
        picture = reformat_finger(volume, report, finger, Slab(offset, output.slab_mm))
        stem = f"{volume.laterality.name}-{finger.digit.name}".lower()
        quality = drawn_quality(output, np.random.default_rng([seed, int(finger.digit)]))
        write_picture(folder / "images" / f"{stem}.jpg", picture, quality, output.border)
        write_picture_labels(folder / "truth", stem, picture)
        row = picture_row(f"{stem}.jpg", picture, {"jpeg_quality": quality})
        rows.append(row)
        pictures.append({**row, "lesions": picture_lesions(picture)})
    columns = [name for name in PICTURE_COLUMNS if any(name in row for row in rows)]
    write_csv(folder / "images" / "manifest.csv", columns, rows)
    return pictures


def _silent(_done: int, _total: int, _name: str) -> None:
    """Tell nobody."""
