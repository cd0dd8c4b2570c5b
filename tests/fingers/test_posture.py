"""How one digit lies."""

import numpy as np
import pytest

from calcimetry.fingers.bones import find_single_bones
from calcimetry.fingers.chain import find_chains
from calcimetry.fingers.posture import posture_of
from calcimetry.model import Bone
from tests.hands import draw, sticks, types


def chain_of(digit, bend=20.0, keep=(1, 2, 3, 4)):
    labels, grid = draw([s for s in sticks(bend, (digit,)) if s.label % 10 in keep])
    (chain,) = find_chains(find_single_bones(types(labels, grid)))
    return chain.best


def test_the_line_runs_from_the_tip_to_the_base():
    bones = {bone.label % 10: bone for bone in sticks(20.0, (3,))}
    posture = posture_of(chain_of(3))
    assert np.allclose(posture.outer[0], bones[3].tip, atol=1.2)
    assert np.allclose(posture.base, bones[4].base, atol=1.2)
    assert np.allclose(posture.knuckle, bones[1].base, atol=1.2)
    assert posture.line.shape == (12, 3)
    for name, way in zip((3, 2, 1, 4), posture.directions, strict=True):
        true = (bones[name].tip - bones[name].base) / np.linalg.norm(
            bones[name].tip - bones[name].base
        )
        assert way @ true > 0.995


def test_a_bent_digit_says_where_the_palm_is_and_a_straight_rod_does_not():
    assert posture_of(chain_of(3)).palmar @ [0, 0, 1] > 2.0
    assert np.linalg.norm(posture_of(chain_of(3, bend=0.0)).palmar) < 0.5


def test_the_knuckle_is_where_the_metacarpal_ends_if_that_is_all():
    posture = posture_of(chain_of(3, keep=(4,)), outward=np.array([0.0, 1, 0]))
    assert posture.knuckle[1] == pytest.approx(64, abs=1.5)
    assert posture.base[1] == pytest.approx(0, abs=1.5)
    assert posture_of(chain_of(3, keep=(4,)), np.array([0.0, -1, 0])).base[1] > 60


def test_fingertips_have_no_knuckle():
    naming = chain_of(3, keep=(2, 3))
    assert posture_of(naming).knuckle is None
    assert naming.get(Bone.METACARPAL) is None
