"""One bone method in a process of its own, so that its memory and its failures are its own."""

from __future__ import annotations

import signal
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from pathlib import Path
from types import TracebackType
from typing import Self

from calcimetry.errors import CalcimetryError
from calcimetry.model import Image, Report
from calcimetry.pipeline import measure
from calcimetry.settings import Settings

_LINUX_STATUS = Path("/proc/self/status")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of measuring one picture.

    `report` is None where nothing could be measured, and `reason` then says why.
    `seconds` is the time of the whole pipeline, warm. `memory_mib` is the largest memory
    that the method's process has held so far: Python, calcimetry, the libraries that the
    method loads and all it computed. None where the system does not tell.
    """

    report: Report | None
    reason: str
    seconds: float
    memory_mib: float | None


class OwnProcess:
    """Measures pictures by one method in a fresh process.

    A context manager. The process starts with the first picture, which it measures once
    before it is timed. Where the process dies, a new one takes the next picture.

    Parameters
    ----------
    settings : Settings
        The method's name in it.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def measure(self, image: Image) -> Answer:
        """Measure one picture; whatever goes wrong is the answer's reason."""
        if self._pool is None:
            # A fresh interpreter: a forked one would begin with this process's memory.
            self._pool = ProcessPoolExecutor(
                1, get_context("spawn"), initializer=_warm_up, initargs=(image, self._settings)
            )
        try:
            return self._pool.submit(measure_timed, image, self._settings).result()
        except BrokenProcessPool:
            self._end()
            reason = "the method's process ended without an answer, as where memory runs out"
            return Answer(None, reason, 0.0, None)

    def _end(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None


def measure_timed(image: Image, settings: Settings) -> Answer:
    """Measure one picture in this process, and tell the time and memory that it took."""
    start = time.perf_counter()
    report, reason = None, ""
    try:
        report = measure(image, settings)
    except CalcimetryError as error:
        reason = str(error)
    except Exception as error:  # noqa: BLE001 - one answer never stops the others
        reason = f"internal error ({type(error).__name__}: {error})"
    return Answer(report, reason, time.perf_counter() - start, peak_memory_mib())


def peak_memory_mib() -> float | None:
    """Largest memory in MiB that this process has held; None where the system does not tell."""
    # Linux first: its ru_maxrss counts what the parent held when it started this process.
    if _LINUX_STATUS.is_file():
        for line in _LINUX_STATUS.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    if sys.platform == "win32":
        return None
    import resource  # noqa: PLC0415 - Windows has none

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


def _warm_up(image: Image, settings: Settings) -> None:
    """Load what the method needs and run it once: the first time is no measure of it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that was asked answers to Ctrl+C
    threading.Thread(target=_end_with_parent, daemon=True).start()
    measure_timed(image, settings)


def _end_with_parent() -> None:
    """End this process where the one that started it was killed: it would wait for ever."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        signal.raise_signal(signal.SIGTERM)
