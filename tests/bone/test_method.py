import numpy as np
import pytest

from calcimetry.bone.method import BoneEvidence
from calcimetry.errors import InputError
from calcimetry.model import Grid, Segmentation

GRID = Grid.picture((4, 5), 0.4)
BONES = Segmentation(np.zeros(GRID.shape, int), GRID, {})
HALF = np.full(GRID.shape, 0.5)


@pytest.mark.parametrize("field", ["bone_fraction", "calcification_fraction"])
def test_fractions_must_fit_the_grid(field):
    values = {"bone_fraction": HALF, "calcification_fraction": HALF, field: np.zeros((1, 5, 4))}
    with pytest.raises(InputError, match=rf"{field} has shape \(1, 5, 4\)"):
        BoneEvidence(bones=BONES, method="m", **values)


@pytest.mark.parametrize("bad", [-0.1, 1.1, np.nan])
@pytest.mark.parametrize("field", ["bone_fraction", "calcification_fraction"])
def test_fractions_must_lie_between_0_and_1(field, bad):
    fraction = HALF.copy()
    fraction[0, 1, 2] = bad
    values = {"bone_fraction": HALF, "calcification_fraction": HALF, field: fraction}
    with pytest.raises(InputError, match=rf"{field} must lie between 0 and 1"):
        BoneEvidence(bones=BONES, method="m", **values)


def test_fractions_are_read_only_copies():
    source = HALF.copy()
    evidence = BoneEvidence(BONES, source, source, "m")
    source[:] = 1.0
    for fraction in (evidence.bone_fraction, evidence.calcification_fraction):
        assert fraction.dtype == np.float32
        assert (fraction == 0.5).all()
        with pytest.raises(ValueError, match="read-only"):
            fraction[0, 0, 0] = 1.0


def test_a_method_need_not_tell_calcium_from_bone():
    assert BoneEvidence(BONES, HALF, None, "m").calcification_fraction is None
