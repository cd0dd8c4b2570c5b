"""What a visit must be, and which two are of one hand."""

import datetime as dt
import pickle
from dataclasses import replace

import numpy as np
import pytest

from calcimetry.errors import InputError, NotMeasurable
from calcimetry.followup.visit import (
    Visit,
    are_one_finger,
    boxes_of,
    points_of,
    refuse_unlike,
    shared_labels,
)
from calcimetry.model import Grid, Image, Segmentation
from tests.followup.lesions import block_visit, bones_of, lesion


def test_a_picture_is_refused():
    grid = Grid.picture((4, 4), 0.5)
    bones = bones_of(np.ones((1, 4, 4), int), grid)
    with pytest.raises(NotMeasurable, match="totals per finger"):
        Visit("first", bones, Segmentation(np.zeros((1, 4, 4), int), grid, {}), ())


def test_maps_on_two_grids_are_refused():
    visit = block_visit()
    other = Segmentation(np.zeros((6, 6, 6), int), Grid((6, 6, 6), np.diag([1, 1, 2, 1.0])), {})
    with pytest.raises(InputError, match="one grid"):
        Visit("first", visit.bones, other, ())


def test_a_lesion_that_is_not_in_the_map_is_refused():
    visit = block_visit()
    with pytest.raises(InputError, match=r"lesions \[3\] are not in the lesion map"):
        Visit("first", visit.bones, visit.lesion_map, (lesion(3),))


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ({"patient": "a"}, {"patient": "b"}, "one patient"),
        ({"date": dt.date(2025, 3, 1)}, {"date": dt.date(2024, 3, 1)}, "365 days before"),
        ({"sides": ("left",)}, {"sides": ("right",)}, "left first and right later"),
        ({"label": 21}, {"label": 32}, "none in common"),
    ],
)
def test_visits_of_two_hands_are_refused(first, last, said):
    with pytest.raises(InputError, match=said):
        refuse_unlike(block_visit("first", **first), block_visit("last", **last))


def test_bones_of_one_finger_may_have_other_names():
    refuse_unlike(block_visit("first", label=2), block_visit("last", label=1))
    refuse_unlike(block_visit("first", label=21), block_visit("last", label=3))
    assert not are_one_finger(block_visit(label=21), block_visit(label=31))


def test_what_is_not_stated_may_be_the_same():
    refuse_unlike(
        block_visit(patient="a", date=dt.date(2024, 1, 1), sides=("left", "right")),
        block_visit(sides=("right",)),
    )


def test_a_side_that_one_visit_could_not_tell_is_no_other_bone():
    first, last = block_visit(label=121, sides=("left",)), block_visit(label=21)
    assert shared_labels(first, last) == {121: 21}
    assert shared_labels(last, first) == {21: 121}
    known = block_visit(label=21, sides=("right",))
    assert shared_labels(first, known) == {}


def test_two_hands_of_no_known_side_stay_apart():
    labels = np.zeros((6, 6, 6), int)
    labels[0], labels[2] = 23, 123
    both = bones_of(labels, Grid((6, 6, 6), np.eye(4)))
    empty = Segmentation(np.zeros((6, 6, 6), int), both.grid, {})
    visit = Visit("last", both, empty, ())
    assert shared_labels(block_visit(label=122), visit) == {}


def test_a_visit_survives_pickle_and_finds_its_lesions():
    visit = pickle.loads(pickle.dumps(block_visit(lesions=2, key="k")))
    assert (visit.key, visit.lesion(2).number, visit.spacing) == ("k", 2, (1.0, 1.0, 1.0))
    boxes = boxes_of(visit.lesion_map)
    assert set(boxes) == {1, 2}
    assert points_of(visit.lesion_map, 2, boxes[2]).tolist() == [[4.0, 2.0, 2.0]]


def test_an_image_must_lie_on_the_maps_grid():
    visit = block_visit()
    with pytest.raises(InputError, match="the image on the grid of the bones"):
        replace(visit, image=Image(np.zeros((6, 6, 5)), Grid((6, 6, 5), np.eye(4))))
    assert replace(visit, image=Image(np.zeros((6, 6, 6)), visit.bones.grid)).image is not None
