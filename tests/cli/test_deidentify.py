"""``calcimetry deidentify`` from the terminal's side."""

from __future__ import annotations

import pytest
from pydicom.uid import SecondaryCaptureImageStorage
from typer.testing import CliRunner

from calcimetry.cli.main import app
from tests.dicom import making

RUNNER = CliRunner()


@pytest.fixture
def place(tmp_path):
    """A study, a key and a profile that names it."""
    making.save_all(tmp_path / "in", making.series())
    assert RUNNER.invoke(app, ["deidentify", "--new-key", str(tmp_path / "k.key")]).exit_code == 0
    (tmp_path / "trial.toml").write_text('key_file = "k.key"\nsubject_prefix = "S-"\n')
    (tmp_path / "keyless.toml").write_text("shift_dates = true\n")
    return tmp_path


def run(place, *options, profile="trial.toml", out="out"):
    words = ["deidentify", str(place / "in"), str(place / out), "--profile", str(place / profile)]
    return RUNNER.invoke(app, [*words, *options])


def test_all_written(place):
    result = run(place)
    assert result.exit_code == 0
    assert "5 of 5 inputs written; 0 refused, 0 passed over" in result.stdout
    assert "deidentification.html" in result.stdout
    again = run(place)
    assert "5 of 5 inputs written, 5 of them by an earlier run" in again.stdout
    assert run(place, "--quiet", out="quiet").stdout == ""


def test_some_refused(place):
    ds = making.ct_slice(making.volume()[0], (0, 0, 0), 1, SOPClassUID=SecondaryCaptureImageStorage)
    making.save(ds, place / "in" / "DOE.dcm")
    result = run(place)
    assert result.exit_code == 1
    assert "1 refused: a secondary capture" in result.stderr
    assert "DOE" not in result.stderr + result.stdout


def test_nothing_written(place):
    for path in (place / "in").iterdir():
        path.write_text("no DICOM")
    assert run(place).exit_code == 2


def test_there_is_no_default_key(place):
    result = run(place, profile="keyless.toml")
    assert result.exit_code == 2
    assert "there is no default key" in result.stderr
    assert run(place, "--key", str(place / "k.key"), profile="keyless.toml").exit_code == 0


def test_a_new_key_is_never_written_over_another(place):
    result = RUNNER.invoke(app, ["deidentify", "--new-key", str(place / "k.key")])
    assert result.exit_code == 2
    assert "a key is never replaced" in result.stderr


def test_a_crosswalk_is_written_where_it_was_asked_for(place):
    assert run(place, "--crosswalk", str(place / "who.csv")).exit_code == 0
    assert "P-4711" in (place / "who.csv").read_text()
