import dataclasses
import socket
import ssl

import httpx
import pytest

from calcimetry.errors import SettingsError
from calcimetry.node import refusals
from calcimetry.node.configuration import LimitSettings, TlsSettings
from calcimetry.node.tls import server_tls
from tests.node import certificates, peers, raw
from tests.node.certificates import tls

__all__ = ["tls"]

HOST = "127.0.0.1"


def test_a_dicom_peer_with_a_certificate_is_served_encrypted(listening, tls):
    folder, node_tls, peer_tls = tls
    node = listening(tls=node_tls)
    assoc = peers.associate(node.port, tls_args=(certificates.client(folder, peer_tls), HOST))
    (ds,) = peers.slices()
    assert assoc.send_c_store(ds).Status == 0x0000
    assoc.release()


def test_a_peer_without_a_certificate_or_encryption_is_refused(listening, tls):
    folder, node_tls, _ = tls
    node = listening(tls=node_tls)
    with raw.Peer(node.port, associated=False) as peer:
        peer.send(raw.associate_request())
        assert peer.answer()[0] is None
    with (
        socket.create_connection((HOST, node.port), timeout=20) as plain,
        certificates.client(folder).wrap_socket(plain, server_hostname=HOST) as peer,
        pytest.raises(ssl.SSLError, match="certificate required"),
    ):
        peer.recv(1)
    node.listener.stop()
    assert node.refusals(refusals.TLS) == 2


def test_a_peer_that_never_shakes_hands_keeps_nobody_waiting(listening, tls):
    folder, node_tls, peer_tls = tls
    node = listening(LimitSettings(idle_s=1.0), tls=dataclasses.replace(node_tls, authorities=None))
    with socket.create_connection(("127.0.0.1", node.port), timeout=20) as silent:
        assoc = peers.associate(node.port, tls_args=(certificates.client(folder, peer_tls), HOST))
        assert assoc.is_established
        assoc.release()
        assert silent.recv(1) == b""
    node.listener.stop()
    assert node.refusals(refusals.TLS) == 1


def test_the_web_server_speaks_https(serving, tls):
    folder, node_tls, peer_tls = tls
    node = serving(tls=node_tls)
    url = node.url.replace("http:", "https:")
    with httpx.Client(base_url=url, verify=certificates.client(folder, peer_tls)) as client:
        assert client.get("/health").status_code == 200
    with (
        httpx.Client(base_url=url, verify=certificates.client(folder)) as client,
        pytest.raises((httpx.HTTPError, ssl.SSLError)),
    ):
        client.get("/health")


@pytest.mark.parametrize("wrong", ["certificate", "key", "authorities"])
def test_a_file_that_is_no_certificate_is_told(tls, tmp_path, wrong):
    (tmp_path / "wrong").write_text("no PEM")
    settings = dataclasses.replace(tls[1], **{wrong: tmp_path / "wrong"})
    with pytest.raises(SettingsError, match=r"Reading dicom\.tls: .*cannot be used"):
        server_tls("dicom.tls", settings)
    assert isinstance(settings, TlsSettings)
