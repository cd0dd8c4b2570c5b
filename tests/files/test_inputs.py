from __future__ import annotations

import os

import pytest

from calcimetry.files.inputs import (
    file_sha256,
    find_inputs,
    path_key,
    printable,
    stem_of,
    without_ending,
)
from tests.fakes import save_manifest, save_picture


def names(inputs):
    return [source.image for source in inputs.found]


def test_a_folder_is_searched_in_order_and_tells_what_it_passed_over(tmp_path):
    for name in ("b.PNG", "a.jpg", "sub/c.jpeg", ".hidden.jpg", ".git/d.png"):
        save_picture(tmp_path / "in" / name) if name != "b.PNG" else None
    save_picture(tmp_path / "in" / "b.png").rename(tmp_path / "in" / "b.PNG")
    (tmp_path / "in" / "notes.txt").write_text("x")
    (tmp_path / "in" / "linked").symlink_to(tmp_path)
    found = find_inputs([tmp_path / "in"])
    assert names(found) == ["a.jpg", "b.PNG", "sub/c.jpeg"]
    assert found.passed_over == {
        ".git/": "hidden folder",
        ".hidden.jpg": "hidden file",
        "linked/": "a link to a folder",
        "notes.txt": "not DICOM, nor named as NIfTI, JPEG or PNG",
    }


def test_named_files_count_whatever_they_are(tmp_path):
    found = find_inputs([tmp_path / "notes.txt", tmp_path / "missing.jpg"])
    assert names(found) == ["notes.txt", "missing.jpg"]
    assert not any(source.problem for source in found.found)


def test_a_manifest_limits_its_folder_and_what_is_below(tmp_path):
    for name in ("a.jpg", "b.jpg", "sub/c.jpg", "sub/d.jpg"):
        save_picture(tmp_path / "in" / "set" / name)
    save_picture(tmp_path / "in" / "other.jpg")
    save_manifest(
        tmp_path / "in" / "set",
        "sub/c.jpg,0.3,p1",
        "a.jpg,0.4,p2",
        header="image,pixel_spacing_mm,patient",
    )
    found = find_inputs([tmp_path / "in"])
    assert names(found) == ["other.jpg", "set/sub/c.jpg", "set/a.jpg"]
    assert [source.pixel_spacing_mm for source in found.found] == [None, 0.3, 0.4]
    assert found.found[1].columns == {"patient": "p1"}
    assert found.passed_over == {
        "set/b.jpg": "not named in manifest.csv",
        "set/sub/d.jpg": "not named in manifest.csv",
    }


def test_a_manifest_line_without_its_file_has_a_problem(tmp_path):
    save_manifest(tmp_path, "a.jpg,0.4", "../b.jpg,0.4", ",0.4")
    found = find_inputs([tmp_path])
    problems = [source.problem for source in found.found]
    assert "line 2 of the manifest: there is no such file" in problems[0]
    assert "outside" in problems[1]
    assert "names no picture" in problems[2]
    assert names(found) == ["a.jpg", "manifest.csv", "manifest.csv"]


@pytest.mark.parametrize("name", ["Manifest.csv", "MANIFEST.CSV"])
def test_a_manifest_is_one_in_any_case_and_stands_for_its_folder(tmp_path, name):
    save_picture(tmp_path / "a.jpg")
    save_picture(tmp_path / "b.jpg")
    manifest = save_manifest(tmp_path, "a.jpg,0.4").rename(tmp_path / name)
    for path in (tmp_path, manifest):
        found = find_inputs([path])
        assert names(found) == ["a.jpg"]
        assert found.passed_over == {"b.jpg": f"not named in {name}"}


def test_a_manifest_may_write_accents_its_own_way(tmp_path):
    apart, joined = "e\N{COMBINING ACUTE ACCENT}.jpg", "\N{LATIN SMALL LETTER E WITH ACUTE}.jpg"
    for number, (stored, written) in enumerate(((apart, joined), (joined, apart))):
        save_picture(tmp_path / str(number) / stored)
        save_manifest(tmp_path / str(number), f"{written},0.4")
        (source,) = find_inputs([tmp_path / str(number)]).found
        assert (source.path.is_file(), source.problem) == (True, "")


@pytest.mark.parametrize("ending", ["JPG", "jpe", "JFIF", "Jpeg", "PNG"])
def test_picture_endings_count_in_any_case(tmp_path, ending):
    (tmp_path / f"a.{ending}").touch()
    assert names(find_inputs([tmp_path])) == [f"a.{ending}"]


@pytest.mark.parametrize("lines", [[], ["x"]])
def test_a_manifest_without_use_is_one_input_with_a_problem(tmp_path, lines):
    save_manifest(tmp_path, header="image,pixel_spacing_mm" if not lines else "x")
    save_picture(tmp_path / "a.jpg")
    (source,) = find_inputs([tmp_path]).found
    assert source.image == "manifest.csv"
    assert source.problem


def test_an_empty_folder_has_a_problem(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "junk").mkdir()
    (tmp_path / "junk" / "a.txt").write_text("x")
    found = find_inputs([tmp_path / "empty", tmp_path / "junk"])
    assert names(found) == ["empty/", "junk/"]
    assert "0 other files" in found.found[0].problem
    assert "1 other files" in found.found[1].problem


