"""A child process with limits, which a killed node leaves neither running nor unnoticed."""

from __future__ import annotations

import contextlib
import fcntl
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from calcimetry.errors import OutputError

_LOCK, _SAID = "child.lock", "child.stderr"
_MB = 10**6
#: How often a waiting worker looks whether the node is stopping.
_LOOK_S = 0.2


@dataclass(frozen=True, slots=True)
class Ended:
    """How a child process ended.

    Parameters
    ----------
    code : int
        Its exit status; minus the signal's number where one ended it.
    stopped : bool
        It was ended because the node is stopping.
    too_long : bool
        It was ended because its time was over.
    said : str
        What it wrote to stderr.
    """

    code: int
    stopped: bool
    too_long: bool
    said: str


def run_child(
    command: Sequence[str],
    folder: Path,
    *,
    memory_mb: float,
    seconds: float,
    stop: threading.Event,
) -> Ended:
    """Run a command and wait for it, within limits.

    Parameters
    ----------
    command : sequence of str
        Program and arguments.
    folder : Path
        Where it runs; a lock file there is held for as long as it lives, by which
        `end_orphan` finds it.
    memory_mb : float
        Most memory that it may take for itself, in MB. Enforced on Linux only.
    seconds : float
        Longest that it may take; then it and what it has started are killed.
    stop : threading.Event
        Ends it early when set.

    Raises
    ------
    OutputError
        If it cannot be started.
    """
    try:
        with (folder / _LOCK).open("w") as lock, (folder / _SAID).open("wb") as said:
            fcntl.flock(lock, fcntl.LOCK_EX)
            process = subprocess.Popen(  # noqa: S603 - the node's own command, no shell
                command,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=said,
                start_new_session=True,
                pass_fds=(lock.fileno(),),
            )
            lock.write(str(process.pid))
    except OSError as error:
        raise OutputError(
            f"Starting to measure: {error.strerror or error}. Look at the spool folder's disk."
        ) from error
    try:
        _limit_memory(process.pid, int(memory_mb * _MB))
        stopped, too_long = _wait(process, seconds, stop)
    finally:
        _kill_group(process.pid)
        process.wait()
    text = (folder / _SAID).read_text(encoding="utf-8", errors="replace")
    return Ended(process.returncode, stopped, too_long, text)


def end_orphan(folder: Path) -> bool:
    """End a child that an earlier, killed node has left running in a folder; tells if one was.

    A lock that is held belongs to a process that lives, so the number beside it is no other's.
    """
    try:
        with (folder / _LOCK).open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                group = lock.read()
                if group:  # killed between starting it and writing the number: nothing to go by
                    _kill_group(int(group))
                return True
    except FileNotFoundError:
        pass
    return False


def _limit_memory(process: int, most: int) -> None:
    """Of data, not of addresses: libraries reserve many that they never use."""
    if sys.platform == "linux":
        with contextlib.suppress(ProcessLookupError):  # it has ended already
            resource.prlimit(process, resource.RLIMIT_DATA, (most, most))


def _wait(
    process: subprocess.Popen[bytes], seconds: float, stop: threading.Event
) -> tuple[bool, bool]:
    """Wait for the end; whether the node is stopping, and whether the time is over."""
    ends = time.monotonic() + seconds
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_LOOK_S)
            return False, False
        if stop.is_set():
            return True, False
        if time.monotonic() > ends:
            return False, True


def _kill_group(group: int) -> None:
    """End a process and what it has started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):  # all gone; macOS: a zombie
        os.killpg(group, signal.SIGKILL)
