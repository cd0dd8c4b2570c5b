"""Every way to name DICOM: files, folders, DICOMDIRs, zips."""

import io
import os
import zipfile
import zlib

import numpy as np
import pytest

from calcimetry.dicom import part10, zipped
from calcimetry.dicom.find import find_series
from calcimetry.dicom.source import Reader, Source
from calcimetry.errors import UnreadableFile, UnsupportedImage
from tests.dicom import making
from tests.dicom.making import save, save_all, save_directory, series


@pytest.fixture
def folder(tmp_path):
    """A good series, in two folders and without endings."""
    datasets = series()
    for number, ds in enumerate(datasets):
        save(ds, tmp_path / "study" / f"S{number % 2}" / f"IM{number}")
    return tmp_path / "study"


def zip_of(folder, path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, file.relative_to(folder.parent))
    return path


def shapes(found):
    return [volume.grid.shape for volume in found.volumes]


def test_a_folder(folder):
    assert shapes(find_series([folder])) == [making.SHAPE]


def test_files_one_by_one(folder):
    assert shapes(find_series(folder.rglob("IM*"))) == [making.SHAPE]


def test_a_zip_gives_the_same_as_its_folder(folder, tmp_path):
    (plain,) = find_series([folder]).volumes
    (packed,) = find_series([zip_of(folder, tmp_path / "study.ZIP")]).volumes
    assert (packed.name, packed.sha256) == (plain.name, plain.sha256)
    assert packed.load() == plain.load()
    assert {path.name for path in tmp_path.iterdir()} == {"study", "study.ZIP"}


def test_a_zip_found_in_a_folder_is_opened(folder, tmp_path):
    (tmp_path / "in").mkdir()
    zip_of(folder, tmp_path / "in" / "a.zip")
    assert shapes(find_series([tmp_path / "in"])) == [making.SHAPE]


def test_what_else_a_zip_holds_is_told(folder, tmp_path):
    (folder / "notes.txt").write_text("x")
    (left,) = find_series([zip_of(folder, tmp_path / "a.zip")]).left
    assert (left.what, left.failed) == ("1 other files in a.zip", False)


def litter(folder):
    """What macOS and Windows leave behind in a folder that people copy."""
    (folder / "__MACOSX" / "S0").mkdir(parents=True)
    (folder / ".Trashes").mkdir()
    for name in ("._IM0.dcm", "__MACOSX/S0/._IM0.dcm", "__MACOSX/._a.zip", ".DS_Store"):
        (folder / name).write_bytes(b"\0\5\x16\7 no DICOM")
    save(series()[0], folder / ".Trashes" / "IM0")
    (folder / "Thumbs.db").write_bytes(b"x")


def test_hidden_files_of_a_folder_are_not_read(folder):
    litter(folder)
    found = find_series([folder])
    assert shapes(found) == [making.SHAPE]
    assert found.left == ()
    assert [path.name for path in found.other_files] == ["Thumbs.db"]


def test_hidden_files_of_a_zip_are_told_together(folder, tmp_path):
    litter(folder)
    found = find_series([zip_of(folder, tmp_path / "a.zip")])
    assert shapes(found) == [making.SHAPE]
    assert [(left.what, left.reason, left.failed) for left in found.left] == [
        ("5 hidden files in a.zip", "their names start with a dot", False),
        ("1 other files in a.zip", "no DICOM; unpack the zip to have them measured", False),
    ]


def test_a_hidden_file_or_folder_that_is_named_is_read(folder):
    hidden = folder.rename(folder.with_name(".study"))
    assert shapes(find_series([hidden])) == [making.SHAPE]
    (hidden / "S0" / "IM0").rename(hidden / "._IM0")
    (left,) = find_series([hidden / "._IM0"]).left
    assert "needs at least 3 slices, found 1" in left.reason


def test_a_dicomdir_stands_for_the_files_it_lists(folder):
    names = [["S0", "IM0"], ["S1", "IM1"], ["s0", "im2"], ["S1", "IM3"]]
    listed = find_series([save_directory(folder, names)])
    assert shapes(listed) == [(4, 8, 6)]
    assert listed.left == ()


def test_a_dicomdir_met_in_its_folder_is_passed_over(folder):
    save_directory(folder, [["S0", "IM0"]])
    found = find_series([folder])
    assert shapes(found) == [making.SHAPE]
    (left,) = found.left
    assert "a DICOMDIR" in left.reason
    assert not left.failed


def test_a_dicomdir_that_leads_out_finds_nothing_there(folder, tmp_path):
    save(series()[0], tmp_path / "outside")
    found = find_series([save_directory(folder, [["..", "outside"]])])
    assert found.volumes == ()
    assert "1 files that DICOMDIR lists" in found.left[0].what


def test_other_files_are_the_callers(folder, tmp_path):
    (folder / "a.jpg").write_bytes(b"jpg")
    (folder / "b.nii.gz").write_bytes(b"nii")
    missing = tmp_path / "missing"
    found = find_series([folder, missing])
    assert [path.name for path in found.other_files] == ["a.jpg", "b.nii.gz", "missing"]
    assert found.left == ()


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert find_series([tmp_path]).other_files == (tmp_path / "pipe",)


def test_a_link_to_a_folder_is_not_followed(folder, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "loop").symlink_to(tmp_path / "in")
    assert find_series([tmp_path / "in"]).volumes == ()


