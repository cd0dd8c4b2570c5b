"""Who may ask the node's web server what: host names, origins, the token."""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from calcimetry.errors import Refused
from calcimetry.node.configuration import WebSettings
from calcimetry.node.gate import holds_token
from calcimetry.node.refusals import HOST_NAME, ORIGIN, TOKEN
from calcimetry.node.tally import Tally

_LOG = logging.getLogger(__name__)
#: Answers without a token, and says nothing about studies.
OPEN_PATHS = frozenset({"/health"})
_STATUS = {HOST_NAME: 421, ORIGIN: 403, TOKEN: 401}
_HEADERS = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'",
    ),
)


class Guard:
    """ASGI middleware: refuses what has no token, another host name or another page's origin.

    Parameters
    ----------
    app : ASGI application
    settings : WebSettings
    tally : Tally
    """

    def __init__(self, app: ASGIApp, settings: WebSettings, tally: Tally) -> None:
        self._app = app
        self._settings = settings
        self._tally = tally

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        started = False

        async def send_guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = [*message.get("headers", ()), *_HEADERS]
            await send(message)

        try:
            self._check(scope)
            await self._app(scope, receive, send_guarded)
        except Refused as why:
            self._tally.refused(why, "a request", sender_of(scope))
            response = PlainTextResponse(f"Refused: {why.reason}.\n", _STATUS[why.kind])
            if why.kind == TOKEN:
                response.headers["WWW-Authenticate"] = 'Basic realm="calcimetry", charset="UTF-8"'
            await response(scope, receive, send_guarded)
        except Exception as error:  # noqa: BLE001 - the log holds no address, which holds UIDs
            _LOG.error("A request could not be served (%s)", type(error).__name__)
            if not started:
                failed = PlainTextResponse("It could not be served; the log says more.\n", 500)
                await failed(scope, receive, send_guarded)

    def _check(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if _name(host) not in self._settings.names:
            # A page on the web may call its own server by a name that leads here.
            raise Refused(HOST_NAME, "it asks for a host name that is not in web.names")
        if scope["method"] not in ("GET", "HEAD") and not _same_origin(headers, host):
            raise Refused(ORIGIN, "it comes from another site's page")
        if not self._settings.token or scope["path"] in OPEN_PATHS:
            return
        if not holds_token(headers.get("authorization", ""), self._settings.token):
            raise Refused(TOKEN, "it has no token, or a wrong one")


def sender_of(scope: Scope) -> str:
    """Address of who asks."""
    client = scope.get("client")
    return str(client[0]) if client else "nowhere"


def _name(host: str) -> str:
    """A host without its port.

    Examples
    --------
    >>> _name("localhost:8042"), _name("[::1]:8042"), _name("node")
    ('localhost', '[::1]', 'node')
    """
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdigit() else host).lower()


def _same_origin(headers: Headers, host: str) -> bool:
    """Whether a browser says that the node's own page sends this; programs say nothing."""
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == host
