"""Training end to end, on next to nothing: it learns, resumes, and exports what it learnt."""

import hashlib
import json
import re
import warnings
from dataclasses import replace

import numpy as np
import pytest
import torch

from calcimetry.bone.hand_view import KINDS
from calcimetry.bone.network import WEIGHTS, load_network
from calcimetry.bone.picture_network import PictureNetwork
from calcimetry.errors import ModelError, NotMeasurable
from calcimetry.model import Grid, Image
from calcimetry.phantom.picture import DEPOSIT, MATERIALS
from calcimetry.phantom.placement import DepositMix
from calcimetry.training import bank, data
from calcimetry.training import train as training
from calcimetry.training.bank import load_bank, make_bank, sample
from calcimetry.training.batches import Batches, close_views
from calcimetry.training.export import export
from calcimetry.training.network import MaterialNetwork
from calcimetry.training.recipe import DataRecipe, NetworkRecipe, Recipe, TrainingRecipe
from calcimetry.training.starting_weights import load_weights
from calcimetry.training.train import train
from calcimetry.training.volume_views import PER_HAND, VIEWS

TINY = Recipe(
    seed=1,
    data=DataRecipe(upright=6, square=4, validation=2),
    network=NetworkRecipe("unet", [4, 4, 8, 8, 8, 4]),
    training=TrainingRecipe(batch_size=2, learning_rate=1e-3, weight_decay=0.0, steps=3),
)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        folder = tmp_path_factory.mktemp("run")
        train(TINY, folder, workers=1)
        return folder


def test_training_exports_a_network_that_loads(run):
    network = load_network(run / "model.onnx")
    fractions = network(np.zeros((2, 1, 64, 32), np.float32))
    assert fractions.shape == (2, 7, 64, 32)
    np.testing.assert_allclose(fractions.sum(axis=1), 1.0, atol=1e-5)


def test_the_exported_network_gives_what_torch_gives(tmp_path):
    torch.manual_seed(0)
    network = MaterialNetwork("unet", TINY.network.features, MATERIALS, 1e-3, 0.0).eval()
    path = export(network, tmp_path / "model.onnx", TINY)
    picture = np.random.default_rng(0).uniform(-300, 1200, (1, 1, 48, 80)).astype(np.float32)
    with torch.no_grad():
        expected = network(torch.from_numpy(picture)).softmax(dim=1).numpy()
    np.testing.assert_allclose(load_network(path)(picture), expected, atol=1e-5)


def drawn_blocks(kind, seed):
    """Stands in for those of a simulated hand, which takes long: bone, and a deposit on it."""
    shape = VIEWS[kind]
    grey, parts = np.full(shape, 60, np.uint8), np.zeros((DEPOSIT, *shape), np.uint8)
    grey[8:20, :, 8:20], parts[1, 8:20, :, 8:20] = 150, 255
    grey[20:26, 30:40, 8:20], parts[-1, 20:26, 30:40, 8:20] = 220, 255
    return [(grey, parts)] * 2


def test_a_network_of_three_dimensions_learns_from_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr(bank, "hand_views", drawn_blocks)
    monkeypatch.setitem(PER_HAND, "block", 2)
    recipe = replace(
        TINY,
        data=DataRecipe(block=4, validation=2),
        network=NetworkRecipe("vnet", [2, 2, 4, 4], targets="nameless", dimensions=3),
    )
    path = train(recipe, tmp_path, workers=1)
    network = replace(load_network(path), temperature=1.0)
    assert network.dimensions == 3
    block = np.random.default_rng(0).uniform(-300, 1200, (1, 1, 16, 40, 24)).astype(np.float32)
    fractions = network(block)
    assert fractions.shape == (1, 3, 16, 40, 24)
    # Fine-tuning begins where it stands.
    again = MaterialNetwork("vnet", recipe.network.features, network.materials, 1e-3, 0.0, 3)
    load_weights(again, path)
    with torch.no_grad():
        begun = again.eval()(torch.from_numpy(block)).softmax(dim=1).numpy()
    np.testing.assert_allclose(begun, fractions, atol=1e-4)
    assert "val_volume_error_mm3" in (tmp_path / "curve.csv").read_text()
    assert "slices, rows, columns" in (tmp_path / "model.md").read_text()
    assert len(list((tmp_path / "overlays").iterdir())) == 1
    picture = Image(np.zeros((1, 48, 32)), Grid.picture((48, 32), 0.4), name="index.png")
    with pytest.raises(NotMeasurable, match=r"index\.png.*blocks of 3 dimensions"):
        PictureNetwork("vnet", path).segment(picture)


