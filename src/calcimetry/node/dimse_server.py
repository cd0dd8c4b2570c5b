"""A DICOM server that a peer can neither fill, nor stall, nor crash: pynetdicom with limits.

pynetdicom reads a PDU of any length into memory, waits for ever for the rest of one, collects a
data set in memory whatever its size, lets a TLS handshake hold up all other connections, and
ends a thread with a traceback where a message cannot be decoded. Its classes are used as they
are, but for those here, in `calcimetry.node.dimse_connection` and in
`calcimetry.node.dimse_messages`.
"""

from __future__ import annotations

import socketserver
import ssl
import sys
import threading
from typing import Any, cast

from pynetdicom import evt
from pynetdicom.association import Association
from pynetdicom.presentation import PresentationContext
from pynetdicom.transport import (
    RequestHandler,
    ThreadedAssociationServer,
)

from calcimetry.errors import Refused
from calcimetry.node.configuration import LimitSettings
from calcimetry.node.dimse_connection import LimitedSocket, LimitedStateMachine
from calcimetry.node.dimse_messages import ReceivedMessages
from calcimetry.node.gate import Gate
from calcimetry.node.receiving import Receiver
from calcimetry.node.refusals import ABORTED, CONNECTIONS, TLS

#: Largest PDU that is announced, in bytes; fewer and larger ones are faster. DCMTK sends up to it.
ANNOUNCED_PDU = 1 << 17


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
            lambda why: server.refuse(why, "an association", association),
        )
        association.dimse = messages
        # The socket that pynetdicom made has announced the connection, and so does ours.
        association.dul.event_queue.get_nowait()
        limited = LimitedSocket(association, client_socket=self.request)
        limited.idle_s = server.limits.idle_s
        limited.refuse = messages.tell
        association.dul.socket = limited
        association.dul.state_machine = LimitedStateMachine(messages, server.limits.idle_s)
        messages.is_quiet = lambda: limited.is_quiet
        messages.on_whole = limited.owe_answer
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

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - the base's
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
                cast("ReceivedMessages", association.dimse).is_told = True
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
