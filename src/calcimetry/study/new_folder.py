"""A folder that appears whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from calcimetry.errors import OutputError
from calcimetry.files.tables import TEMPORARY


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """Make a folder under a temporary name, which becomes `out` at the end.

    Parameters
    ----------
    out : Path
        Must not exist yet, or be an empty folder; folders above it are made as needed.

    Yields
    ------
    Path
        Where to write. It is removed if anything goes wrong.

    Raises
    ------
    OutputError
        Before anything is done, if `out` is a file, holds something, or nothing can be
        written beside it.
    """
    refuse_used(out)
    temporary = out.with_name(TEMPORARY.replace("*", f"{os.getpid()}-{out.name[:40]}"))
    try:
        temporary.mkdir(parents=True)
    except OSError as error:
        raise _cannot(out, error) from error
    try:
        yield temporary
        if out.exists():
            out.rmdir()
        temporary.rename(out)
    except OSError as error:
        raise _cannot(out, error) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def refuse_used(out: Path) -> None:
    """Make sure that a folder is free to be written.

    Raises
    ------
    OutputError
        If `out` is a file, or a folder that holds something or cannot be looked into.
    """
    try:
        used = sorted(path.name for path in out.iterdir())
    except FileNotFoundError:
        return
    except NotADirectoryError as error:
        raise OutputError(
            f"Writing to {out}: a folder is needed, this or one above it is a file."
        ) from error
    except OSError as error:
        raise _cannot(out, error) from error
    if used:
        raise OutputError(
            f"Writing to {out}: expected a new or empty folder, found {len(used)} things in it, "
            f"such as {used[0]!r}. Choose another --out folder."
        )


def remove_left_over(folder: Path) -> None:
    """Remove what interrupted runs left under temporary names in a folder."""
    for path in folder.glob(TEMPORARY):
        with suppress(OSError):
            shutil.rmtree(path)


def _cannot(out: Path, error: OSError) -> OutputError:
    return OutputError(f"Writing to {out}: {error.strerror or error}. Choose another --out folder.")
