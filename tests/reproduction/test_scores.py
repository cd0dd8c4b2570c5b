from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from calcimetry.errors import InputError
from calcimetry.reproduction.known_pictures import read_known_pictures
from calcimetry.reproduction.scores import dice, score, surface_distances
from tests.reproduction.fingers import SPACING, report_of, save_fingers


def block(rows: slice, columns: slice, shape=(40, 40)) -> np.ndarray:
    mask = np.zeros(shape, bool)
    mask[rows, columns] = True
    return mask


@pytest.fixture
def known(tmp_path):
    return read_known_pictures(save_fingers(tmp_path, ("A",)))[0]


def test_dice():
    a, b = block(slice(0, 4), slice(0, 5)), block(slice(0, 2), slice(0, 5))
    assert dice(a, b) == pytest.approx(2 * 10 / 30)
    assert dice(a, a) == 1.0
    assert dice(a, ~a) == 0.0
    assert dice(a & ~a, b & ~b) == 1.0


def test_straight_edges_lie_as_far_apart_as_they_do():
    # Both are cut off by the picture on three sides, where neither has an outline.
    near, far = block(slice(0, 10), slice(None)), block(slice(0, 13), slice(None))
    found = surface_distances(near, far, (0.5, 0.2))
    assert (found.mean_mm, found.p95_mm) == (pytest.approx(1.5), pytest.approx(1.5))
    found = surface_distances(near.T, far.T, (0.5, 0.2))
    assert found.mean_mm == pytest.approx(0.6)


def test_distances_are_the_same_both_ways_round():
    a, b = block(slice(5, 20), slice(5, 20)), block(slice(8, 22), slice(4, 25))
    assert surface_distances(a, b, (0.4, 0.4)) == surface_distances(b, a, (0.4, 0.4))


def test_a_lone_far_piece_shows_in_the_95th_percentile_before_the_mean():
    a = block(slice(10, 14), slice(2, 38))
    b = a | block(slice(30, 32), slice(2, 12))
    found = surface_distances(a, b, (1.0, 1.0))
    assert found.p95_mm > 15.0
    assert found.mean_mm < 4.0


def test_holes_have_outlines_too():
    whole = block(slice(5, 35), slice(5, 35))
    hollow = whole & ~block(slice(15, 25), slice(15, 25))
    assert surface_distances(whole, hollow, (1.0, 1.0)).mean_mm > 1.0


def test_an_empty_mask_has_no_outline():
    with pytest.raises(InputError, match="a region has none, it holds 0 of 1600 pixels"):
        surface_distances(block(slice(0, 0), slice(0, 0)), block(slice(2, 9), slice(2, 9)), (1, 1))


def test_the_truth_itself_scores_full_marks(known):
    found = score(known, report_of(known.image))
    assert found.bone_dice == found.proximal_dice == found.middle_dice == found.distal_dice == 1.0
    assert found.phalanx_dice == 1.0
    assert found.metacarpal_dice is None  # there is none to see
    assert found.surface_mean_mm == found.surface_p95_mm == 0.0
    assert found.area_difference_mm2 == pytest.approx(0.0)


def test_a_border_one_pixel_out(known):
    found = score(known, report_of(known.image, grown=1))
    # 10 x 8 pixels, to which one is added on each of the four sides, and none at the corners.
    assert found.proximal_dice == pytest.approx(2 * 80 / (80 + 116))
    assert found.surface_mean_mm == pytest.approx(SPACING, abs=0.03)
    assert found.area_difference_mm2 == pytest.approx(1.0)


def test_bones_without_names_have_no_dice_of_their_own(known):
    nameless = replace(known, bones=(known.bones > 0).astype(np.uint8), has_names=False)
    found = score(nameless, report_of(known.image))
    assert found.bone_dice == 1.0
    assert found.proximal_dice is found.phalanx_dice is None


def test_unknown_area_has_no_error(known):
    found = score(replace(known, true_area_mm2=None), report_of(known.image))
    assert found.true_area_mm2 is found.area_difference_mm2 is None
    assert found.area_mm2 > 0.0
