"""Measures one queued study after the other, each in a child process of its own."""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import threading
from contextlib import suppress
from pathlib import Path

from calcimetry.errors import OutputError
from calcimetry.node.backoff import backoff
from calcimetry.node.child import Ended, end_orphan, run_child
from calcimetry.node.configuration import WorkerSettings
from calcimetry.node.measuring import Way
from calcimetry.node.outcome import Failure, outcome
from calcimetry.store import Database, queue
from calcimetry.store.queue import Job
from calcimetry.store.results import NewResult

_log = logging.getLogger(__name__)
_INSTANCES, _OUT = "instances", "out"


class Worker:
    """Takes jobs and measures them.

    Each attempt has a folder of its own below ``work`` in the spool, with links to the study's
    instances as they are at that moment. A result is moved to ``results``, is put on disk and
    only then told to the database: a kill at any moment leaves a job that is measured again, or
    one that is done.

    Parameters
    ----------
    database : Database
    spool : Path
        The spool folder.
    settings : WorkerSettings
    way : Way
        How to measure.
    destinations : tuple of str
        Names of the destinations that each result is to be sent to.
    """

    def __init__(
        self,
        database: Database,
        spool: Path,
        settings: WorkerSettings,
        way: Way,
        destinations: tuple[str, ...],
    ) -> None:
        self._database = database
        self._spool = spool
        self._settings = settings
        self._way = way
        self._destinations = destinations

    def measure_next(self, stop: threading.Event) -> bool:
        """Measure the job that has waited longest; False where none is due.

        Parameters
        ----------
        stop : threading.Event
            When set, the job is put back as if it had not been taken.

        Raises
        ------
        OutputError
            If the database cannot be used.
        """
        job = queue.claim(self._database)
        if job is None:
            return False
        _log.info("study %s: measuring, attempt %d", job.key, job.attempts)
        folder = self._spool / "work" / f"{job.id}-{secrets.token_hex(8)}"
        try:
            ended = self._attempt(job, folder, stop)
            if ended.stopped:
                queue.release(self._database, job)
            else:
                found = outcome(ended, folder / _OUT, self._way, _result_folder(job))
                self._finish(job, folder, found)
        except OSError as error:  # a full disk, a file that was taken away
            self._fail(job, Failure(f"the spool cannot be used ({error.strerror or error})"))
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return True

    def _attempt(self, job: Job, folder: Path, stop: threading.Event) -> Ended:
        instances = folder / _INSTANCES
        instances.mkdir(mode=0o700, parents=True)
        for number, path in enumerate(job.paths):
            # A link holds on to the content of this moment, should it be sent anew.
            (instances / f"{number:06d}.dcm").hardlink_to(self._spool / path)
        try:
            return run_child(
                self._way.command(instances, folder / _OUT),
                folder,
                memory_mb=self._settings.memory_mb,
                seconds=self._settings.seconds,
                stop=stop,
            )
        except OutputError as error:
            said = f"calcimetry: {error}"
            return Ended(-1, stopped=False, too_long=False, said=said)

    def _finish(self, job: Job, folder: Path, found: NewResult | Failure) -> None:
        if isinstance(found, Failure):
            self._fail(job, found)
            return
        place = self._spool / found.folder
        shutil.rmtree(place, ignore_errors=True)  # of a node killed before it told the database
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sync_tree(folder / _OUT)
        (folder / _OUT).rename(place)
        for parent in (place.parent, place.parent.parent, self._spool):
            _sync(parent)
        if queue.measured(self._database, job, found, self._destinations):
            _log.info("study %s: measured, %s", job.key, found.status)
        else:
            _log.info("study %s: newer content came while it was measured", job.key)

    def _fail(self, job: Job, failure: Failure) -> None:
        final = failure.final or job.attempts >= self._settings.attempts
        wait = backoff(job.attempts, self._settings.wait_s, self._settings.longest_wait_s)
        again = None if final else self._database.now() + wait
        queue.failed(self._database, job, failure.reason, again)
        _log.warning("study %s: attempt %d failed: %s", job.key, job.attempts, failure.reason)


def clear_work(spool: Path) -> int:
    """At a start: end what a killed node has left running, and remove what it was working on.

    Returns
    -------
    int
        Processes that were still running.
    """
    work = spool / "work"
    work.mkdir(mode=0o700, parents=True, exist_ok=True)
    running = 0
    for folder in work.iterdir():
        running += end_orphan(folder)
        shutil.rmtree(folder, ignore_errors=True)
    return running


def _result_folder(job: Job) -> str:
    """Where a job's result lies: the same place each time."""
    return f"results/{job.key}/{job.content_key[:16]}-{job.made_with[:16]}"


def _sync_tree(folder: Path) -> None:
    """Put a folder with all that is in it on disk."""
    for where, _, names in os.walk(folder):
        for name in names:
            _sync(Path(where) / name)
        _sync(Path(where))


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        with suppress(OSError):  # some file systems cannot sync folders
            os.fsync(handle)
    finally:
        os.close(handle)
