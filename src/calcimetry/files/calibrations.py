"""Calibrations and tables of rods on disk."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping
from pathlib import Path

from calcimetry.errors import InputError
from calcimetry.files.tables import write_json
from calcimetry.measurement.calibration import Calibration
from calcimetry.measurement.rod_readings import KnownRod

#: What a rod's density may be called: as people write it, and as the simulator does.
_DENSITY = ("ha_mg_cm3", "density_mg_cm3")
_CENTRE = ("x_mm", "y_mm", "z_mm")
_HINT = (
    "It needs the columns rod, ha_mg_cm3, and either x_mm, y_mm and z_mm (centre, LPS) or label; "
    "radius_mm may follow."
)


def read_rod_table(path: Path) -> tuple[KnownRod, ...]:
    """Read a rods.csv: one line per rod.

    Parameters
    ----------
    path : Path
        UTF-8; commas, semicolons or tabs between the cells. Columns `rod` (its name; its
        number where left out), `ha_mg_cm3` or `density_mg_cm3`, and `x_mm`, `y_mm`, `z_mm` or
        `label`; `radius_mm` may follow.

    Raises
    ------
    InputError
        If it cannot be read, lacks a column, or a cell is no number.
    """
    text = _text(path)
    first_line = text.lstrip().partition("\n")[0]
    table = csv.DictReader(
        io.StringIO(text, newline=""), delimiter=max(",;\t", key=first_line.count)
    )
    names = [(name or "").strip().lower() for name in table.fieldnames or ()]
    density = next((name for name in _DENSITY if name in names), "")
    if not density or not (set(_CENTRE) <= set(names) or "label" in names):
        raise InputError(
            f"Reading {path.name}: found the columns {', '.join(names) or 'none'}. {_HINT}"
        )
    rods: list[KnownRod] = []
    for cells in table:
        values = {
            name: (cell or "").strip()
            for name, cell in zip(names, list(cells.values()), strict=False)
        }
        if not any(values.values()):
            continue
        name = values.get("rod") or str(len(rods) + 1)
        rods.append(_rod(values, name, density, f"Reading {path.name}: rod {name}"))
    return tuple(rods)


def _rod(values: Mapping[str, str], name: str, density: str, doing: str) -> KnownRod:
    def number(column: str) -> float | None:
        cell = values.get(column, "")
        if not cell:
            return None
        try:
            found = float(cell)
        except ValueError:
            found = math.nan
        if not math.isfinite(found):
            raise InputError(f"{doing}: {column} must be a number, found {cell!r}.")
        return found

    mineral, label, radius = number(density), number("label"), number("radius_mm")
    x, y, z = (number(column) for column in _CENTRE)
    if mineral is None or mineral < 0.0:
        raise InputError(
            f"{doing}: {density} must be 0 mg/cm3 or more, found {values.get(density) or 'none'}."
        )
    if radius is not None and radius <= 0.0:
        raise InputError(f"{doing}: radius_mm must be more than 0 mm, found {radius:g} mm.")
    centre = None if x is None or y is None or z is None else (x, y, z)
    if centre is None and label is None:
        raise InputError(f"{doing}: it has neither a centre nor a label. {_HINT}")
    return KnownRod(name, mineral, centre, None if label is None else int(label), radius)


def read_calibration(path: Path) -> Calibration:
    """Read what `write_calibration` wrote.

    Raises
    ------
    InputError
        If it cannot be read or is no calibration.
    """
    try:
        record = json.loads(_text(path))
    except ValueError as error:
        raise InputError(
            f"Reading {path.name}: expected JSON as `calcimetry calibrate` writes it ({error})."
        ) from error
    if not isinstance(record, dict):
        raise InputError(
            f"Reading {path.name}: expected JSON as `calcimetry calibrate` writes it, found "
            f"{type(record).__name__}."
        )
    return Calibration.from_dict(record, path.name)


def write_calibration(path: Path, calibration: Calibration) -> None:
    """Write a calibration as JSON, whole or not at all.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    write_json(path, calibration.to_dict())


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"Reading {path.name}: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise InputError(f"Reading {path.name}: it is not UTF-8 text.") from error
