"""Borders between pieces of bone."""

import numpy as np
import pytest

from calcimetry.fingers.contact import find_contacts, widest_section
from calcimetry.fingers.voxels import list_voxels
from calcimetry.model import Grid

TURN = np.linalg.qr(np.random.default_rng(2).normal(size=(3, 3)))[0]


def contacts(labels, spacing=0.5):
    affine = np.eye(4)
    affine[:3, :3] = TURN * spacing
    voxels = list_voxels(labels > 0, Grid(labels.shape, affine))
    piece = (labels[tuple(voxels.index.T)] - 1).astype(np.int32)
    points = {int(n): voxels.points[piece == n] for n in np.unique(piece)}
    return find_contacts(voxels, piece, points), points, voxels


def test_a_slanting_cut_through_a_bar_is_a_full_section():
    i, j, _ = np.indices((80, 24, 24))
    labels = np.where(i < 40 + (j - 12) // 2, 1, 2)
    (contact,), _, _ = contacts(labels)
    normal = np.array([2.0, -1.0, 0.0]) / np.sqrt(5)
    assert np.degrees(np.arccos(contact.normal @ (TURN @ normal))) < 5.0
    assert contact.area_mm2 == pytest.approx(12 * 12 * np.sqrt(5) / 2, rel=0.05)
    assert contact.share == pytest.approx(1.0, abs=0.12)
    assert contact.wrapped < 0.2


def test_a_bridge_is_a_small_share():
    labels = np.zeros((60, 24, 24), int)
    labels[:28], labels[32:] = 1, 2
    labels[28:32, 10:14, 10:14] = 2
    (contact,), _, _ = contacts(labels)
    assert contact.area_mm2 == pytest.approx(4.0)
    assert contact.share < 0.1


def test_a_piece_in_another_is_wrapped_by_it():
    labels = np.ones((30, 30, 30), int)
    labels[10:16, 10:16, 10:16] = 2
    (contact,), _, _ = contacts(labels)
    assert contact.wrapped == pytest.approx(1.0)


def test_the_widest_section_is_that_of_the_thick_end():
    labels = np.zeros((80, 24, 24), int)
    labels[:, 6:18, 6:18] = 1
    labels[60:] = 1
    _, points, voxels = contacts(labels)
    assert widest_section(points[0], voxels.voxel_mm3) == pytest.approx(144.0, rel=0.15)
