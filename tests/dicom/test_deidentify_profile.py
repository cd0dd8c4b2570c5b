"""Profiles are read as they are meant, or refused."""

from __future__ import annotations

import pytest

from calcimetry.dicom.deidentify_profile import Profile, Trial
from calcimetry.errors import SettingsError


def test_the_example_of_the_documentation_is_a_profile(root):
    profile = Profile.from_toml(root / "docs/how-to/trial.toml")
    assert profile.shift_dates
    assert profile.trial.protocol_id
    assert profile.key_file.endswith("docs/how-to/trial.key")


def test_the_default_is_the_basic_profile_alone():
    assert Profile.from_dict({}) == Profile()
    assert not any(value is True for value in Profile().to_dict().values())


def test_reports_hold_no_place_of_a_key():
    assert "key_file" not in Profile(key_file="/secret/trial.key").to_dict()


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ({"shift_date": True}, "no setting 'shift_date'; the nearest is 'shift_dates'"),
        ({"shift_dates": 1}, "'shift_dates' must be true or false, found 1"),
        ({"max_shift_days": True}, "'max_shift_days' must be a whole number, found True"),
        ({"max_shift_days": 0}, "between 1 and 3660 days, found 0 days"),
        ({"subject_prefix": "a/b"}, "subject_prefix must be up to 16 letters"),
        ({"subject_prefix": 3}, "'subject_prefix' must be text, found 3"),
        ({"unknown_private": "keep"}, "unknown_private must be 'refuse' or 'remove', found 'keep'"),
        ({"private_creators": "ACME"}, "'private_creators' must be a list of texts"),
        ({"trial": "T1"}, "'trial' must be a table, found 'T1'"),
        ({"trial": {"sponser": "A"}}, "no setting 'trial.sponser'; the nearest is 'trial.sponsor'"),
        ({"trial": {"site_id": "7"}}, "asks for trial.sponsor and trial.protocol_id"),
        ({"trial": {"sponsor": "A\\B", "protocol_id": "1"}}, "trial.sponsor must be up to 64"),
    ],
)
def test_what_cannot_be_used_is_refused(tree, message):
    with pytest.raises(SettingsError, match=message.replace("(", r"\(").replace("\\B", "B")):
        Profile.from_dict(tree)


def test_files_that_are_no_profile_are_refused(tmp_path):
    with pytest.raises(SettingsError, match=r"Reading the profile none\.toml: No such file"):
        Profile.from_toml(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("shift_dates = yes")
    with pytest.raises(SettingsError, match="not a TOML file"):
        Profile.from_toml(tmp_path / "bad.toml")


def test_an_empty_trial_is_none():
    assert not Trial()
    assert Trial("A", "1")
