import base64
from ipaddress import ip_network

import pytest

from calcimetry.errors import Refused
from calcimetry.node import refusals
from calcimetry.node.gate import Gate, holds_token

TOKEN = "a-token-of-good-length"  # noqa: S105


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.mark.parametrize("address", ["10.1.2.3", "::ffff:10.1.2.3", "fe80::1%eth0"])
def test_those_of_the_networks_get_in(address):
    gate = Gate([ip_network("10.1.0.0/16"), ip_network("fe80::/10")], 10)
    gate.admit(address)


@pytest.mark.parametrize("address", ["10.2.0.1", "::1", "::ffff:10.2.0.1", "", "localhost"])
def test_others_do_not(address):
    gate = Gate([ip_network("10.1.0.0/16")], 10)
    with pytest.raises(Refused, match="in none of the networks") as caught:
        gate.admit(address)
    assert caught.value.kind == refusals.ADDRESS


def test_each_address_has_its_own_rate_which_comes_back_with_time():
    clock = Clock()
    gate = Gate([ip_network("10.0.0.0/8")], 60, clock)
    for _ in range(60):
        gate.admit("10.0.0.1")
    with pytest.raises(Refused, match="more than 60 connections a minute") as caught:
        gate.admit("10.0.0.1")
    assert caught.value.kind == refusals.RATE
    gate.admit("10.0.0.2")
    clock.now = 1.0
    gate.admit("10.0.0.1")
    with pytest.raises(Refused):
        gate.admit("10.0.0.1")


def test_of_more_addresses_than_are_remembered_the_longest_silent_are_forgotten():
    gate = Gate([ip_network("10.0.0.0/8")], 1, Clock())
    for number in range(5000):
        gate.admit(f"10.0.{number // 250}.{number % 250}")
    assert len(gate._left) == 4096


def basic(name, secret):
    return "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()


@pytest.mark.parametrize(
    "header", [f"Bearer {TOKEN}", f"bearer  {TOKEN} ", basic("me", TOKEN), basic("", TOKEN)]
)
def test_the_token_opens_as_bearer_and_as_password(header):
    assert holds_token(header, TOKEN)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        f"Bearer {TOKEN}x",
        f"Digest {TOKEN}",
        TOKEN,
        basic("me", "wrong"),
        basic(TOKEN, ""),
        "Basic not-base64!",
        "Basic \u00e9\u00e9",
        "Bearer \u00e9\u00e9",
    ],
)
def test_nothing_else_does(header):
    assert not holds_token(header, TOKEN)


def test_tokens_are_compared_in_constant_time(monkeypatch):
    compared = []
    monkeypatch.setattr("hmac.compare_digest", lambda *pair: compared.append(pair) or True)
    assert holds_token("Bearer wrong", TOKEN)
    assert compared == [(b"wrong", TOKEN.encode())]
