"""What every reader of a file asks first, and how it words what went wrong."""

from __future__ import annotations

import stat
from pathlib import Path

from calcimetry.errors import UnreadableFile


def refuse_no_file(path: Path, expected: str) -> None:
    """Make sure that there is a regular file with something in it.

    Parameters
    ----------
    path : Path
        What is about to be opened.
    expected : str
        The kind of file that was expected, such as ``a NIfTI file``.

    Raises
    ------
    UnreadableFile
        If it is a folder, a pipe or a device, or empty.
    OSError
        If it is not there or may not be looked at.
    """
    status = path.stat()
    # Without this a named pipe would be waited for, and a device read for ever.
    if not stat.S_ISREG(status.st_mode):
        kind = "a folder" if stat.S_ISDIR(status.st_mode) else "something that is no regular file"
        raise UnreadableFile(f"Reading {path.name}: expected {expected}, found {kind}.")
    if status.st_size == 0:
        raise UnreadableFile(
            f"Reading {path.name}: the file is empty (0 bytes). Export or copy it again."
        )


def unreadable(name: str, error: Exception) -> UnreadableFile:
    """Word what the system or a decoder said of a file in one line, without its folder."""
    if isinstance(error, FileNotFoundError):
        return UnreadableFile(f"Reading {name}: there is no such file or folder.")
    if isinstance(error, PermissionError):
        return UnreadableFile(
            f"Reading {name}: no permission to open it. Make it readable for this user."
        )
    # The system's errors have a number; damaged files make decoders raise anything.
    of_system = getattr(error, "errno", None) is not None
    what = "it cannot be opened" if of_system else "the file is damaged or incomplete"
    # Not str() of an OSError, which holds the whole path.
    text = getattr(error, "strerror", None) or str(error)
    told = " ".join(text.split())[:120] or type(error).__name__
    return UnreadableFile(f"Reading {name}: {what} ({told}). Export or copy it again.")