def test_a_locked_folder_has_a_problem_and_spares_the_others(tmp_path, monkeypatch):
    save_picture(tmp_path / "in" / "a.jpg")
    save_picture(tmp_path / "in" / "locked" / "b.jpg")
    scan = os.scandir

    def locked(path):
        if os.fspath(path).endswith("locked"):
            raise PermissionError(13, "Permission denied", path)
        return scan(path)

    monkeypatch.setattr(os, "scandir", locked)
    found = find_inputs([tmp_path / "in"])
    assert names(found) == ["a.jpg", "in/locked/"]
    assert found.found[1].problem == "the folder cannot be read: Permission denied"


def test_earlier_results_are_not_measured_as_pictures(tmp_path):
    save_picture(tmp_path / "a.jpg")
    save_picture(tmp_path / "results" / "overlays" / "a.png")
    save_picture(tmp_path / "results" / "segmentations" / "a_bones.png")
    for name in ("report.json", "images.csv"):
        (tmp_path / "results" / name).write_text("x")
    found = find_inputs([tmp_path])
    assert names(found) == ["a.jpg"]
    assert found.passed_over["results/overlays/"] == "results of an earlier run"


def test_names_that_do_not_print_are_made_printable(tmp_path):
    assert printable("a\nb") == "a\N{REPLACEMENT CHARACTER}b"
    assert printable(os.fsdecode(b"a\xff.jpg")) == "a\N{REPLACEMENT CHARACTER}.jpg"
    assert find_inputs([tmp_path / "a\nb.jpg"]).found[0].image.isprintable()


def test_stems():
    assert stem_of("a.b.png") == "a.b"
    assert stem_of("notes.txt") == "notes.txt"
    long = stem_of("é" * 240 + ".png")
    assert len(long.encode()) <= 200
    assert long != stem_of("é" * 239 + ".png")


def test_hashes_tell_content_and_place(tmp_path):
    picture = save_picture(tmp_path / "a.jpg")
    assert file_sha256(picture) == file_sha256(save_picture(tmp_path / "b.jpg"))
    assert file_sha256(tmp_path) == ""
    assert file_sha256(tmp_path / "missing") == ""
    (tmp_path / "link.jpg").symlink_to(picture)
    assert path_key(tmp_path / "link.jpg") == path_key(picture) != path_key(tmp_path / "b.jpg")


def test_content_that_cannot_be_read_has_no_hash(tmp_path, monkeypatch):
    picture = save_picture(tmp_path / "a.jpg")

    def locked(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(picture), "open", locked)
    assert file_sha256(picture) == ""


def test_a_manifest_is_followed_in_a_folder_named_from_elsewhere(tmp_path, monkeypatch):
    folder = tmp_path / "pictures"
    save_picture(folder / "ring.png")
    save_manifest(folder, "ring.png,0.4")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    (found,) = find_inputs(["../pictures"]).found
    assert (found.image, found.problem) == ("ring.png", "")


def test_volumes_are_known_by_their_ending(tmp_path):
    for name in ("a.nii", "b.NII.GZ", "c.gz"):
        (tmp_path / name).write_bytes(b"x")
    save_picture(tmp_path / "d.png")
    found = find_inputs([tmp_path])
    assert names(found) == ["a.nii", "b.NII.GZ", "d.png"]
    assert [source.load is not None for source in found.found] == [True, True, False]
    assert list(found.passed_over) == ["c.gz"]


def test_a_manifest_may_name_volumes(tmp_path):
    (tmp_path / "a.nii.gz").write_bytes(b"x")
    (tmp_path / "b.nii.gz").write_bytes(b"x")
    save_manifest(tmp_path, "a.nii.gz,,p1", header="image,pixel_spacing_mm,patient")
    (source,) = find_inputs([tmp_path]).found
    assert source.load is not None
    assert source.columns == {"patient": "p1"}


def test_what_the_search_for_dicom_claims_is_not_told_here(tmp_path):
    for name in ("IM1", "notes.txt", ".hidden", "a.png", "sub/IM2"):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    left = {os.path.realpath(tmp_path / "in" / name) for name in ("notes.txt", "a.png")}
    found = find_inputs([tmp_path / "in", tmp_path / "in" / "IM1"], left)
    assert names(found) == ["a.png"]
    assert set(found.passed_over) == {".hidden", "notes.txt"}
    assert names(find_inputs([tmp_path / "in" / "sub"], left)) == []
    assert names(find_inputs([tmp_path / "gone.dcm"], left)) == ["gone.dcm"]
    save_manifest(tmp_path / "in", "a.png,0.4")
    assert set(find_inputs([tmp_path / "in"], left).passed_over) == {".hidden", "notes.txt"}


def test_endings():
    assert without_ending("sub/a.nii.gz") == ("sub/a", ".nii.gz")
    assert without_ending("a.tar.gz") == ("a.tar.gz", "")
    assert without_ending(".png") == (".png", "")
    assert stem_of("bad.png/") == "bad"
