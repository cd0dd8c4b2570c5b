"""Parting mineral into single bones by shape."""

from dataclasses import replace

import numpy as np
import pytest

from calcimetry.bone.pieces import split_bones
from calcimetry.model import Grid, Image, Segmentation
from calcimetry.phantom.volume import finger_volume


def shell(points, centre, length, radius):
    """HU of a bone: a cortex of 1.5 mm around marrow."""
    away = np.linalg.norm((points - centre) / np.array([length / 2 / radius, 1.0, 1.0]), axis=-1)
    return np.where(away < radius - 1.5, 250.0, np.where(away < radius, 1300.0, 0.0))


def two_bones(gap_mm, spacing=0.6):
    """Two bones in a row along the slices, `gap_mm` apart (negative: they overlap)."""
    shape = (120, 40, 40)
    points = np.stack(np.indices(shape), axis=-1) * spacing
    middle, along = np.array([36.0, 12.0, 12.0]), np.array([1.0, 0.0, 0.0])
    half = 0.5 * (30.0 + gap_mm)
    hu = np.maximum(
        shell(points, middle - half * along, 30.0, 6.0),
        shell(points, middle + half * along, 30.0, 6.0),
    )
    return Image(hu, Grid(shape, np.diag([spacing, spacing, spacing, 1.0])))


def parts(image):
    from calcimetry.bone.pieces import _parted

    return _parted(image, 400.0)


@pytest.mark.parametrize("gap_mm", [2.0, 0.0, -1.0])
def test_bones_end_to_end_are_two_pieces(gap_mm):
    pieces = parts(two_bones(gap_mm))
    assert pieces.max() == 2
    assert len({int(pieces[30, 20, 20]), int(pieces[90, 20, 20])} - {0}) == 2


def test_marrow_is_part_of_its_bone():
    rough = split_bones(two_bones(2.0)).kinds
    assert rough.mask[34, 20, 20]
    assert not rough.mask[60, 5, 5]


def test_nothing_is_found_where_there_is_no_mineral():
    image = Image(np.full((20, 20, 20), 40.0), Grid((20, 20, 20), np.eye(4)))
    assert split_bones(image).kinds.labels == ()


def test_larger_bones_are_guessed_to_lie_nearer_to_the_wrist():
    made = finger_volume(np.random.default_rng(3), spacing_mm=0.8)
    rough = split_bones(made.image.mixed).kinds
    true = made.bone_map % 10
    solid = made.bone_fraction > 0.9
    # The biggest bone in view is never taken for the smallest kind.
    volumes = np.bincount(true[solid].ravel(), minlength=6)[1:5]
    biggest = int(volumes.argmax()) + 1
    guessed = rough.label_map[solid & (true == biggest)]
    assert np.bincount(guessed).argmax() in (1, 4)


def test_the_order_of_samples_does_not_matter():
    image = two_bones(0.0)
    turned = Image(
        image.array.transpose(2, 0, 1)[::-1],
        Grid((40, 120, 40), image.grid.affine[:, [2, 0, 1, 3]].copy()).flipped(0),
    )
    back = split_bones(turned).kinds.mask[::-1].transpose(1, 2, 0)
    np.testing.assert_array_equal(back, split_bones(image).kinds.mask)


def test_a_hollow_piece_without_a_name_is_bone_and_a_solid_one_is_not():
    points = np.stack(np.indices((60, 40, 40)), axis=-1) * 0.6
    bone = shell(points, np.array([18.0, 12.0, 12.0]), 30.0, 6.0)
    solid = np.where(bone > 0.0, 900.0, 0.0)
    for hu, expected in ((bone, True), (solid, False)):
        image = Image(hu, Grid(hu.shape, np.diag([0.6, 0.6, 0.6, 1.0])))
        none = Segmentation(np.zeros(hu.shape, np.uint16), image.grid, {})
        assert split_bones(image).unnamed_bones(image, none).any() == expected


def test_named_pieces_are_not_unnamed():
    image = two_bones(2.0)
    rough = split_bones(image)
    assert rough.unnamed_bones(image, Segmentation(rough.pieces * 0, image.grid, {})).any()
    assert not rough.unnamed_bones(image, rough.kinds).any()


def test_known_deposits_hang_and_known_bone_does_not():
    image = two_bones(2.0)
    rough = split_bones(image)
    one = Segmentation(np.where(rough.pieces > 0, 31, 0), image.grid, {31: "bone"})
    small = rough.pieces == 2
    pieces = np.where(small & (np.indices(small.shape)[0] > 100), 3, rough.pieces)
    parted = replace(rough, pieces=pieces)
    assert set(np.unique(parted.pieces[parted.lumps(image, one) > 0])) == {3}
    assert not replace(parted, bone=pieces == 3).lumps(image, one).any()
    deposits = np.where(pieces == 1, 1, 0).astype(np.uint16)
    told = replace(parted, bone=pieces > 1, deposits=deposits).lumps(image, one)
    np.testing.assert_array_equal(told, deposits)
