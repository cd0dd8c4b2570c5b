"""Volumes against closed forms: pi/6 a b c for ellipsoids, beside a shaft of bone, any grid.

The whole chain from HU to mm3 with the truth about bone but none about calcium: the
deposits are blurred as a scanner does, sampled at 0.5 to 0.8 mm, and noise of 15 HU is added.
"""

import numpy as np
import pytest

from calcimetry.bone.method import BoneEvidence
from calcimetry.lesions.grow import grow_lesions
from calcimetry.lesions.subtract import subtract_bone
from calcimetry.measurement.volume import measure_volume_lesions
from calcimetry.model import Grid, Image, Lesion, Segmentation
from tests.simple_hand import hand_of, index_finger
from tests.solids import ball, coverage, ellipsoid, finger_volume, volume_grid

GRIDS = {
    "0.5 mm": volume_grid((46, 46, 30), (0.5, 0.5, 0.5)),
    "0.6 mm, oblique": volume_grid((42, 42, 34), (0.6, 0.6, 0.6), tilt=(0.4, 0.3)),
    "0.8 mm": volume_grid((28, 28, 22), (0.8, 0.8, 0.8)),
    "thick slices, oblique": volume_grid((30, 58, 44), (0.8, 0.4, 0.4), tilt=(0.3, 0.1)),
}
#: Two away from bone, one of 2.4 mm that is near the blur's own size, and their HU.
FREE = (
    (ellipsoid((4.0, 3.0, 5.0), (0.0, 8.0, 0.0)), 800.0),
    (ellipsoid((5.0, 3.0, 4.0), (0.3, -8.0, 1.0)), 450.0),
    (ball(2.4, (8.2, 0.0, -2.0)), 900.0),
)
#: One that lies on the bone; its centre is just outside.
TOUCHING = ((ball(5.0, (-3.7, -3.7, 0.0)), 900.0),)


def measured(image: Image, evidence: BoneEvidence) -> tuple[Lesion, ...]:
    grown = grow_lesions(image, evidence, subtract_bone(image, evidence))
    return measure_volume_lesions(
        image,
        evidence.bones,
        grown.lesion_map,
        grown.mineral_fraction,
        (hand_of(index_finger()),),
    )


def at(lesions, grid, place_mm) -> Lesion:
    return min(
        lesions, key=lambda one: np.linalg.norm(grid.index_to_mm(one.centre) - np.array(place_mm))
    )


@pytest.mark.parametrize("name", GRIDS)
def test_volumes_of_ellipsoids_away_from_bone(name):
    image, evidence = finger_volume(GRIDS[name], FREE)
    lesions = measured(image, evidence)
    assert len(lesions) == 3
    dense, faint, small = (
        at(lesions, image.grid, place)
        for place in ((0.0, 8.0, 0.0), (0.3, -8.0, 1.0), (8.2, 0.0, -2.0))
    )
    assert dense.volume_mm3 == pytest.approx(np.pi / 6 * 60.0, rel=0.1)
    assert faint.volume_mm3 == pytest.approx(np.pi / 6 * 60.0, rel=0.15)
    assert small.volume_mm3 == pytest.approx(np.pi / 6 * 2.4**3, rel=0.25)
    assert (dense.aspect, faint.aspect, small.aspect) == ("volar", "dorsal", "ulnar")
    assert dense.area_mm2 == pytest.approx(np.pi / 4 * 15.0, rel=0.1)
    assert dense.long_axis_mm == pytest.approx(5.0, abs=0.4)
    assert not dense.touches_bone


@pytest.mark.parametrize("name", GRIDS)
def test_volume_of_a_ball_that_lies_on_bone(name):
    image, evidence = finger_volume(GRIDS[name], TOUCHING)
    (lesion,) = measured(image, evidence)
    outside = np.minimum(coverage(image.grid, TOUCHING[0][0]), 1.0 - evidence.bone_fraction)
    truth = outside.sum() * abs(np.linalg.det(image.grid.affine[:3, :3]))
    assert lesion.volume_mm3 == pytest.approx(truth, rel=0.15)
    assert lesion.touches_bone


TURNED = ((1, 0, 2), (2, 1, 0), (1, 2, 0))


@pytest.mark.parametrize(
    ("axes", "flips"), [(TURNED[0], (0,)), (TURNED[1], (1, 2)), (TURNED[2], ())]
)
def test_a_turned_or_mirrored_array_gives_the_same_lesions(axes, flips):
    image, evidence = finger_volume(GRIDS["thick slices, oblique"], FREE + TOUCHING)

    def turned(array):
        return np.flip(np.transpose(array, axes), flips)

    affine = image.grid.affine.copy()
    affine[:, :3] = affine[:, list(axes)]
    shape = tuple(image.grid.shape[axis] for axis in axes)
    grid = Grid(shape, affine)
    for axis in flips:
        grid = grid.flipped(axis)
    bones = Segmentation(turned(evidence.bones.label_map), grid, evidence.bones.meanings)
    before = measured(image, evidence)
    after = measured(
        Image(turned(image.array), grid),
        BoneEvidence(bones, turned(evidence.bone_fraction), None, "truth"),
    )
    assert len(after) == len(before) == 4
    for one in before:
        place = image.grid.index_to_mm(one.centre)
        other = at(after, grid, place)
        np.testing.assert_allclose(grid.index_to_mm(other.centre), place, atol=1e-3)
        assert (other.aspect, other.touches_bone) == (one.aspect, one.touches_bone)
        for name in ("volume_mm3", "area_mm2", "long_axis_mm", "short_axis_mm", "perimeter_mm"):
            assert getattr(other, name) == pytest.approx(getattr(one, name), rel=1e-3)
