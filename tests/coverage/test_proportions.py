import numpy as np
import pytest

from calcimetry.coverage.proportions import (
    LENGTHS_MM,
    SHAFT_DEPTH,
    expected_length_mm,
    relative_length,
)
from calcimetry.model import Bone, Digit, Phalanx
from calcimetry.phantom.bones import BONES

#: Buryanov and Kotiuk 2010, radiographs of 66 adults: proximal, middle, distal phalanx in mm.
RADIOGRAPHS = {
    Digit.INDEX: (39.78, 22.38, 15.82),
    Digit.MIDDLE: (44.63, 26.33, 17.40),
    Digit.RING: (41.37, 25.65, 17.30),
    Digit.LITTLE: (32.74, 18.11, 15.96),
}


def phalanx(bone: int, digit: Digit = Digit.UNKNOWN) -> Phalanx:
    return Phalanx(digit, Bone(bone))


@pytest.mark.parametrize("digit", RADIOGRAPHS)
def test_lengths_are_the_mean_of_both_series(digit):
    for bone, radiograph in zip((1, 2, 3), RADIOGRAPHS[digit], strict=True):
        both = (BONES[digit][Bone(bone)].length + radiograph) / 2.0
        assert LENGTHS_MM[digit][Bone(bone)] == pytest.approx(both, abs=0.1)


def test_the_shaft_s_depth_is_the_shape_model_s():
    for bone, depth in SHAFT_DEPTH.items():
        own = [BONES[d][bone].shaft[1] / BONES[d][bone].length for d in RADIOGRAPHS]
        assert depth == pytest.approx(np.mean(own), abs=0.002)


def test_a_large_hand_has_long_bones():
    usual = {phalanx(1, Digit.RING): 41.8, phalanx(2, Digit.RING): 26.9}
    large = {one: 1.2 * mm for one, mm in usual.items()}
    tip = phalanx(3, Digit.RING)
    assert expected_length_mm(tip, usual) == pytest.approx(18.2, rel=0.01)
    assert expected_length_mm(tip, large) == pytest.approx(1.14 * 18.2, rel=0.02)
    assert expected_length_mm(tip, {tip: 5.0}) == pytest.approx(18.2)


def test_of_an_unknown_finger_short_bones_speak_for_the_little_one():
    middle = expected_length_mm(phalanx(2), {phalanx(1): 33.2})
    assert middle < 0.85 * expected_length_mm(phalanx(2), {phalanx(1): 45.2})


def test_how_long_a_bone_is_for_what_it_is():
    assert relative_length(phalanx(1, Digit.RING), 41.8) == pytest.approx(0.0)
    assert relative_length(phalanx(1), 60.0) > 2.0
    assert relative_length(phalanx(3, Digit.THUMB), 10.0) < -5.0
