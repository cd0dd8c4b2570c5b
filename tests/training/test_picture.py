"""The value that training reads: locked, checked, and the same from a pickle."""

import pickle

import numpy as np
import pytest

from calcimetry.errors import InputError
from calcimetry.model import Grid, Image
from calcimetry.training.picture import TrainingPicture

IMAGE = Image(np.zeros((2, 3)), Grid.picture((2, 3), 0.4))


def test_a_picture_comes_back_from_a_pickle_locked():
    labels = np.array([[0, 1, 2], [3, 4, 5]])
    one = TrainingPicture("a.png", "p", IMAGE, labels, has_names=False, has_deposits=False)
    labels[:] = 0
    back = pickle.loads(pickle.dumps(one))
    assert back.label_map.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert (back.name, back.patient, back.has_names, back.has_deposits) == (
        "a.png",
        "p",
        False,
        False,
    )
    assert back.image == IMAGE
    with pytest.raises(ValueError, match="read-only"):
        back.label_map[0, 0] = 1


@pytest.mark.parametrize(
    ("image", "labels", "told"),
    [
        (Image(np.zeros((2, 2, 3)), Grid((2, 2, 3), np.eye(4))), np.zeros((2, 3)), "2 slices"),
        (Image(np.zeros((2, 3)), Grid.picture((2, 3), 0.4), "1"), np.zeros((2, 3)), "in '1'"),
        (IMAGE, np.zeros((3, 2)), r"shape \(3, 2\)"),
        (IMAGE, np.full((2, 3), 7), "from 0 to 6"),
        (IMAGE, np.full((2, 3), 0.5), "from 0 to 6"),
    ],
)
def test_what_is_no_picture_with_labels_is_refused(image, labels, told):
    with pytest.raises(InputError, match=told):
        TrainingPicture("a", "p", image, labels)
