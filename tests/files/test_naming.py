from __future__ import annotations

from dataclasses import replace

from calcimetry.files.inputs import file_sha256, find_inputs, path_key
from calcimetry.files.naming import plan, result_files
from calcimetry.files.results import Result
from tests.fakes import finger_levels, save_picture
from tests.volumes import hand_hu, save_nifti


def planned(*paths, earlier=()):
    return plan(find_inputs(paths).found, earlier)


def results(tasks):
    return [Result(t.image, t.stem, t.key, "complete", sha256=t.sha256) for t in tasks]


def other(path):
    return save_picture(path, finger_levels() + 5)


def test_names_are_relative_paths(tmp_path):
    save_picture(tmp_path / "sub" / "a.jpg")
    (task,) = planned(tmp_path)
    assert (task.image, task.stem, task.notes) == ("sub/a.jpg", "sub/a", ())


def test_inputs_of_one_name_get_numbers_and_it_is_said(tmp_path):
    paths = [save_picture(tmp_path / "1" / "a.jpg"), other(tmp_path / "2" / "a.jpg")]
    first, second = planned(*paths)
    assert (first.image, first.stem) == ("a.jpg", "a")
    assert (second.image, second.stem) == ("a-2.jpg", "a-2")
    assert "Another input is called a.jpg" in second.notes[0]


def test_files_differing_in_ending_or_case_share_no_stem(tmp_path):
    for name in ("a.jpg", "a.png"):
        save_picture(tmp_path / "in" / name)
    paths = [tmp_path / "in", other(tmp_path / "other" / "A.jpg")]
    tasks = planned(*paths)
    assert [task.image for task in tasks] == ["a.jpg", "a.png", "A-2.jpg"]
    assert [task.stem for task in tasks] == ["a", "a-2", "A-3"]


def test_the_same_file_twice_is_one_task_and_one_problem(tmp_path):
    picture = save_picture(tmp_path / "a.jpg")
    (tmp_path / "link.jpg").symlink_to(picture)
    first, second, third = planned(picture, picture, tmp_path / "link.jpg")
    assert not first.problem
    assert second.problem == third.problem == "the same file as a.jpg, which is measured once"
    assert second.image == "a-2.jpg"


def test_a_copy_is_measured_and_noted(tmp_path):
    paths = [save_picture(tmp_path / "a.jpg"), save_picture(tmp_path / "b.jpg")]
    _, second = planned(*paths)
    assert second.notes == ("Its content is the same as that of a.jpg.",)
    assert not second.problem


def test_names_stay_the_same_at_every_run(tmp_path):
    paths = [save_picture(tmp_path / "1" / "a.jpg"), other(tmp_path / "2" / "a.jpg")]
    first = planned(paths[0], paths[1], paths[1])
    again = planned(paths[1], paths[1], paths[0], earlier=results(first))
    assert [task.image for task in again] == ["a-2.jpg", "a-3.jpg", "a.jpg"]
    assert all(task.earlier for task in again)


def test_a_moved_folder_is_known_again_by_name_and_content(tmp_path):
    save_picture(tmp_path / "old" / "a.jpg")
    earlier = results(planned(tmp_path / "old"))
    (tmp_path / "old").rename(tmp_path / "new")
    (task,) = planned(tmp_path / "new", earlier=earlier)
    assert task.image == "a.jpg"
    assert task.earlier is not None
    assert task.key == path_key(tmp_path / "new" / "a.jpg")


def test_copies_do_not_take_over_one_result(tmp_path):
    first = save_picture(tmp_path / "1" / "a.jpg")
    earlier = results(planned(first))
    tasks = planned(save_picture(tmp_path / "2" / "a.jpg"), first, earlier=earlier)
    assert sorted(task.image for task in tasks) == ["a-2.jpg", "a.jpg"]
    assert [task.sha256 for task in tasks] == [file_sha256(first)] * 2


def test_other_content_under_the_name_of_an_earlier_result_gets_its_own(tmp_path):
    earlier = results(planned(save_picture(tmp_path / "1" / "a.jpg")))
    (task,) = planned(other(tmp_path / "2" / "a.jpg"), earlier=earlier)
    assert (task.image, task.earlier) == ("a-2.jpg", None)


def test_volumes_are_numbered_before_their_whole_ending(tmp_path):
    paths = [
        save_nifti(tmp_path / "1" / "hand.nii.gz"),
        save_nifti(tmp_path / "2" / "hand.nii.gz", hand_hu(901.0)),
        save_nifti(tmp_path / "3" / "hand.nii", hand_hu(902.0)),
    ]
    tasks = planned(*paths)
    assert [task.image for task in tasks] == ["hand.nii.gz", "hand-2.nii.gz", "hand.nii"]
    assert [task.stem for task in tasks] == ["hand", "hand-2", "hand-3"]


def test_no_picture_takes_the_name_of_a_volumes_fingers(tmp_path):
    for order in (("a.nii.gz", "a_fingers.png"), ("a_fingers.png", "a.nii.gz")):
        make = {"a.nii.gz": save_nifti, "a_fingers.png": save_picture}
        tasks = planned(*(make[name](tmp_path / name) for name in order))
        files = [
            file for task in tasks for file in result_files(task.stem, task.source.load is not None)
        ]
        assert len(files) == len(set(files)) == 7
    (volume,) = planned(tmp_path / "a.nii.gz")
    (earlier,) = results([volume])
    measured = replace(earlier, spacing_mm=(1.0, 1.0, 1.0))
    (picture,) = planned(tmp_path / "a_fingers.png", earlier=[measured])
    assert picture.stem == "a_fingers-2"


def test_what_is_no_single_file_is_known_by_its_own_place_and_content(tmp_path):
    (source,) = find_inputs([save_nifti(tmp_path / "a.nii")]).found
    series = replace(source, place="dicom-1", sha256="content")
    (task,) = plan([series], [])
    assert (task.key, task.sha256) == ("dicom-1", "content")
    again = plan([series, series], results([task]))
    assert again[0].earlier is not None
    assert "measured once" in again[1].problem
