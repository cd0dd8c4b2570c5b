"""The results folder: report.json, which a later run reads back, and the tables made from it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path, PurePosixPath
from typing import Any

from calcimetry.errors import InputError, OutputError, UnreadableFile
from calcimetry.files.columns import (
    EMPTY_COLUMNS,
    EMPTY_COLUMNS_OF_VOLUMES,
    FINGER_COLUMNS,
    HAND_COLUMNS,
    IMAGE_COLUMNS,
    LESION_COLUMNS,
    PATIENT_COLUMNS,
    SCORE_COLUMNS,
    finger_row,
    further_columns,
    hand_row,
    image_row,
    lesion_row,
    patient_row,
    score_row,
)
from calcimetry.files.patients import patient_results
from calcimetry.files.records import result_from, to_record
from calcimetry.files.results import Contents, Result
from calcimetry.files.tables import write_csv, write_json
from calcimetry.model import Lesion

FORMAT = 1
#: What a later run, and `calcimetry followup`, reads back.
REPORT = "report.json"
#: What calcimetry writes besides report.json; it overwrites nobody else's.
_TABLES = (
    *("images.csv", "fingers.csv", "hands.csv", "patients.csv", "lesions.csv", "scores.csv"),
    "report.html",
)


def load_results(folder: Path) -> Contents:
    """Read what earlier runs left in a results folder that is to be written to.

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
        damaged, of another kind or of a newer version, or holds tables of these names that
        are not calcimetry's: nothing that cannot be read back is overwritten.
    """
    report = folder / REPORT
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
    except OSError as error:
        raise OutputError(f"Reading {report}: {error.strerror or error}. {advice}") from error
    try:
        return read_results(folder)
    except InputError as error:
        raise OutputError(f"{error} {advice}") from error


def read_results(folder: Path) -> Contents:
    """Read the results that `calcimetry measure` wrote into a folder.

    Parameters
    ----------
    folder : Path
        With a report.json.

    Raises
    ------
    UnreadableFile
        If its report.json is missing, may not be read or is damaged.
    InputError
        If it is of another kind, or was written by a newer version.
    """
    report = folder / REPORT
    try:
        # int refuses NaN and infinity: no result may be either.
        content = json.loads(report.read_text(encoding="utf-8"), parse_constant=int)
    except OSError as error:
        raise UnreadableFile(f"Reading {report}: {error.strerror or error}.") from error
    except (ValueError, RecursionError) as error:
        raise UnreadableFile(f"Reading {report}: it is damaged ({error}).") from error
    found = content.get("format") if isinstance(content, dict) else None
    if isinstance(found, int) and found > FORMAT:
        raise InputError(
            f"Reading {report}: it was written by a newer version of calcimetry (format {found}; "
            f"this one reads up to {FORMAT}). Update calcimetry."
        )
    if found != FORMAT:
        raise InputError(
            f"Reading {report}: expected calcimetry's results of format {FORMAT}, found something "
            "else."
        )
    try:
        results = tuple(result_from(record) for record in content["images"])
        foreign = [file for result in results for file in result.files if not _is_own(file)]
        contents = Contents(results, dict(content["made_with"]), dict(content["passed_over"]))
    except (KeyError, TypeError, ValueError, AttributeError, InputError) as error:
        newer = _newer(content)
        if newer:
            raise InputError(
                f"Reading {report}: it was written by a newer version of calcimetry ({newer}) and "
                "holds what this one does not know. Update calcimetry."
            ) from error
        raise UnreadableFile(f"Reading {report}: it is damaged ({error}).") from error
    if foreign:
        raise UnreadableFile(f"Reading {report}: it is damaged ({foreign[0]!r} is no result file).")
    return contents


def _newer(content: Mapping[str, Any]) -> str:
    """What says that a newer version wrote results: what it calls itself, or what is unknown."""
    try:
        images = [dict(image) for image in content["images"]]
        lesions = [dict(lesion) for image in images for lesion in image["lesions"]]
        versions = {str(how["version"]) for how in content["made_with"].values()}
    except (KeyError, TypeError, ValueError, AttributeError):
        return ""
    unknown = {name for image in images for name in image} - {one.name for one in fields(Result)}
    unknown |= {name for one in lesions for name in one} - {one.name for one in fields(Lesion)}
    if not unknown:
        return ""
    return ", ".join([*sorted(versions), f"with {', '.join(sorted(unknown)[:3])}"])


def save_results(folder: Path, contents: Contents) -> None:
    """Write report.json, then the tables made from it, each whole or not at all.

    report.json comes first: it is what a later run reads back, and the tables can
    be made from it again. fingers.csv and hands.csv are only written where a volume
    was measured, patients.csv where it is known whose an image is, scores.csv where
    that was asked for.

    Raises
    ------
    OutputError
        If a file cannot be written.
    """
    write_json(
        folder / REPORT,
        {
            "format": FORMAT,
            "program": "calcimetry",
            "note": "Research use only: not a medical device.",
            "made_with": dict(contents.made_with),
            "empty_columns": dict(EMPTY_COLUMNS),
            "empty_columns_of_volumes": dict(EMPTY_COLUMNS_OF_VOLUMES),
            "passed_over": dict(contents.passed_over),
            "images": [to_record(result) for result in contents.results],
        },
    )
    further = further_columns(contents.results)
    write_csv(
        folder / "images.csv",
        (*IMAGE_COLUMNS, *further.values()),
        (image_row(result, further) for result in contents.results),
    )
    if any(result.is_volume for result in contents.results):
        write_csv(
            folder / "fingers.csv",
            FINGER_COLUMNS,
            (finger_row(result, one) for result in contents.results for one in result.fingers),
        )
        write_csv(
            folder / "hands.csv",
            HAND_COLUMNS,
            (hand_row(result, one) for result in contents.results for one in result.hands),
        )
    sites = [
        score_row(result, hand, site)
        for result in contents.results
        for hand in result.hands
        for site in hand.sites
    ]
    if sites:
        write_csv(folder / "scores.csv", SCORE_COLUMNS, sites)
    patients = patient_results(contents.results)
    if patients:
        write_csv(folder / "patients.csv", PATIENT_COLUMNS, map(patient_row, patients))
    write_csv(
        folder / "lesions.csv",
        LESION_COLUMNS,
        (
            lesion_row(result.image, lesion)
            for result in contents.results
            for lesion in result.lesions
        ),
    )


def _is_own(file: str) -> bool:
    """Whether a file lies where results do: later runs show it and remove it when outdated."""
    parts = PurePosixPath(file).parts
    return parts[:1] in (("overlays",), ("segmentations",), ("dicom",)) and ".." not in parts