SMALL_HAND = (32, 32, 16)


def drawn_hand(seed):
    """Stands in for a simulated hand: one metacarpal."""
    del seed
    block = np.full(SMALL_HAND, 60, np.uint8)
    parts = np.zeros((len(KINDS) - 1, *SMALL_HAND), np.uint8)
    block[:, 10:20, 4:12], parts[3, :, 10:20, 4:12] = 150, 255
    return [(block, parts)] * 2


def test_a_network_of_kinds_learns_from_whole_hands(tmp_path, monkeypatch):
    monkeypatch.setattr(bank, "hand_blocks", drawn_hand)
    monkeypatch.setitem(bank.FRAMES, "hand", SMALL_HAND)
    recipe = replace(
        TINY,
        data=DataRecipe(hand=2, validation=1),
        network=NetworkRecipe("unet", [2, 2, 2, 2, 2, 2], targets="kinds", dimensions=3),
        training=replace(TINY.training, steps=1, batch_size=1),
    )
    network = load_network(train(recipe, tmp_path, workers=1))
    assert (network.materials, network.dimensions) == (KINDS, 3)
    seen = np.zeros((1, 1, 32, 16, 48), np.float32)
    assert network(seen).shape == (1, len(KINDS), 32, 16, 48)


def test_blocks_vary_along_all_three_axes():
    grey = np.full((4, 32, 64, 32), 200, np.uint8)
    grey[:, :8, :16, :8] = 255
    parts = np.zeros((4, DEPOSIT, 32, 64, 32), np.uint8)
    parts[:, 0] = 255
    batches = iter(Batches([(grey, parts)], 4, seed=3))
    corners, cut = set(), set()
    for _ in range(30):
        hu, fractions = next(batches)
        torch.testing.assert_close(fractions.sum(dim=1), torch.ones_like(hu[:, 0]))
        for one, other in zip(hu[:, 0], fractions[:, 0], strict=True):
            assert (one[other == 1] == -300.0).all(), "nothing is seen beyond the field of view"
            if not other.any():
                bright = one > one.mean() + 3 * one[12:20, 24:40, 12:20].std()
                corners.add(
                    tuple((np.argwhere(bright.numpy()).mean(axis=0) > (16, 32, 16)).tolist())
                )
            else:
                outer = [other.movedim(k, 0)[[0, -1]].flatten(1).all(dim=1) for k in range(3)]
                cut |= {(k, end) for k in range(3) for end in range(2) if outer[k][end]}
    assert len(corners) == 8
    assert len(cut) == 6


def test_an_interrupted_training_goes_on_where_it_was(tmp_path, monkeypatch):
    asked = []

    class Breaking(Batches):
        def __iter__(self):
            for number, batch in enumerate(super().__iter__(), self.first):
                if not asked and number == 2:
                    asked.append(number)
                    raise OSError("the machine went away")
                asked.append(number) if asked else None
                yield batch

    monkeypatch.setattr(data, "Batches", Breaking)
    monkeypatch.setattr(training, "CHECKPOINT_EVERY", 1)
    with pytest.raises(OSError, match="went away"):
        train(TINY, tmp_path, workers=1)
    assert not (tmp_path / "model.onnx").exists()
    train(TINY, tmp_path, workers=1)
    assert asked[1] in (1, 2), "the second run began with a batch of the interrupted one's end"
    done = torch.load(tmp_path / "checkpoints" / "last.ckpt", weights_only=False)["global_step"]
    assert done == TINY.training.steps
    assert (tmp_path / "model.onnx").exists()


def test_an_exported_network_does_not_tell_where_it_was_made(run):
    # Weights are any bytes: among so many, ".py" itself is there by chance.
    file_of_code = re.compile(rb"[\w/.-]{4,}\.py")
    for path in (run / "model.onnx", *WEIGHTS.glob("*.onnx")):
        assert not file_of_code.search(path.read_bytes()), path.name


def test_altered_weights_are_refused(run, tmp_path):
    weights = bytearray((run / "model.onnx").read_bytes())
    weights[100] ^= 1
    (tmp_path / "model.onnx").write_bytes(weights)
    (tmp_path / "model.json").write_bytes((run / "model.json").read_bytes())
    with pytest.raises(ModelError, match="was altered"):
        load_network(tmp_path / "model.onnx")


def test_the_hash_is_that_of_the_file(run):
    about = json.loads((run / "model.json").read_text())
    assert about["sha256"] == hashlib.sha256((run / "model.onnx").read_bytes()).hexdigest()


