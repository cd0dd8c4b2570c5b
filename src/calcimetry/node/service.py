"""The node: everything that it consists of, started and stopped in order."""

from __future__ import annotations

import datetime as dt
import fcntl
import logging
from contextlib import ExitStack
from pathlib import Path
from threading import Event as Stop
from typing import TextIO

from calcimetry.errors import OutputError
from calcimetry.node.completeness import queue_complete
from calcimetry.node.configuration import NodeSettings
from calcimetry.node.delivery import Courier
from calcimetry.node.dimse import DicomListener
from calcimetry.node.expiry import remove_expired
from calcimetry.node.loops import Loop
from calcimetry.node.measuring import Way
from calcimetry.node.receiving import Receiver
from calcimetry.node.spool import Spool
from calcimetry.node.tally import Tally
from calcimetry.node.web import WebListener
from calcimetry.node.web_app import Parts
from calcimetry.node.worker import Worker, clear_work
from calcimetry.store import Database, audit, deliveries, queue
from calcimetry.store.audit import NODE, Entry, Event

_log = logging.getLogger(__name__)
#: How often what waits is looked for.
_IDLE_S = 0.5
#: How often results and instances that are old enough are looked for.
_EXPIRY_S = 600.0
#: How long a node that could not start waits for what had started.
_HASTE_S = 5.0


class Node:
    """A running node, from `start` to `stop`.

    What a killed node has left is put right at the start: what it was measuring or sending is
    measured or sent again, and what it was working on is removed.

    Parameters
    ----------
    settings : NodeSettings
    way : Way
        How studies are measured (`calcimetry.node.measuring.way_of_measuring`).
    """

    def __init__(self, settings: NodeSettings, way: Way) -> None:
        self._settings = settings
        self._way = way
        self._loops: list[Loop] = []
        self._open = ExitStack()
        self._receiver: Receiver | None = None
        self._listener: DicomListener | None = None
        self._database: Database | None = None
        self._web: WebListener | None = None
        self.dicom_port = 0
        self.web_port = 0

    def start(self) -> None:
        """Start everything; receiving last, when all is ready for it.

        Raises
        ------
        CalcimetryError
            If another node uses the spool folder, the folder or the database cannot be used,
            or an address cannot be listened on. Nothing is left running then.
        """
        try:
            self._start()
        except BaseException:
            self._stop_listening(_HASTE_S)
            self._stop_loops(_HASTE_S)
            self._leave()
            raise

    def _start(self) -> None:
        settings, folder = self._settings, self._settings.spool.folder
        self._open.enter_context(_only_node(folder))
        database = self._database = self._open.enter_context(Database.open(settings.database_url))
        spool = Spool(settings.spool, settings.limits.instance_mb)
        destinations = tuple(one.name for one in settings.destinations)
        self._recover(database, folder, destinations)
        worker = Worker(database, folder, settings.worker, self._way, destinations)
        couriers = [
            Courier(database, folder, one, settings.delivery, settings.dicom.ae_title)
            for one in settings.destinations
        ]
        told = {"version": self._way.version, "made_with": self._way.made_with}
        audit.append(database, Entry(Event.STARTED, NODE, detail=told))
        self._receiver = Receiver(spool, database, Tally())
        self._listen(database, self._receiver)
        listening_since = database.now()

        def complete(_stop: Stop) -> bool:
            made_with = self._way.made_with
            return queue_complete(database, settings.completeness, made_with, listening_since) > 0

        def expire(_stop: Stop) -> bool:
            keep = dt.timedelta(days=settings.spool.keep_days)
            return remove_expired(database, spool, keep) > 0

        self._loops = [
            Loop("completeness", complete, _IDLE_S),
            *(
                Loop(f"worker {number + 1}", worker.measure_next, _IDLE_S)
                for number in range(settings.worker.processes)
            ),
            *(
                Loop(f"courier to {name}", one.send_next, _IDLE_S)
                for name, one in zip(destinations, couriers, strict=True)
            ),
            Loop("expiry", expire, _EXPIRY_S),
        ]
        for loop in self._loops:
            loop.start()
        _log.info("Receiving DICOM on port %d", self.dicom_port)
        if self._web is not None:
            _log.info("Status page and DICOMweb on port %d", self.web_port)

    def _listen(self, database: Database, receiver: Receiver) -> None:
        settings = self._settings
        listener = DicomListener(settings.dicom, settings.limits, receiver)
        self.dicom_port = listener.start()
        self._listener = listener
        if settings.web.enabled:
            parts = Parts(receiver, database, settings.limits, lambda: self.well)
            web = WebListener(settings.web, parts)
            self.web_port = web.start()
            self._web = web

    def _recover(self, database: Database, folder: Path, destinations: tuple[str, ...]) -> None:
        running = clear_work(folder)
        measuring = queue.recover(database, self._way.made_with)
        sending = deliveries.recover(database, destinations)
        if running or measuring or sending:
            _log.warning(
                "The last node did not stop by itself: %d studies are measured again and %d "
                "results sent again; %d processes still ran",
                *(measuring, sending, running),
            )

    @property
    def well(self) -> bool:
        """Whether every thread runs."""
        return bool(self._loops) and all(loop.alive for loop in self._loops)

    def stop(self, timeout_s: float = 30.0) -> None:
        """Stop: take nothing more, put back what is not done, and leave.

        An instance that was received whole is answered; a study that is being measured and a
        result that is being sent are put back, to be taken up at the next start.

        Parameters
        ----------
        timeout_s : float
            Longest wait for each of them, in seconds.
        """
        if self._database is not None:
            self._stop_listening(timeout_s)
            self._stop_loops(timeout_s)
            audit.append(self._database, Entry(Event.STOPPED, NODE))
            _log.info("Stopped")
        self._leave()

    def _stop_listening(self, timeout_s: float) -> None:
        if self._receiver is not None:
            self._receiver.stop()
        for loop in self._loops:
            loop.stop()
        if self._listener is not None:
            self._listener.stop(timeout_s)
        if self._web is not None:
            self._web.stop(timeout_s)

    def _leave(self) -> None:
        """Close what is open; nothing uses it any more."""
        self._database = None
        self._open.close()

    def _stop_loops(self, timeout_s: float) -> None:
        for loop in self._loops:
            loop.stop()
        for loop in self._loops:
            if not loop.join(timeout_s):
                _log.warning("The %s did not end in time", loop.name)


def _only_node(folder: Path) -> TextIO:
    """Keep other nodes out of a spool folder: a lock that ends with the process.

    Raises
    ------
    OutputError
        If another node has it, or the folder cannot be made.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (folder / "node.lock").open("w")
    except OSError as error:
        raise OutputError(
            f"Starting the node in {folder.name}: {error.strerror or error}. Look at spool.folder."
        ) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise OutputError(
            f"Starting the node in {folder.name}: another node is running there. Stop it, or "
            "choose another spool.folder."
        ) from error
    return lock
