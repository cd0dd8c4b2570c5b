"""Damaged DICOM never ends in a traceback; `benchmarks/fuzz_dicom.py` tries many more."""

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.dicom import fuzzing


@pytest.fixture(scope="module")
def wholes(tmp_path_factory):
    return fuzzing.whole_series(tmp_path_factory.mktemp("wholes"))


@given(seed=st.integers(0, 2**32 - 1))
@example(seed=922)  # a description ran on into the patient's name
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_damage_ends_in_clear_lines(seed, wholes, tmp_path, capfd):
    fuzzing.run_case(tmp_path, fuzzing.make_case(seed, wholes))
    assert capfd.readouterr().err == ""
