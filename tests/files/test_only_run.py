from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from calcimetry.errors import OutputError
from calcimetry.files.only_run import only_run

HOLD = """
import sys
from pathlib import Path
from calcimetry.files.only_run import only_run
with only_run(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_run_is_kept_out_until_the_first_has_ended(tmp_path):
    out = tmp_path / "new" / "out"
    told = pytest.raises(OutputError, match="another run is writing there")
    with only_run(out), told, only_run(out):
        pass
    with only_run(out):
        pass
    assert list(out.iterdir()) == []


def test_a_killed_run_holds_nothing_and_its_half_written_files_go(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with process:
        assert process.stdout.readline() == b"held\n"
        with pytest.raises(OutputError, match="another run"), only_run(tmp_path):
            pass
        process.kill()
    left = [tmp_path / ".calcimetry-1.tmp", tmp_path / "overlays/sub/.calcimetry-1.tmp"]
    left[1].parent.mkdir(parents=True)
    for path in (*left, tmp_path / "report.json"):
        path.write_bytes(b"half")
    with only_run(tmp_path):
        assert not any(path.exists() for path in left)
    assert (tmp_path / "report.json").read_bytes() == b"half"


def test_a_file_in_place_of_the_folder(tmp_path):
    (tmp_path / "out").touch()
    with pytest.raises(OutputError, match="this is a file"), only_run(tmp_path / "out"):
        pass


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="Not a directory"), only_run(tmp_path / "file" / "out"):
        pass


def test_a_folder_that_cannot_be_opened(tmp_path, monkeypatch):
    def locked(*_):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "open", locked)
    with pytest.raises(OutputError, match="Permission denied"), only_run(tmp_path):
        pass


def test_a_drive_without_locks_is_used_without(tmp_path, monkeypatch):
    def no_locks(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    half = tmp_path / ".calcimetry-1.tmp"
    half.touch()
    monkeypatch.setattr(fcntl, "flock", no_locks)
    with only_run(tmp_path):
        assert half.exists()  # it may be another run's


def test_the_path_is_told_as_it_was_given(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("out").touch()
    with pytest.raises(OutputError, match=r"^Writing to out: "), only_run(Path("out")):
        pass
