"""Tables of readings: wide, long, or long and short axes, joined by image."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from calcimetry.agreement.readings import Readings
from calcimetry.errors import InputError
from calcimetry.files.spreadsheet import Spreadsheet, read_spreadsheet

#: A table with these two columns holds axes of lesions.
AXES = ("long_axis_mm", "short_axis_mm")
_READERS = ("reader", "rater", "radiologist")
_PATIENTS = ("patient", "subject")
_UNIT = re.compile(r"_(mm|mm2|mm3|cm|cm2|cm3|ml|mg|mg_cm3|hu|percent)$")
_DOING = "Comparing readings"
_ROW = "row {}"


@dataclass(frozen=True, slots=True)
class Layout:
    """Which columns hold what.

    Parameters
    ----------
    raters : mapping
        What to compare: the rater's name as it is shown, and its column (or, in a long table,
        the rater's name there).
    image : str
        Column that names what was read.
    subject : str
        Column of patients; empty where images are taken as independent.
    long_rater, long_value : str
        Columns of a long table, one reading in each row; both empty for wide ones.
    unit : str
        Of all readings; empty where it is to be told from the columns' names.
    """

    raters: Mapping[str, str]
    image: str = "image"
    subject: str = ""
    long_rater: str = ""
    long_value: str = ""
    unit: str = ""


@dataclass(slots=True)
class _Joined:
    """Readings while tables are put together."""

    images: dict[str, None] = field(default_factory=dict)
    values: dict[str, dict[str, float]] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    subjects: dict[str, str] = field(default_factory=dict)
    remarks: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def read_readings(paths: Sequence[Path], layout: Layout) -> Readings:
    """Read one table or more, and join them by image.

    A table with the columns ``long_axis_mm`` and ``short_axis_mm`` holds a reader's axes, one
    lesion in each row: they become ellipse areas (pi/4 x long x short), summed for each image,
    of the reader in the column ``reader``, or else of one named like the file. A row with an
    image and neither axis says that the reader found no lesion there: 0 mm2.

    Parameters
    ----------
    paths : sequence of Path
        CSV, Excel or Parquet files.
    layout : Layout
        Which columns hold what.

    Returns
    -------
    Readings
        Of the raters of `layout`, in their order; images in the order of the tables.

    Raises
    ------
    UnreadableFile
        If a file cannot be read.
    InputError
        If a column is missing, a cell is no number, an image is named twice by one rater, a
        patient is missing or differs between tables, units differ, or tables share no image.
    """
    joined = _Joined()
    wanted = dict(layout.raters)
    for path in paths:
        table = read_spreadsheet(path)
        if all(column in table.columns for column in AXES) and not _is_wide(table, wanted):
            _add_axes(joined, table, layout, path.stem)
        elif layout.long_rater and layout.long_rater in table.columns:
            _add_long(joined, table, layout)
        else:
            _add_wide(joined, table, layout, several=len(paths) > 1)
    missing = [column for column in wanted.values() if column not in joined.values]
    if missing:
        raise InputError(
            f"{_DOING}: no readings of {', '.join(missing)}; the tables have "
            f"{', '.join(joined.values) or 'none'}."
        )
    _check_shared(joined, list(wanted.values()))
    images = tuple(joined.images)
    return Readings(
        images,
        {
            shown: tuple(joined.values[column].get(image) for image in images)
            for shown, column in wanted.items()
        },
        _subjects(joined, images, layout),
        layout.unit or _one_unit(joined, wanted),
        joined.remarks,
        tuple(joined.notes),
    )


def _is_wide(table: Spreadsheet, wanted: Mapping[str, str]) -> bool:
    return any(column in table.columns for column in wanted.values())


def _add_wide(joined: _Joined, table: Spreadsheet, layout: Layout, several: bool) -> None:
    if layout.image in table.columns:
        images = _named(table, layout.image)
        _refuse_twice(table, images, f"image in column {layout.image!r}")
    elif several:
        table.place(layout.image)
        return
    else:
        images = tuple(_ROW.format(line) for line in table.lines)
    _add_about(joined, table, images, layout)
    for column in layout.raters.values():
        if column in table.columns:
            unit = _UNIT.search(column)
            _add(joined, table.name, column, zip(images, table.numbers(column), strict=True))
            joined.units[column] = _stated_unit(table) or (unit[1] if unit else "")


def _add_long(joined: _Joined, table: Spreadsheet, layout: Layout) -> None:
    images, raters = _named(table, layout.image), _named(table, layout.long_rater)
    _refuse_twice(
        table,
        [f"{image}, {rater}" for image, rater in zip(images, raters, strict=True)],
        "image and rater",
    )
    _add_about(joined, table, images, layout)
    unit = _UNIT.search(layout.long_value)
    numbers = table.numbers(layout.long_value)
    for name in dict.fromkeys(raters):
        own = (
            (image, number)
            for image, rater, number in zip(images, raters, numbers, strict=True)
            if rater == name
        )
        _add(joined, table.name, name, own)
        joined.units[name] = _stated_unit(table) or (unit[1] if unit else "")


def _add_axes(joined: _Joined, table: Spreadsheet, layout: Layout, stem: str) -> None:
    images = _named(table, layout.image)
    column = next((name for name in _READERS if name in table.columns), "")
    readers = _named(table, column) if column else (stem,) * len(images)
    if "lesion" in table.columns:
        every = zip(images, readers, table.text("lesion"), strict=True)
        _refuse_twice(
            table, [f"{image}, {reader}, lesion {one}" for image, reader, one in every], "lesion"
        )
    _add_about(joined, table, images, layout)
    totals: dict[str, dict[str, float]] = {name: {} for name in readers}
    axes = (table.numbers(name) for name in AXES)
    for line, image, reader, long_axis, short_axis in zip(
        table.lines, images, readers, *axes, strict=True
    ):
        if (long_axis is None) != (short_axis is None) or min(long_axis or 0, short_axis or 0) < 0:
            raise InputError(
                f"Reading {table.name}: line {line} must give both axes in mm, or neither where "
                f"the reader found no lesion, found {long_axis} and {short_axis}."
            )
        area = math.pi / 4.0 * (long_axis or 0.0) * (short_axis or 0.0)
        totals[reader][image] = totals[reader].get(image, 0.0) + area
    for reader, areas in totals.items():
        _add(joined, table.name, reader, areas.items())
        joined.units[reader] = "mm2"


def _named(table: Spreadsheet, column: str) -> tuple[str, ...]:
    """Cells of a column that must not be empty."""
    cells = table.text(column)
    for line, cell in zip(table.lines, cells, strict=True):
        if not cell:
            raise InputError(f"Reading {table.name}: column {column!r} is empty in line {line}.")
    return cells


def _refuse_twice(table: Spreadsheet, names: Sequence[str], what: str) -> None:
    first: dict[str, int] = {}
    for line, name in zip(table.lines, names, strict=True):
        if name in first:
            raise InputError(
                f"Reading {table.name}: each {what} must stand there once, found {name!r} in lines "
                f"{first[name]} and {line}. Keep the right one."
            )
        first[name] = line


def _add(
    joined: _Joined, table: str, rater: str, readings: Iterable[tuple[str, float | None]]
) -> None:
    if rater in joined.values:
        raise InputError(
            f"{_DOING}: {rater!r} stands in {table} and in another table too; which one is meant?"
        )
    joined.values[rater] = {image: value for image, value in readings if value is not None}


def _add_about(joined: _Joined, table: Spreadsheet, images: Sequence[str], layout: Layout) -> None:
    """Note the images of a table, their patients and what it remarks on them."""
    joined.images.update(dict.fromkeys(images))
    if "reason" in table.columns:
        reasons = zip(images, table.text("reason"), strict=True)
        joined.remarks.update({image: reason for image, reason in reasons if reason})
    if not layout.subject:
        joined.notes.extend(_shared_patients(table, images))
    if not layout.subject or layout.subject not in table.columns:
        return
    for image, subject in zip(images, _named(table, layout.subject), strict=True):
        known = joined.subjects.setdefault(image, subject)
        if known != subject:
            raise InputError(
                f"Reading {table.name}: {image!r} belongs to {layout.subject} {subject!r}, found "
                f"{known!r} elsewhere."
            )


def _shared_patients(table: Spreadsheet, images: Sequence[str]) -> list[str]:
    """A note where images share a patient that nobody asked to heed."""
    for column in _PATIENTS:
        if column in table.columns:
            pairs = {pair for pair in zip(images, table.text(column), strict=True) if pair[1]}
            patients = len({patient for _, patient in pairs})
            if patients < len(pairs):
                said = f"{len(pairs)} images of {patients} patients are taken as independent"
                return [f"{said}, so intervals are too narrow: add --subject {column}."]
    return []


def _subjects(joined: _Joined, images: Sequence[str], layout: Layout) -> tuple[str, ...] | None:
    if not layout.subject:
        return None
    lacking = [image for image in images if image not in joined.subjects]
    if lacking:
        raise InputError(
            f"{_DOING}: each image needs its {layout.subject}, found none for {len(lacking)} of "
            f"{len(images)}, such as {lacking[0]!r}. No table has such a column, or not for them."
        )
    return tuple(joined.subjects[image] for image in images)


def _check_shared(joined: _Joined, raters: Sequence[str]) -> None:
    """Refuse names of images that no two raters share: they are spelt in two ways."""
    named = [set(joined.values[one]) for one in raters]
    everything = set().union(*named)
    if len(named) > 1 and all(named) and len(everything) == sum(map(len, named)):
        one, other = min(named[0]), min(named[1])
        raise InputError(
            f"{_DOING}: the tables must name images in the same way, found none in common: "
            f"{raters[0]} has {one!r}, {raters[1]} has {other!r}."
        )


def _stated_unit(table: Spreadsheet) -> str:
    if "unit" not in table.columns:
        return ""
    units = sorted({unit for unit in table.text("unit") if unit})
    if len(units) > 1:
        raise InputError(
            f"Reading {table.name}: all readings must have one unit, found {', '.join(units)} in "
            "column 'unit'. Convert them first."
        )
    return units[0] if units else ""


def _one_unit(joined: _Joined, wanted: Mapping[str, str]) -> str:
    units = {column: joined.units[column] for column in wanted.values() if joined.units[column]}
    if len(set(units.values())) > 1:
        raise InputError(
            f"{_DOING}: all readings must have one unit, found "
            f"{', '.join(f'{unit} in {column}' for column, unit in units.items())}. Convert them "
            "first, or state the unit that is right with --unit."
        )
    return next(iter(units.values()), "")
