"""Which way of parting and naming a volume is taken."""

from dataclasses import replace

import numpy as np
import pytest

from calcimetry import rough_hand
from calcimetry.bone.kinds import KindsOfBone
from calcimetry.bone.pieces import RoughBones
from calcimetry.fingers.name import NamedBones
from calcimetry.model import Bone, Digit, Grid, Image, Segmentation, bone_name
from calcimetry.model.anatomy import CARPAL
from calcimetry.rough_hand import find_rough_hands
from tests.simple_hand import hand_of, index_finger

GRID = Grid((3, 4, 5), np.diag([5.0, 5.0, 5.0, 1.0]))
IMAGE = Image(np.zeros(GRID.shape), GRID)
NONE = Segmentation(np.zeros(GRID.shape, np.uint16), GRID, {})
WHOLE = (3, 4, 4, 4, 4)


def named(*bones_of_digits, digit=Digit.INDEX):
    """One hand whose digits, all with one name or without, have so many bones each."""
    fingers = [
        replace(index_finger(labels=tuple(range(1, count + 1))), digit=digit)
        for count in bones_of_digits
    ]
    return NamedBones(NONE, (hand_of(*fingers),) if fingers else ())


class Ways:
    """What each way names, to be set; and which were tried."""

    def __init__(self, monkeypatch, wrist):
        self.answers, self.tried, self.wrist = {}, [], wrist
        types = np.zeros(GRID.shape, np.uint16)
        types[0], types[1] = CARPAL * wrist, Bone.PROXIMAL_PHALANX
        self.deposits = np.ones(GRID.shape, np.uint16)
        meanings = {int(n): bone_name(int(n)) for n in np.unique(types) if n}
        told = KindsOfBone(Segmentation(types, GRID, meanings), self.deposits)
        monkeypatch.setattr(rough_hand, "tell_kinds", lambda _image: told)
        monkeypatch.setattr(rough_hand, "split_bones", self.split)
        monkeypatch.setattr(rough_hand, "name_fingers", self.name)

    def split(self, _image, left_out=None):
        alone = left_out is None
        return RoughBones(NONE, np.full(GRID.shape, 2 if alone else 1, np.int32))

    def name(self, kinds, _laterality, parts=None, pieces=None):
        way = "kinds" if parts is None else {1: "size", 2: "shape"}[int(parts.max())]
        assert (way == "shape") or CARPAL in kinds.labels or not self.wrist
        assert way != "kinds" or pieces.max() == 1
        self.tried.append(way)
        return self.answers[way]


@pytest.fixture
def ways(monkeypatch):
    return Ways(monkeypatch, wrist=True)


def test_kinds_are_enough_where_they_name_all_long_bones(ways):
    ways.answers["kinds"] = named(*WHOLE)
    rough, found = find_rough_hands(IMAGE, "unet")
    assert found is ways.answers["kinds"]
    assert ways.tried == ["kinds"]
    assert rough.deposits is ways.deposits


@pytest.mark.parametrize(("more", "tried"), [((1, 2), ["kinds"]), ((2, 2), ["kinds", "size"])])
def test_a_few_pieces_beside_a_whole_hand_do_not_matter(ways, more, tried):
    hand, other = named(*WHOLE), named(*more, digit=Digit.UNKNOWN)
    ways.answers["kinds"] = replace(hand, hands=(*hand.hands, *other.hands))
    ways.answers["size"] = hand
    find_rough_hands(IMAGE, "unet")
    assert ways.tried == tried


def test_kinds_guessed_by_size_are_tried_next(ways):
    ways.answers |= {"kinds": named(3, 4, 4, 4), "size": named(*WHOLE)}
    assert find_rough_hands(IMAGE, "unet")[1] is ways.answers["size"]
    assert ways.tried == ["kinds", "size"]


def test_shape_alone_comes_last_and_is_taken_where_it_names_more(ways):
    ways.answers |= {"kinds": named(3, 4), "size": named(3), "shape": named(3, 4, 4)}
    rough, found = find_rough_hands(IMAGE, "pnet")
    assert found is ways.answers["shape"]
    assert ways.tried == ["kinds", "size", "shape"]
    assert rough.pieces.max() == 2
    assert rough.deposits is ways.deposits


