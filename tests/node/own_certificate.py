"""A certificate of this machine for tests, its own authority."""

from __future__ import annotations

import shutil
import ssl
import subprocess

import pytest

from calcimetry.node.configuration import TlsSettings


def make_certificate(folder, name="tls"):
    """A new certificate with its key, as settings that trust it and nobody else."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl (Debian: openssl) is not installed")
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=localhost"),
            *("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
            *("-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"),
            *("-keyout", key, "-out", certificate),
        ],
        check=True,
        capture_output=True,
    )
    return TlsSettings(certificate, key, certificate)


def server_context(tls):
    """What a server that asks its clients for a certificate needs."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=tls.authorities)
    context.load_cert_chain(tls.certificate, tls.key)
    context.verify_mode = ssl.CERT_REQUIRED
    return context
