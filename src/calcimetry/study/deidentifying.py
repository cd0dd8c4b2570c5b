"""Folders of DICOM without their patients: every input ends as a file or as a row that says why."""

from __future__ import annotations

import hashlib
import io
import json
import os
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path

from pydicom import dcmread, dcmwrite
from pydicom.config import IGNORE
from pydicom.dataset import Dataset
from pydicom.uid import UID

from calcimetry import __version__
from calcimetry.dicom.deidentify import deidentify
from calcimetry.dicom.deidentify_profile import Profile
from calcimetry.dicom.deidentify_pseudonyms import Pseudonyms
from calcimetry.dicom.deidentify_refusal import CT, refusal_of
from calcimetry.dicom.instance import Instance
from calcimetry.dicom.painted import is_painted
from calcimetry.dicom.part10 import is_dicom, open_data_set
from calcimetry.dicom.pixels import stored_frames
from calcimetry.dicom.scan import Scanned, scan
from calcimetry.dicom.source import Reader, is_hidden
from calcimetry.errors import InputError, OutputError
from calcimetry.files.only_run import only_run
from calcimetry.files.tables import TEMPORARY, write_bytes
from calcimetry.study.crosswalk import Crosswalk
from calcimetry.study.deidentification_report import save_report
from calcimetry.study.deidentified import DeidentifiedStudy, FileRow, load_rows, save_rows

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
        run = _Run(folder, profile, names, earlier, Crosswalk(crosswalk))
        saved = time.monotonic()
        total, inputs = _inputs(places)
        for done, one in enumerate(inputs):
            if on_progress is not None:
                on_progress(done, total, f"input {done + 1}")
            run.take(one)
            if time.monotonic() - saved > SAVE_EVERY_S:
                save_rows(folder, run.known(), made_with, settings)
                saved = time.monotonic()
        study = DeidentifiedStudy(folder, tuple(run.rows), run.resumed)
        save_report(study, made_with, settings, datetime.now(UTC))
        run.crosswalk.save()
        if on_progress is not None:
            on_progress(total, total, "")
    return study


#: An object to de-identify, or the name and reason of what is none, and whether it was expected.
_Input = Instance | tuple[str, str, bool]


def _inputs(paths: list[Path]) -> tuple[int, Iterator[_Input]]:
    scanned = scan(paths)
    others = [
        *_unread(scanned),
        *((str(path), "it is no DICOM", False) for path in scanned.other_files),
        *((path, "its name starts with a dot", False) for path in _hidden(paths)),
    ]
    every: list[_Input] = [*scanned.instances, *others]
    return len(every), iter(every)


def _unread(scanned: Scanned) -> Iterator[tuple[str, str, bool]]:
    for reason, files in scanned.unreadable.items():
        yield from ((name, reason.removesuffix("."), True) for name in files)
    yield from ((left.what, left.reason, left.failed) for left in scanned.left)


def _hidden(paths: Iterable[Path]) -> Iterator[str]:
    for path in paths:
        for where, _, files in os.walk(path):
            within = Path(where).relative_to(path).as_posix()
            yield from (
                str(Path(where, name)) for name in sorted(files) if is_hidden(f"{within}/{name}")
            )


