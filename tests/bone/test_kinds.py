"""What a network says of the kinds of bone."""

import numpy as np
import pytest

from calcimetry.bone import kinds
from calcimetry.bone.hand_view import KINDS, hand_view
from calcimetry.bone.kinds import tell_kinds
from calcimetry.bone.network import Network
from calcimetry.errors import ModelError
from calcimetry.model import Bone, Grid, Image
from calcimetry.model.anatomy import CARPAL

SESAMOID, DEPOSIT = KINDS.index("sesamoid"), KINDS.index("deposit")
GRID = Grid((60, 24, 24), np.diag([1.0, 1.0, 1.0, 1.0]))


def rod_with_lump():
    """A rod along the slices, half of it of another kind, and a ball that hangs on it."""
    z, y, x = np.indices(GRID.shape)
    rod = (np.hypot(y - 12, x - 9) < 4) & (z > 4) & (z < 55)
    ball = (z - 20) ** 2 + (y - 12) ** 2 + (x - 16) ** 2 < 16
    hu = np.where(rod | ball, 900.0, -1000.0)
    truth = np.where(rod, np.where(z < 30, 1, 4), np.where(ball, DEPOSIT, 0))
    return Image(hu, GRID), truth


class Told:
    """Stands for the network: says what is true, as surely as it is told to."""

    materials = KINDS

    def __init__(self, image, truth, sure=0.9):
        self.view = hand_view(image.array, image.grid)
        place = np.rint(
            image.grid.mm_to_index(self.view.index_to_mm(np.argwhere(np.ones(self.view.shape)))),
        ).astype(int)
        inside = ((place >= 0) & (place < image.grid.shape)).all(axis=1)
        kind = np.zeros(len(place), int)
        kind[inside] = truth[tuple(place[inside].T)]
        kind = kind.reshape(self.view.shape)
        one_hot = np.stack([kind == n for n in range(len(KINDS))])
        self.answer = np.where(one_hot, sure, (1.0 - sure) / (len(KINDS) - 1)).astype(np.float32)
        self.asked = 0

    def __call__(self, batch):
        assert batch.shape == (1, 1, *self.view.shape)
        flipped = self.asked % 2
        self.asked += 1
        return (np.flip(self.answer, (1, 2, 3)) if flipped else self.answer)[None]


def told_by(monkeypatch, image, network):
    monkeypatch.setattr(kinds, "load_network", lambda _path: network)
    return tell_kinds(image)


def test_each_place_is_of_the_kind_that_is_told(monkeypatch):
    image, truth = rod_with_lump()
    told = told_by(monkeypatch, image, Told(image, truth))
    assert set(told.types.labels) == {1, 4}
    found = told.types.label_map
    assert (found[truth == 1] == 1).mean() > 0.9
    assert (found[truth == 4] == 4).mean() > 0.9


def test_a_large_deposit_is_no_bone(monkeypatch):
    image, truth = rod_with_lump()
    told = told_by(monkeypatch, image, Told(image, truth))
    assert told.deposits.max() == 1
    assert (truth[told.deposits > 0] == DEPOSIT).mean() > 0.8
    assert not told.types.mask[told.deposits > 0].any()


def test_a_deposit_that_the_network_doubts_is_not_said_to_be_one(monkeypatch):
    image, truth = rod_with_lump()
    told = told_by(monkeypatch, image, Told(image, truth, sure=0.5))
    assert not told.deposits.any()


def test_what_has_marrow_is_no_deposit_however_sure_the_network_is(monkeypatch):
    image, truth = rod_with_lump()
    z, y, x = np.indices(GRID.shape)
    hollow = np.where(np.hypot(y - 12, x - 9) < 2.2, 200.0, image.array)
    truth = np.where(truth == 4, DEPOSIT, truth)
    for hu, some in ((image.array, True), (hollow, False)):
        told = told_by(monkeypatch, Image(hu, GRID), Told(Image(hu, GRID), truth))
        shaft = (z > 35) & (z < 50) & (np.hypot(y - 12, x - 9) < 3)
        assert told.deposits[shaft].any() == some
        assert not (told.types.label_map[shaft] > 0).any()


def test_a_sesamoid_is_bone(monkeypatch):
    image, truth = rod_with_lump()
    truth[truth == DEPOSIT] = SESAMOID
    told = told_by(monkeypatch, image, Told(image, truth))
    assert (told.types.label_map[truth == SESAMOID] == Bone.SESAMOID).mean() > 0.8
    assert not told.deposits.any()


def test_mineral_of_no_kind_has_no_type(monkeypatch):
    image, truth = rod_with_lump()
    told = told_by(monkeypatch, image, Told(image, np.where(truth == DEPOSIT, 0, truth), sure=0.95))
    ball = (truth == DEPOSIT) & (np.indices(GRID.shape)[2] > 15)
    assert (told.types.label_map[ball] == 0).mean() > 0.8
    assert not told.deposits.any()


@pytest.mark.parametrize(("spacing", "is_wrist"), [(1.0, False), (2.0, True)])
def test_a_wrist_has_a_size(monkeypatch, spacing, is_wrist):
    image, truth = rod_with_lump()
    grid = Grid(GRID.shape, np.diag([spacing, spacing, spacing, 1.0]))
    image = Image(image.array, grid)
    told = told_by(monkeypatch, image, Told(image, np.where(truth == 4, 5, truth)))
    assert (CARPAL in told.types.labels) is is_wrist


def test_where_nothing_is_bright_there_is_nothing(monkeypatch):
    image, truth = rod_with_lump()
    network = Told(image, truth)
    told = told_by(monkeypatch, Image(np.zeros(GRID.shape), GRID), network)
    assert not told.types.labels
    assert not told.deposits.any()
    assert network.asked == 0


def test_weights_of_other_materials_are_refused(monkeypatch):
    image, _ = rod_with_lump()
    other = Network(None, ("other", "bone"))  # type: ignore[arg-type]  # never asked
    with pytest.raises(ModelError, match="expected other, proximal"):
        told_by(monkeypatch, image, other)
