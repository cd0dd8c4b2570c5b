"""HTTP of a peer that may send anything: uvicorn's, with limits that it does not have."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from calcimetry.errors import Refused
from calcimetry.node.configuration import LimitSettings
from calcimetry.node.gate import Gate
from calcimetry.node.refusals import CONNECTIONS, TIMEOUT
from calcimetry.node.tally import Tally


class LimitedProtocol(H11Protocol):
    """Lets connections in by their address, so many at once, and waits for no header for ever."""

    gate: Gate
    limits: LimitSettings
    tally: Tally
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Let a connection in, or end it."""
        super().connection_made(transport)
        try:
            self._admit()
        except Refused as why:
            self._give_up(why)
        else:
            self._watch()

    def data_received(self, data: bytes) -> None:
        """Take bytes of a request."""
        if not self.transport.is_closing():
            super().data_received(data)
            self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection has ended."""
        self._rest()
        super().connection_lost(exc)

    @property
    def _sender(self) -> str:
        return self.client[0] if self.client else "nowhere"

    def _admit(self) -> None:
        self.gate.admit(self._sender)
        most = self.limits.requests
        if len(self.connections) > most:
            raise Refused(CONNECTIONS, f"more than {most} connections at once (limits.requests)")

    def _watch(self) -> None:
        """Time a header that is awaited, and nothing else."""
        cycle: Any = self.cycle  # None before the first request
        if cycle is not None and not cycle.response_complete:
            self._rest()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(self.limits.idle_s, self._late)

    def _late(self) -> None:
        self._deadline = None
        why = f"no whole request after {self.limits.idle_s:g} s (limits.idle_s)"
        self._give_up(Refused(TIMEOUT, why))

    def _rest(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self, why: Refused) -> None:
        self.tally.refused(why, "a connection", self._sender)
        self.transport.abort()


def limited_protocol(gate: Gate, limits: LimitSettings, tally: Tally) -> type[LimitedProtocol]:
    """The class that uvicorn makes one of for each connection."""
    chosen = {"gate": gate, "limits": limits, "tally": tally}
    return type("LimitedProtocol", (LimitedProtocol,), chosen)
