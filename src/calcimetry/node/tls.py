"""What a server needs that others connect to encrypted."""

from __future__ import annotations

import ssl

from calcimetry.errors import SettingsError
from calcimetry.node.configuration import TlsSettings


def server_tls(name: str, settings: TlsSettings) -> ssl.SSLContext:
    """TLS of a server: version 1.2 and up, and of clients a certificate where that is asked for.

    Parameters
    ----------
    name : str
        Of the settings, for messages.
    settings : TlsSettings
        With certificate and key.

    Raises
    ------
    SettingsError
        If a file does not hold what it should.
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(str(settings.certificate), settings.key)
        if settings.authorities is not None:
            context.load_verify_locations(settings.authorities)
            context.verify_mode = ssl.CERT_REQUIRED
    except OSError as error:
        raise SettingsError(
            f"Reading {name}: its certificate, key or authorities cannot be used "
            f"({error.strerror or type(error).__name__}). PEM files are expected, the key's "
            "being the certificate's own, without a password."
        ) from error
    return context
