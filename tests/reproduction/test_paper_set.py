from __future__ import annotations

import math
from types import SimpleNamespace

import pytest

from calcimetry.errors import InputError
from calcimetry.phantom.cohort import PAPER_GROUPS
from calcimetry.reproduction import paper_set
from calcimetry.reproduction.paper_set import QUICK_GROUPS, own_set, simulated_set
from tests.reproduction.paper import TEST, TRAIN, save_study


def test_a_folder_in_the_shape_of_the_paper(tmp_path):
    found = own_set(save_study(tmp_path / "data"), 2021)
    assert [one.name for one in found.test] == [f"finger-{n}.png" for n in range(TEST)]
    assert found.whole == {f"finger-{n}.png" for n in range(1, 6)}
    assert (found.patients, found.index_fingers, found.simulated) == (4, 2, False)
    held_out = {one.name for one in found.held_out}
    assert (len(held_out), len(found.training)) == (1, 3)
    assert held_out | set(found.training) == {f"finger-{TEST + n}.png" for n in range(TRAIN)}
    assert list(found.readings) == ["IMO", "AW"]
    assert found.readings["IMO"]["finger-2.png"] == pytest.approx(math.pi / 4 * 1.6**2 * 1.2)


def test_what_nobody_says_is_not_known(tmp_path):
    data = save_study(tmp_path / "data", readers=False, group=[], cut_off=[], finger=[])
    found = own_set(data, 1)
    assert (len(found.test), len(found.held_out), found.training) == (TEST + TRAIN, 0, ())
    assert (found.whole, found.index_fingers, found.readings) == (None, None, {})


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"group": ["west"] * 11}, "group of finger-0.png must be train or test, found 'west'"),
        ({"group": ["train"] * 11}, "no picture of data is of the group test"),
        ({"cut_off": ["yes"] * 11}, "cut_off of finger-0.png must be true or false, found 'yes'"),
    ],
)
def test_manifests_that_cannot_be_used(tmp_path, columns, told):
    with pytest.raises(InputError, match=told):
        own_set(save_study(tmp_path / "data", **columns), 1)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("finger-0.png,truth,3,2", "has a reader called 'truth'"),
        ("other.png,IMO,3,2", "names no picture of the group test; it has 'other.png'"),
    ],
)
def test_readers_that_cannot_be_used(tmp_path, row, told):
    data = save_study(tmp_path / "data")
    header = "image,reader,long_axis_mm,short_axis_mm"
    (data / "readers.csv").write_text(f"{header}\n{row}\n", encoding="utf-8")
    with pytest.raises(InputError, match=told):
        own_set(data, 1)


@pytest.mark.parametrize("groups", [PAPER_GROUPS, QUICK_GROUPS])
def test_simulated_radiologists_who_saw_nothing_read_0(tmp_path, monkeypatch, groups):
    asked = []

    def write(cohort, out, output, _on_progress):
        asked.append((cohort, output.format))
        images = save_study(out / "images", readers=False)
        (out / "truth").mkdir()
        rows = ["image,reader,lesion,long_axis_mm,short_axis_mm,ellipse_area_mm2"]
        rows += ["finger-1.png,radiologist 1,1,2,1,1.57"]
        (out / "truth/readings.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
        return SimpleNamespace(images=images)

    monkeypatch.setattr(paper_set, "write_cohort", write)
    found = simulated_set(tmp_path / "pictures", 5, groups)
    ((cohort, form),) = asked
    assert (cohort.seed, form) == (5, "jpeg")
    assert cohort.groups == groups
    assert found.simulated
    assert sorted(found.readings["radiologist 1"].values())[-2:] == [
        0.0,
        pytest.approx(math.pi / 2),
    ]
