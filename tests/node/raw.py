"""A DICOM peer that keeps to no rule: PDUs byte by byte."""

from __future__ import annotations

import socket
import struct

from pydicom.dataset import Dataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian
from pynetdicom import build_context
from pynetdicom.dsutils import encode
from pynetdicom.pdu import A_ASSOCIATE_RQ
from pynetdicom.pdu_primitives import (
    A_ASSOCIATE,
    ImplementationClassUIDNotification,
    MaximumLengthNotification,
)
from pynetdicom.sop_class import Verification

#: First byte of a PDU (PS3.8 section 9.3).
ACCEPT, REJECT, DATA, RELEASED, ABORT = 2, 3, 4, 6, 7
ABORT_PDU = struct.pack(">BBL4B", 7, 0, 4, 0, 0, 0, 0)
RELEASE_PDU = struct.pack(">BBL4B", 5, 0, 4, 0, 0, 0, 0)
#: Presentation contexts that `associate_request` asks for.
CT, ECHO = 1, 3


def associate_request(calling="CT1", called="CALCIMETRY"):
    """An A-ASSOCIATE-RQ for CT and for echo."""
    primitive = A_ASSOCIATE()
    primitive.application_context_name = "1.2.840.10008.3.1.1.1"
    primitive.calling_ae_title, primitive.called_ae_title = calling, called
    length = MaximumLengthNotification()
    length.maximum_length_received = 16384
    implementation = ImplementationClassUIDNotification()
    implementation.implementation_class_uid = "1.2.826.0.1.3680043.8.498.9"
    primitive.user_information = [length, implementation]
    contexts = [build_context(CTImageStorage, ExplicitVRLittleEndian), build_context(Verification)]
    for number, context in zip((CT, ECHO), contexts, strict=True):
        context.context_id = number
    primitive.presentation_context_definition_list = contexts
    request = A_ASSOCIATE_RQ()
    request.from_primitive(primitive)
    return request.encode()


def part(data, *, command=False, last=True, context=CT):
    """A P-DATA-TF with one fragment of a command or of a data set."""
    control = int(command) | int(last) << 1
    value = struct.pack(">LBB", len(data) + 2, context, control) + data
    return struct.pack(">BBL", 4, 0, len(value)) + value


def store_command(sop_uid, sop_class=CTImageStorage, **changes):
    """A C-STORE-RQ command set, and its length before it."""
    values = {
        "AffectedSOPClassUID": sop_class,
        "CommandField": 0x0001,
        "MessageID": 1,
        "Priority": 0,
        "CommandDataSetType": 0x0001,
        "AffectedSOPInstanceUID": sop_uid,
    }
    ds = Dataset()
    for keyword, value in {**values, **changes}.items():
        if value is not None:
            setattr(ds, keyword, value)
    body = encode(ds, is_implicit_vr=True, is_little_endian=True)
    return struct.pack("<HHLL", 0, 0, 4, len(body)) + body


class Peer:
    """A connection; what the node answers is read PDU by PDU."""

    def __init__(self, port, *, associated=True):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        if associated:
            self.send(associate_request())
            assert self.answer()[0] == ACCEPT

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, *pdus):
        self.socket.sendall(b"".join(pdus))

    def send_for_ever(self, pdu):
        """Send one PDU again and again, until the node hangs up."""
        while True:
            self.send(pdu)

    def answer(self):
        """Type and body of the next PDU; None and nothing where the node hung up."""
        try:
            head = self._exactly(6)
            kind, _, length = struct.unpack(">BBL", head)
            return kind, self._exactly(length)
        except (ConnectionError, EOFError):
            return None, b""

    def _exactly(self, count):
        data = b""
        while len(data) < count:
            piece = self.socket.recv(count - len(data))
            if not piece:
                raise EOFError
            data += piece
        return data

    def store(self, data_set, sop_uid="1.2.3", **changes):
        """Send an instance; gives the status of the answer, None where there was none."""
        command = store_command(sop_uid, **changes)
        pieces = [data_set[at : at + 16000] for at in range(0, len(data_set), 16000)] or [b""]
        pdus = [part(command, command=True)]
        pdus += [part(piece, last=False) for piece in pieces[:-1]] + [part(pieces[-1])]
        try:
            self.send(*pdus)
        except ConnectionError:
            return None
        return self.status()

    def status(self):
        """Status of a response, None where the association has ended instead."""
        kind, body = self.answer()
        if kind != DATA:
            return None
        at = body.index(struct.pack("<HHL", 0x0000, 0x0900, 2))
        return int(struct.unpack_from("<H", body, at + 8)[0])
