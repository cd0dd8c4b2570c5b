"""Mineral parted by what a network says the kinds of bone are."""

import numpy as np
import pytest

from calcimetry.bone import kinds
from calcimetry.bone.hand_view import KINDS, hand_view
from calcimetry.bone.kinds import bones_by_kind
from calcimetry.bone.network import Network
from calcimetry.errors import ModelError
from calcimetry.model import Grid, Image

GRID = Grid((60, 24, 24), np.diag([1.0, 1.0, 1.0, 1.0]))


def rod_with_lump():
    """A rod along the slices, half of it of another kind, and a ball that hangs on it."""
    z, y, x = np.indices(GRID.shape)
    rod = (np.hypot(y - 12, x - 9) < 4) & (z > 4) & (z < 55)
    ball = (z - 20) ** 2 + (y - 12) ** 2 + (x - 16) ** 2 < 16
    hu = np.where(rod | ball, 900.0, -1000.0)
    truth = np.where(rod, np.where(z < 30, 1, 4), np.where(ball, 6, 0))
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


def by_kind(monkeypatch, image, network):
    monkeypatch.setattr(kinds, "load_network", lambda _path: network)
    return bones_by_kind(image)


def test_neighbours_of_different_kinds_come_apart(monkeypatch):
    image, truth = rod_with_lump()
    rough = by_kind(monkeypatch, image, Told(image, truth))
    assert set(rough.kinds.labels) == {1, 4}
    found = rough.kinds.label_map
    assert (found[truth == 1] == 1).mean() > 0.9
    assert (found[truth == 4] == 4).mean() > 0.9
    one, other = rough.pieces[15, 12, 9], rough.pieces[45, 12, 9]
    assert 0 < one != other > 0


def test_a_large_deposit_is_no_bone_and_hangs_on_one(monkeypatch):
    image, truth = rod_with_lump()
    rough = by_kind(monkeypatch, image, Told(image, truth))
    assert rough.lumps(image, rough.kinds) is rough.hung
    assert rough.hung.max() == 1
    assert (truth[rough.hung > 0] == 6).mean() > 0.8
    assert not rough.kinds.mask[rough.hung > 0].any()


def test_a_deposit_that_the_network_doubts_hangs_on_nothing(monkeypatch):
    image, truth = rod_with_lump()
    rough = by_kind(monkeypatch, image, Told(image, truth, sure=0.5))
    assert not rough.hung.any()


def test_mineral_of_no_kind_is_a_piece_without_one(monkeypatch):
    image, truth = rod_with_lump()
    rough = by_kind(monkeypatch, image, Told(image, np.where(truth == 6, 0, truth), sure=0.95))
    ball = (truth == 6) & (np.indices(GRID.shape)[2] > 15)
    assert (rough.kinds.label_map[ball] == 0).mean() > 0.8
    assert (rough.pieces[ball] > 0).all()


def test_where_nothing_is_bright_there_is_nothing(monkeypatch):
    image, truth = rod_with_lump()
    network = Told(image, truth)
    rough = by_kind(monkeypatch, Image(np.zeros(GRID.shape), GRID), network)
    assert not rough.kinds.labels
    assert not rough.pieces.any()
    assert network.asked == 0


def test_weights_of_other_materials_are_refused(monkeypatch):
    image, _ = rod_with_lump()
    other = Network(None, ("other", "bone"))  # type: ignore[arg-type]  # never asked
    with pytest.raises(ModelError, match="expected other, proximal"):
        by_kind(monkeypatch, image, other)
