"""The results folder: report.json, which a later run reads back, and the tables made from it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from calcimetry.errors import OutputError
from calcimetry.files.columns import (
    EMPTY_COLUMNS,
    IMAGE_COLUMNS,
    LESION_COLUMNS,
    further_columns,
    image_row,
    lesion_row,
)
from calcimetry.files.results import Contents, Result
from calcimetry.files.tables import write_csv, write_json
from calcimetry.model import Interval, Lesion

FORMAT = 1
#: What calcimetry writes besides report.json; it overwrites nobody else's.
_TABLES = ("images.csv", "lesions.csv", "report.html")
_PNG_START = b"\x89PNG\r\n\x1a\n"
_PNG_END = b"\0\0\0\0IEND\xaeB`\x82"


def load_results(folder: Path) -> Contents:
    """Read what earlier runs left in a results folder.

    Parameters
    ----------
    folder : Path
        The folder; it need not exist.

    Returns
    -------
    Contents
        Empty where there are no earlier results.

    Raises
    ------
    OutputError
        If the path is a file, may not be read, holds a report.json that is
        damaged or of another kind, or holds tables of these names that are not
        calcimetry's: nothing that cannot be read back is overwritten.
    """
    report = folder / "report.json"
    advice = "Choose another --out folder, or move what is there."
    try:
        if folder.exists() and not folder.is_dir():
            raise OutputError(f"Writing to {folder}: a folder is needed, this is a file.")
        if not report.exists():
            foreign = [name for name in _TABLES if (folder / name).exists()]
            if foreign:
                raise OutputError(
                    f"Writing to {folder}: it holds {' and '.join(foreign)} but no report.json, "
                    f"so they are not calcimetry's to overwrite. {advice}"
                )
            return Contents()
        # int refuses NaN and infinity: no result may be either.
        content = json.loads(report.read_text(encoding="utf-8"), parse_constant=int)
    except OSError as error:
        raise OutputError(f"Reading {report}: {error.strerror or error}. {advice}") from error
    except (ValueError, RecursionError) as error:
        raise OutputError(f"Reading {report}: it is damaged ({error}). {advice}") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise OutputError(
            f"Reading {report}: expected calcimetry's results of format {FORMAT}, found something "
            f"else. {advice}"
        )
    try:
        results = tuple(_result_from(record) for record in content["images"])
        foreign = [file for result in results for file in result.files if not _is_own(file)]
        contents = Contents(results, dict(content["made_with"]), dict(content["passed_over"]))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise OutputError(f"Reading {report}: it is damaged ({error}). {advice}") from error
    if foreign:
        raise OutputError(
            f"Reading {report}: it is damaged ({foreign[0]!r} is no result file). {advice}"
        )
    return contents


def is_whole_png(path: Path) -> bool:
    """Whether a PNG of an earlier run is still there, from its first bytes to its last."""
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            start = file.read(len(_PNG_START))
            file.seek(-len(_PNG_END), os.SEEK_END)
            return start == _PNG_START and file.read() == _PNG_END
    except OSError:
        return False


def save_results(folder: Path, contents: Contents) -> None:
    """Write report.json, then images.csv and lesions.csv, each whole or not at all.

    report.json comes first: it is what a later run reads back, and the tables can
    be made from it again.

    Raises
    ------
    OutputError
        If a file cannot be written.
    """
    write_json(
        folder / "report.json",
        {
            "format": FORMAT,
            "program": "calcimetry",
            "note": "Research use only: not a medical device.",
            "made_with": dict(contents.made_with),
            "empty_columns": dict(EMPTY_COLUMNS),
            "passed_over": dict(contents.passed_over),
            "images": [_plain(result) for result in contents.results],
        },
    )
    further = further_columns(contents.results)
    write_csv(
        folder / "images.csv",
        (*IMAGE_COLUMNS, *further.values()),
        (image_row(result, further) for result in contents.results),
    )
    write_csv(
        folder / "lesions.csv",
        LESION_COLUMNS,
        (
            lesion_row(result.image, lesion)
            for result in contents.results
            for lesion in result.lesions
        ),
    )


def _plain(value: Any) -> Any:
    """Any of the values of a result as what JSON knows."""
    if isinstance(value, (Result, Lesion, Interval)):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        return value.item()
    return value


def _result_from(record: dict[str, Any]) -> Result:
    interval = record["area_interval"]
    return Result(
        **{
            **record,
            "area_interval": Interval(**interval) if interval else None,
            "lesions": tuple(_lesion_from(lesion) for lesion in record["lesions"]),
            "warnings": tuple(record["warnings"]),
            "bones": {int(label): name for label, name in record["bones"].items()},
            "files": tuple(record["files"]),
        }
    )


def _is_own(file: str) -> bool:
    """Whether a file lies where results do: later runs show it and remove it when outdated."""
    parts = PurePosixPath(file).parts
    return parts[:1] in (("overlays",), ("segmentations",)) and ".." not in parts


def _lesion_from(record: dict[str, Any]) -> Lesion:
    def ends(pair: list[list[float]]) -> tuple[tuple[float, float], tuple[float, float]]:
        (row_1, column_1), (row_2, column_2) = pair
        return (row_1, column_1), (row_2, column_2)

    slice_, row, column = record["centre"]
    return Lesion(
        **{
            **record,
            "area_interval": Interval(**record["area_interval"]),
            "centre": (slice_, row, column),
            "long_axis_ends": ends(record["long_axis_ends"]),
            "short_axis_ends": ends(record["short_axis_ends"]),
        }
    )
