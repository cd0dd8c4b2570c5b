"""From the paths a user names to the list of pictures and volumes to measure."""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path, PurePosixPath

from calcimetry.errors import ManifestError
from calcimetry.files.manifest import MANIFEST_NAME, read_manifest
from calcimetry.files.nifti import VOLUME_ENDINGS, read_nifti_with_warnings
from calcimetry.files.raster import PICTURE_ENDINGS
from calcimetry.model import DualEnergyImage, Image, Laterality

#: Reads a volume, and tells what was assumed in doing so.
Load = Callable[[], tuple[Image | DualEnergyImage, tuple[str, ...]]]
#: A part of a stem is cut to this many bytes: file systems allow 255, and endings follow.
_LONGEST_PART = 200


@dataclass(frozen=True, slots=True)
class Input:
    """One picture or volume to measure, or one thing that was named and cannot be.

    `image` is the path relative to the folder that the user named (or the file's
    name), with forward slashes and without characters that do not print.
    `problem` says why it cannot even be tried, and is empty otherwise.

    A volume has `load`, which reads it. One that is more than a single file also
    has a `place` and a `sha256`, which tell it from others as its path and content
    tell a file. `laterality` is what its files say of the hand's side, and `stated`
    what the user says that the files do not. `acquired` and `kernel` are the day of its
    scan and how it was reconstructed, where its files say so.
    """

    path: Path
    image: str
    pixel_spacing_mm: float | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""
    load: Load | None = None
    place: str = ""
    sha256: str = ""
    laterality: Laterality | None = None
    stated: Mapping[str, str] = field(default_factory=dict)
    acquired: date | None = field(default=None, repr=False)
    kernel: str = ""


@dataclass(frozen=True, slots=True)
class Inputs:
    """What the paths hold: things to measure, in order, and files passed over with the reason."""

    found: tuple[Input, ...]
    passed_over: Mapping[str, str]


def find_inputs(
    paths: Iterable[str | os.PathLike[str]], left: Collection[str] | None = None
) -> Inputs:
    """List the pictures and NIfTI volumes that files and folders hold.

    A file counts whatever it is, so that it ends as a row; a manifest.csv stands for
    its folder. A folder is searched
    with its subfolders, in the order of names: JPEG, PNG and NIfTI endings count, other
    files and hidden ones are passed over, links to folders are not followed. A
    manifest.csv limits its folder and everything below to the files it names. The
    overlays and segmentations of earlier results are not measured.

    Parameters
    ----------
    paths : iterable of path-like
        What the user named.
    left : collection of str, optional
        Real paths of the files that the search for DICOM has left over. Where it is
        given, a file of no known ending that is not among them is DICOM, and is not
        listed here.

    Returns
    -------
    Inputs
        A folder that is empty, may not be opened or has a manifest that cannot
        be used is an `Input` with a problem: nothing is dropped silently.
    """
    found: list[Input] = []
    passed_over: dict[str, str] = {}
    for path in map(Path, paths):
        # Not Path.is_dir, which raises where a parent is locked.
        if os.path.isdir(path):  # noqa: PTH112
            found += _in_folder(path, passed_over, left)
        elif _is_manifest(path.name) and os.path.isfile(path):  # noqa: PTH113
            found += _in_folder(path.parent, passed_over, left)
        elif not _is_claimed(path, left):
            found.append(_input(path, printable(path.name)))
    return Inputs(tuple(found), passed_over)


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
    """Name of the result files of an image: its relative path without the ending.

    Examples
    --------
    >>> stem_of("visit 1/ring.JPG"), stem_of("hand.nii.gz")
    ('visit 1/ring', 'hand')
    """
    return "/".join(_short(part) for part in PurePosixPath(without_ending(image)[0]).parts)


def without_ending(image: str) -> tuple[str, str]:
    """A name in two: what stands before a known ending, and that ending.

    >>> without_ending("a.b.nii.gz"), without_ending("notes.txt")
    (('a.b', '.nii.gz'), ('notes.txt', ''))
    """
    path = PurePosixPath(image)
    for ending in (*VOLUME_ENDINGS, *PICTURE_ENDINGS):
        if path.name.lower().endswith(ending) and path.name.lower() != ending:
            return str(path)[: -len(ending)], path.name[-len(ending) :]
    return image, ""


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


def _input(
    path: Path,
    image: str,
    pixel_spacing_mm: float | None = None,
    columns: Mapping[str, str] | None = None,
    problem: str = "",
) -> Input:
    is_volume = path.name.lower().endswith(VOLUME_ENDINGS)
    load = partial(read_nifti_with_warnings, path) if is_volume else None
    return Input(path, image, pixel_spacing_mm, columns or {}, problem, load)


def _is_claimed(path: Path, left: Collection[str] | None) -> bool:
    """Whether a file was found to be DICOM, by its content and whatever its name."""
    if left is None or path.name.startswith(".") or _has_known_ending(path.name):
        return False
    real = os.path.realpath(path)
    return real not in left and os.path.isfile(real)  # noqa: PTH113 - does not raise


def _in_folder(
    root: Path, passed_over: dict[str, str], left: Collection[str] | None
) -> list[Input]:
    found: list[Input] = []
    claimed = False
    before = len(passed_over)

    def note_unreadable(error: OSError) -> None:
        folder = Path(error.filename)
        found.append(_failed_folder(folder, root, f"the folder cannot be read: {error.strerror}"))

    for where, folders, names in os.walk(root, onerror=note_unreadable):
        folder = Path(where)
        manifests = sorted(filter(_is_manifest, names), key=lambda name: name != MANIFEST_NAME)
        if manifests:
            found += _named_by_manifest(folder / manifests[0], root, passed_over, left)
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
            why = _skipped_file(name)
            if _is_claimed(path, left):
                claimed = True
            elif why:
                passed_over[_relative(path, root)] = why
            else:
                found.append(_input(path, _relative(path, root)))
    if not found and not claimed:
        others = len(passed_over) - before
        problem = f"no DICOM, NIfTI, JPEG or PNG in it ({others} other files passed over)"
        found.append(_failed_folder(root, root, problem))
    return found


def _has_known_ending(name: str) -> bool:
    return name.lower().endswith((*VOLUME_ENDINGS, *PICTURE_ENDINGS))


def _skipped_file(name: str) -> str:
    """Why a file that is no DICOM is not measured; empty where it is."""
    if name.startswith("."):
        return "hidden file"
    if not _has_known_ending(name):
        return "not DICOM, nor named as NIfTI, JPEG or PNG"
    return ""


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


def _named_by_manifest(
    manifest: Path, root: Path, passed_over: dict[str, str], left: Collection[str] | None
) -> Iterator[Input]:
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
        yield _input(path, _relative(path, root), row.pixel_spacing_mm, row.columns, problem)
        named.add(path)
    for path in files.values():
        if path not in named and not _is_claimed(path, left):
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
