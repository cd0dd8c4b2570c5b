from __future__ import annotations

import json
from dataclasses import replace

import pytest

from calcimetry.errors import InputError
from calcimetry.files.results_folder import load_results
from calcimetry.study import EnergyPair, VolumeChoice, measure_study, run, writing
from calcimetry.study.source_places import SOURCES, find_again
from tests.fakes import SPACING, fake_measure, save_picture
from tests.volumes import fake_measure_volume, hand_hu, save_nifti


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    def measure(image, settings, *how):
        return fake_measure_volume(image, settings, *how) if how else fake_measure(image, settings)

    monkeypatch.setattr(run, "measure", measure)
    monkeypatch.setattr(writing, "_write_png", lambda path, _: path.parent.mkdir(exist_ok=True))


def only(folder):
    (result,) = load_results(folder).results
    return result


def test_a_volume_is_found_again(tmp_path):
    path = save_nifti(tmp_path / "in" / "hand.nii.gz")
    measure_study([tmp_path / "in"], tmp_path / "out")
    assert find_again(tmp_path / "out", only(tmp_path / "out")).path == path


def test_a_pair_is_found_again_with_its_settings(tmp_path):
    low = save_nifti(tmp_path / "80.nii.gz")
    high = save_nifti(tmp_path / "150.nii.gz", hand_hu(600.0))
    pair = EnergyPair(low, high, "80", "Sn150")
    measure_study([], tmp_path / "out", volumes=VolumeChoice(pair=pair))
    result = only(tmp_path / "out")
    assert result.tube_settings == ("80", "Sn150")
    image, _ = find_again(tmp_path / "out", result).load()
    assert (image.low_setting, image.high_setting) == ("80", "Sn150")
    high.unlink()
    with pytest.raises(InputError, match="changed since"):
        find_again(tmp_path / "out", result)


def test_places_are_kept_from_run_to_run_and_pictures_need_none(tmp_path):
    out = tmp_path / "out"
    picture = save_picture(tmp_path / "a.png")
    measure_study([picture], out, pixel_spacing_mm=SPACING)
    assert not (out / SOURCES).exists()
    for name in ("a", "b"):
        measure_study([save_nifti(tmp_path / f"{name}.nii")], out)
    content = json.loads((out / SOURCES).read_text())
    assert list(content["images"]) == ["a.nii", "b.nii"]
    assert "leave this file out" in content["note"]


def test_a_volume_that_moved_is_found_where_the_user_says(tmp_path):
    path = save_nifti(tmp_path / "hand.nii.gz")
    out = tmp_path / "out"
    measure_study([path], out)
    (tmp_path / "new").mkdir()
    path.rename(tmp_path / "new" / "renamed.nii.gz")
    with pytest.raises(InputError, match=r"gone from where it was measured.*--images"):
        find_again(out, only(out))
    assert find_again(out, only(out), [tmp_path / "new"]).image == "renamed.nii.gz"


def test_a_volume_that_changed_is_not_taken_for_the_old_one(tmp_path):
    path = save_nifti(tmp_path / "hand.nii.gz")
    measure_study([path], tmp_path / "out")
    save_nifti(path, hand_hu(mineral=901.0))
    with pytest.raises(InputError, match="has changed since"):
        find_again(tmp_path / "out", only(tmp_path / "out"))


@pytest.mark.parametrize("content", [None, "{", "[]", '{"images": 3}', '{"images": {}}'])
def test_results_that_do_not_say_where(tmp_path, content):
    path = save_nifti(tmp_path / "hand.nii.gz")
    out = tmp_path / "out"
    measure_study([path], out)
    if content is None:
        (out / SOURCES).unlink()
    else:
        (out / SOURCES).write_text(content)
    with pytest.raises(InputError, match=r"do not say where it lies.*--images"):
        find_again(out, only(out))
    assert find_again(out, only(out), [path]).path == path
    measure_study([path], out)  # writes it anew, though nothing is measured again
    assert find_again(out, only(out)).path == path


def test_results_that_do_not_say_which(tmp_path):
    path = save_nifti(tmp_path / "hand.nii.gz")
    measure_study([path], tmp_path / "out")
    with pytest.raises(InputError, match="do not say which one"):
        find_again(tmp_path / "out", replace(only(tmp_path / "out"), sha256=""))
