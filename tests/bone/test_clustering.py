"""What all clustering methods make of their clusters."""

import numpy as np
import pytest

from calcimetry.bone import METHODS
from calcimetry.bone.clustering import ClusteringMethod
from calcimetry.bone.kmeans import find_clusters
from calcimetry.bone.picture_bones import PieceSettings
from calcimetry.errors import NotMeasurable
from calcimetry.model import Grid, Image
from tests.drawing import BONES, Bone, dice, ellipse, finger

KMEANS = METHODS["kmeans"]()


@pytest.mark.parametrize("spacing_mm", [0.2, 0.4, 0.6, 1.0])
@pytest.mark.parametrize("blur_mm", [0.25, 0.45])
def test_phalanges_are_found_and_named_at_any_spacing(spacing_mm, blur_mm):
    image, truth = finger(spacing_mm, blur_mm=blur_mm)
    bones = KMEANS.segment(image).bones
    assert bones.labels == (1, 2, 3)
    for label in truth.labels:
        assert dice(bones.label_map == label, truth.label_map == label) > 0.93


def test_bones_that_nearly_touch_are_cut_at_the_joint():
    close = (Bone(3, -29.5, 15.0, 5.0), Bone(2, -9.5, 24.0, 7.0), Bone(1, 20.9, 36.0, 9.0))
    image, truth = finger(0.4, bones=close, blur_mm=0.45)
    bones = KMEANS.segment(image).bones
    for label in truth.labels:
        assert dice(bones.label_map == label, truth.label_map == label) > 0.9


def test_marrow_is_filled_and_evidence_is_all_or_nothing():
    image, _ = finger()
    evidence = KMEANS.segment(image)
    middle_of_the_proximal_phalanx = (0, round((BONES[2].centre + 50) / 0.4), round(18 / 0.4))
    assert evidence.bones.label_map[middle_of_the_proximal_phalanx] == 1
    assert set(np.unique(evidence.bone_fraction)) == {0.0, 1.0}
    assert evidence.calcification_fraction is None
    assert evidence.method == "kmeans"


def test_a_compact_deposit_beside_a_bone_is_no_bone():
    image, _ = finger(deposits=((ellipse(3.0, 3.0, centre=(-10.0, 7.0)), 1100.0),))
    bones = KMEANS.segment(image).bones
    assert bones.labels == (1, 2, 3)
    assert bones.label_map[0, round(40 / 0.4), round(25 / 0.4)] == 0


def test_a_deposit_that_touches_bone_becomes_bone():
    image, truth = finger(deposits=((ellipse(6.0, 4.0, centre=(20.0, 5.5)), 1100.0),))
    bones = KMEANS.segment(image).bones
    assert bones.mask.sum() > 1.03 * truth.mask.sum()


def test_a_large_solid_deposit_in_line_is_no_metacarpal():
    image, _ = finger(deposits=((ellipse(7.5, 10.0, centre=(45.5, 0.0)), 1800.0),))
    assert KMEANS.segment(image).bones.labels == (1, 2, 3)


def test_settings_decide_what_is_too_small():
    image, _ = finger()
    coarse = ClusteringMethod("kmeans", find_clusters, PieceSettings(minimum_area_mm2=100.0))
    assert len(coarse.segment(image).bones.labels) == 2


def test_a_volume_is_refused_as_a_picture():
    with pytest.raises(NotMeasurable, match="found 2 slices"):
        KMEANS.segment(Image(np.zeros((2, 3, 3)), Grid((2, 3, 3), np.eye(4))))
