"""Sending DICOM objects to another system: by C-STORE or by STOW-RS."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Sequence
from pathlib import Path

import requests
from dicomweb_client import DICOMwebClient
from pydicom import dcmread
from pydicom.uid import UID, ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom import AE
from pynetdicom.association import Association

from calcimetry.errors import OutputError
from calcimetry.node.configuration import (
    Destination,
    DicomDestination,
    StowDestination,
    TlsSettings,
)
from calcimetry.store.results import ResultObject

_SUCCESS = 0x0000
#: PS3.4 B.2.3: stored, and the receiver has changed or doubts something.
_STORED_WITH_WARNING = (0xB000, 0xB006, 0xB007)


def send(
    destination: Destination,
    spool: Path,
    objects: Sequence[ResultObject],
    *,
    ae_title: str,
    timeout_s: float,
    stop: threading.Event,
) -> bool:
    """Send objects until each is acknowledged.

    Parameters
    ----------
    destination : DicomDestination or StowDestination
    spool : Path
        Folder that the objects' paths start at.
    objects : sequence of ResultObject
    ae_title : str
        Who sends, for C-STORE.
    timeout_s : float
        Longest silence of the destination, in seconds.
    stop : threading.Event
        When set, sending ends after the object on its way.

    Returns
    -------
    bool
        False where it ended early.

    Raises
    ------
    OutputError
        If the destination cannot be reached or does not take one of them. The message is
        a reason, without identity.
    """
    try:
        if isinstance(destination, DicomDestination):
            return _by_c_store(destination, spool, objects, ae_title, timeout_s, stop)
        return _by_stow(destination, spool, objects, timeout_s, stop)
    except OSError as error:  # a file that is gone, or a certificate that cannot be used
        said = error.strerror or type(error).__name__
        raise OutputError(f"a result or certificate cannot be read ({said})") from error


def _by_c_store(
    destination: DicomDestination,
    spool: Path,
    objects: Sequence[ResultObject],
    ae_title: str,
    timeout_s: float,
    stop: threading.Event,
) -> bool:
    entity = AE(ae_title)
    entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = timeout_s
    entity.connection_timeout = timeout_s
    for sop_class, syntax in dict.fromkeys(
        (o.sop_class_uid, o.transfer_syntax_uid) for o in objects
    ):
        # What is not compressed can be sent in either form, as the receiver likes.
        plain = UID(syntax) in (ExplicitVRLittleEndian, ImplicitVRLittleEndian)
        both = [ExplicitVRLittleEndian, ImplicitVRLittleEndian]
        entity.add_requested_context(sop_class, both if plain else syntax)
    tls = (_tls_context(destination.tls), destination.host) if destination.tls else None
    association = entity.associate(
        destination.host, destination.port, ae_title=destination.ae_title, tls_args=tls
    )
    try:
        if not association.is_established:
            raise OutputError(_why_not(association))
        for one in objects:
            if stop.is_set():
                return False
            _store(association, spool, one)
    finally:
        if association.is_established:
            association.release()
    return True


def _store(association: Association, spool: Path, one: ResultObject) -> None:
    name = UID(one.sop_class_uid).name
    try:
        answer = association.send_c_store(spool / one.path)
    except ValueError as error:
        raise OutputError(f"the destination does not accept {name}") from error
    except RuntimeError as error:
        raise OutputError("the destination has ended the association") from error
    status = getattr(answer, "Status", None)
    if status is None:
        raise OutputError(f"the destination gave no answer to {name}")
    if status != _SUCCESS and status not in _STORED_WITH_WARNING:
        raise OutputError(f"the destination refuses {name} with status 0x{status:04X}")


def _why_not(association: Association) -> str:
    if association.is_rejected:
        return "the destination rejects the association: look at AE titles on both sides"
    if association.is_aborted:
        return "the destination cannot be reached, or aborts the association"
    return "the destination cannot be reached"


def _by_stow(
    destination: StowDestination,
    spool: Path,
    objects: Sequence[ResultObject],
    timeout_s: float,
    stop: threading.Event,
) -> bool:
    with requests.Session() as session:
        # Else the environment's bundle of authorities, its proxies and a .netrc would win over
        # what the configuration says.
        session.trust_env = False
        session.verify = _authorities(destination.tls)
        if destination.tls is not None and destination.tls.certificate is not None:
            session.cert = (str(destination.tls.certificate), str(destination.tls.key))
        given = {"Authorization": destination.authorization} if destination.authorization else {}
        client = DICOMwebClient(destination.url, session=session, headers=given, timeout=timeout_s)
        client.set_http_retry_params(retry=False)  # it would send a used-up stream again
        for one in objects:
            if stop.is_set():
                return False
            _stow(client, spool, one)
    return True


def _stow(client: DICOMwebClient, spool: Path, one: ResultObject) -> None:
    name = UID(one.sop_class_uid).name
    dataset = dcmread(spool / one.path)
    try:
        answer = client.store_instances([dataset])
    except (requests.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise OutputError(
            f"the destination's answer to {name} is not that of STOW-RS ({type(error).__name__})"
        ) from error
    except requests.RequestException as error:
        if error.response is not None:
            raise OutputError(
                f"the destination answers {name} with HTTP status {error.response.status_code}"
            ) from error
        raise OutputError(f"the destination cannot be reached ({type(error).__name__})") from error
    for failed in answer.get("FailedSOPSequence") or ():
        status = failed.get("FailureReason", 0)
        raise OutputError(f"the destination refuses {name} with status 0x{status:04X}")


def _authorities(tls: TlsSettings | None) -> str | bool:
    """Whom to trust: those that are named, or the system's; requests would take its own."""
    if tls is not None and tls.authorities is not None:
        return str(tls.authorities)
    system = ssl.get_default_verify_paths()
    return system.cafile or system.capath or True


def _tls_context(tls: TlsSettings) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=tls.authorities)
    if tls.certificate is not None:
        context.load_cert_chain(tls.certificate, tls.key)
    return context