class _Run:
    """One run: what is known of earlier files, and the rows so far."""

    def __init__(
        self,
        folder: Path,
        profile: Profile,
        names: Pseudonyms,
        earlier: Iterable[FileRow],
        crosswalk: Crosswalk,
    ) -> None:
        self.folder, self.profile, self.names = folder, profile, names
        self.crosswalk = crosswalk
        self.rows: list[FileRow] = []
        self.resumed = 0
        self._earlier = {row.content: row for row in earlier if row.status == "written"}
        #: Content and number of the input of every file that this run has written or found.
        self._taken: dict[str, FileRow] = {}
        self._reader = Reader()

    def known(self) -> list[FileRow]:
        """The rows so far, and those of an earlier run that this one has not come to."""
        met = {row.content for row in self.rows}
        return [*self.rows, *(row for row in self._earlier.values() if row.content not in met)]

    def take(self, one: _Input) -> None:
        """Deal with one input."""
        number = len(self.rows) + 1
        if isinstance(one, Instance):
            row, ds = self._object(number, one)
            name = str(one.source.path / one.source.member)
        else:
            name, reason, failed = one
            reason = reason.replace(name, "it")
            row, ds = FileRow(number, "refused" if failed else "passed over", reason), None
        self.rows.append(row)
        self.crosswalk.add(row, name, ds, self.names)

    def _object(self, number: int, instance: Instance) -> tuple[FileRow, Dataset | None]:
        try:
            with self._reader.open(instance.source) as stream:
                data = stream.read()
        except (InputError, OSError) as error:
            return FileRow(number, "refused", _told(error, instance)), None
        content = self.names.name("content", hashlib.sha256(data).digest(), 32)
        kind = UID(instance.sop_class, IGNORE).name
        kind = kind if kind != instance.sop_class else "private or unknown"
        row = FileRow(number, "written", "", content, "", kind)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of values that break rules; they are checked
                return self._written(row, _parsed(data, instance), instance)
        except InputError as error:
            reason = _told(error, instance)
        except OutputError:
            raise
        except Exception as error:  # noqa: BLE001
            # Damaged bytes make a parser raise anything, with values in its words.
            reason = f"it is damaged ({type(error).__name__})"
        return FileRow(number, "refused", reason, content, "", kind), None

    def _written(self, row: FileRow, ds: Dataset, instance: Instance) -> tuple[FileRow, Dataset]:
        old = self._earlier.get(row.content)
        there = old is not None and (self.folder / old.file).is_file()
        reason = "" if there else refusal_of(ds, self.profile) or self._of_pixels(instance)
        if reason:
            return replace(row, status="refused", reason=reason), ds
        file = self._file(ds)
        before = self._taken.get(file)
        if before is not None and before.content == row.content:
            reason = f"the same file as input {before.number}"
            return replace(row, status="passed over", reason=reason), ds
        if before is not None:
            reason = f"another object of the same SOPInstanceUID as input {before.number}"
            return replace(row, status="refused", reason=reason), ds
        if old is not None and there and old.file == file:
            made = replace(row, file=file, actions=old.actions)
            self.resumed += 1
        else:
            done = deidentify(ds, self.profile, self.names)
            stream = io.BytesIO()
            dcmwrite(stream, done.dataset, enforce_file_format=True)
            write_bytes(self.folder / file, stream.getvalue())
            made = replace(row, file=file, actions=done.actions)
        self._taken[file] = made
        return made, ds

    def _file(self, ds: Dataset) -> str:
        patient = self.names.patient(str(ds.PatientID).strip(" \0"))
        study = self.names.name("study", str(ds.StudyInstanceUID))
        series = self.names.name("series", str(ds.SeriesInstanceUID))
        return f"{patient}/{study}/{series}/{self.names.name('object', str(ds.SOPInstanceUID))}.dcm"

    def _of_pixels(self, instance: Instance) -> str:
        """Why the pixels of CT must not be passed on; empty where they may."""
        if instance.sop_class not in CT:
            return ""
        if instance.problem or not instance.frames:
            return instance.problem or "it ends before its pixels"
        wanted = list(range(len(instance.frames)))
        for _, stored in stored_frames(self._reader, instance, wanted):
            if is_painted(stored):
                return "words or a frame seem to be painted into its pixels"
        return ""


def _parsed(data: bytes, instance: Instance) -> Dataset:
    stream = io.BytesIO(data)
    if is_dicom(stream):  # refuses deflated data that unpack to more than is safe
        open_data_set(stream, len(data), instance.source.name)
    return dcmread(io.BytesIO(data))


def _told(error: Exception, instance: Instance) -> str:
    """An error without the name of its file, which may be a patient's."""
    name = instance.source.name
    return str(error).removeprefix(f"Reading {name}: ").replace(name, "it").removesuffix(".")


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
