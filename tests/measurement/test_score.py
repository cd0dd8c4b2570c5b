"""The three factors of a radiographic score, each place of a hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from calcimetry.files.nifti import read_nifti
from calcimetry.measurement.score import score_factors
from calcimetry.model import Segmentation
from tests.volumes import LESIONS, fake_measure_volume, save_nifti

#: Of a pixel of the flat hand: the file's voxels are 0.8 mm across it and 1 mm along it, and
#: 0.9 mm from back to palm.
PIXEL_MM2, SLICE_MM = 0.8, 0.9


@pytest.fixture
def report(tmp_path):
    return fake_measure_volume(read_nifti(save_nifti(tmp_path / "v.nii")))


def by_bone(report, lesions):
    return {one.bone: one for one in score_factors(report, report.hands[0], lesions)}


def test_each_lesion_covers_its_shadow_at_the_nearest_bone(report):
    sites = by_bone(report, report.lesions)
    assert set(sites) == {11, 13, 14, 21, 22, 23, 24}
    for slices, rows, columns, bone in LESIONS.values():
        shadow = (rows.stop - rows.start) * (columns.stop - columns.start) * PIXEL_MM2
        assert sites[bone].projected_area_mm2 == pytest.approx(shadow)
        thickness = (slices.stop - slices.start) * SLICE_MM
        assert sites[bone].mean_thickness_mm == pytest.approx(thickness)
        part = 100.0 * shadow / sites[bone].tissue_area_mm2
        assert sites[bone].area_coverage_percent == pytest.approx(part)


def test_all_tissue_is_divided_among_the_bones(report):
    sites = by_bone(report, report.lesions)
    assert sum(one.tissue_area_mm2 for one in sites.values()) == pytest.approx(55 * 29 * PIXEL_MM2)


def test_lesions_that_do_not_count_cover_nothing(report):
    sites = by_bone(report, report.lesions[1:])
    assert sites[22].projected_area_mm2 == 0.0
    assert sites[22].mean_thickness_mm is None
    assert sites[11].projected_area_mm2 > 0.0


def test_without_bones_there_are_no_places(report):
    none = Segmentation(np.zeros(report.image.grid.shape, np.uint16), report.image.grid, {})
    assert score_factors(replace(report, bones=none), report.hands[0], report.lesions) == ()
