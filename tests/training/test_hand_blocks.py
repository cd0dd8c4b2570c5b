"""Whole simulated hands to learn the kinds of bone from."""

import numpy as np
import pytest

from calcimetry.bone.hand_view import KINDS
from calcimetry.training import hand_blocks as blocks
from calcimetry.training.bank import FRAMES, channels, load_bank, make_bank
from calcimetry.training.hand_blocks import HAND_FRAME, PER_SCENE, hand_blocks


@pytest.fixture(scope="module")
def made():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "_SAMPLES_MM", (1.6, 1.7))
        patch.setattr(blocks, "_LONE", 0.0)
        return hand_blocks((5, 1))


def test_a_hand_gives_blocks_of_its_frame(made):
    assert len(made) == PER_SCENE
    for grey, fractions in made:
        assert (grey.shape, grey.dtype) == (HAND_FRAME, np.uint8)
        assert (fractions.shape, fractions.dtype) == ((len(KINDS) - 1, *HAND_FRAME), np.uint8)
        # Each sample is of one kind, or of none.
        assert set(np.unique(fractions.sum(axis=0, dtype=int))) == {0, 255}


def test_phalanges_and_metacarpals_are_shown_and_brighter_than_the_rest(made):
    grey = np.stack([one for one, _ in made]).astype(float)
    kinds = np.stack([parts for _, parts in made])
    assert (kinds[:, :4].any(axis=(0, 2, 3, 4))).all()
    bone = kinds[:, :4].any(axis=1)
    assert grey[bone].mean() > grey[~bone].mean() + 80


def test_sesamoids_are_a_kind_of_their_own(made):
    kinds = np.stack([parts for _, parts in made])
    assert kinds[:, KINDS.index("sesamoid") - 1].any()


def test_a_bank_of_hands_tells_kinds_and_not_materials(tmp_path, monkeypatch):
    monkeypatch.setattr(blocks, "_SAMPLES_MM", (1.6, 1.7))
    monkeypatch.setattr(blocks, "_LONE", 1.0)
    make_bank(tmp_path, "hand", 2, 7, 1)
    grey, fractions = load_bank(tmp_path, "hand")
    assert grey.shape == (2, *FRAMES["hand"])
    assert fractions.shape == (2, channels("hand"), *FRAMES["hand"])
    assert channels("hand") == channels("block") + 1
