"""One run at a time in a results folder."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from calcimetry.errors import OutputError
from calcimetry.files.tables import TEMPORARY

if sys.platform != "win32":
    import fcntl


@contextmanager
def only_run(folder: Path) -> Iterator[None]:
    """Keep other runs out of a results folder, which is made if needed.

    Each run writes all results anew from what it has read at its start: of two at
    once, one would lose what the other measured. The lock is the system's own on
    the open folder, so it leaves no file and ends with the process however that
    ends. Where there is no such lock (Windows, some network drives) none is held.
    What a killed run left half written is removed.

    Parameters
    ----------
    folder : Path
        The results folder.

    Raises
    ------
    OutputError
        If another run holds the folder, or it is a file or cannot be made or opened.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise OutputError(f"Writing to {folder}: a folder is needed, this is a file.") from error
    except OSError as error:
        raise _cannot(folder, error) from error
    if sys.platform == "win32":
        yield
        return
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise _cannot(folder, error) from error
    try:
        if _locked(handle, folder):
            _remove_half_written(folder)
        yield
    finally:
        os.close(handle)


def _locked(handle: int, folder: Path) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise OutputError(
            f"Writing to {folder}: another run is writing there. Wait until it has ended, or "
            "choose another --out folder."
        ) from error
    except OSError:
        return False
    return True


def _remove_half_written(folder: Path) -> None:
    for place, pattern in (
        (folder, TEMPORARY),
        (folder / "overlays", f"**/{TEMPORARY}"),
        (folder / "segmentations", f"**/{TEMPORARY}"),
    ):
        for path in place.glob(pattern):
            with suppress(OSError):
                path.unlink()


def _cannot(folder: Path, error: OSError) -> OutputError:
    return OutputError(
        f"Writing to {folder}: {error.strerror or error}. Choose another --out folder."
    )
