"""Which way of parting a volume is taken."""

from dataclasses import replace

import numpy as np
import pytest

from calcimetry import rough_hand
from calcimetry.bone.pieces import RoughBones
from calcimetry.fingers.name import NamedBones
from calcimetry.model import Digit, Grid, Image, Segmentation
from calcimetry.rough_hand import find_rough_hands
from tests.simple_hand import hand_of, index_finger

GRID = Grid((3, 4, 5), np.eye(4))
IMAGE = Image(np.zeros(GRID.shape), GRID)
NONE = Segmentation(np.zeros(GRID.shape, np.uint16), GRID, {})


def named(*bones_of_digits, digit=Digit.INDEX):
    fingers = [
        replace(index_finger(labels=tuple(range(1, count + 1))), digit=digit)
        for count in bones_of_digits
    ]
    return NamedBones(NONE, (hand_of(*fingers),) if fingers else ())


@pytest.fixture
def ways(monkeypatch):
    """What each way of parting names, to be set; and which ways were asked."""
    answers, asked = {}, []

    def parting(way):
        def part(_image):
            asked.append(way)
            return RoughBones(NONE, np.full(GRID.shape, way == "shape", np.int32))

        return part

    def name(_kinds, _laterality, parts=None, pieces=None):
        return answers["shape" if parts is not None else "kinds"]

    monkeypatch.setattr(rough_hand, "bones_by_kind", parting("kinds"))
    monkeypatch.setattr(rough_hand, "split_bones", parting("shape"))
    monkeypatch.setattr(rough_hand, "name_fingers", name)
    return answers, asked


def test_kinds_are_enough_where_they_name_all_long_bones(ways):
    answers, asked = ways
    answers["kinds"] = named(3, 4, 4, 4, 4)
    assert find_rough_hands(IMAGE, "unet")[1] is answers["kinds"]
    assert asked == ["kinds"]


def test_shape_is_asked_too_where_kinds_name_fewer(ways):
    answers, asked = ways
    answers |= {"kinds": named(3, 4, 4, 4), "shape": named(3, 4, 4, 4, 3)}
    rough, found = find_rough_hands(IMAGE, "unet")
    assert found is answers["shape"]
    assert rough.pieces.any()
    assert asked == ["kinds", "shape"]


def test_of_two_that_name_as_much_kinds_are_taken(ways):
    answers, _ = ways
    answers |= {"kinds": named(3, digit=Digit.UNKNOWN), "shape": named(3, digit=Digit.UNKNOWN)}
    assert find_rough_hands(IMAGE, "pnet")[1] is answers["kinds"]


def test_a_digit_with_a_name_is_worth_more_than_bones_without(ways):
    answers, _ = ways
    answers |= {"kinds": named(3, 4, digit=Digit.UNKNOWN), "shape": named(2)}
    assert find_rough_hands(IMAGE, "vnet")[1] is answers["shape"]


def test_methods_that_are_no_networks_get_no_help_from_one(ways):
    answers, asked = ways
    answers["shape"] = named()
    find_rough_hands(IMAGE, "kmeans")
    assert asked == ["shape"]
