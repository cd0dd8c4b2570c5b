"""Training on volumes, on next to nothing: cubes, batches, the network, its export."""

import warnings
from pathlib import Path

import numpy as np
import pytest
import torch

from calcimetry.bone.network import load_network
from calcimetry.bone.volume_view import AIR_HU, MINERAL_HU
from calcimetry.errors import SettingsError
from calcimetry.training.cubes import (
    EDGE,
    TISSUES,
    CubeBatches,
    make_cubes,
    sample,
    validation_cubes,
)
from calcimetry.training.train import SHIPPED_RECIPE, Recipe, train
from calcimetry.training.volume_network import VolumeNetwork

VOLUME_RECIPE = SHIPPED_RECIPE.with_name("unet3d.toml")
TINY = Recipe(
    seed=1,
    validation=1,
    features=[4, 4, 4, 4, 4, 4],
    steps=1,
    batch_size=2,
    learning_rate=1e-3,
    weight_decay=0.0,
    cubes=3,
)


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    with warnings.catch_warnings():
        # Lightning and the ONNX exporter warn about matters of their own.
        warnings.simplefilter("ignore")
        folder = tmp_path_factory.mktemp("run")
        train(TINY, folder, workers=1)
        return folder


def test_training_exports_a_network_that_gives_fractions(run):
    network = load_network(run / "unet3d.onnx")
    fractions = network(np.zeros((1, 1, 32, 64, 32), np.float32))
    assert fractions.shape == (1, len(TISSUES), 32, 64, 32)
    np.testing.assert_allclose(fractions.sum(axis=1), 1.0, atol=1e-5)


def test_a_cube_is_what_its_seed_says(run):
    cubes = np.load(run / "bank" / "train.npy")
    assert cubes.shape == (TINY.cubes, 4, EDGE, EDGE, EDGE)
    np.testing.assert_array_equal(cubes[1], sample((TINY.seed, 1)))
    assert cubes[:, 1].max() < len(TISSUES) - 1


def test_a_finished_bank_of_cubes_is_kept(run):
    path = run / "bank" / "validation.npy"
    before = path.stat().st_mtime_ns
    make_cubes(path, TINY.validation, TINY.seed + 1, 1)
    assert path.stat().st_mtime_ns == before


def test_batches_resume_in_step_and_add_up(run):
    path = run / "bank" / "train.npy"
    whole = iter(CubeBatches(path, 2, seed=3))
    next(whole)
    hu, fractions = next(whole)
    late, late_fractions = next(iter(CubeBatches(path, 2, seed=3, first=1)))
    assert torch.equal(hu, late)
    assert torch.equal(fractions, late_fractions)
    assert hu.min() >= AIR_HU
    assert hu.max() <= MINERAL_HU
    torch.testing.assert_close(fractions.sum(dim=1), torch.ones_like(hu[:, 0]), atol=0.02, rtol=0)


def test_validation_cubes_come_unchanged(run):
    path = run / "bank" / "validation.npy"
    ((hu, fractions),) = validation_cubes(path, 4)
    grey = np.load(path)[:, 0]
    expected = AIR_HU + grey / 255.0 * (MINERAL_HU - AIR_HU)
    np.testing.assert_allclose(hu[:, 0], expected, atol=0.01)
    assert fractions.shape[1] == len(TISSUES)


def test_folding_keeps_every_sample_in_its_place():
    network = VolumeNetwork([4, 4, 4, 4, 4, 4], 1e-3, 0.0).unet

    class Straight(torch.nn.Module):
        def forward(self, folded):
            return folded.repeat(1, len(TISSUES), 1, 1, 1)

    network.net = Straight()
    volume = torch.arange(4 * 6 * 8.0).reshape(1, 1, 4, 6, 8)
    assert torch.equal(network(volume)[:, :1], volume)


def test_the_shipped_recipe_for_volumes_reads():
    assert Recipe.from_toml(VOLUME_RECIPE).name == "unet3d"


@pytest.mark.parametrize("line", ["upright = 5\nsquare = 5\ncubes = 5", "validation_only = 1", ""])
def test_a_recipe_of_both_kinds_or_of_neither_is_refused(tmp_path, line):
    text = VOLUME_RECIPE.read_text()
    head, tail = text.split("cubes = ")
    path = tmp_path / "recipe.toml"
    path.write_text(head + line + "\n" + tail.split("\n", 1)[1])
    with pytest.raises(SettingsError, match=r"cubes|unknown"):
        Recipe.from_toml(path)
