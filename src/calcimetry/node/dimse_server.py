"""A DICOM server that a peer can neither fill, nor stall, nor crash: pynetdicom with limits.

pynetdicom reads a PDU of any length into memory, waits for ever for the rest of one, collects a
data set in memory whatever its size, lets a TLS handshake hold up all other connections, and
ends a thread with a traceback where a message cannot be decoded. Its classes are used as they
are, but for those here and in `calcimetry.node.dimse_messages`.
"""

from __future__ import annotations

import logging
import select
import socketserver
import ssl
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from pynetdicom import evt
from pynetdicom.association import Association
from pynetdicom.fsm import StateMachine
from pynetdicom.presentation import PresentationContext
from pynetdicom.transport import (
    AssociationSocket,
    RequestHandler,
    ThreadedAssociationServer,
)

from calcimetry.errors import Refused
from calcimetry.node.configuration import LimitSettings
from calcimetry.node.dimse_messages import QUIET_WAIT_S, ReceivedMessages
from calcimetry.node.gate import Gate
from calcimetry.node.receiving import Receiver
from calcimetry.node.refusals import ABORTED, CONNECTIONS, PROTOCOL, TIMEOUT, TLS

_LOG = logging.getLogger(__name__)
#: Largest PDU that is announced, in bytes; fewer and larger ones are faster. DCMTK sends up to it.
ANNOUNCED_PDU = 1 << 17
#: Largest that is read, a request for an association with all its contexts included.
_LONGEST_PDU = 1 << 20
#: A connection over which nothing went for so long is quiet.
_QUIET_S = 0.05


class LimitedSocket(AssociationSocket):
    """Reads no PDU that is too long, and waits for none for ever.

    A connection that has been quiet for a moment is waited for by the system: pynetdicom looks a
    thousand times a second, in two threads for each, and a few idle associations would take a
    whole processor.
    """

    idle_s: float
    refuse: Callable[[Refused], None]
    _used_at = 0.0

    @property
    def is_quiet(self) -> bool:
        """Whether nothing went over the connection for a moment."""
        return time.monotonic() - self._used_at > _QUIET_S

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
    """Ends a connection where pynetdicom's ends a thread with a traceback.

    A connection may end while an answer waits to be sent: then that is an event that fits no
    state.
    """

    def do_action(self, event: str) -> None:
        """Go to the next state."""
        try:
            super().do_action(event)
        except Exception as error:  # noqa: BLE001 - what went wrong is over with the connection
            _LOG.info("A connection ended out of order (%s)", type(error).__name__)
            self.dul.kill_dul()


class LimitedHandler(RequestHandler):
    """Serves one connection, in a thread of its own, to its end."""

    server: LimitedServer

    def setup(self) -> None:
        """Shake hands, where the connection is encrypted, within the time of one PDU."""
        self.request.settimeout(self.server.limits.idle_s)
        if self.server.tls is not None:
            self.request = self.server.tls.wrap_socket(
                self.request, server_side=True, do_handshake_on_connect=False
            )
            try:
                self.request.do_handshake()
            except OSError:
                self.request.close()  # the server closes the one that it knows, which is empty
                raise

    def handle(self) -> None:
        """Take associations in until the connection ends."""
        association = self._create_association()
        server = self.server
        messages = ReceivedMessages(
            association,
            server.receiver.begin,
            server.limits.instance_s,
            lambda why: server.refuse(why, "a message", association),
        )
        association.dimse = messages
        # The socket that pynetdicom made has announced the connection, and so does ours.
        association.dul.event_queue.get_nowait()
        limited = LimitedSocket(association, client_socket=self.request)
        limited.idle_s = server.limits.idle_s
        limited.refuse = lambda why: server.refuse(why, "a connection", association)
        association.dul.socket = limited
        association.dul.state_machine = LimitedStateMachine(association.dul)
        messages.is_quiet = lambda: limited.is_quiet
        association.bind(evt.EVT_CONN_CLOSE, _end_waiting)
        evt.trigger(association, evt.EVT_CONN_OPEN, {"address": self.client_address})
        association.start()
        association.join()
        if association.dul.is_alive():
            association.dul.join()
        messages.finish()
        # pynetdicom leaves a socket open that its peer has closed first.
        self.request.close()