def test_of_ways_that_name_as_much_the_first_is_taken(ways):
    ways.answers |= dict.fromkeys(["size", "shape"], named(3, digit=Digit.UNKNOWN))
    ways.answers["kinds"] = named(3, digit=Digit.UNKNOWN)
    rough, found = find_rough_hands(IMAGE, "vnet")
    assert found is ways.answers["kinds"]
    assert rough.pieces.max() == 1


def test_a_digit_with_a_name_is_worth_more_than_bones_without(ways):
    ways.answers |= {"kinds": named(3, 4, digit=Digit.UNKNOWN), "size": named(2)}
    ways.answers["shape"] = named()
    assert find_rough_hands(IMAGE, "vnet")[1] is ways.answers["size"]


def test_of_ways_that_name_as_much_the_one_with_little_left_over_is_taken(ways):
    hand, other = named(3, 3, 3, 3), named(1, 1, digit=Digit.UNKNOWN)
    ways.answers["kinds"] = replace(hand, hands=(*hand.hands, *other.hands))
    ways.answers |= {"size": hand, "shape": hand}
    assert find_rough_hands(IMAGE, "unet")[1] is hand


@pytest.mark.parametrize("way", ["size", "shape"])
@pytest.mark.parametrize("told", [Bone.PROXIMAL_PHALANX, CARPAL])
@pytest.mark.parametrize("share", [0.7, 0.8])
def test_a_way_that_goes_against_the_kinds_that_are_told_is_none(ways, way, told, share):
    label_map = np.zeros(GRID.shape, np.uint16)
    place = label_map[0 if told == CARPAL else 1].reshape(-1)
    place[:] = 132  # a left middle finger's middle phalanx
    place[: round(20 * share)] = 131
    bones = Segmentation(label_map, GRID, {n: bone_name(n) for n in (131, 132)})
    ways.answers |= {"kinds": named(3), "size": named(3), "shape": named(3)}
    ways.answers[way] = replace(named(3, 4), bones=bones)
    found = find_rough_hands(IMAGE, "unet")[1]
    taken = told != CARPAL and share > 0.75
    assert found is ways.answers[way if taken else "kinds"]


def test_without_a_wrist_the_kinds_that_are_told_do_not_judge(monkeypatch):
    ways = Ways(monkeypatch, wrist=False)
    label_map = np.full(GRID.shape, 132, np.uint16)
    bones = Segmentation(label_map, GRID, {132: bone_name(132)})
    ways.answers |= {"kinds": named(3), "size": replace(named(3, 4), bones=bones)}
    assert find_rough_hands(IMAGE, "unet")[1] is ways.answers["size"]


def test_without_a_wrist_shape_alone_would_be_the_same_again(monkeypatch):
    ways = Ways(monkeypatch, wrist=False)
    ways.answers |= {"kinds": named(3), "size": named(3)}
    find_rough_hands(IMAGE, "unet")
    assert ways.tried == ["kinds", "size"]


def named_types(monkeypatch, types, pieces, side=4.0):
    """The types that hands are named by, from those that the network tells and the pieces."""
    grid = Grid(GRID.shape, np.diag([side, side, side, 1.0]))
    meanings = {int(n): bone_name(int(n)) for n in np.unique(types) if n}
    told = KindsOfBone(Segmentation(types, grid, meanings), pieces.astype(np.uint16))
    none = Segmentation(np.zeros(GRID.shape, np.uint16), grid, {})
    monkeypatch.setattr(rough_hand, "tell_kinds", lambda _image: told)
    monkeypatch.setattr(rough_hand, "split_bones", lambda *_, **__: RoughBones(none, pieces))
    seen = []

    def name(types, *_, **__):
        seen.append(types)
        return named(*WHOLE)

    monkeypatch.setattr(rough_hand, "name_fingers", name)
    find_rough_hands(Image(np.zeros(GRID.shape), grid), "unet")
    return seen[0].label_map


