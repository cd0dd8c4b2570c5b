"""Pseudonyms hang on the key alone, and keys are kept with care."""

from __future__ import annotations

import stat
import sys
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.uid import UID

from calcimetry.dicom.deidentify_pseudonyms import Pseudonyms, new_key, read_key
from calcimetry.errors import OutputError, SettingsError

KEY = bytes(range(32))


@given(st.text(min_size=1), st.text(min_size=1))
def test_two_patients_have_two_pseudonyms(first, second):
    names = Pseudonyms(KEY, "SSC-")
    assert (names.patient(first) == names.patient(second)) is (first == second)
    assert names.patient(first).startswith("SSC-")
    assert len(names.patient(first)) == 16


@given(st.text(), st.integers(1, 3660))
def test_shifts_lie_within_what_was_asked_for(patient, most):
    assert -most <= Pseudonyms(KEY, max_shift_days=most).shift_days(patient) <= -1


def test_shifts_are_spread():
    shifts = [Pseudonyms(KEY).shift_days(str(number)) for number in range(2000)]
    assert len(set(shifts)) > 350
    assert -195 < sum(shifts) / len(shifts) < -170


@given(st.from_regex(r"1\.2\.[1-9][0-9]{0,8}", fullmatch=True))
def test_uids_are_uuids_as_dicom_writes_them(uid):
    hashed = Pseudonyms(KEY).uid(uid)
    assert UID(hashed).is_valid
    found = uuid.UUID(int=int(hashed.removeprefix("2.25.")))
    assert (found.version, found.variant) == (8, uuid.RFC_4122)


def test_numberings_keep_patients_of_one_number_apart():
    first, second = (Pseudonyms(KEY, numbering=site).patient("1001") for site in ("01", "02"))
    assert first != second


def test_all_of_it_hangs_on_the_key():
    first, second = Pseudonyms(KEY), Pseudonyms(KEY[::-1])
    assert first.patient("1") != second.patient("1")
    assert first.uid("1.2") != second.uid("1.2")
    assert first.name("file", "1") != second.name("file", "1")
    assert first.name("file", "1") != first.name("study", "1")


def test_what_they_are_made_of_is_hmac_sha_256():
    # Held against Python's own hmac, written out; the lengths keep parts from running together.
    import hashlib
    import hmac

    text = b"\0" * 7 + b"\3uid" + b"\0" * 7 + b"\0031.2"
    digest = hmac.new(KEY, text, hashlib.sha256).hexdigest()
    assert Pseudonyms(KEY).name("uid", "1.2", 64) == digest


def test_a_short_key_is_refused():
    with pytest.raises(SettingsError, match="at least 16 bytes, found 8 bytes"):
        Pseudonyms(b"password")


def test_a_new_key_is_the_owners_alone_and_never_replaced(tmp_path):
    path = tmp_path / "trial.key"
    new_key(path)
    key = read_key(path)
    assert len(key) == 32
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(OutputError, match="a key is never replaced"):
        new_key(path)
    assert read_key(path) == key
    with pytest.raises(OutputError, match="No such file"):
        new_key(tmp_path / "none" / "trial.key")


def test_what_is_no_key_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="there is no default key"):
        read_key(tmp_path / "none.key")
    (tmp_path / "bad.key").write_text("password")
    with pytest.raises(SettingsError, match="expected hexadecimal digits"):
        read_key(tmp_path / "bad.key")
