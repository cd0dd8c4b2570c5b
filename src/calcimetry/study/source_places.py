"""Where measured volumes lay, so that they can be looked at again at a later visit."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from calcimetry.errors import InputError, UnreadableFile
from calcimetry.files.inputs import Input, file_sha256
from calcimetry.files.naming import Task
from calcimetry.files.results import Result
from calcimetry.files.tables import write_text
from calcimetry.study.sources import EnergyPair, VolumeChoice, find_sources

#: Beside report.json, and not in it: paths may tell whose images they are.
SOURCES = "sources.json"
_FORMAT = 1
_NOTE = (
    "Where the measured volumes lay, for `calcimetry followup`. Paths may tell of patients: leave "
    "this file out where results are passed on."
)


@dataclass(frozen=True, slots=True)
class SourcePlace:
    """Where to look for one volume, and what was said when it was chosen.

    `paths` are absolute. `low` and `high` are the files of a pair that is no DICOM; the
    settings are its tube settings.
    """

    paths: tuple[str, ...]
    series: str | None = None
    low_kev: float | None = None
    high_kev: float | None = None
    low: str = ""
    high: str = ""
    low_setting: str = ""
    high_setting: str = ""

    @property
    def choice(self) -> VolumeChoice:
        """What is to be said of it when it is looked for again."""
        pair = None
        if self.low:
            pair = EnergyPair(Path(self.low), Path(self.high), self.low_setting, self.high_setting)
        return VolumeChoice(pair, self.series, self.low_kev, self.high_kev)


def save_places(
    folder: Path, tasks: Iterable[Task], named: Sequence[Path], choice: VolumeChoice
) -> None:
    """Add to sources.json where the volumes of this run lie; pictures need no place.

    Parameters
    ----------
    folder : Path
        The results folder.
    tasks : iterable of Task
        All inputs of the run.
    named : sequence of Path
        What the user named.
    choice : VolumeChoice
        What the user said of volumes.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    new = {
        task.image: asdict(_place(task.source, named, choice))
        for task in tasks
        if task.source.load is not None and not task.problem
    }
    if not new:
        return
    try:
        old = _read(folder)
    except UnreadableFile:  # missing, or damaged: what this run knows is written anew
        old = {}
    content = {"format": _FORMAT, "note": _NOTE, "images": {**old, **new}}
    # Escaped: names that are not UTF-8 reach Python as lone surrogates.
    write_text(folder / SOURCES, json.dumps(content, indent=1) + "\n")


def _place(source: Input, named: Sequence[Path], choice: VolumeChoice) -> SourcePlace:
    pair = choice.pair
    if pair is not None and source.path == pair.low and "+" in source.place:
        low, high = (_absolute(path) for path in (pair.low, pair.high))
        return SourcePlace(
            (), low=low, high=high, low_setting=pair.low_setting, high_setting=pair.high_setting
        )
    if source.place:  # DICOM, which may be many files in many folders
        return SourcePlace(
            tuple(map(_absolute, named)), choice.series, choice.low_kev, choice.high_kev
        )
    return SourcePlace((_absolute(source.path),))


def _absolute(path: Path) -> str:
    return os.path.abspath(path)  # noqa: PTH100 - links stay as the user named them


def find_again(folder: Path, result: Result, elsewhere: Sequence[Path] = ()) -> Input:
    """The volume that a saved result was measured from.

    Parameters
    ----------
    folder : Path
        The results folder.
    result : Result
        One of its volumes.
    elsewhere : sequence of Path
        Files and folders to look in first, where volumes were moved.

    Returns
    -------
    Input
        With the same content as when it was measured.

    Raises
    ------
    InputError
        If it is nowhere to be found, or has changed since it was measured.
    """
    doing = f"Looking for the image of {result.image} of {folder.name}"
    for place in filter(None, (_elsewhere(elsewhere), _recorded(folder, result))):
        found = _look(place)
        for source in found:
            if result.sha256 and _digest(source) == result.sha256:
                return source
    if not result.sha256:
        raise InputError(f"{doing}: its results do not say which one it was. Measure it again.")
    recorded = _recorded(folder, result)
    if recorded is None:
        raise InputError(
            f"{doing}: its results do not say where it lies ({SOURCES} is missing or damaged). "
            "Name the file or folder that holds it with --images, or measure it again."
        )
    there = any(os.path.exists(path) for path in (*recorded.paths, recorded.low) if path)  # noqa: PTH110
    if there:
        raise InputError(
            f"{doing}: what lies where it was measured has changed since. Measure it again, or "
            "name the file or folder that holds the old one with --images."
        )
    raise InputError(
        f"{doing}: it is gone from where it was measured. Name the file or folder that holds it "
        "now with --images."
    )


def _elsewhere(paths: Sequence[Path]) -> SourcePlace | None:
    return SourcePlace(tuple(map(str, paths))) if paths else None


def _recorded(folder: Path, result: Result) -> SourcePlace | None:
    try:
        return SourcePlace(**_read(folder)[result.image])
    except (UnreadableFile, KeyError, TypeError):
        return None


def _look(place: SourcePlace) -> tuple[Input, ...]:
    """Volumes at a place; nothing where it is gone."""
    pair = place.choice.pair
    gone = pair is not None and not (file_sha256(pair.low) and file_sha256(pair.high))
    return () if gone else find_sources(place.paths, place.choice).found


def _digest(source: Input) -> str:
    return "" if source.load is None else source.sha256 or file_sha256(source.path)


def _read(folder: Path) -> Mapping[str, Any]:
    path = folder / SOURCES
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        images = content["images"]
        return {
            str(name): {**place, "paths": tuple(map(str, place["paths"]))}
            for name, place in images.items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UnreadableFile(f"Reading {path}: it is missing or damaged.") from error
