import numpy as np

from calcimetry.bone.method import BoneEvidence
from calcimetry.lesions.reclaim import reclaim_solid
from calcimetry.model import Grid, Image, Segmentation, bone_name
from tests.drawing import finger
from tests.solids import ball, coverage, rod, volume_grid

GRID = Grid.picture((80, 60), 0.4)


def taken_for_bone(hu: np.ndarray, mask: np.ndarray) -> tuple[Image, BoneEvidence]:
    bones = Segmentation(np.where(mask, 4, 0), GRID, {4: bone_name(4)})
    return Image(hu, GRID), BoneEvidence(bones, bones.mask.astype(np.float32), None, "drawn")


def disc(radius_mm: float) -> np.ndarray:
    row, column = np.indices((80, 60))
    return np.hypot(row - 40, column - 30) * 0.4 < radius_mm


def test_a_solid_disc_is_calcification():
    mask = disc(4.0)
    image, evidence = taken_for_bone(np.where(mask, 1200.0, 40.0), mask)
    found = reclaim_solid(image, evidence)
    assert found.bones.labels == ()
    assert found.bone_fraction.max() == 0.0
    np.testing.assert_array_equal(found.calcification_fraction[0] > 0.5, mask)


def test_a_disc_with_marrow_stays_bone():
    hu = np.where(disc(4.0), 1200.0, 40.0)
    hu[disc(2.8)] = 350.0
    image, evidence = taken_for_bone(hu, disc(4.0))
    assert reclaim_solid(image, evidence) is evidence


def test_a_narrow_solid_bone_stays_bone():
    mask = disc(2.2)
    image, evidence = taken_for_bone(np.where(mask, 1200.0, 40.0), mask)
    assert reclaim_solid(image, evidence) is evidence


def test_only_the_solid_piece_is_taken():
    mask = disc(4.0)
    mask[2:8, 10:50] = True
    image, evidence = taken_for_bone(np.where(mask, 1200.0, 40.0), mask)
    found = reclaim_solid(image, evidence)
    assert found.bones.mask[0, 4, 30]
    assert not found.bones.mask[0, 40, 30]
    assert found.bone_fraction[0, 4, 30] == 1.0


def test_the_middle_of_a_shaft_of_several_names_stays_bone_and_its_end_does_not():
    # Saturated and without marrow throughout, as a shaft of thick cortex is.
    labels = np.zeros((80, 60), np.uint16)
    labels[5:25, 22:38], labels[25:55, 22:38], labels[55:75, 22:38] = 1, 4, 1
    hu = np.where(labels > 0, 1200.0, 40.0)
    hu[5:25, 25:35] = hu[55:75, 25:35] = 500.0  # both ends have marrow
    image = Image(hu, GRID)

    def left(label_map):
        bones = Segmentation(label_map, GRID, {1: bone_name(1), 4: bone_name(4)})
        evidence = BoneEvidence(bones, bones.mask.astype(np.float32), None, "drawn")
        return reclaim_solid(image, evidence).bones.labels

    assert left(labels) == (1, 4)
    labels[55:] = 0
    assert left(labels) == (1,)


def test_a_piece_that_the_border_cuts_stays_bone():
    whole = disc(4.0)
    column = np.flatnonzero(whole.any(axis=0))[0] + 3
    mask = whole[:, column:]
    grid = Grid.picture(mask.shape, 0.3)
    bones = Segmentation(np.where(mask, 1, 0)[None], grid, {1: bone_name(1)})
    evidence = BoneEvidence(bones, bones.mask.astype(np.float32), None, "drawn")
    image = Image(np.where(mask, 1200.0, 40.0)[None], grid)
    assert reclaim_solid(image, evidence) is evidence


def test_an_ordinary_finger_keeps_its_bones():
    image, truth = finger()
    evidence = BoneEvidence(truth, truth.mask.astype(np.float32), None, "truth")
    assert reclaim_solid(image, evidence) is evidence


VOLUME = volume_grid((24, 26, 26), (0.6, 0.6, 0.5), tilt=(0.3, 0.2))


def volume_taken_for_bone(hu: np.ndarray, mask: np.ndarray) -> tuple[Image, BoneEvidence]:
    bones = Segmentation(np.where(mask, 4, 0), VOLUME, {4: bone_name(4)})
    return Image(hu, VOLUME), BoneEvidence(bones, bones.mask.astype(np.float32), None, "drawn")


def test_a_solid_ball_is_calcification():
    mask = coverage(VOLUME, ball(7.0)) >= 0.5
    found = reclaim_solid(*volume_taken_for_bone(np.where(mask, 1300.0, 40.0), mask))
    assert found.bones.labels == ()
    np.testing.assert_array_equal(found.calcification_fraction > 0.5, mask)


def test_a_ball_less_than_five_millimetres_across_stays_bone():
    mask = coverage(VOLUME, ball(4.6)) >= 0.5
    image, evidence = volume_taken_for_bone(np.where(mask, 1300.0, 40.0), mask)
    assert reclaim_solid(image, evidence) is evidence


def test_a_shaft_keeps_its_bone_however_thick_its_cortex():
    outer, inner = coverage(VOLUME, rod(11.0)), coverage(VOLUME, rod(4.0))
    hu = 40.0 + 1400.0 * outer - 1100.0 * inner
    image, evidence = volume_taken_for_bone(hu, outer >= 0.5)
    assert reclaim_solid(image, evidence) is evidence
