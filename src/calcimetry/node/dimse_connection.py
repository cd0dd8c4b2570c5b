"""One connection of a DICOM peer: what comes in, and how it ends."""

from __future__ import annotations

import logging
import select
import time
from collections.abc import Callable
from contextlib import suppress

from pynetdicom.fsm import StateMachine
from pynetdicom.transport import AssociationSocket

from calcimetry.errors import Refused
from calcimetry.node.dimse_messages import QUIET_WAIT_S, ReceivedMessages
from calcimetry.node.refusals import PROTOCOL, TIMEOUT

_LOG = logging.getLogger(__name__)
#: Largest PDU that is read, in bytes; a request for an association has some ten thousand.
_LONGEST_PDU = 1 << 20
#: A connection over which nothing went for so long is quiet.
_QUIET_S = 0.05
#: Requests for an association and answers to those, which nobody sends once there is one.
_UNASKED = ("Evt3", "Evt4", "Evt6")


class LimitedSocket(AssociationSocket):
    """Reads no PDU that is too long, and waits for none for ever.

    A connection that has been quiet for a moment is waited for by the system: pynetdicom looks a
    thousand times a second, in two threads for each, and a few idle associations would take a
    whole processor.
    """

    idle_s: float
    refuse: Callable[[Refused], None]
    _used_at = 0.0
    _owes_answer = False

    @property
    def is_quiet(self) -> bool:
        """Whether nothing went over the connection for a moment, and no answer is due."""
        return not self._owes_answer and time.monotonic() - self._used_at > _QUIET_S

    def owe_answer(self) -> None:
        """A message has come whole."""
        self._owes_answer = True

    @property
    def ready(self) -> bool:
        """Whether there is something to read; where it is quiet, some time is given for it."""
        connection = self.socket
        if connection is not None and self.is_quiet:
            with suppress(OSError, ValueError):  # of a closed one; the base class tells of it
                select.select([connection], [], [], QUIET_WAIT_S)
        return super().ready

    def send(self, bytestream: bytes) -> None:
        """Send bytes."""
        self._owes_answer = False
        self._used_at = time.monotonic()
        super().send(bytestream)

    def recv(self, nr_bytes: int) -> bytearray:
        """As much of `nr_bytes` as the peer sent in time; less means that it is given up."""
        if nr_bytes > _LONGEST_PDU:
            self.refuse(Refused(PROTOCOL, f"a PDU of {nr_bytes} bytes; {_LONGEST_PDU} are read"))
            return bytearray()
        read = bytearray(nr_bytes)
        count = 0
        self._used_at = time.monotonic()
        give_up_at = self._used_at + self.idle_s
        with memoryview(read) as view:
            while count < nr_bytes:
                if time.monotonic() > give_up_at or (got := self._some(view[count:])) is None:
                    why = f"a PDU was not whole after {self.idle_s:g} s (limits.idle_s)"
                    self.refuse(Refused(TIMEOUT, why))
                    break
                if not got:
                    break
                count += got
        del read[count:]
        return read

    def _some(self, view: memoryview) -> int | None:
        """How many bytes were read; None where none came in time."""
        connection = self.socket
        if connection is None:
            return 0
        try:
            return connection.recv_into(view)
        except TimeoutError:
            return None


class LimitedStateMachine(StateMachine):
    """Says why it ends an association, and ends it where pynetdicom's ends a thread instead.

    A connection may end while an answer waits to be sent: that is an event that fits no state.
    """

    def __init__(self, messages: ReceivedMessages, idle_s: float) -> None:
        super().__init__(messages.dul)
        self._messages = messages
        self._idle_s = idle_s

    def do_action(self, event: str) -> None:
        """Go to the next state."""
        why = self._why(event)
        if why is not None:
            self._messages.tell(why)
        try:
            super().do_action(event)
        except Exception as error:  # noqa: BLE001 - what went wrong is over with the connection
            _LOG.info("A connection ended out of order (%s)", type(error).__name__)
            self.dul.kill_dul()

    def _why(self, event: str) -> Refused | None:
        """Why an event of PS3.8 section 9.2.2 that ends the association comes from here."""
        silent = Refused(TIMEOUT, f"nothing came for {self._idle_s:g} s (limits.idle_s)")
        out_of_order = event in _UNASKED and self.dul.assoc.is_established
        if event == "Evt19" or out_of_order:
            return Refused(PROTOCOL, "a PDU that is damaged or out of order")
        if event == "Evt15" and not self.dul.idle_timer_expired():
            return Refused(PROTOCOL, "a message that cannot be answered")
        return silent if event in ("Evt15", "Evt18") else None
