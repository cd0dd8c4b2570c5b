"""Receiving by C-STORE, and answering C-ECHO."""

from __future__ import annotations

import threading
from typing import cast

from pydicom.dataset import Dataset
from pydicom.uid import (
    UID,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)
from pynetdicom import AE, AllStoragePresentationContexts, _handlers, evt
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]  # made on import

from calcimetry.errors import Refused, SettingsError
from calcimetry.node.configuration import DicomSettings, LimitSettings
from calcimetry.node.dimse_messages import ReceivedDataSet
from calcimetry.node.dimse_server import ANNOUNCED_PDU, LimitedServer, sender_of
from calcimetry.node.gate import Gate
from calcimetry.node.receiving import Receiver
from calcimetry.node.refusals import AE_TITLE, ANSWERS, CONNECTIONS, UNREADABLE
from calcimetry.node.tally import DICOM
from calcimetry.node.tls import server_tls

#: How pixels may be packed: without loss, and without taking memory to unpack a header. What
#: the reader does not read, or DICOM no longer has, is not asked for.
TRANSFER_SYNTAXES: tuple[UID, ...] = (
    *(ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian),
    *(JPEGLosslessSV1, JPEGLossless, JPEGLSLossless, JPEG2000Lossless),
    *(HTJ2KLossless, HTJ2KLosslessRPCL, RLELossless),
)
_SUCCESS = 0x0000
#: Characters of an ErrorComment (0000,0902).
_LONGEST_COMMENT = 64
#: pynetdicom's own log lines, which hold UIDs.
_LOGGING = (
    (evt.EVT_DIMSE_RECV, _handlers.standard_dimse_recv_handler),
    (evt.EVT_DIMSE_SENT, _handlers.standard_dimse_sent_handler),
    (evt.EVT_PDU_RECV, _handlers.standard_pdu_recv_handler),
    (evt.EVT_PDU_SENT, _handlers.standard_pdu_sent_handler),
)


class DicomListener:
    """Listens for DICOM associations from `start` to `stop`.

    Parameters
    ----------
    settings : DicomSettings
    limits : LimitSettings
    receiver : Receiver
    """

    def __init__(self, settings: DicomSettings, limits: LimitSettings, receiver: Receiver) -> None:
        self._settings = settings
        self._receiver = receiver
        self._limits = limits
        self._server: LimitedServer | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> int:
        """Begin to listen.

        Returns
        -------
        int
            The port.

        Raises
        ------
        SettingsError
            If the address cannot be listened on, or the certificate cannot be used.
        """
        settings, limits = self._settings, self._limits
        entity = AE(settings.ae_title)
        entity.require_called_aet = True
        entity.require_calling_aet = list(settings.ae_titles)
        entity.maximum_associations = limits.associations
        entity.maximum_pdu_size = ANNOUNCED_PDU
        entity.network_timeout = entity.acse_timeout = entity.dimse_timeout = limits.idle_s
        entity.add_supported_context(Verification)
        for context in AllStoragePresentationContexts:
            entity.add_supported_context(str(context.abstract_syntax), list(TRANSFER_SYNTAXES))
        tls = server_tls("dicom.tls", settings.tls) if settings.tls else None
        try:
            server = entity.make_server(
                (settings.host, settings.port),
                evt_handlers=[(evt.EVT_C_STORE, self._store), (evt.EVT_REJECTED, self._rejected)],
                server_class=LimitedServer,
                limits=limits,
                gate=Gate(settings.addresses, limits.connections_per_minute),
                receiver=self._receiver,
                tls=tls,
            )
        except OSError as error:
            raise SettingsError(
                f"Listening for DICOM on {settings.host}, port {settings.port}: "
                f"{error.strerror or error}. Choose another dicom.host or dicom.port."
            ) from error
        for event, handler in _LOGGING:
            server.unbind(event, handler)
        self._server = cast("LimitedServer", server)
        self._thread = threading.Thread(
            target=server.serve_forever, name="calcimetry-dicom", daemon=True
        )
        self._thread.start()
        return int(server.server_address[1])

    def stop(self, timeout_s: float = 30.0) -> None:
        """Stop listening; an instance that was received whole is answered first.

        Parameters
        ----------
        timeout_s : float
            Longest wait, in seconds, for connections to end.
        """
        if self._server is None or self._thread is None:
            return
        self._server.close()
        self._server.hang_up()
        self._server.wait_closed(timeout_s)
        self._thread.join(timeout_s)

    def _store(self, event: evt.Event) -> Dataset | int:
        """Answer a C-STORE request: success means that the instance is durable."""
        sender, request = sender_of(event.assoc), cast("C_STORE", event.request)
        sop_uid = str(request.AffectedSOPInstanceUID)
        try:
            self._accept(request, event.context.abstract_syntax, sop_uid, sender)
        except Refused as why:
            self._receiver.refuse(why, sender, sop_uid=sop_uid)
            return _answer(why)
        except Exception as error:  # noqa: BLE001 - whatever it is: not acknowledged, and told
            failed = Refused(UNREADABLE, f"taking it in failed ({type(error).__name__})")
            self._receiver.refuse(failed, sender, sop_uid=sop_uid)
            return _answer(failed)
        return _SUCCESS

    def _accept(self, request: C_STORE, sop_class: str, sop_uid: str, sender: str) -> None:
        data_set = request.DataSet
        if not isinstance(data_set, ReceivedDataSet):
            raise Refused(UNREADABLE, "there is no data set")
        if data_set.refused is not None:
            raise data_set.refused
        if data_set.incoming is None:
            raise Refused(UNREADABLE, "its data set is empty")
        said = {"sop_class": sop_class, "sop_uid": sop_uid}
        self._receiver.accept(data_set.incoming, sender, DICOM, said)

    def _rejected(self, event: evt.Event) -> None:
        """Tell why an association was rejected; pynetdicom has done so."""
        settings, requestor = self._settings, event.assoc.requestor
        called = str(getattr(requestor.primitive, "called_ae_title", "")).strip()
        if called != settings.ae_title:
            why = Refused(AE_TITLE, "it called another AE title than dicom.ae_title")
        elif settings.ae_titles and str(requestor.ae_title).strip() not in settings.ae_titles:
            why = Refused(AE_TITLE, "its AE title is not in dicom.ae_titles")
        else:
            why = Refused(
                CONNECTIONS,
                f"more than {self._limits.associations} associations at once (limits.associations)",
            )
        self._receiver.tally.refused(why, "an association", sender_of(event.assoc))


def _answer(why: Refused) -> Dataset:
    status = Dataset()
    status.Status = ANSWERS[why.kind].dimse
    status.ErrorComment = why.reason[:_LONGEST_COMMENT]
    return status
