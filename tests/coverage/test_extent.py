import numpy as np
import pytest

from calcimetry.coverage.extent import longest_bone_mm, measure_extents
from calcimetry.model import Grid, Segmentation
from tests.coverage.fingers import named


def bar(angle: float = 0.0, length_mm: float = 30.0, width_mm: float = 6.0) -> Segmentation:
    down, right = (np.mgrid[:120, :120] - 59.5) * 0.4
    along = down * np.cos(angle) + right * np.sin(angle)
    across = right * np.cos(angle) - down * np.sin(angle)
    mask = (abs(along) < length_mm / 2) & (abs(across) < width_mm / 2)
    return named(mask.astype(int), Grid.picture(mask.shape, 0.4))


@pytest.mark.parametrize("angle", [0.0, 0.4, np.pi / 4, 1.3])
def test_a_bar_is_as_long_and_deep_as_it_was_drawn(angle):
    extent = measure_extents(bar(angle))[1]
    assert extent.seen_mm == pytest.approx(30.0, abs=1.0)
    assert extent.depth_mm == pytest.approx(6.0, abs=0.41)
    assert extent.depth_at(1, 6.0) == pytest.approx(6.0, abs=0.8)
    assert np.linalg.norm(extent.end(1) - extent.end(-1)) == pytest.approx(30.0, abs=1.0)
    assert (extent.pieces, extent.cut) == (1, False)


def test_a_gap_is_not_seen_and_a_slip_does_not_count():
    labels = bar().label_map[0].astype(int)
    labels[50:70] = 0
    labels[2:4, 2:4] = 1
    extent = measure_extents(named(labels, Grid.picture(labels.shape, 0.4)))[1]
    assert extent.seen_mm == pytest.approx(22.0, abs=1.0)
    assert extent.pieces == 2


def test_a_tip_of_few_samples_has_no_width():
    labels = np.zeros((9, 9), int)
    labels[2:8, 4] = 3
    extent = measure_extents(named(labels, Grid.picture(labels.shape, 1.0)))[3]
    assert extent.depth_at(1, 0.2) == 0.0


def test_a_volume_has_no_depth_but_a_length():
    labels = np.zeros((40, 20, 20), int)
    labels[5:35, 8:12, 8:12] = 22
    extent = measure_extents(named(labels, Grid(labels.shape, np.diag([0.8, 0.5, 0.5, 1.0]))))[22]
    assert extent.seen_mm == pytest.approx(24.0, abs=0.8)
    assert extent.depth_mm == 0.0


def test_the_longest_bone_is_measured_along_its_box():
    labels = np.array([[0, 0, 0, 0], [0, 1, 1, 0], [2, 0, 0, 0]])
    grid = Grid.picture(labels.shape, 0.4)
    assert longest_bone_mm(named(labels, grid)) == pytest.approx(0.4 * np.hypot(1, 2))
    assert longest_bone_mm(named(0 * labels, grid)) == 0.0
