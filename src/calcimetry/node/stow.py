"""STOW-RS: instances out of a multipart request, and the response that names each.

DICOM PS3.18 section 10.5.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydicom.dataset import Dataset
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from calcimetry.errors import Refused
from calcimetry.node.identity import Identity
from calcimetry.node.receiving import Receiver
from calcimetry.node.refusals import ANSWERS, MISMATCH, PROTOCOL, STOPPING, STORAGE
from calcimetry.node.spool import Incoming
from calcimetry.node.tally import WEB

MEDIA_TYPE = "application/dicom"
_TYPE_OF_REQUEST = b"multipart/related"
_OK, _SOME, _NONE = 200, 202, 409


def boundary_of(content_type: str) -> bytes:
    """The boundary of a request's parts.

    Parameters
    ----------
    content_type : str
        The request's Content-Type.

    Raises
    ------
    Refused
        If it is not ``multipart/related`` of ``application/dicom`` with a boundary.

    Examples
    --------
    >>> boundary_of('multipart/related; type="application/dicom"; boundary=xyz')
    b'xyz'
    """
    kind, options = parse_options_header(content_type)
    inner = options.get(b"type", MEDIA_TYPE.encode()).lower()
    boundary = options.get(b"boundary", b"")
    if kind != _TYPE_OF_REQUEST or inner != MEDIA_TYPE.encode() or not boundary:
        raise Refused(
            PROTOCOL,
            f'expected Content-Type multipart/related; type="{MEDIA_TYPE}" with a boundary',
        )
    return boundary


@dataclass(frozen=True, slots=True)
class StowResponse:
    """What became of a request.

    Parameters
    ----------
    status : int
        Of the HTTP response.
    document : dict
        In the DICOM JSON model (PS3.18 annex F), its attributes those of table I.2.2-1.
    """

    status: int
    document: dict[str, Any]


class StowRequest:
    """Takes the instances of one request as its bytes come in.

    Used by one thread at a time.

    Parameters
    ----------
    receiver : Receiver
    sender : str
        Its address.
    boundary : bytes
        As `boundary_of` gives it.
    study_uid : str
        The study that the request is for; empty for any.
    """

    def __init__(
        self, receiver: Receiver, sender: str, boundary: bytes, study_uid: str = ""
    ) -> None:
        self._receiver = receiver
        self._sender = sender
        self._said = {"study_uid": study_uid} if study_uid else {}
        self._stored: list[Identity] = []
        self._failed: list[Refused] = []
        self._incoming: Incoming | None = None
        self._refused: Refused | None = None
        self._header = [b"", b""]
        self._ended = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": self._field,
                "on_header_value": self._value,
                "on_header_end": self._end_header,
                "on_part_data": self._data,
                "on_part_end": self._end,
                "on_end": self._finish,
            },
        )

    @property
    def hopeless(self) -> bool:
        """Whether the rest of the request need not be read: there is no room for it."""
        return self._refused is not None and self._refused.kind in (STORAGE, STOPPING)

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the request.

        Raises
        ------
        Refused
            If they are no multipart message.
        """
        try:
            self._parser.write(data)
        except MultipartParseError as error:
            raise Refused(PROTOCOL, "its body is no multipart message of that boundary") from error

    def close(self) -> None:
        """Remove what is not whole."""
        if self._incoming is not None:
            self._incoming.discard()

    def respond(self) -> StowResponse:
        """What became of the instances; the request has ended, or has been given up.

        Raises
        ------
        Refused
            If it held none, or ended before its last part did.
        """
        if self.hopeless and self._refused is not None:
            self._fail(self._refused)
        elif not self._ended and not self._stored:
            raise Refused(PROTOCOL, "its body ends before its last part")
        elif not self._ended:
            self._fail(Refused(PROTOCOL, "the request ended before its last part"))
        if not (self._stored or self._failed):
            raise Refused(PROTOCOL, "it holds no instance")
        return StowResponse(self._status(), response_document(self._stored, self._failed))

    def _status(self) -> int:
        if not self._failed:
            return _OK
        if self._stored:
            return _SOME
        kinds = {why.kind for why in self._failed}
        return ANSWERS[kinds.pop()].http if len(kinds) == 1 else _NONE

    # What the parser calls, in the order in which it does.

    def _begin(self) -> None:
        self._header = [b"", b""]
        self._refused = None
        try:
            self._incoming = self._receiver.begin()
        except Refused as why:
            self._refused = why

    def _field(self, data: bytes, start: int, end: int) -> None:
        self._header[0] += data[start:end]

    def _value(self, data: bytes, start: int, end: int) -> None:
        self._header[1] += data[start:end]

    def _end_header(self) -> None:
        name, value = self._header
        self._header = [b"", b""]
        kind = parse_options_header(value)[0].decode("latin-1")
        if name.lower() == b"content-type" and kind != MEDIA_TYPE:
            self._refused = Refused(MISMATCH, f"a part that is not {MEDIA_TYPE}")

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._incoming is None or self._refused is not None:
            return
        try:
            self._incoming.write(data[start:end])
        except Refused as why:
            self._refused = why

    def _end(self) -> None:
        incoming, self._incoming = self._incoming, None
        if incoming is None:
            if self._refused is not None and not self.hopeless:
                self._fail(self._refused)
            return
        with incoming:
            try:
                if self._refused is not None:
                    raise self._refused
                identity = self._receiver.accept(incoming, self._sender, WEB, self._said)
            except Refused as why:
                if why.kind in (STORAGE, STOPPING):
                    self._refused = why
                else:
                    self._fail(why)
            else:
                self._stored.append(identity)

    def _finish(self) -> None:
        self._ended = True

    def _fail(self, why: Refused) -> None:
        identity = why.identity
        uid = identity.sop_uid if isinstance(identity, Identity) else ""
        self._receiver.refuse(why, self._sender, sop_uid=uid)
        self._failed.append(why)


def response_document(stored: Sequence[Identity], failed: Sequence[Refused]) -> dict[str, Any]:
    """The Store Instances Response in the DICOM JSON model.

    Parameters
    ----------
    stored : sequence of Identity
    failed : sequence of Refused
        Those of a known identity stand in the Failed SOP Sequence, the others in the Other
        Failures Sequence.

    Examples
    --------
    >>> response_document([Identity("1.1", "1.2", "1.3", "1.4", "1.5")], [])["00081199"]["Value"]
    [{'00081150': {'vr': 'UI', 'Value': ['1.4']}, '00081155': {'vr': 'UI', 'Value': ['1.3']}, ...]
    """
    document = Dataset()
    document.RetrieveURL = ""  # what was stored cannot be retrieved from here
    if stored:
        document.ReferencedSOPSequence = [_reference(one) for one in stored]
        for item in document.ReferencedSOPSequence:
            item.RetrieveURL = ""
    known = [(why, why.identity) for why in failed if isinstance(why.identity, Identity)]
    if known:
        document.FailedSOPSequence = [_with_reason(_reference(one), why) for why, one in known]
    unknown = [why for why in failed if not isinstance(why.identity, Identity)]
    if unknown:
        document.OtherFailuresSequence = [_with_reason(Dataset(), why) for why in unknown]
    return document.to_json_dict()


def _reference(identity: Identity) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = identity.sop_class
    item.ReferencedSOPInstanceUID = identity.sop_uid
    return item


def _with_reason(item: Dataset, why: Refused) -> Dataset:
    item.FailureReason = ANSWERS[why.kind].dimse
    return item
