"""The node's web server, in a thread of its own."""

from __future__ import annotations

import socket
import threading

import uvicorn

from calcimetry.errors import SettingsError
from calcimetry.node.configuration import WebSettings
from calcimetry.node.gate import Gate
from calcimetry.node.metrics import Holdings
from calcimetry.node.tls import server_tls
from calcimetry.node.web_app import Parts, web_app
from calcimetry.node.web_guard import Guard
from calcimetry.node.web_protocol import limited_protocol


class WebListener:
    """Listens for HTTP or HTTPS from `start` to `stop`.

    Parameters
    ----------
    settings : WebSettings
    parts : Parts
        What it shows and uses of the node.
    """

    def __init__(self, settings: WebSettings, parts: Parts) -> None:
        self._settings = settings
        self._parts = parts
        self._server: uvicorn.Server | None = None
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
        settings, parts = self._settings, self._parts
        tally = parts.receiver.tally
        tally.registry.register(Holdings(parts.database, parts.receiver))
        tls = server_tls("web.tls", settings.tls) if settings.tls else None
        gate = Gate(settings.addresses, parts.limits.connections_per_minute)
        config = uvicorn.Config(
            Guard(web_app(parts), settings, tally),
            http=limited_protocol(gate, parts.limits, tally),
            ssl_context_factory=(lambda *_: tls) if tls else None,
            ws="none",
            lifespan="off",
            log_config=None,  # the program's own, and
            access_log=False,  # no addresses, which hold UIDs
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=max(1, int(parts.limits.idle_s)),
            timeout_graceful_shutdown=max(1, int(parts.limits.idle_s)),
        )
        listening = _listening(settings)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, args=([listening],), name="calcimetry-web", daemon=True
        )
        self._thread.start()
        return int(listening.getsockname()[1])

    def stop(self, timeout_s: float = 30.0) -> None:
        """Stop listening; requests that are being answered are answered.

        Parameters
        ----------
        timeout_s : float
            Longest wait, in seconds.
        """
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(timeout_s)


def _listening(settings: WebSettings) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, protocol)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            listening.listen(128)
        except OSError:
            listening.close()
            raise
    except OSError as error:
        raise SettingsError(
            f"Listening for HTTP on {settings.host}, port {settings.port}: "
            f"{error.strerror or error}. Choose another web.host or web.port."
        ) from error
    return listening
