"""Views of simulated hands to train on."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy import ndimage
from scipy.special import ndtr

from calcimetry.model import Grid
from calcimetry.training import volume_views
from calcimetry.training.bank import FRAMES, load_bank, make_bank
from calcimetry.training.volume_views import PER_HAND, VIEWS, hand_views


@pytest.fixture(autouse=True)
def coarse(monkeypatch):
    """Hands of few samples, so that tests take no time."""
    monkeypatch.setattr(volume_views, "_SAMPLES_MM", (1.6, 1.7))


@pytest.fixture(scope="module")
def views():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(volume_views, "_SAMPLES_MM", (1.6, 1.7))
        return {kind: hand_views(kind, (5, 1)) for kind in VIEWS}


@pytest.mark.parametrize("kind", list(VIEWS))
def test_a_hand_gives_views_of_its_bones_in_the_kinds_frame(views, kind):
    assert len(views[kind]) == PER_HAND[kind]
    for grey, fractions in views[kind]:
        assert (grey.shape, grey.dtype) == (VIEWS[kind], np.uint8)
        assert (fractions.shape, fractions.dtype) == ((6, *VIEWS[kind]), np.uint8)
        # Materials share a pixel: together they fill it at most, but for rounding.
        assert fractions.sum(axis=0, dtype=int).max() <= 255 + 3
    bones = [f[:4].reshape(4, -1).any(axis=1) for _, f in views[kind]]
    shown = np.mean(bones, axis=0)
    assert (shown > 0).all(), "each bone is in some view"


@pytest.mark.parametrize("kind", list(VIEWS))
def test_bone_is_brighter_than_what_is_around_it(views, kind):
    grey = np.stack([g for g, _ in views[kind]]).astype(float)
    bone = np.stack([f[:4].sum(axis=0, dtype=int) for _, f in views[kind]])
    assert grey[bone > 200].mean() > grey[bone == 0].mean() + 50


def test_a_seed_gives_the_same_views_again(views):
    for (grey, fractions), (again, same) in zip(
        views["section"], hand_views("section", (5, 1)), strict=True
    ):
        np.testing.assert_array_equal(grey, again)
        np.testing.assert_array_equal(fractions, same)


def test_other_fingers_are_taken_out_of_planes():
    # A slab may show the distal phalanx of two fingers; a plane of one finger has one.
    for _, fractions in hand_views("plane", (5, 4)):
        _, count = ndimage.label(fractions[2] > 128)
        assert count <= 1


def test_a_block_holds_one_finger_and_lies_along_it(views):
    bones = np.stack([f[:4].sum(axis=0, dtype=int) > 128 for _, f in views["block"]])
    # Shafts run along the rows: columns of samples along them are filled the furthest.
    runs = [bones.sum(axis=axis).max(axis=(1, 2)).mean() for axis in (1, 2, 3)]
    assert runs[1] == max(runs)
    for grey, _ in views["block"]:
        assert (grey == 0).any(), "air, or where another finger was"


def test_deposits_are_shown_and_are_no_bone(views):
    some = [f for kind in VIEWS for _, f in views[kind] if f[4].max() > 200]
    assert some
    for fractions in some:
        assert (fractions[:4].sum(axis=0, dtype=int)[fractions[4] > 250] <= 8).all()


@pytest.mark.parametrize("material", [0, 5])
def test_a_slab_shows_what_blur_carries_into_it(material):
    # Bone, or a deposit, fills all on one side of a plane; slabs lie beside it.
    shape, spacing, sigma = (61, 12, 12), 0.2, 0.6
    filled = np.zeros(shape, np.float32)
    filled[:30] = 1.0
    filled[30] = 0.5
    none = np.zeros(shape, np.float32)
    scene = SimpleNamespace(
        hu=none,
        classes=np.full(shape, 1, np.uint8),
        volume=SimpleNamespace(
            image=SimpleNamespace(grid=Grid(shape, np.diag([spacing] * 3 + [1.0]))),
            bone_fraction=filled if material == 0 else none,
            deposit_fraction=filled if material == 5 else none,
            acquisition=SimpleNamespace(blur_mm=sigma),
        ),
    )
    for beyond_mm in (-0.9, 0.0, 0.6, 1.2):
        affine = np.diag([spacing] * 3 + [1.0])
        affine[:3, 3] = (30 * spacing + beyond_mm, 0.4, 0.4)
        _, fractions = volume_views._slab(scene, Grid((1, 8, 8), affine))
        np.testing.assert_allclose(fractions[material], ndtr(-beyond_mm / sigma), atol=0.02)
        others = np.delete(fractions, material, axis=0)
        assert not others.any()


def test_a_bank_holds_as_many_views_as_were_asked_for(tmp_path, monkeypatch):
    monkeypatch.setitem(volume_views.PER_HAND, "section", 3)
    make_bank(tmp_path, "section", 4, 7, 1)
    grey, fractions = load_bank(tmp_path, "section")
    assert grey.shape == (4, *FRAMES["section"])
    first, second = (hand_views("section", (7, list(FRAMES).index("section"), i)) for i in (0, 1))
    np.testing.assert_array_equal(grey[:3], [g for g, _ in first])
    np.testing.assert_array_equal(fractions[3], second[0][1])