def test_samples_are_what_their_seed_says(tmp_path):
    make_bank(tmp_path, "square", 2, 5, 1)
    grey, fractions = load_bank(tmp_path, "square")
    again = sample("square", (5, 1, 1))
    np.testing.assert_array_equal(grey[1], again[0])
    np.testing.assert_array_equal(fractions[1], again[1])


def test_a_finished_bank_is_kept(tmp_path):
    make_bank(tmp_path, "square", 1, 5, 1)
    before = (tmp_path / "square_grey.npy").stat().st_mtime_ns
    make_bank(tmp_path, "square", 1, 5, 1)
    assert (tmp_path / "square_grey.npy").stat().st_mtime_ns == before
    make_bank(tmp_path, "square", 1, 6, 1)
    assert (tmp_path / "square_grey.npy").stat().st_mtime_ns != before


def test_a_bank_of_other_deposits_is_made_again(tmp_path):
    make_bank(tmp_path, "palm", 1, 5, 1)
    before, _ = load_bank(tmp_path, "palm")
    make_bank(tmp_path, "palm", 1, 5, 1, DepositMix(none=0.0, further=9.0))
    after, parts = load_bank(tmp_path, "palm")
    assert not np.array_equal(before, after)
    assert parts[:, DEPOSIT - 1].any()


def test_half_precision_trains_weights_of_single_precision(tmp_path):
    plan = replace(TINY.training, precision="bf16-mixed", steps=1)
    path = train(replace(TINY, training=plan), tmp_path, workers=1)
    fractions = load_network(path)(np.zeros((1, 1, 64, 32), np.float32))
    assert fractions.dtype == np.float32
    np.testing.assert_allclose(fractions.sum(axis=1), 1.0, atol=1e-5)


def test_batches_resume_in_step(tmp_path):
    make_bank(tmp_path, "square", 4, 5, 1)
    banks = [load_bank(tmp_path, "square")]
    whole = iter(Batches(banks, 2, seed=3))
    next(whole)
    hu, fractions = next(whole)
    late, late_fractions = next(iter(Batches(banks, 2, seed=3, first=1)))
    assert torch.equal(hu, late)
    assert torch.equal(fractions, late_fractions)
    torch.testing.assert_close(fractions.sum(dim=1), torch.ones_like(hu[:, 0]))


def test_close_views_lie_around_deposits_or_bone():
    grey = np.zeros((3, 160, 128), np.uint8)
    parts = np.zeros((3, DEPOSIT, 160, 128), np.uint8)
    parts[:, DEPOSIT - 1, 5, 120] = 255  # one pixel, near a corner
    parts[0, 1, 150, 3] = 255  # bone far from it
    parts[2] = 0  # nothing at all
    rng = np.random.default_rng(0)
    seen = [close_views(rng, (grey, parts), np.array([0, 1, 2])) for _ in range(20)]
    assert all(one[0].shape == (3, 96, 96) for one in seen)
    assert all(one[1].shape == (3, DEPOSIT, 96, 96) for one in seen)
    with_deposit = sum(one[1][0, -1].any() for one in seen)
    assert 5 < with_deposit < 20, "most around the deposit, some around bone alone"
    assert all(one[1][0].any() for one in seen)
    assert any(one[1][1, -1].any() for one in seen)
    # Anywhere in the piece, not always in its middle.
    assert len({tuple(np.argwhere(one[1][0, -1])[0]) for one in seen if one[1][0, -1].any()}) > 3


def test_part_of_the_batches_is_close():
    bank = (np.zeros((6, 160, 128), np.uint8), np.zeros((6, DEPOSIT, 160, 128), np.uint8))
    batches = iter(Batches([bank], 2, seed=3, close=0.5))
    shapes = {tuple(next(batches)[0].shape) for _ in range(12)}
    assert shapes == {(2, 1, 160, 128), (4, 1, 96, 96)}


def test_a_pass_shows_every_picture_once():
    grey = np.arange(5, dtype=np.uint8)[:, None, None] * np.ones((5, 16, 16), np.uint8)
    bank = (grey, np.zeros((5, 1, 16, 16), np.uint8))
    batches = iter(Batches([bank], 2, seed=3, vary=False, in_passes=True))
    for _ in range(2):
        seen = torch.cat([next(batches)[0][:, 0, 0, 0] for _ in range(3)])
        shown = np.rint((seen.numpy() + 300.0) / 1500.0 * 255)
        assert sorted(shown) == [0, 1, 2, 3, 4]


def test_a_repeated_run_exports_the_same_averaged_weights(run):
    before = (run / "model.onnx").read_bytes()
    train(TINY, run, workers=1)
    assert (run / "model.onnx").read_bytes() == before
