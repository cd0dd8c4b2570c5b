"""Taking an instance in: whole, durable, recorded; only then is it acknowledged."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import suppress

from calcimetry.dicom.source import printable
from calcimetry.errors import CalcimetryError, Refused
from calcimetry.node.identity import Identity, read_identity
from calcimetry.node.refusals import MISMATCH, STOPPING, STORAGE
from calcimetry.node.spool import Incoming, Spool
from calcimetry.node.tally import Tally
from calcimetry.store import arrivals, audit
from calcimetry.store.arrivals import Arrival
from calcimetry.store.database import Database


class Receiver:
    """What both ways in, C-STORE and STOW-RS, hand their instances to.

    Safe to use from several threads.

    Parameters
    ----------
    spool : Spool
    database : Database
    tally : Tally
    """

    def __init__(self, spool: Spool, database: Database, tally: Tally) -> None:
        self._spool = spool
        self._database = database
        self.tally = tally
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Take nothing more; what is being taken is finished."""
        self._stopping.set()

    @property
    def used_bytes(self) -> int:
        """Bytes that received instances take."""
        return self._spool.used_bytes

    @property
    def free_bytes(self) -> int:
        """Bytes that may still be received; 0 means that everything is refused."""
        return self._spool.free_bytes

    def begin(self) -> Incoming:
        """Start to receive an instance.

        Raises
        ------
        Refused
            If there is no room, or the node is stopping.
        """
        if self._stopping.is_set():
            raise Refused(STOPPING, "the node is stopping; send again later")
        return self._spool.begin()

    def accept(
        self, incoming: Incoming, sender: str, door: str, said: Mapping[str, str]
    ) -> Identity:
        """Take an instance whose bytes are all there.

        When this returns it is on disk and in the database, durably.

        Parameters
        ----------
        incoming : Incoming
            Kept or removed in any case.
        sender : str
            Address, with the AE title where there is one.
        door : str
            The way it came, for the counts.
        said : mapping
            What its sender said that fields of its `Identity` are.

        Raises
        ------
        Refused
            If it cannot be read, is not what was said, or cannot be kept or recorded; it then
            holds the UIDs that could be read (`Refused.identity`).
        """
        with incoming:
            identity = read_identity(incoming.whole())
            try:
                self._keep(incoming, identity, sender, said)
            except Refused as why:
                why.identity = identity
                raise
        self.tally.received(identity, incoming.size, sender, door)
        return identity

    def _keep(
        self, incoming: Incoming, identity: Identity, sender: str, said: Mapping[str, str]
    ) -> None:
        for name, value in said.items():
            if value != getattr(identity, name):
                raise Refused(MISMATCH, f"its {name} is not the one that it was announced with")
        kept = incoming.keep(identity)
        arrival = Arrival(
            study_uid=identity.study_uid,
            series_uid=identity.series_uid,
            sop_instance_uid=identity.sop_uid,
            sop_class_uid=identity.sop_class,
            transfer_syntax_uid=identity.transfer_syntax,
            path=kept.path,
            sha256=kept.sha256,
            size_bytes=kept.size,
            sender=printable(sender),
        )
        try:
            arrivals.record(self._database, arrival)
        except CalcimetryError as error:
            # The file stays: it may be the one of an earlier arrival with the same bytes.
            raise Refused(STORAGE, f"it could not be recorded ({error})") from error

    def refuse(self, why: Refused, sender: str, *, sop_uid: str = "") -> None:
        """Tell of a refused instance, in the log, the counts and the audit."""
        self.tally.refused(why, "an instance", sender)
        if why.kind in (STORAGE, STOPPING):
            return  # where the disk is full, the audit is too
        entry = audit.Entry(
            audit.Event.REFUSED,
            sender,
            sop_instance_uid=sop_uid,
            detail={"kind": why.kind, "reason": why.reason},
        )
        with suppress(CalcimetryError):  # the log has it
            audit.append(self._database, entry)