def _end_waiting(event: evt.Event) -> None:
    """A connection that ends before it asked for an association: nothing is waited for."""
    if event.assoc.requestor.primitive is None:
        event.assoc.dul.to_user_queue.put(None)  # as if the time for it was over


class LimitedServer(ThreadedAssociationServer):
    """Accepts connections from those who may connect, and so many of them.

    Attributes
    ----------
    limits, gate, receiver, tls
        Given by `calcimetry.node.dimse`. `tls` is not pynetdicom's `ssl_context`, with which
        the thread that accepts all connections would wait for one peer's handshake.
    """

    daemon_threads = True
    block_on_close = False  # `wait_closed` waits, after the associations were told to end
    request_queue_size = 128

    def __init__(
        self,
        *arguments: Any,
        limits: LimitSettings,
        gate: Gate,
        receiver: Receiver,
        tls: ssl.SSLContext | None,
        **named: Any,
    ) -> None:
        self.limits = limits
        self.gate = gate
        self.receiver = receiver
        self.tls = tls
        self._open = 0
        self._changed = threading.Condition()
        #: Beyond the associations that are served, so many are told that they are too many.
        self._most = 2 * limits.associations + 8
        named["request_handler"] = LimitedHandler
        super().__init__(*arguments, **named)
        self.contexts = SharedContexts(self.contexts)

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Whether a connection may stay."""
        try:
            self._admit(client_address[0])
        except Refused as why:
            self.receiver.tally.refused(why, "a connection", client_address[0])
            return False
        return super().verify_request(request, client_address)

    def _admit(self, address: str) -> None:
        self.gate.admit(address)
        if self._open >= self._most:
            raise Refused(CONNECTIONS, f"more than {self._most} connections at once")

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in a new thread."""
        self._count(1)
        try:
            super().process_request(request, client_address)
        except BaseException:
            self._count(-1)
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve a connection, in its thread."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._count(-1)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        """Tell of a connection that could not be served."""
        kind, error, _ = sys.exc_info()
        name = kind.__name__ if kind else "nothing"
        if isinstance(error, OSError) and self.tls is not None:
            why = Refused(TLS, f"no TLS connection came about ({name})")
        else:
            why = Refused(ABORTED, f"the connection could not be served ({name})")
        self.receiver.tally.refused(why, "a connection", client_address[0])

    def refuse(self, why: Refused, what: str, association: Association) -> None:
        """Tell of something that an association's peer did."""
        self.receiver.tally.refused(why, what, sender_of(association))

    def close(self) -> None:
        """Stop accepting connections; those that are open stay."""
        # pynetdicom's own also forgets the server in its entity's list, where it is not.
        socketserver.TCPServer.shutdown(self)
        self.server_close()

    def hang_up(self) -> None:
        """End all associations and connections."""
        for association in self.active_associations:
            connection = association.dul.socket
            if association.is_established:
                association.abort(block=False)
            elif connection is not None:
                connection.close()

    def wait_closed(self, timeout_s: float) -> bool:
        """Wait until no connection is open; False where one still is."""
        with self._changed:
            return self._changed.wait_for(lambda: self._open == 0, timeout_s)

    def _count(self, change: int) -> None:
        with self._changed:
            self._open += change
            self.receiver.tally.connections(self._open)
            self._changed.notify_all()


class SharedContexts(list[PresentationContext]):
    """Contexts that all associations share: copying 1,700 transfer syntaxes for each takes 11 ms.

    Negotiation only reads them.
    """

    def __deepcopy__(self, _memo: object) -> SharedContexts:
        return self


def sender_of(association: Association) -> str:
    """The peer's AE title and address, as far as they are known."""
    title = str(association.requestor.ae_title).strip()
    address = str(association.requestor.address)
    return f"{title}@{address}" if title else address
