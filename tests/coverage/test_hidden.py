import numpy as np
import pytest

from calcimetry.coverage.hidden import Stretch, look_into
from calcimetry.model import Grid

DOWN = np.array([0.0, 1.0, 0.0])


def test_a_picture_s_stretch_holds_what_lies_along_it():
    grid = Grid.picture((40, 40), 1.0)
    start, end = grid.index_to_mm([[0, 10, 20], [0, 30, 20]])
    way = (end - start) / 20.0
    lesions = np.zeros(grid.shape, bool)
    lesions[0, 10:15, 18:23] = True
    metal = np.zeros(grid.shape, bool)
    metal[0, 10:31, 20] = True
    held = look_into(Stretch(start, way, 20.0, 2.0), grid, lesions, None)
    assert held.lesion == pytest.approx(0.25, abs=0.06)
    assert (held.artefact, held.outside) == (0.0, 0.0)
    assert look_into(Stretch(start, way, 20.0, 1.0), grid, lesions, metal).artefact == 1.0


@pytest.mark.parametrize("shape", [(1, 40, 40), (40, 40, 40)])
def test_what_leaves_the_image_is_outside(shape):
    grid = Grid(shape, np.eye(4))
    start = grid.index_to_mm([shape[0] // 2, 30, 20])
    way = grid.index_to_mm([shape[0] // 2, 31, 20]) - start
    held = look_into(Stretch(start, way, 20.0, 2.0), grid, np.zeros(shape, bool), None)
    assert held.outside == pytest.approx(0.5, abs=0.06)
    assert held.lesion == 0.0
