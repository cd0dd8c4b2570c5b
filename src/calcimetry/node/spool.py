"""Where received instances lie: written whole and durably, or not at all."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from calcimetry.errors import OutputError, Refused
from calcimetry.node.configuration import SpoolSettings
from calcimetry.node.identity import Identity
from calcimetry.node.refusals import STORAGE, TOO_LARGE

_GB, _MB = 10**9, 10**6
#: Bytes after which the disk's free space is looked at again.
_LOOK_EVERY = 4 * _MB
_PRIVATE_FOLDER, _PRIVATE_FILE = 0o700, 0o600


@dataclass(frozen=True, slots=True)
class Kept:
    """One instance that a loss of power leaves where it is.

    Parameters
    ----------
    path : str
        Relative to the spool folder.
    sha256 : str
        Of the whole file, in hexadecimal.
    size : int
        Bytes.
    """

    path: str
    sha256: str
    size: int


class Spool:
    """A folder of received instances.

    ``studies/<study>/<series>/<instance>-<content>.dcm`` holds what was received whole,
    ``incoming`` what is on its way. Each name is a hash of a UID or of the bytes: nothing that a
    peer sent is part of a path. An instance that comes again with other bytes lies beside what
    came before: nothing that was acknowledged is ever written over. Safe to use from several
    threads; one process only may have a folder open.

    Parameters
    ----------
    settings : SpoolSettings
    largest_mb : float
        Largest instance, in MB.

    Raises
    ------
    OutputError
        If the folder cannot be made or written to.
    """

    def __init__(self, settings: SpoolSettings, largest_mb: float) -> None:
        self.folder = settings.folder
        self.largest = int(largest_mb * _MB)
        self._quota = int(settings.quota_gb * _GB)
        self._keep_free = int(settings.keep_free_gb * _GB)
        self._lock = threading.Lock()
        self._coming = 0
        try:
            self._incoming = _made(self.folder / "incoming")
            self._studies = _made(self.folder / "studies")
            for left in self._incoming.iterdir():
                left.unlink()
            self._kept = _bytes_below(self._studies)
        except OSError as error:
            raise OutputError(
                f"Opening the spool folder {self.folder}: {error.strerror or error}."
            ) from error

    @property
    def used_bytes(self) -> int:
        """Bytes of all instances, those on their way included."""
        with self._lock:
            return self._kept + self._coming

    @property
    def free_bytes(self) -> int:
        """Bytes that instances may still take, by the quota and by what must stay free."""
        free = shutil.disk_usage(self.folder).free - self._keep_free
        return max(0, min(free, self._quota - self.used_bytes))

    def begin(self) -> Incoming:
        """Start to receive an instance.

        Raises
        ------
        Refused
            If there is no room, or the disk fails.
        """
        if self.free_bytes == 0:
            raise no_room()
        try:
            return Incoming(self, self._incoming / f"{secrets.token_hex(16)}.part")
        except OSError as error:
            raise disk_failed(error) from error

    def remove(self, path: str) -> None:
        """Remove an instance that `Kept.path` named, and the folders that this leaves empty."""
        file = self.folder / path
        with self._lock:
            with suppress(FileNotFoundError):
                size = file.stat().st_size
                file.unlink()
                self._kept -= size
            with suppress(OSError):  # not empty
                file.parent.rmdir()
                file.parent.parent.rmdir()

    def _place(self, part: Path, identity: Identity, content: str, size: int) -> str:
        series = self._studies / _name(identity.study_uid) / _name(identity.series_uid)
        target = series / f"{_name(identity.sop_uid)}-{content[:16]}.dcm"
        # `remove` takes away folders that are empty: not between these lines.
        with self._lock:
            _made_durably(series, self._studies)
            before = target.stat().st_size if target.exists() else 0
            part.replace(target)
            self._kept += size - before
        _sync_folder(series)
        return target.relative_to(self.folder).as_posix()

    def _count(self, change: int) -> None:
        with self._lock:
            self._coming += change


class Incoming:
    """An instance on its way into the spool; made by `Spool.begin`.

    What is written goes to disk at once, so that the memory taken does not depend on what a
    peer sends. Used by one thread at a time.
    """

    def __init__(self, spool: Spool, path: Path) -> None:
        self._spool = spool
        self._path = path
        self._file = os.fdopen(
            os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE_FILE), "wb", 1 << 17
        )
        self._hash = hashlib.sha256()
        self._look_at = _LOOK_EVERY
        self.size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.discard()

    def write(self, data: bytes) -> None:
        """Add bytes.

        Raises
        ------
        Refused
            If the instance becomes too large, there is no room left, or the disk fails. The
            bytes so far are removed.
        """
        if self._file.closed:
            return  # given up: by us, or by the thread that ended the connection
        size = self.size + len(data)
        try:
            self._check_room(size, len(data))
            self._file.write(data)
        except OSError as error:
            self.discard()
            raise disk_failed(error) from error
        except Refused:
            self.discard()
            raise
        self._hash.update(data)
        self._spool._count(len(data))  # noqa: SLF001 - one class in two parts
        self.size = size

    def _check_room(self, size: int, more: int) -> None:
        if size > self._spool.largest:
            raise Refused(
                TOO_LARGE,
                f"an instance may have {self._spool.largest / _MB:g} MB (limits.instance_mb)",
            )
        if size >= self._look_at:
            self._look_at = size + _LOOK_EVERY
            if self._spool.free_bytes < more:
                raise no_room()

    def whole(self) -> Path:
        """All bytes are written: where they can be read.

        Raises
        ------
        Refused
            If the disk fails.
        """
        try:
            self._file.flush()
        except OSError as error:
            self.discard()
            raise disk_failed(error) from error
        return self._path

    def keep(self, identity: Identity) -> Kept:
        """Put the instance in its place, for good.

        When this returns, a loss of power loses nothing of it.

        Raises
        ------
        Refused
            If the disk fails.
        """
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
            content = self._hash.hexdigest()
            place = self._spool._place  # noqa: SLF001 - one class in two parts
            path = place(self._path, identity, content, self.size)
        except OSError as error:
            raise disk_failed(error) from error
        finally:
            self.discard()
        return Kept(path, content, self.size)

    def discard(self) -> None:
        """Remove what is there of it; does nothing once it is kept or removed."""
        if self._file.closed:
            return
        with suppress(OSError):  # a full disk cannot take what is still in the buffer
            self._file.close()
        self._spool._count(-self.size)  # noqa: SLF001 - one class in two parts
        with suppress(OSError):
            self._path.unlink()


def no_room() -> Refused:
    """There is no room in the spool."""
    return Refused(
        STORAGE, "there is no room left (spool.quota_gb, spool.keep_free_gb); send again later"
    )


def disk_failed(error: OSError) -> Refused:
    """The spool's disk does not take what it should."""
    return Refused(STORAGE, f"the spool cannot be written ({error.strerror or error})")


def _name(uid: str) -> str:
    return hashlib.sha256(uid.encode()).hexdigest()[:32]


def _made(folder: Path) -> Path:
    folder.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
    return folder


def _made_durably(folder: Path, top: Path) -> None:
    """Make a folder and those between it and `top` so that they outlast a loss of power."""
    if not folder.exists():
        if folder.parent != top:
            _made_durably(folder.parent, top)
        folder.mkdir(mode=_PRIVATE_FOLDER, exist_ok=True)
        _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _bytes_below(folder: Path) -> int:
    return sum(
        (Path(where) / name).stat().st_size for where, _, names in os.walk(folder) for name in names
    )
