import hashlib
import os

import pytest

from calcimetry.errors import OutputError, Refused
from calcimetry.node import refusals
from calcimetry.node.configuration import SpoolSettings
from calcimetry.node.identity import Identity
from calcimetry.node.spool import Spool

ONE = Identity("1.1", "1.2", "1.3", "1.4", "1.5")


def spool_in(folder, *, quota_gb=1.0, largest_mb=1.0):
    return Spool(SpoolSettings(folder, quota_gb=quota_gb, keep_free_gb=0.0), largest_mb)


@pytest.fixture
def spool(tmp_path):
    return spool_in(tmp_path / "spool")


def kept(spool, data=b"bytes", identity=ONE):
    incoming = spool.begin()
    incoming.write(data)
    return incoming.keep(identity)


def files(spool):
    return sorted(path for path in spool.folder.rglob("*") if path.is_file())


def test_what_is_kept_lies_whole_under_hashes_and_only_its_owner_may_read_it(spool):
    found = kept(spool)
    (path,) = files(spool)
    assert path == spool.folder / found.path
    assert path.read_bytes() == b"bytes"
    assert found.sha256 == hashlib.sha256(b"bytes").hexdigest()
    assert found.size == spool.used_bytes == 5
    assert path.stat().st_mode & 0o077 == 0
    top, *names = path.relative_to(spool.folder).parts
    assert top == "studies"
    assert all(set(name) <= set("0123456789abcdef-.dcm") for name in names)


def test_other_bytes_of_one_instance_lie_beside_the_first_and_the_same_bytes_lie_once(spool):
    first, again, other = kept(spool), kept(spool), kept(spool, b"other bytes")
    assert first == again
    assert [path.read_bytes() for path in files(spool)] in (
        [b"bytes", b"other bytes"],
        [b"other bytes", b"bytes"],
    )
    assert spool.used_bytes == 5 + 11
    assert other.path != first.path


def test_it_is_synced_to_disk_before_and_after_it_takes_its_place(spool, monkeypatch):
    order = []
    sync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda handle: (order.append("sync"), sync(handle)))
    monkeypatch.setattr(os, "replace", lambda *a, **k: (order.append("place"), replace(*a, **k)))
    kept(spool)
    # The file; each new folder in its parent; the file's name in its folder.
    assert order == ["sync", "sync", "sync", "place", "sync"]


def test_what_is_not_kept_is_removed_when_the_block_ends_or_the_spool_is_opened_again(spool):
    with spool.begin() as incoming:
        incoming.write(b"bytes")
        assert spool.used_bytes == 5
    assert files(spool) == []
    assert spool.used_bytes == 0
    left = spool.begin()
    left.write(b"bytes")
    found = kept(spool)
    again = spool_in(spool.folder)
    assert files(again) == [spool.folder / found.path]
    assert again.used_bytes == 5
    left.discard()


def test_removing_leaves_no_empty_folders_and_may_be_done_twice(spool):
    found = kept(spool)
    for _ in range(2):
        spool.remove(found.path)
    assert spool.used_bytes == 0
    assert list((spool.folder / "studies").iterdir()) == []


def test_an_instance_that_is_too_large_is_refused_and_removed(tmp_path):
    spool = spool_in(tmp_path, largest_mb=0.001)
    incoming = spool.begin()
    incoming.write(bytes(1000))
    with pytest.raises(Refused, match=r"may have 0\.001 MB") as caught:
        incoming.write(b"1")
    assert caught.value.kind == refusals.TOO_LARGE
    incoming.write(b"more")  # of which nothing is kept
    assert files(spool) == []
    assert spool.used_bytes == 0


def fill(incoming):
    for _ in range(9):
        incoming.write(bytes(1_000_000))


def test_beyond_the_quota_nothing_is_begun_and_what_is_on_its_way_is_given_up(tmp_path):
    spool = spool_in(tmp_path, quota_gb=0.006, largest_mb=100.0)
    incoming = spool.begin()
    with pytest.raises(Refused, match="no room left") as caught:
        fill(incoming)
    assert caught.value.kind == refusals.STORAGE
    assert spool.free_bytes == 6_000_000
    kept(spool, bytes(3_000_000))
    kept(spool, bytes(3_000_001), Identity("2", "2", "2", "2", "2"))
    with pytest.raises(Refused, match="no room left"):
        spool.begin()


def test_the_disk_is_left_the_room_that_it_is_to_keep(tmp_path):
    spool = Spool(SpoolSettings(tmp_path, keep_free_gb=1e9), 1.0)
    with pytest.raises(Refused, match="no room left"):
        spool.begin()


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_a_disk_that_fails_is_told_and_leaves_nothing(spool, monkeypatch, failing):
    def fail(*_args, **_named):
        raise OSError(5, "Input/output error")

    incoming = spool.begin()
    incoming.write(b"bytes")
    monkeypatch.setattr(os, failing, fail)
    with pytest.raises(Refused, match=r"cannot be written \(Input/output error\)"):
        incoming.keep(ONE)
    assert files(spool) == []
    assert spool.used_bytes == 0


def write_all(incoming, data):
    incoming.write(data)
    incoming.whole()


def test_a_full_disk_is_told_where_it_is_met(spool):
    for size in (1, 900_000):  # in the buffer, and past it
        incoming = spool.begin()
        os.dup2(os.open("/dev/full", os.O_WRONLY), incoming._file.fileno())
        with pytest.raises(Refused, match="No space left"):
            write_all(incoming, bytes(size))
    assert files(spool) == []
    (spool.folder / "incoming").rename(spool.folder / "gone")
    with pytest.raises(Refused, match="No such file"):
        spool.begin()


def test_a_folder_that_cannot_be_used_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"Opening the spool folder .*: Not a directory"):
        spool_in(tmp_path / "file" / "spool")
