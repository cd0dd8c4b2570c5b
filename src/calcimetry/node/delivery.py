"""Sends results to one destination, one after the other, until each has arrived."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from calcimetry.errors import OutputError
from calcimetry.node.backoff import backoff
from calcimetry.node.configuration import DeliverySettings, Destination
from calcimetry.node.sending import send
from calcimetry.store import Database, deliveries

_log = logging.getLogger(__name__)


class Courier:
    """Sends what waits for one destination; a slow one holds up no other.

    Objects have the same UIDs each time, so one that was sent before, and whose acknowledgement
    a kill has lost, is replaced by itself.

    Parameters
    ----------
    database : Database
    spool : Path
        The spool folder.
    destination : DicomDestination or StowDestination
    settings : DeliverySettings
    ae_title : str
        The node's own.
    """

    def __init__(
        self,
        database: Database,
        spool: Path,
        destination: Destination,
        settings: DeliverySettings,
        ae_title: str,
    ) -> None:
        self._database = database
        self._spool = spool
        self._destination = destination
        self._settings = settings
        self._ae_title = ae_title

    def send_next(self, stop: threading.Event) -> bool:
        """Send the result that has waited longest; False where none is due.

        Parameters
        ----------
        stop : threading.Event
            When set, what is not sent yet is put back as if it had not been taken.

        Raises
        ------
        OutputError
            If the database cannot be used.
        """
        name = self._destination.name
        delivery = deliveries.claim(self._database, name)
        if delivery is None:
            return False
        settings = self._settings
        try:
            whole = send(
                self._destination,
                self._spool,
                delivery.objects,
                ae_title=self._ae_title,
                timeout_s=settings.timeout_s,
                stop=stop,
            )
        except OutputError as error:
            wait = backoff(delivery.attempts, settings.wait_s, settings.longest_wait_s)
            last = delivery.attempts >= settings.attempts
            again = None if last else self._database.now() + wait
            deliveries.failed(self._database, delivery, str(error), again)
            _log.warning(
                "study %s: attempt %d to send to %s failed: %s",
                *(delivery.key, delivery.attempts, name, error),
            )
            return True
        if not whole:
            deliveries.release(self._database, delivery)
            return True
        deliveries.sent(self._database, delivery)
        _log.info("study %s: %d objects sent to %s", delivery.key, len(delivery.objects), name)
        return True
