from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from calcimetry.errors import InputError
from calcimetry.files.nifti import write_label_nifti
from calcimetry.files.results import Contents
from calcimetry.files.results_folder import load_results
from calcimetry.model import Grid, Segmentation
from calcimetry.study import followup_visits
from calcimetry.study.followup_series import SavedVisit
from calcimetry.study.followup_visits import load_visit
from tests.study import followup_cases
from tests.visits import true_visits


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("saved")
        (results,) = followup_cases.save_results(folder, true_visits()[:1], patch)
    return SavedVisit(1, results, load_results(results), "first")


def only(saved):
    return saved.contents.results[0]


def test_a_visit_is_as_it_was_measured(saved):
    loaded = load_visit(saved, only(saved))
    truth = true_visits()[0]
    assert np.array_equal(loaded.visit.bones.label_map, truth.bones.label_map)
    assert np.array_equal(loaded.visit.lesion_map.label_map, truth.lesion_map.label_map)
    assert loaded.visit.bones.grid == loaded.report.image.grid
    assert loaded.visit.calibration == "nominal"
    assert loaded.visit.key == only(saved).sha256
    assert [hand.laterality for hand in loaded.report.hands] == [
        hand.laterality for hand in truth.hands
    ]


def test_an_image_need_not_be_there(saved):
    loaded = load_visit(saved, only(saved), with_image=False, patient="")
    assert loaded.report is None
    assert np.allclose(
        loaded.visit.bones.grid.affine, true_visits()[0].image.grid.affine, atol=1e-4
    )


def test_calibrations_of_rods_are_told_apart(saved):
    def called(slope):
        how = {"settings": {"calibration": {"slope": slope}}}
        lesions = tuple(replace(one, calibration="rods") for one in only(saved).lesions)
        result = replace(only(saved), lesions=lesions, made_with="m")
        changed = replace(saved, contents=Contents((result,), {"m": how}))
        return load_visit(changed, result, with_image=False).visit.calibration

    assert called(1.0) == called(1.0) != called(2.0)
    assert called(1.0).startswith("rods ")


def test_maps_that_do_not_lie_on_the_image(saved, monkeypatch):
    read = followup_visits.read_label_nifti

    def moved(path):
        labels, grid = read(path)
        affine = grid.affine.copy()
        affine[0, 3] += 5.0
        return labels, Grid(grid.shape, affine)

    monkeypatch.setattr(followup_visits, "read_label_nifti", moved)
    with pytest.raises(InputError, match="label maps do not lie on its image"):
        load_visit(saved, only(saved))


def test_maps_that_do_not_fit_the_report(saved):
    result = replace(only(saved), bones={})
    with pytest.raises(InputError, match=r"do not fit its report.json .*have no meaning"):
        load_visit(saved, result, with_image=False)


def test_maps_of_other_grids(saved, tmp_path):
    files = []
    for kind, size in (("bones", 3), ("lesions", 4)):
        file = f"segmentations/x_{kind}.nii.gz"
        empty = Segmentation(np.zeros((size, 3, 3)), Grid((size, 3, 3), np.eye(4)), {})
        write_label_nifti(tmp_path / file, empty)
        files.append(file)
    other = replace(saved, folder=tmp_path)
    with pytest.raises(InputError, match="do not fit its report"):
        load_visit(other, replace(only(saved), files=tuple(files)), with_image=False)
