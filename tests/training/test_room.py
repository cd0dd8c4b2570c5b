"""Room on disk and in memory, from this machine and made up."""

from pathlib import Path

import pytest

from calcimetry.errors import OutputError, SettingsError
from calcimetry.training import room as rooms
from calcimetry.training.room import Room, refuse_too_little, room_at

GIB = 1 << 30
RUN = Path("runs/mine")


def test_this_machine_has_room_for_little(tmp_path):
    room = room_at(tmp_path / "not" / "there" / "yet")
    assert room.disk_bytes > 0
    assert room.memory_bytes is None or room.memory_bytes > 1 << 20
    refuse_too_little(room, disk_bytes=1, memory_bytes=1, folder=RUN)


def test_without_linux_all_of_the_memory_counts(tmp_path, monkeypatch):
    monkeypatch.setattr(rooms, "_MEMORY_FILE", tmp_path / "none")
    monkeypatch.setattr(rooms.os, "sysconf", {"SC_PHYS_PAGES": 5, "SC_PAGE_SIZE": 10}.get)
    assert room_at(tmp_path).memory_bytes == 50


def test_a_system_that_does_not_tell_its_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(rooms, "_MEMORY_FILE", tmp_path / "none")
    monkeypatch.delattr(rooms.os, "sysconf")
    assert room_at(tmp_path).memory_bytes is None


def test_a_disk_that_cannot_be_asked(tmp_path, monkeypatch):
    def fail(_):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(rooms.shutil, "disk_usage", fail)
    with pytest.raises(OutputError, match=r"free space cannot be read \(Input/output error\)"):
        room_at(tmp_path)


def test_too_little_disk_tells_both_numbers():
    with pytest.raises(OutputError, match=r"needs 2\.0 GiB of disk, 0\.5 GiB are free"):
        refuse_too_little(Room(GIB // 2, 9 * GIB), disk_bytes=2 * GIB, memory_bytes=0, folder=RUN)


def test_too_little_memory_tells_both_numbers():
    with pytest.raises(SettingsError, match=r"3\.6 GiB of memory are needed, 2\.0 GiB"):
        refuse_too_little(
            Room(9 * GIB, 2 * GIB), disk_bytes=0, memory_bytes=int(3.6 * GIB), folder=RUN
        )


def test_memory_that_is_not_known_is_not_refused():
    refuse_too_little(Room(GIB, None), disk_bytes=0, memory_bytes=99 * GIB, folder=RUN)
