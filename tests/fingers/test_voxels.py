import numpy as np

from calcimetry.fingers.voxels import bounding_box, list_voxels
from calcimetry.model import Grid


def test_voxels_know_their_place_and_their_faces():
    mask = np.zeros((4, 5, 6), bool)
    mask[1, 2, 3] = mask[1, 3, 3] = mask[3, 3, 3] = True
    grid = Grid(mask.shape, [[2, 0, 0, 10], [0, 0, 0.5, 0], [0, -1, 0, 0], [0, 0, 0, 1]])
    voxels = list_voxels(mask, grid)
    assert voxels.index.tolist() == [[1, 2, 3], [1, 3, 3], [3, 3, 3]]
    assert voxels.points[0].tolist() == [12.0, 1.5, -2.0]
    assert voxels.voxel_mm3 == 1.0
    # One face, across the rows, which run along -z: 2 mm x 0.5 mm.
    assert voxels.first.tolist() == [0]
    assert voxels.second.tolist() == [1]
    assert voxels.faces.tolist() == [[0.0, 0.0, -1.0]]


def test_components_hang_together_by_faces_and_kind():
    mask = np.ones((1, 2, 3), bool)
    voxels = list_voxels(mask, Grid(mask.shape, np.eye(4)))
    part = voxels.components(np.array([1, 1, 2, 2, 1, 1]))
    assert part[0] == part[1] == part[4] == part[5]
    assert len({part[0], part[2], part[3]}) == 3


def test_an_empty_mask_has_an_empty_box_and_list():
    mask = np.zeros((3, 3, 3), bool)
    assert bounding_box(mask) == (slice(0, 0), slice(0, 0), slice(0, 0))
    assert len(list_voxels(mask, Grid(mask.shape, np.eye(4))).index) == 0
