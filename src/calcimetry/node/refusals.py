"""Why the node refuses: the few kinds, and how DICOM and HTTP say each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Answer:
    """How a refused instance is answered.

    Parameters
    ----------
    dimse : int
        Status of the C-STORE response, and FailureReason of STOW-RS (PS3.4 table GG.4-1).
    http : int
        Status of the HTTP response where nothing of a request was stored (PS3.18 table 10.5.3-1;
        507 is RFC 4918's Insufficient Storage).
    """

    dimse: int
    http: int


# Who is refused at the door.
ADDRESS: Final = "address"
AE_TITLE: Final = "ae_title"
RATE: Final = "rate"
CONNECTIONS: Final = "connections"
TLS: Final = "tls"
TOKEN: Final = "token"  # noqa: S105 - a word, not a secret
HOST_NAME: Final = "host_name"
ORIGIN: Final = "origin"
# What is refused of those who are in.
PROTOCOL: Final = "protocol"
TIMEOUT: Final = "timeout"
ABORTED: Final = "aborted"
TOO_LARGE: Final = "too_large"
STORAGE: Final = "storage"
UNREADABLE: Final = "unreadable"
MISMATCH: Final = "mismatch"
STOPPING: Final = "stopping"

#: Every kind, so that each is a line of the metrics from the start.
KINDS: Final = (
    *(ADDRESS, AE_TITLE, RATE, CONNECTIONS, TLS, TOKEN, HOST_NAME, ORIGIN),
    *(PROTOCOL, TIMEOUT, ABORTED, TOO_LARGE, STORAGE, UNREADABLE, MISMATCH, STOPPING),
)

_OUT_OF_RESOURCES, _DOES_NOT_MATCH, _CANNOT_UNDERSTAND = 0xA700, 0xA900, 0xC000
#: For each kind that concerns an instance.
ANSWERS: Final = {
    TOO_LARGE: Answer(_OUT_OF_RESOURCES, 413),
    STORAGE: Answer(_OUT_OF_RESOURCES, 507),
    STOPPING: Answer(_OUT_OF_RESOURCES, 503),
    MISMATCH: Answer(_DOES_NOT_MATCH, 409),
    UNREADABLE: Answer(_CANNOT_UNDERSTAND, 409),
    PROTOCOL: Answer(_CANNOT_UNDERSTAND, 400),
    TIMEOUT: Answer(_CANNOT_UNDERSTAND, 408),
}
