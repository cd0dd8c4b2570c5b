"""Who gets in: addresses, how often, and the token."""

from __future__ import annotations

import base64
import binascii
import hmac
import ipaddress
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, IPv6Address

from pydantic.networks import IPvAnyNetwork

from calcimetry.errors import Refused
from calcimetry.node.refusals import ADDRESS, RATE

#: Addresses whose rate is remembered; of more, those longest silent are forgotten.
_REMEMBERED = 4096


class Gate:
    """Lets connections in by their address, and none too often.

    Safe to use from several threads.

    Parameters
    ----------
    networks : iterable of network
        From where connections are taken.
    per_minute : int
        How many from one address: so many at once, then that many more each minute.
    clock : callable
        Seconds that only ever grow.
    """

    def __init__(
        self,
        networks: Iterable[IPvAnyNetwork],
        per_minute: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._networks = tuple(networks)
        self._per_minute = float(per_minute)
        self._clock = clock
        self._lock = threading.Lock()
        #: Address -> connections that it may still open, and when that was true.
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def admit(self, address: str) -> None:
        """Let a connection in.

        Parameters
        ----------
        address : str
            Of the peer, IPv4 or IPv6.

        Raises
        ------
        Refused
            If nobody from there may connect, or not so often.
        """
        if not self._is_known(address):
            raise Refused(ADDRESS, "its address is in none of the networks of `addresses`")
        now = self._clock()
        with self._lock:
            left, since = self._left.pop(address, (self._per_minute, now))
            left = min(self._per_minute, left + (now - since) * self._per_minute / 60.0)
            allowed = left >= 1.0
            self._left[address] = (left - 1.0 if allowed else left, now)
            if len(self._left) > _REMEMBERED:
                self._left.popitem(last=False)
        if not allowed:
            raise Refused(
                RATE,
                f"more than {self._per_minute:g} connections a minute "
                "(limits.connections_per_minute)",
            )

    def _is_known(self, address: str) -> bool:
        try:
            # An IPv6 address of one link names its interface after a percent sign.
            found: IPv4Address | IPv6Address = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return False
        if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
            found = found.ipv4_mapped
        return any(found in network for network in self._networks)


def holds_token(authorization: str, token: str) -> bool:
    """Whether an Authorization header holds the token, as Bearer or as the password of Basic.

    Takes the same time for every wrong token of one length.

    Examples
    --------
    >>> holds_token("Bearer 0123456789abcdef", "0123456789abcdef")
    True
    >>> holds_token("Basic " + base64.b64encode(b"me:0123456789").decode(), "0123456789")
    True
    >>> holds_token("", "0123456789abcdef")
    False
    """
    scheme, _, given = authorization.partition(" ")
    secret = given.strip().encode()
    if scheme.lower() == "basic":
        try:
            secret = base64.b64decode(secret, validate=True).partition(b":")[2]
        except (binascii.Error, ValueError):
            return False
    elif scheme.lower() != "bearer":
        return False
    return hmac.compare_digest(secret, token.encode())
