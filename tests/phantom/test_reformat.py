"""Sagittal pictures of simulated fingers and what is true of them."""

from itertools import pairwise

import numpy as np
import pytest

from calcimetry.errors import SettingsError
from calcimetry.phantom.reformat import Slab, best_offsets_mm, cut_short, reformat_finger
from calcimetry.phantom.truth import true_report
from calcimetry.phantom.volume import finger_volume


@pytest.fixture(scope="module")
def scan():
    for seed in range(30):
        volume = finger_volume(np.random.default_rng(seed), spacing_mm=0.8)
        report = true_report(volume)
        if report.lesions and max(one.area_mm2 for one in report.lesions) > 3:
            finger = report.hands[0].fingers[0]
            if best_offsets_mm(volume, report, finger)[0]:
                return volume, report, finger
    raise AssertionError


def test_a_picture_shows_its_plane(scan):
    volume, report, finger = scan
    (offset,) = best_offsets_mm(volume, report, finger)
    picture = reformat_finger(volume, report, finger, Slab(offset, 0.0))
    assert picture.report.image.is_picture
    assert picture.report.image.grid.shape[1:] == finger.grid.shape[1:]
    assert picture.report.image.grid.spacing[1] == pytest.approx(finger.grid.spacing[1])
    slices = finger.grid.shape[0]
    number = round(offset / finger.grid.spacing[0] + (slices - 1) / 2)
    place = finger.grid.index_to_mm([number, 40, 20])
    nearest = np.rint(report.image.grid.mm_to_index(place)).astype(int)
    around = tuple(slice(max(n - 1, 0), n + 2) for n in nearest)
    values = report.image.array[around]
    shown = picture.report.image.array[0, 40, 20]
    assert values.min() - 1 <= shown <= values.max() + 1


def test_lesions_keep_their_numbers_and_areas_add_up(scan):
    volume, report, finger = scan
    picture = reformat_finger(
        volume, report, finger, Slab(best_offsets_mm(volume, report, finger)[0], 1.0)
    )
    numbers = {one.number for one in picture.report.lesions}
    assert numbers
    assert numbers <= {one.number for one in report.lesions}
    assert picture.report.area_mm2 == pytest.approx(
        sum(one.area_mm2 for one in picture.report.lesions)
    )
    largest = {one.number: one.area_mm2 for one in report.lesions}
    for one in picture.report.lesions:
        assert one.area_mm2 <= 1.1 * largest[one.number] + 0.2


def test_planes_lie_apart_and_the_fullest_comes_first(scan):
    volume, report, finger = scan
    offsets = best_offsets_mm(volume, report, finger, count=3, apart_mm=1.5)
    assert all(abs(a - b) >= 1.5 for a, b in pairwise(offsets))
    areas = [
        reformat_finger(volume, report, finger, Slab(offset, 0.0)).report.area_mm2
        for offset in offsets
    ]
    assert areas[0] >= 0.7 * max(areas)


def test_a_cut_picture_shows_no_whole_finger_and_most_of_its_lesions(scan):
    volume, report, finger = scan
    whole = reformat_finger(
        volume, report, finger, Slab(best_offsets_mm(volume, report, finger)[0], 1.0)
    )
    slab = cut_short(whole)
    assert slab.last_row - slab.first_row < 1.0
    cut = reformat_finger(volume, report, finger, slab)
    assert cut.report.image.grid.shape[1] < whole.report.image.grid.shape[1]
    assert cut.report.area_mm2 >= 0.5 * whole.report.area_mm2
    end = 0 if slab.first_row else -1
    assert cut.report.bones.mask[0][end].any()


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({"thickness_mm": -1.0}, "thickness of 0 to 20 mm"),
        ({"offset_mm": float("nan")}, "a finite offset"),
        ({"first_row": 0.7, "last_row": 0.3}, "the first before the last"),
    ],
)
def test_impossible_slabs_are_refused(bad, words):
    with pytest.raises(SettingsError, match=words):
        Slab(**bad)
