"""Time reading the dual-energy study of ../shared/data, beside SimpleITK reading the same.

    python benchmarks/dicom_reading.py [--data ../shared/data/hand/dicom] [--repeats 5]

Prints processor time, which other programs on the machine disturb less than the clock. The
pixels of both are compared too. SimpleITK is no dependency: without it only our own times
are printed (pip install SimpleITK).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from reference import HAND
from rich.console import Console
from rich.table import Table

from calcimetry.dicom.find import find_series
from calcimetry.model import DualEnergyImage

Arrays = list[NDArray[Any]]


def ours(folder: Path) -> Arrays:
    """Headers, selection, pairing and pixels, as `measure` reads a study."""
    (volume,) = find_series([folder]).volumes
    image = volume.load()
    assert isinstance(image, DualEnergyImage)
    return [image.low.array, image.high.array]


def ours_headers(folder: Path) -> Arrays:
    """Headers, selection and pairing alone, as `inspect` does it."""
    find_series([folder])
    return []


def simple_itk(folder: Path) -> Arrays:
    """Each series by SimpleITK's own reader, slices put in order by it."""
    import SimpleITK  # noqa: PLC0415 - not installed everywhere

    arrays = []
    for series in sorted(path for path in folder.iterdir() if path.is_dir()):
        names = SimpleITK.ImageSeriesReader.GetGDCMSeriesFileNames(str(series))
        image = SimpleITK.ReadImage(names)
        arrays.append(SimpleITK.GetArrayFromImage(image))
    return arrays


def times(read: Callable[[Path], Arrays], folder: Path, repeats: int) -> tuple[Arrays, list[float]]:
    """What a reader gives, and the seconds of processor time of each repeat."""
    arrays: Arrays = []
    seconds = []
    for _ in range(repeats):
        start = time.process_time()
        arrays = read(folder)
        seconds.append(time.process_time() - start)
    return arrays, seconds


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=HAND / "dicom")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    table = Table(title=f"Reading {options.data}, {options.repeats} times", title_justify="left")
    for column in ("reader", "median s", "fastest s", "against SimpleITK"):
        table.add_column(column, justify="left" if column == "reader" else "right")
    own, own_seconds = times(ours, options.data, options.repeats)
    _, header_seconds = times(ours_headers, options.data, options.repeats)
    rows = [
        ("calcimetry, headers to arrays", own_seconds),
        ("calcimetry, headers only", header_seconds),
    ]
    reference = None
    try:
        theirs, their_seconds = times(simple_itk, options.data, options.repeats)
    except ImportError:
        print("SimpleITK is not installed: nothing to compare with.")
    else:
        rows.append(("SimpleITK", their_seconds))
        reference = float(np.median(their_seconds))
        # Whichever folder comes first.
        same = [any(np.array_equal(one, other) for other in theirs) for one in own]
        print("The same HU at every voxel." if all(same) else "The HU differ!")
    for name, seconds in rows:
        median = float(np.median(seconds))
        ratio = f"{median / reference:.2f}" if reference else "-"
        table.add_row(name, f"{median:.2f}", f"{min(seconds):.2f}", ratio)
    Console().print(table)


if __name__ == "__main__":
    main()
