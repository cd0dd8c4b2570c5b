"""Threads that do one thing again and again until the node stops."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from traceback import extract_tb

from calcimetry.errors import CalcimetryError

_log = logging.getLogger(__name__)


class Loop:
    """A thread that calls a step until it is stopped.

    Whatever goes wrong in a step is told in the log, and the step is tried again: a database
    that is away for a while must not end a node.

    Parameters
    ----------
    name : str
        Of the thread.
    step : callable
        Called with the event that stops the loop. True: there may be more to do at once;
        False: the loop waits.
    idle_s : float
        How long it waits, in seconds.
    """

    def __init__(self, name: str, step: Callable[[threading.Event], bool], idle_s: float) -> None:
        self._step = step
        self._idle_s = idle_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the thread to end; `join` waits for it."""
        self._stop.set()

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread's end; False where it still runs."""
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    @property
    def name(self) -> str:
        """The thread's."""
        return self._thread.name

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def _run(self) -> None:
        while not self._stop.is_set():
            if not self._tried():
                self._stop.wait(self._idle_s)

    def _tried(self) -> bool:
        name = self.name
        try:
            return self._step(self._stop)
        except CalcimetryError as error:
            _log.error("%s: %s", name, error)
        except Exception as error:  # noqa: BLE001 - the thread must outlive its steps
            # Its place, not its text: that could hold what a peer has sent.
            place = extract_tb(error.__traceback__)[-1]
            where = f"{Path(place.filename).name}:{place.lineno}"
            _log.error("%s: internal error (%s at %s)", name, type(error).__name__, where)
        return False
