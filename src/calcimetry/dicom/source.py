"""Where the bytes of one DICOM object lie: a file, or a member of a zip."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import BinaryIO, Self

from calcimetry.errors import UnreadableFile


@dataclass(frozen=True, slots=True)
class Source:
    """One DICOM object's place.

    Parameters
    ----------
    path : Path
        The file, or the zip that holds it.
    member : str
        Its name inside the zip; empty for a file.
    """

    path: Path
    member: str = ""

    @property
    def name(self) -> str:
        """The file's own name, for messages: no folders, no characters that do not print."""
        return printable(PurePosixPath(self.member).name if self.member else self.path.name)


def printable(text: str) -> str:
    r"""Replace what cannot stand in a line of text.

    Examples
    --------
    >>> printable("hand\nleft")
    'hand?left'
    """
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def is_hidden(name: str) -> bool:
    """Whether any part of a name, as macOS and others hide them, starts with a dot.

    Examples
    --------
    >>> is_hidden("__MACOSX/study/._1.dcm"), is_hidden("study/1.dcm")
    (True, False)
    """
    return any(part.startswith(".") for part in PurePosixPath(name).parts if part != "..")


class Reader:
    """Opens sources one after the other, and keeps a zip open between its members.

    Use it in a ``with`` statement, which closes the zip.
    """

    def __init__(self) -> None:
        self._path: Path | None = None
        self._archive: zipfile.ZipFile | None = None

    def open(self, source: Source) -> BinaryIO:
        """Open a source for reading from its start.

        A zip's member is unpacked into memory, never onto the disk; how large it may be
        was checked when the zip was listed.

        Raises
        ------
        UnreadableFile
            If a zip's member is damaged.
        OSError
            If the file cannot be opened.
        """
        if not source.member:
            return source.path.open("rb")
        try:
            return io.BytesIO(self.archive(source.path).read(source.member))
        except Exception as error:
            # A damaged zip makes its decompressors raise anything.
            raise UnreadableFile(
                f"Reading {source.name}: this part of {printable(source.path.name)} is damaged "
                f"({type(error).__name__}). Copy the zip again."
            ) from error

    def archive(self, path: Path) -> zipfile.ZipFile:
        """The zip at a path, opened once for all its members."""
        if self._archive is None or self._path != path:
            self.close()
            self._archive = zipfile.ZipFile(path)
            self._path = path
        return self._archive

    def close(self) -> None:
        """Close the zip that is open, if any."""
        if self._archive is not None:
            self._archive.close()
            self._archive = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
