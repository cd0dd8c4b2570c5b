"""Names that stand for others: made with a secret key, always the same, told back by nobody."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import uuid
from pathlib import Path

from calcimetry.errors import OutputError, SettingsError

#: Fewest bytes of a key, and those of a new one.
_FEWEST_BYTES, _NEW_BYTES = 16, 32
#: Letters of pseudonyms: no I, L, O and U, which are taken for others or spell words.
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
#: 60 bits: two of a million patients share a pseudonym once in two million such trials.
_LENGTH = 12


class Pseudonyms:
    """Keyed pseudonyms, UIDs and date shifts.

    Each is the HMAC-SHA-256 (RFC 2104) of what it stands for, under the key, with a word
    before it that says what for: without the key it can neither be told back nor tried out on a
    list of patients' numbers.

    Parameters
    ----------
    key : bytes
        At least 16.
    prefix : str
        What pseudonyms of patients start with.
    numbering : str
        Who gave out the patients' numbers.
    max_shift_days : int

    Raises
    ------
    SettingsError
        If the key is too short.
    """

    def __init__(
        self, key: bytes, prefix: str = "", numbering: str = "", max_shift_days: int = 365
    ) -> None:
        if len(key) < _FEWEST_BYTES:
            raise SettingsError(
                f"De-identifying: a key must have at least {_FEWEST_BYTES} bytes, found "
                f"{len(key)} bytes. Make one with `calcimetry deidentify --new-key FILE`."
            )
        self._key = key
        self._prefix, self._numbering, self._max_days = prefix, numbering, max_shift_days

    def patient(self, patient_id: str) -> str:
        """Pseudonym of a patient: the prefix and 12 letters and digits."""
        number = int.from_bytes(self._digest("patient", self._numbering, patient_id)[:8], "big")
        letters = (_LETTERS[(number >> 5 * place) & 31] for place in range(_LENGTH))
        return self._prefix + "".join(letters)

    def shift_days(self, patient_id: str) -> int:
        """How many days all dates of a patient are moved: -1 down to -max_shift_days."""
        number = int.from_bytes(self._digest("days", self._numbering, patient_id)[:16], "big")
        return -1 - number % self._max_days

    def uid(self, uid: str) -> str:
        """A UID for another one: ``2.25.`` and a UUID as a decimal number.

        References
        ----------
        DICOM PS3.5 section B.2; the 122 bits that a UUID of version 8 (RFC 9562) leaves free.
        """
        digest = bytearray(self._digest("uid", uid)[:16])
        digest[6] = digest[6] & 0x0F | 0x80
        digest[8] = digest[8] & 0x3F | 0x80
        return f"2.25.{uuid.UUID(bytes=bytes(digest)).int}"

    def name(self, purpose: str, value: str | bytes, length: int = 16) -> str:
        """Hexadecimal digits that stand for a value, for file names and the like."""
        return self._digest(purpose, value).hex()[:length]

    def _digest(self, purpose: str, *values: str | bytes) -> bytes:
        # Each part with its length before it: no two lists of parts give the same bytes.
        parts = [one if isinstance(one, bytes) else one.encode() for one in (purpose, *values)]
        text = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
        return hmac.new(self._key, text, hashlib.sha256).digest()


def new_key(path: Path) -> None:
    """Write a new key of 256 random bits, which only its owner may read.

    Raises
    ------
    OutputError
        If there is such a file already, or it cannot be written: no key is ever replaced.
    """
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(_NEW_BYTES) + "\n")
    except FileExistsError as error:
        raise OutputError(
            f"Writing the key {path.name}: the file is there already, and a key is never replaced: "
            "what was made with it could not be linked any more. Choose another name."
        ) from error
    except OSError as error:
        raise OutputError(f"Writing the key {path.name}: {error.strerror or error}.") from error


def read_key(path: Path) -> bytes:
    """Read a key that `new_key` wrote.

    Raises
    ------
    SettingsError
        If the file cannot be read or is no key.
    """
    try:
        return bytes.fromhex(path.read_text(encoding="ascii").strip())
    except OSError as error:
        raise SettingsError(
            f"Reading the key {path.name}: {error.strerror or error}. Make one with "
            "`calcimetry deidentify --new-key FILE`; there is no default key."
        ) from error
    except ValueError as error:
        raise SettingsError(
            f"Reading the key {path.name}: expected hexadecimal digits, found something else. Make "
            "one with `calcimetry deidentify --new-key FILE`."
        ) from error
