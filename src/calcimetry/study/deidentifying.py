"""Folders of DICOM without their patients: every input ends as a file or as a row that says why."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path

from calcimetry import __version__
from calcimetry.dicom.deidentify_profile import Profile
from calcimetry.dicom.deidentify_pseudonyms import Pseudonyms
from calcimetry.dicom.found import Left
from calcimetry.dicom.instance import Instance
from calcimetry.dicom.scan import Scanned, scan
from calcimetry.dicom.source import is_hidden
from calcimetry.errors import InputError, OutputError
from calcimetry.files.only_run import only_run
from calcimetry.files.tables import TEMPORARY
from calcimetry.study.crosswalk import Crosswalk
from calcimetry.study.deidentification_report import save_report
from calcimetry.study.deidentification_run import DeidentificationRun
from calcimetry.study.deidentified import DeidentifiedStudy, load_rows, save_rows

#: The report is written anew at most this often, and always at the end.
SAVE_EVERY_S = 5.0
#: Called before each input and once after the last: inputs done, inputs in all, which.
Progress = Callable[[int, int, str], None]


def deidentify_study(
    paths: Iterable[str | PathLike[str]],
    out: str | PathLike[str],
    profile: Profile,
    key: bytes,
    *,
    crosswalk: Path | None = None,
    on_progress: Progress | None = None,
    on_stage: Callable[[str], None] | None = None,
) -> DeidentifiedStudy:
    """Write DICOM without its patients, and a report of what was done.

    Files go to ``patient/study/series/instance.dcm`` below `out`, each part a keyed pseudonym.
    An input that an earlier run wrote with the same key and profile is not written again.

    Parameters
    ----------
    paths : iterable of path-like
        Files, folders, DICOMDIRs and zips, as `calcimetry.dicom.scan.scan` takes them.
    out : path-like
        A new or empty folder, or one of an earlier run.
    profile : Profile
    key : bytes
        As `calcimetry.dicom.deidentify_pseudonyms.read_key` gives it.
    crosswalk : Path, optional
        A table of whose files became which; not below `out`.
    on_progress, on_stage : callable, optional
        Called with (done, total, name) before each input, and with what is done next.

    Returns
    -------
    DeidentifiedStudy

    Raises
    ------
    InputError
        If no path is given.
    SettingsError
        If the key is too short.
    OutputError
        If `out` lies in the input or holds other things, or something cannot be written.
    """
    places = [Path(path) for path in paths]
    if not places:
        raise InputError("De-identifying: no file or folder was named.")
    folder = Path(out)
    private = [Path(profile.key_file)] if profile.key_file else []
    _refuse_places(places, folder, [*private, *([crosswalk] if crosswalk else [])])
    names = Pseudonyms(key, profile.subject_prefix, profile.numbering, profile.max_shift_days)
    settings = profile.to_dict()
    made_with = names.name("profile", json.dumps([__version__, settings], sort_keys=True))
    earlier = load_rows(folder, made_with)
    with only_run(folder):
        for left in folder.rglob(TEMPORARY):
            with suppress(OSError):
                left.unlink()
        save_rows(folder, earlier, made_with, settings)
        (on_stage or (lambda _stage: None))("looking for files")
        inputs = _inputs(places)
        run = DeidentificationRun(folder, profile, names, earlier, Crosswalk(crosswalk))
        saved = time.monotonic()
        try:
            for done, one in enumerate(inputs):
                if on_progress is not None:
                    on_progress(done, len(inputs), f"input {done + 1}")
                run.take(one)
                if time.monotonic() - saved > SAVE_EVERY_S:
                    save_rows(folder, run.known(), made_with, settings)
                    saved = time.monotonic()
        except KeyboardInterrupt:
            save_rows(folder, run.known(), made_with, settings)
            raise
        study = DeidentifiedStudy(folder, tuple(run.rows), run.resumed)
        save_report(study, made_with, settings, datetime.now(UTC))
        run.crosswalk.save()
        if on_progress is not None:
            on_progress(len(inputs), len(inputs), "")
    return study


def _inputs(paths: list[Path]) -> list[Instance | Left]:
    scanned = scan(paths)
    others = [Left(str(path), "it is no DICOM", failed=False) for path in scanned.other_files]
    hidden = [Left(path, "its name starts with a dot", failed=False) for path in _hidden(paths)]
    return [*scanned.instances, *_unread(scanned), *others, *hidden]


def _unread(scanned: Scanned) -> Iterator[Left]:
    for reason, files in scanned.unreadable.items():
        yield from (Left(name, reason.removesuffix("."), failed=True) for name in files)
    yield from scanned.left


def _hidden(paths: Iterable[Path]) -> Iterator[str]:
    for path in paths:
        for where, _, files in os.walk(path):
            within = Path(where).relative_to(path).as_posix()
            yield from (
                str(Path(where, name)) for name in sorted(files) if is_hidden(f"{within}/{name}")
            )


def _refuse_places(paths: Iterable[Path], folder: Path, private: Iterable[Path]) -> None:
    place = Path(os.path.realpath(folder))
    for path in paths:
        real = Path(os.path.realpath(path))
        if real.is_dir() and (place.is_relative_to(real) or real.is_relative_to(place)):
            raise OutputError(
                f"Writing to {folder}: it lies in the folder to de-identify, or around it, so that "
                "both would be mixed. Choose a folder beside it."
            )
    for path in private:
        if Path(os.path.realpath(path)).is_relative_to(place):
            raise OutputError(
                f"Writing to {folder}: {path.name} lies in it and would be passed on with the "
                "files. Keep keys and crosswalks elsewhere."
            )
