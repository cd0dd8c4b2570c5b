import numpy as np
import pytest

from calcimetry.measurement.nearest import BoneSamples, nearest_lesion, touching_reach_mm
from calcimetry.model import Grid, Segmentation

GRID = Grid((1, 3, 9), np.diag([1.0, 0.5, 0.5, 1.0]))


def labelled(*places):
    """Labels 1, 2 ... along the middle row."""
    labels = np.zeros(GRID.shape, int)
    for number, place in enumerate(places, 1):
        labels[0, 1, place] = number
    return Segmentation(labels, GRID, {1: "one", 2: "two"})


def test_mineral_counts_for_the_nearest_lesion_and_of_two_for_the_first():
    mineral = np.zeros(GRID.shape, np.float32)
    mineral[0, 1] = 0.2
    assert nearest_lesion(labelled(2, 6), mineral)[0, 1].tolist() == [1, 1, 1, 1, 1, 2, 2, 2, 2]
    assert not nearest_lesion(labelled(), mineral).any()


@pytest.mark.parametrize(("spacing", "reach"), [((9.0, 0.2, 0.4), 0.5), ((9.0, 0.2, 0.8), 0.8)])
def test_one_sample_is_touched_and_a_pictures_slice_does_not_count(spacing, reach):
    assert touching_reach_mm(Grid((1, 3, 3), np.diag([*spacing, 1.0]))) == pytest.approx(reach)
    assert touching_reach_mm(Grid((2, 3, 3), np.diag([*spacing, 1.0]))) == pytest.approx(9.0)


def test_nearest_bone_and_what_lies_near():
    bones = BoneSamples.of(labelled(0, 8))
    points = GRID.index_to_mm([(0, 1, 2), (0, 1, 3), (0, 1, 5)])
    assert bones.nearest(points) == (1, pytest.approx(1.0))
    assert bones.within(points, 1.2).tolist() == [True, False, False]
    assert bones.nearest(points[2:]) == (2, pytest.approx(1.5))


def test_without_bone_none_is_near():
    bones = BoneSamples.of(labelled())
    points = np.zeros((2, 3))
    assert bones.nearest(points) == (0, np.inf)
    assert not bones.within(points, 99.0).any()