def sesamoid_at_a_joint():
    """Types and pieces: two rows of one bone each, a sesamoid between, and a slip of it."""
    types, pieces = np.zeros(GRID.shape, np.uint16), np.zeros(GRID.shape, np.int32)
    types[0, 0], types[0, 2] = Bone.METACARPAL, Bone.PROXIMAL_PHALANX
    types[0, 1, :3], types[0, 1, 3] = Bone.SESAMOID, Bone.METACARPAL
    pieces[0, 0], pieces[0, 1], pieces[0, 2] = 1, 2, 3
    types[0, 2, 0] = Bone.SESAMOID
    return types, pieces


def test_a_piece_that_is_a_sesamoid_on_the_whole_is_one_throughout(monkeypatch):
    found = named_types(monkeypatch, *sesamoid_at_a_joint()) == Bone.SESAMOID
    assert found[0, 1].all()
    assert found.sum() == found[0, 1].size


def test_one_that_touches_a_bone_is_not_of_it(monkeypatch):
    types, pieces = sesamoid_at_a_joint()
    pieces[0, 1] = 3  # of one piece with the phalanx
    found = named_types(monkeypatch, types, pieces) == Bone.SESAMOID
    np.testing.assert_array_equal(found, types == Bone.SESAMOID)
    tiny = named_types(monkeypatch, types, pieces, side=0.5) == Bone.SESAMOID
    assert not tiny.any()


@pytest.mark.parametrize("bone", [Bone.METACARPAL, Bone.PROXIMAL_PHALANX])
def test_a_sesamoid_has_a_joint(monkeypatch, bone):
    types, pieces = sesamoid_at_a_joint()
    types[types == bone] = Bone.MIDDLE_PHALANX
    assert not (named_types(monkeypatch, types, pieces) == Bone.SESAMOID).any()


def test_a_sesamoid_is_no_larger_than_one(monkeypatch):
    types, pieces = sesamoid_at_a_joint()
    assert not (named_types(monkeypatch, types, pieces, side=5.0) == Bone.SESAMOID).any()


@pytest.mark.parametrize(("side", "known"), [(2.0, False), (4.0, True)])
def test_of_small_pieces_nobody_knows_that_they_are_bone(ways, monkeypatch, side, known):
    ways.answers["kinds"] = named(*WHOLE)
    grid = Grid(GRID.shape, np.diag([side, side, side, 1.0]))
    types = Segmentation(np.full(GRID.shape, 3, np.uint16), grid, {3: bone_name(3)})
    told = KindsOfBone(types, ways.deposits)
    monkeypatch.setattr(rough_hand, "tell_kinds", lambda _image: told)
    pieces = np.zeros(GRID.shape, np.int32)
    pieces[1, :2, :2] = 1
    monkeypatch.setattr(
        rough_hand, "split_bones", lambda *_, **__: RoughBones(replace(types), pieces)
    )
    monkeypatch.setattr(rough_hand, "name_fingers", lambda *_, **__: named(*WHOLE))
    rough, _ = find_rough_hands(Image(np.zeros(GRID.shape), grid), "unet")
    assert rough.bone is not None
    assert bool(rough.bone[pieces > 0].all()) is known


def test_methods_that_are_no_networks_get_no_help_from_one(ways):
    ways.answers["shape"] = named()
    rough, _ = find_rough_hands(IMAGE, "kmeans")
    assert ways.tried == ["shape"]
    assert rough.deposits is None


def test_a_small_piece_at_the_wrist_is_of_it_and_a_large_one_is_not():
    wrist = np.zeros((12, 12, 30), bool)
    wrist[:, :, :5] = True
    pieces = np.zeros(wrist.shape, np.int32)
    pieces[2:6, 2:6, 5:9] = 1
    pieces[8:11, 8:11, 5:30] = 2
    pieces[2:6, 2:6, 20:24] = 3
    found = rough_hand._of_wrist(pieces, wrist, 5.0)
    assert set(np.unique(pieces[found])) == {1}
    assert not rough_hand._of_wrist(pieces, np.zeros_like(wrist), 5.0).any()


def test_a_piece_is_of_what_most_of_it_is():
    pieces = np.array([[[0, 1, 1, 1, 2, 2, 2]]], np.int32)
    mask = np.array([[[1, 1, 1, 0, 1, 0, 0]]], bool)
    np.testing.assert_array_equal(rough_hand._mostly(pieces, mask)[0, 0], [0, 1, 1, 1, 0, 0, 0])
