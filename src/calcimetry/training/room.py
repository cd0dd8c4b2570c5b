"""Whether disk and memory hold what a training needs, asked before it begins."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from calcimetry.errors import OutputError, SettingsError

#: Linux tells how much memory can be had without swapping; free pages alone say too little,
#: as most memory holds copies of files that it can drop.
_MEMORY_FILE = Path("/proc/meminfo")
_AVAILABLE = "MemAvailable:"
_GIB = 1 << 30


@dataclass(frozen=True, slots=True)
class Room:
    """Free bytes of a disk, and available ones of the memory; None where it does not tell."""

    disk_bytes: int
    memory_bytes: int | None


def room_at(folder: Path) -> Room:
    """The room of this machine, with the disk that a folder lies on or will lie on.

    Parameters
    ----------
    folder : Path
        It need not be there yet.

    Returns
    -------
    Room
        Memory is what Linux calls available, else all that the machine has, else None.

    Raises
    ------
    OutputError
        If the disk cannot be asked.
    """
    place = folder.absolute()
    while not place.exists() and place != place.parent:
        place = place.parent
    try:
        disk = shutil.disk_usage(place).free
    except OSError as error:
        raise OutputError(
            f"Writing to {folder}: the disk's free space cannot be read "
            f"({error.strerror or error}). Choose another --out folder."
        ) from error
    return Room(disk, _available_memory())


def refuse_too_little(room: Room, *, disk_bytes: int, memory_bytes: int, folder: Path) -> None:
    """Make sure that a training fits.

    Parameters
    ----------
    room : Room
        What there is.
    disk_bytes, memory_bytes : int
        What is needed.
    folder : Path
        Where it will be written.

    Raises
    ------
    OutputError
        If the disk has less room than needed.
    SettingsError
        If the memory has less than needed.

    Examples
    --------
    >>> room = Room(disk_bytes=3 << 30, memory_bytes=None)
    >>> refuse_too_little(room, disk_bytes=1 << 30, memory_bytes=1 << 30, folder=Path("run"))
    """
    if disk_bytes > room.disk_bytes:
        raise OutputError(
            f"Writing to {folder}: the training needs {_told(disk_bytes)} of disk, "
            f"{_told(room.disk_bytes)} are free. Make room, or choose another --out folder."
        )
    if room.memory_bytes is not None and memory_bytes > room.memory_bytes:
        raise SettingsError(
            f"Training: {_told(memory_bytes)} of memory are needed, {_told(room.memory_bytes)} "
            "are available. Close other programs, or ask for fewer pictures or smaller batches "
            "in the recipe."
        )


def _available_memory() -> int | None:
    try:
        lines = _MEMORY_FILE.read_text("ascii").splitlines()
        return next(int(line.split()[1]) << 10 for line in lines if line.startswith(_AVAILABLE))
    except (OSError, StopIteration):
        pass  # no Linux
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None


def _told(size: int) -> str:
    return f"{size / _GIB:.1f} GiB"
