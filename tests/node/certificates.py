"""Certificates for tests, made by openssl: an authority, and who it vouches for."""

from __future__ import annotations

import shutil
import ssl
import subprocess

import pytest

from calcimetry.node.configuration import TlsSettings


def make(folder, name, signed_by=None):
    """A certificate of 127.0.0.1, by itself or by an authority made before."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl (Debian: openssl) is not installed")
    command = [
        *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
        *("-nodes", "-days", "2", "-subj", f"/CN={name}"),
        *("-keyout", str(folder / f"{name}.key"), "-out", str(folder / f"{name}.pem")),
    ]
    if signed_by:
        files = folder / f"{signed_by}.pem", folder / f"{signed_by}.key"
        command += ["-CA", str(files[0]), "-CAkey", str(files[1])]
        command += [
            "-addext",
            "subjectAltName=IP:127.0.0.1",
            "-addext",
            "basicConstraints=CA:FALSE",
        ]
    subprocess.run(command, check=True, capture_output=True)
    return TlsSettings(folder / f"{name}.pem", folder / f"{name}.key", folder / "authority.pem")


def client(folder, own=None):
    """How a client connects that trusts the authority, and may have a certificate of its own."""
    context = ssl.create_default_context(cafile=folder / "authority.pem")
    if own is not None:
        context.load_cert_chain(own.certificate, own.key)
    return context


@pytest.fixture(scope="session")
def tls(tmp_path_factory):
    """A folder of certificates, and the node's and a peer's settings."""
    folder = tmp_path_factory.mktemp("tls")
    make(folder, "authority")
    return folder, make(folder, "node", "authority"), make(folder, "peer", "authority")
