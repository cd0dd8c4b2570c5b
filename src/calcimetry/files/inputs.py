"""From the paths a user names to the list of pictures to measure."""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from calcimetry.errors import ManifestError
from calcimetry.files.manifest import MANIFEST_NAME, read_manifest
from calcimetry.files.raster import PICTURE_ENDINGS

#: A part of a stem is cut to this many bytes: file systems allow 255, and endings follow.
_LONGEST_PART = 200


@dataclass(frozen=True, slots=True)
class Input:
    """One picture to measure, or one thing that was named and cannot be.

    `image` is the path relative to the folder that the user named (or the file's
    name), with forward slashes and without characters that do not print.
    `problem` says why it cannot even be tried, and is empty otherwise.
    """

    path: Path
    image: str
    pixel_spacing_mm: float | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Inputs:
    """What the paths hold: things to measure, in order, and files passed over with the reason."""

    pictures: tuple[Input, ...]
    passed_over: Mapping[str, str]


def find_inputs(paths: Iterable[str | os.PathLike[str]]) -> Inputs:
    """List the pictures that files and folders hold.

    A file counts whatever it is, so that it ends as a row; a manifest.csv stands for
    its folder. A folder is searched
    with its subfolders, in the order of names: JPEG and PNG endings count, other
    files and hidden ones are passed over, links to folders are not followed. A
    manifest.csv limits its folder and everything below to the files it names. The
    overlays and segmentations of earlier results are not measured as pictures.

    Parameters
    ----------
    paths : iterable of path-like
        What the user named.

    Returns
    -------
    Inputs
        A folder that is empty, may not be opened or has a manifest that cannot
        be used is an `Input` with a problem: nothing is dropped silently.
    """
    pictures: list[Input] = []
    passed_over: dict[str, str] = {}
    for path in map(Path, paths):
        # Not Path.is_dir, which raises where a parent is locked.
        if os.path.isdir(path):  # noqa: PTH112
            pictures += _in_folder(path, passed_over)
        elif _is_manifest(path.name) and os.path.isfile(path):  # noqa: PTH113
            pictures += _in_folder(path.parent, passed_over)
        else:
            pictures.append(Input(path, printable(path.name)))
    return Inputs(tuple(pictures), passed_over)


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's content; empty where it is no regular file or cannot be read."""
    try:
        if not path.is_file():
            return ""
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def path_key(path: Path) -> str:
    """What tells one input from another of the same name, without giving its folder away."""
    return hashlib.sha256(os.fsencode(os.path.realpath(path))).hexdigest()[:16]


def stem_of(image: str) -> str:
    """Name of the result files of a picture: its relative path without the ending.

    Examples
    --------
    >>> stem_of("visit 1/ring.JPG")
    'visit 1/ring'
    """
    path = PurePosixPath(image)
    if path.suffix.lower() in PICTURE_ENDINGS:
        path = path.with_suffix("")
    return "/".join(_short(part) for part in path.parts)


def printable(name: str) -> str:
    """Replace what cannot stand in a table's cell: control characters and broken encodings."""
    # Python holds a byte of a file name that is not UTF-8 as half a surrogate pair.
    text = name.encode("utf-8", errors="surrogateescape").decode("utf-8", errors="replace")
    return "".join(
        letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text
    )


def _short(part: str) -> str:
    data = part.encode()
    if len(data) <= _LONGEST_PART:
        return part
    digest = hashlib.sha256(data).hexdigest()[:8]
    return data[: _LONGEST_PART - 9].decode(errors="ignore") + "-" + digest


def _in_folder(root: Path, passed_over: dict[str, str]) -> list[Input]:
    found: list[Input] = []
    before = len(passed_over)

    def note_unreadable(error: OSError) -> None:
        folder = Path(error.filename)
        found.append(_failed_folder(folder, root, f"the folder cannot be read: {error.strerror}"))

    for where, folders, names in os.walk(root, onerror=note_unreadable):
        folder = Path(where)
        manifests = sorted(filter(_is_manifest, names), key=lambda name: name != MANIFEST_NAME)
        if manifests:
            found += _named_by_manifest(folder / manifests[0], root, passed_over)
            folders.clear()
            continue
        holds_results = {"report.json", "images.csv"} <= set(names)
        for name in sorted(folders):
            why = _skipped_folder(folder / name, holds_results)
            if why:
                folders.remove(name)
                passed_over[_relative(folder / name, root) + "/"] = why
        folders.sort()
        for name in sorted(names):
            path = folder / name
            if name.startswith("."):
                passed_over[_relative(path, root)] = "hidden file"
            elif path.suffix.lower() not in PICTURE_ENDINGS:
                passed_over[_relative(path, root)] = "not named as a JPEG or PNG"
            else:
                found.append(Input(path, _relative(path, root)))
    if not found:
        others = len(passed_over) - before
        found.append(
            _failed_folder(root, root, f"no JPEG or PNG in it ({others} other files passed over)")
        )
    return found


def _skipped_folder(folder: Path, beside_results: bool) -> str:
    """Why a folder is not searched; empty where it is."""
    if folder.name.startswith("."):
        return "hidden folder"
    if folder.is_symlink():
        return "a link to a folder"
    if beside_results and folder.name in ("overlays", "segmentations"):
        return "results of an earlier run"
    return ""


def _is_manifest(name: str) -> bool:
    return name.lower() == MANIFEST_NAME


def _named_by_manifest(manifest: Path, root: Path, passed_over: dict[str, str]) -> Iterator[Input]:
    folder = manifest.parent
    named = {manifest}
    try:
        rows = read_manifest(manifest)
    except ManifestError as error:
        yield Input(manifest, _relative(manifest, root), problem=str(error))
        return
    if not rows:
        yield Input(manifest, _relative(manifest, root), problem="the manifest names no picture")
    files = {
        _composed(Path(where, name)): Path(where, name)
        for where, _, names in os.walk(folder)
        for name in sorted(names)
    }
    for row in rows:
        path = folder / row.image
        if not os.path.lexists(path):
            path = files.get(_composed(path), path)
        problem = row.problem
        if not row.image or not path.is_relative_to(folder) or ".." in Path(row.image).parts:
            path = manifest
        elif not problem and not os.path.lexists(path):
            problem = f"line {row.line} of the manifest: there is no such file"
        yield Input(path, _relative(path, root), row.pixel_spacing_mm, row.columns, problem)
        named.add(path)
    for path in files.values():
        if path not in named:
            passed_over[_relative(path, root)] = f"not named in {manifest.name}"


def _composed(path: Path) -> str:
    """A path with each accent joined to its letter: macOS parts them, other systems do not."""
    return unicodedata.normalize("NFC", str(path))


def _relative(path: Path, root: Path) -> str:
    return printable(path.relative_to(root).as_posix())


def _failed_folder(folder: Path, root: Path, problem: str) -> Input:
    below = "" if folder == root else folder.relative_to(root).as_posix()
    name = Path(os.path.abspath(root)).name  # noqa: PTH100 - "." has no name of its own
    return Input(folder, printable(str(PurePosixPath(name, below))) + "/", problem=problem)