def test_a_locked_file_is_told(folder, monkeypatch):
    real = type(folder).open

    def locked(path, *arguments, **options):
        if path.name == "IM2":
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *arguments, **options)

    monkeypatch.setattr(type(folder), "open", locked)
    told = {item.what: item.reason for item in find_series([folder]).left}
    assert told["'IM2'"] == "it cannot be opened (Permission denied)"


def test_a_locked_folder_is_told(folder, monkeypatch):
    scan = os.scandir

    def locked(path):
        if os.fspath(path).endswith("S1"):
            raise PermissionError(13, "Permission denied", os.fspath(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", locked)
    told = {item.what: item.reason for item in find_series([folder]).left}
    assert told["'S1'"] == "the folder cannot be read: Permission denied"


def test_damaged_files_are_told_together(tmp_path):
    for number in range(3):
        (tmp_path / f"{number}.dcm").write_bytes(b"")
    (left,) = find_series([tmp_path]).left
    assert left.what == "'0.dcm' and 2 more files"
    assert left.failed


def test_files_of_one_name_are_told_apart(tmp_path):
    for name, content in (("a", b""), ("b", b"hello")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "IM1.dcm").write_bytes(content)
    assert [item.what for item in find_series([tmp_path]).left] == ["'IM1.dcm'", "'IM1.dcm' (2)"]


def test_names_that_do_not_print(tmp_path):
    (tmp_path / "a\nb.dcm").write_bytes(b"")
    assert find_series([tmp_path]).left[0].what == "'a?b.dcm'"


def test_a_zip_changed_after_it_was_listed(folder, tmp_path):
    packed = zip_of(folder, tmp_path / "a.zip")
    (volume,) = find_series([packed]).volumes
    packed.write_bytes(b"gone")
    with pytest.raises(UnreadableFile, match=r"Reading IM0: this part of a.zip is damaged"):
        volume.load()


def test_a_reader_keeps_one_zip_open(folder, tmp_path):
    first = zip_of(folder, tmp_path / "a.zip")
    second = zip_of(folder, tmp_path / "b.zip")
    with Reader() as reader:
        archive = reader.archive(first)
        assert reader.archive(first) is archive
        assert reader.archive(second) is not archive
        assert archive.fp is None
        assert len(reader.open(Source(second, "study/S0/IM0")).read()) > 132


def test_a_zip_of_too_many_files(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(zipped, "MAX_MEMBERS", 3)
    with (
        zipfile.ZipFile(zip_of(folder, tmp_path / "a.zip")) as archive,
        pytest.raises(UnsupportedImage, match="at most 3 files is opened, found 5"),
    ):
        zipped.list_members(archive, 1000, "a.zip")


def test_a_member_that_is_too_large():
    info = zipfile.ZipInfo("a.dcm")
    info.file_size = zipped.MAX_MEMBER_BYTES + 1
    assert "larger than 1 GB" in zipped.why_not(info)


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "C:\\a.dcm", "..\\a.dcm", "a/../../b", "\\\\x\\y\\z"]
)
def test_names_that_lead_out_of_a_zip(name):
    assert zipped.why_not(zipfile.ZipInfo(name)) == "its name leads out of the zip"


def test_a_damaged_file_header(tmp_path):
    save_all(tmp_path, series()[:1])
    path = tmp_path / "0000.dcm"
    content = bytearray(path.read_bytes())
    place = content.index(b"\x02\x00\x10\x00UI")
    content[place + 4 : place + 12] = b"OB\0\0\xff\xff\xff\x7f"
    path.write_bytes(content)
    (left,) = find_series([tmp_path]).left
    assert left.reason == "the file's header is damaged or cut off. Export or copy it again"


def test_a_dicomdir_that_is_none(tmp_path):
    (tmp_path / "DICOMDIR").write_bytes(b"hello" * 100)
    (left,) = find_series([tmp_path / "DICOMDIR"]).left
    assert left.reason == "it is damaged (InvalidDicomError). Name its folder instead"


def test_deflated_data_that_unpack_to_too_much(tmp_path, monkeypatch):
    datasets = series(np.zeros((3, 64, 64), np.int16))
    for ds in datasets:
        ds.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1.99"
    save_all(tmp_path, datasets)
    monkeypatch.setattr(part10, "MAX_INFLATED_BYTES", 1000)
    (left,) = find_series([tmp_path]).left
    assert "deflated data of at most 0 MB are unpacked" in left.reason


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[:-200] + b"\xff" * 200,
        lambda content: content[:-200] + bytes(200),
        lambda content: content[:-200],
        lambda content: content + b"more",
    ],
    ids=["ones", "zeros", "cut off", "too long"],
)
def test_deflated_data_that_are_damaged(tmp_path, damage):
    datasets = series()
    for ds in datasets:
        ds.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1.99"
    save_all(tmp_path, datasets)
    for path in tmp_path.iterdir():
        path.write_bytes(damage(path.read_bytes()))
    found = find_series([tmp_path])
    assert not found.volumes
    assert [left.reason for left in found.left] == [
        "its deflated data are damaged. Export or copy it again"
    ]


@pytest.mark.parametrize("padding", [b"", b"\0"])
def test_deflated_data_may_end_with_a_zero_that_makes_their_length_even(padding):
    packed = zlib.compress(b"data set", wbits=-zlib.MAX_WBITS)
    assert part10._inflated(io.BytesIO(packed + padding), "1.dcm").read() == b"data set"
