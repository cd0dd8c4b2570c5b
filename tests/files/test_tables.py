from __future__ import annotations

import errno
import json
import stat
from pathlib import Path

import pytest

from calcimetry.errors import OutputError
from calcimetry.files.tables import write_bytes, write_csv, write_json


def test_writes_whole_files_and_leaves_no_other(tmp_path):
    write_bytes(tmp_path / "a" / "b.bin", b"new")
    write_bytes(tmp_path / "a" / "b.bin", b"newer")
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b.bin"]
    assert (tmp_path / "a" / "b.bin").read_bytes() == b"newer"


def test_files_have_the_usual_permissions(tmp_path):
    usual = tmp_path / "usual"
    usual.touch()
    write_bytes(tmp_path / "a", b"")
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == stat.S_IMODE(usual.stat().st_mode)


@pytest.mark.parametrize("step", ["write_bytes", "replace"])
@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left"), KeyboardInterrupt()])
def test_whatever_stops_it_leaves_the_old_file_and_no_part_of_the_new(
    tmp_path, monkeypatch, step, error
):
    write_bytes(tmp_path / "a", b"old")

    def stop(*_):
        raise error

    monkeypatch.setattr(Path, step, stop)
    expected = OutputError if isinstance(error, OSError) else KeyboardInterrupt
    with pytest.raises(expected, match="No space left" if expected is OutputError else None):
        write_bytes(tmp_path / "a", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_bytes() == b"old"


def test_csv_cells(tmp_path):
    write_csv(
        tmp_path / "t.csv",
        ("name", "area", "touches", "none", "absent"),
        [{"name": 'a "b", c', "area": 1.23456789, "touches": True, "none": None}],
    )
    expected = 'name,area,touches,none,absent\n"a ""b"", c",1.23457,true,,\n'
    assert (tmp_path / "t.csv").read_text() == expected


def test_json_refuses_nan(tmp_path):
    write_json(tmp_path / "a.json", {"é": 1.5})
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8")) == {"é": 1.5}
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "a.json", float("nan"))
