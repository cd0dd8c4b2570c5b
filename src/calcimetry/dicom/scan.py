"""From paths to DICOM objects: files, folders, DICOMDIRs and zips, headers only."""

from __future__ import annotations

import os
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from calcimetry.dicom.directory import listed_files
from calcimetry.dicom.found import Left
from calcimetry.dicom.header import read_header
from calcimetry.dicom.instance import Instance
from calcimetry.dicom.part10 import is_dicom
from calcimetry.dicom.source import Reader, Source, is_hidden, printable
from calcimetry.dicom.zipped import list_members, why_not
from calcimetry.errors import InputError

#: Endings that promise DICOM, so that a file without its mark is damaged and no other file.
DICOM_ENDINGS = (".dcm", ".dicom", ".ima")
DIRECTORY_NAME = "dicomdir"


@dataclass(slots=True)
class Scanned:
    """What looking through paths has found so far."""

    instances: list[Instance] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    other_files: list[Path] = field(default_factory=list)
    #: Reason -> names of the files that cannot be read for it.
    unreadable: dict[str, list[str]] = field(default_factory=dict)

    def refuse(self, name: str, reason: str) -> None:
        """Note a file that cannot be read."""
        self.unreadable.setdefault(reason.removeprefix(f"Reading {name}: "), []).append(name)

    def all_left(self) -> tuple[Left, ...]:
        """Everything left, files of one reason told together, no two of one name."""
        told: Counter[str] = Counter()
        files = []
        for reason, names in self.unreadable.items():
            what = _named(names)
            told[what] += 1
            again = f" ({told[what]})" if told[what] > 1 else ""
            files.append(Left(what + again, reason.removesuffix("."), failed=True))
        return (*self.left, *files)


def scan(paths: Iterable[str | os.PathLike[str]]) -> Scanned:
    """Read the headers of all DICOM objects that paths hold.

    Folders are searched with their subfolders in the order of names; links to folders are
    not followed. What a file is called does not matter, but for zips (``.zip``) and for hidden
    files and folders, which are passed over: macOS leaves a hidden companion (``._1.dcm``)
    beside each file that it copies. A hidden file that is named itself is read.

    Parameters
    ----------
    paths : iterable of path-like

    Returns
    -------
    Scanned
    """
    found = Scanned()
    seen: set[str] = set()
    with Reader() as reader:
        for path in _files(paths, found):
            place = os.path.realpath(path)
            if place not in seen:
                seen.add(place)
                _scan_file(path, reader, found)
    return found


def _files(paths: Iterable[str | os.PathLike[str]], found: Scanned) -> Iterator[Path]:
    for path in map(Path, paths):
        if os.path.isdir(path):  # noqa: PTH112 - Path.is_dir raises where a parent is locked
            for where, folders, names in os.walk(path, onerror=_note_locked(found)):
                folders[:] = sorted(name for name in folders if not is_hidden(name))
                yield from (Path(where, name) for name in sorted(names) if not is_hidden(name))
        elif path.name.lower() == DIRECTORY_NAME and os.path.isfile(path):  # noqa: PTH113
            yield from _listed(path, found)
        else:
            yield path


def _listed(path: Path, found: Scanned) -> tuple[Path, ...]:
    name = printable(path.name)
    try:
        listed, missing = listed_files(path)
    except InputError as error:
        found.refuse(name, str(error))
        return ()
    if missing:
        what = f"{len(missing)} files that {name} lists"
        found.left.append(Left(what, "they are missing; copy the folder again", failed=True))
    return listed


def _note_locked(found: Scanned) -> Callable[[OSError], None]:
    def note(error: OSError) -> None:
        name = printable(Path(error.filename).name)
        found.refuse(name, f"the folder cannot be read: {error.strerror}.")

    return note


def _scan_file(path: Path, reader: Reader, found: Scanned) -> None:
    name = printable(path.name)
    try:
        if not os.path.isfile(path):  # noqa: PTH113
            found.other_files.append(path)
        elif path.suffix.lower() == ".zip":
            _scan_zip(path, reader, found)
        else:
            with path.open("rb") as stream:
                size = stream.seek(0, os.SEEK_END)
                stream.seek(0)
                if is_dicom(stream):
                    found.instances.append(read_header(stream, size, Source(path)))
                elif path.suffix.lower() in DICOM_ENDINGS:
                    found.refuse(name, _no_mark(size))
                else:
                    found.other_files.append(path)
    except InputError as error:
        found.refuse(name, str(error))
    except OSError as error:
        found.refuse(name, f"it cannot be opened ({error.strerror or type(error).__name__}).")


def _scan_zip(path: Path, reader: Reader, found: Scanned) -> None:
    name = printable(path.name)
    try:
        archive = reader.archive(path)
        members = list_members(archive, path.stat().st_size, name)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, UnicodeError) as error:
        found.refuse(name, f"the zip is damaged or incomplete ({type(error).__name__}).")
        return
    others = hidden = 0
    for member in members:
        if is_hidden(member.filename):
            hidden += 1
            continue
        source = Source(path, member.filename)
        inside = f"{name}: {source.name}"
        refused = why_not(member)
        if refused:
            found.refuse(inside, f"{refused}.")
            continue
        try:
            with reader.open(source) as stream:
                if is_dicom(stream):
                    found.instances.append(read_header(stream, member.file_size, source))
                else:
                    others += 1
        except InputError as error:
            found.refuse(inside, str(error).removeprefix(f"Reading {source.name}: "))
    if hidden:
        what = f"{hidden} hidden files in {name}"
        found.left.append(Left(what, "their names start with a dot", failed=False))
    if others:
        what = f"{others} other files in {name}"
        found.left.append(Left(what, "no DICOM; unpack the zip to have them measured", False))
    if not members:
        found.refuse(name, "the zip is empty.")


def _no_mark(size: int) -> str:
    if not size:
        return "the file is empty (0 bytes). Export or copy it again."
    return (
        "it is named as DICOM but does not start as such a file (DICM after 128 bytes). Export "
        "it again as a DICOM file."
    )


def _named(names: list[str]) -> str:
    more = f" and {len(names) - 1} more files" if len(names) > 1 else ""
    return f"'{names[0]}'{more}"
