"""DICOM messages of a peer that may send anything: decoded within limits, data sets to disk."""

from __future__ import annotations

import io
import queue
import time
from collections.abc import Callable
from typing import Any

from pydicom.uid import UID
from pynetdicom.association import Association
from pynetdicom.dimse import DIMSEServiceProvider
from pynetdicom.dimse_messages import C_STORE_RQ, DIMSEMessage
from pynetdicom.dsutils import create_file_meta, encode_file_meta
from pynetdicom.pdu_primitives import P_DATA

from calcimetry.errors import Refused
from calcimetry.node.identity import is_uid
from calcimetry.node.refusals import ABORTED, PROTOCOL, TIMEOUT, UNREADABLE
from calcimetry.node.spool import Incoming

#: A command set has a few hundred bytes.
_LONGEST_COMMAND = 1 << 16
#: Requests of one association that wait while another is answered. Senders that keep to what is
#: negotiated (one operation at a time) have none.
_WAITING = 2
#: How long a quiet connection is waited for at a time, in seconds.
QUIET_WAIT_S = 0.02
_PREAMBLE = bytes(128) + b"DICM"


class ReceivedDataSet(io.BytesIO):
    """A data set on its way: pynetdicom writes to it as to memory, and it goes to disk.

    Attributes
    ----------
    incoming : Incoming or None
        None before the first byte, and where it is refused.
    refused : Refused or None
        Why nothing more of it is kept. The rest is read and dropped, so that the peer is
        answered in order.
    """

    def __init__(self, messages: ReceivedMessages, message: DIMSEMessage) -> None:
        super().__init__()
        self._messages = messages
        self._message = message
        self.incoming: Incoming | None = None
        self.refused: Refused | None = None
        self._started = time.monotonic()

    def write(self, data: Any, /) -> int:
        """Take a fragment.

        Raises
        ------
        Refused
            If the association must end: this is the data set of no C-STORE, or takes too long.
        """
        if not isinstance(self._message, C_STORE_RQ):
            raise Refused(PROTOCOL, "a data set that belongs to no C-STORE")
        longest = self._messages.longest_s
        if time.monotonic() - self._started > longest:
            raise Refused(
                TIMEOUT, f"an instance was not whole after {longest:g} s (limits.instance_s)"
            )
        if self.refused is None:
            try:
                if self.incoming is None:
                    self.incoming = self._begun()
                self.incoming.write(data)
            except Refused as why:
                if why.kind == PROTOCOL:
                    raise
                self.refused = why
        return len(data)

    def _begun(self) -> Incoming:
        """An incoming instance that holds the file header, which the network leaves out."""
        command = self._message.command_set
        sop_class = str(command.get("AffectedSOPClassUID", ""))
        sop_uid = str(command.get("AffectedSOPInstanceUID", ""))
        syntax = self._messages.transfer_syntax(self._message.context_id)
        if not (is_uid(sop_class) and is_uid(sop_uid)):
            raise Refused(UNREADABLE, "a UID of its C-STORE request is none")
        incoming = self._messages.begin()
        meta = create_file_meta(
            sop_class_uid=UID(sop_class), sop_instance_uid=UID(sop_uid), transfer_syntax=syntax
        )
        incoming.write(_PREAMBLE + encode_file_meta(meta))
        return incoming


class ReceivedMessages(DIMSEServiceProvider):
    """Takes messages in, and ends the association where one cannot be taken.

    Parameters
    ----------
    association : pynetdicom.association.Association
    begin : callable
        Starts to receive an instance.
    longest_s : float
        How long one may take, in seconds.
    refuse : callable
        Tells of what is refused.
    """

    def __init__(
        self,
        association: Association,
        begin: Callable[[], Incoming],
        longest_s: float,
        refuse: Callable[[Refused], None],
    ) -> None:
        super().__init__(association)
        self.begin = begin
        self.longest_s = longest_s
        self._refuse = refuse
        self._last: ReceivedDataSet | None = None
        #: Whether why the association ends has been told, or needs not be.
        self.is_told = False
        #: Whether the connection is quiet.
        self.is_quiet: Callable[[], bool] = lambda: False
        #: Called when a message is whole, so that an answer is due.
        self.on_whole: Callable[[], None] = lambda: None

    def get_msg(self, block: bool = False) -> Any:
        """The next message, or nothing; where it is quiet, some time is given for it."""
        if block or not self.is_quiet():
            return super().get_msg(block)
        try:
            return self.msg_queue.get(timeout=QUIET_WAIT_S)
        except queue.Empty:
            return None, None

    def transfer_syntax(self, number: int | None) -> UID:
        """Transfer syntax of a presentation context.

        Raises
        ------
        Refused
            If it was not accepted.
        """
        for one in self.assoc.accepted_contexts:
            if one.context_id == number:
                return UID(one.transfer_syntax[0])
        raise Refused(PROTOCOL, "a message in a presentation context that was not accepted")

    def receive_primitive(self, primitive: P_DATA) -> None:
        """Take the next part of a message."""
        try:
            self._receive(primitive)
        except Refused as why:
            self._give_up(why)
        except Exception as error:  # noqa: BLE001 - a damaged message makes a parser raise anything
            name = type(error).__name__
            self._give_up(Refused(PROTOCOL, f"a message that cannot be decoded ({name})"))

    def _receive(self, primitive: P_DATA) -> None:
        if self.message is None:
            if self.msg_queue.qsize() >= _WAITING:
                raise Refused(PROTOCOL, "requests that do not wait for their answers")
            self.message = DIMSEMessage()
            self.message.data_set = self._last = ReceivedDataSet(self, self.message)
        message = self.message
        super().receive_primitive(primitive)
        if self._is_between():
            self.on_whole()
        if message.encoded_command_set.tell() > _LONGEST_COMMAND:
            raise Refused(PROTOCOL, f"a command set of more than {_LONGEST_COMMAND} bytes")

    def _is_between(self) -> bool:
        """Whether one message is whole and no next one has begun."""
        return self.message is None

    def _give_up(self, why: Refused) -> None:
        self.tell(why)
        self.dul.event_queue.put("Evt19")  # an invalid PDU, by PS3.8 section 9.2: abort

    def tell(self, why: Refused) -> None:
        """Tell why the association ends, once."""
        if not self.is_told:
            self.is_told = True
            self._refuse(why)

    def finish(self) -> None:
        """The connection has ended: remove what was on its way."""
        if self.message is not None:
            self.tell(Refused(ABORTED, "its sender went away before it was whole"))
        waiting = [getattr(message, "DataSet", None) for _, message in self.msg_queue.queue]
        for one in (self._last, *waiting):
            if isinstance(one, ReceivedDataSet) and one.incoming is not None:
                one.incoming.discard()
