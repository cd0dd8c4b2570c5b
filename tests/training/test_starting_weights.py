"""Fine-tuning begins where the exported network stands."""

from dataclasses import replace

import pytest
import torch

from calcimetry.bone.network import WEIGHTS
from calcimetry.errors import ModelError
from calcimetry.training.export import export
from calcimetry.training.network import MaterialNetwork
from calcimetry.training.recipe import SHIPPED, NetworkRecipe, Recipe
from calcimetry.training.starting_weights import load_weights, weights_to_start

FEATURES = {"unet": [4, 4, 8, 8, 8, 4], "vnet": [2, 4, 4, 4, 4], "pnet": [3]}


def fresh(kind, materials=("other", "bone")):
    return MaterialNetwork(kind, FEATURES[kind], materials, 1e-3, 0.0)


def used(kind):
    """A network whose normalisations have seen something."""
    torch.manual_seed(3)
    network = fresh(kind).train()
    for _ in range(3):
        network(torch.rand(2, 1, 32, 32) * 1000.0)
    return network.eval()


@pytest.mark.parametrize("kind", FEATURES)
def test_a_loaded_network_answers_as_the_exported_one(tmp_path, kind):
    recipe = Recipe.from_toml(SHIPPED / "paper.toml")
    recipe = replace(recipe, network=replace(recipe.network, kind=kind, features=FEATURES[kind]))
    trained = used(kind)
    path = export(trained, tmp_path / "model.onnx", recipe)
    again = fresh(kind)
    load_weights(again, path)
    seen = torch.rand(1, 1, 48, 32) * 1000.0
    with torch.no_grad():
        torch.testing.assert_close(again.eval()(seen), trained(seen), atol=2e-4, rtol=1e-3)


def test_a_network_of_other_materials_begins_with_those_that_both_tell(tmp_path):
    recipe = Recipe.from_toml(SHIPPED / "paper.toml")
    recipe = replace(recipe, network=replace(recipe.network, features=FEATURES["unet"]))
    trained = used("unet")
    path = export(trained, tmp_path / "model.onnx", recipe)
    other = MaterialNetwork("unet", FEATURES["unet"], ("other", "bone", "nail"), 1e-3, 0.0)
    before = other.network.final_conv.weight.clone()
    load_weights(other, path)
    taken = other.network.final_conv.weight
    torch.testing.assert_close(taken[:2], trained.network.final_conv.weight)
    torch.testing.assert_close(taken[2], before[2])
    seen = []
    for network in (trained, other):
        network.network.final_conv.register_forward_pre_hook(lambda _, inputs: seen.append(inputs))
    picture = torch.rand(1, 1, 48, 32) * 1000.0
    with torch.no_grad():
        trained(picture), other.eval()(picture)
    torch.testing.assert_close(seen[1][0], seen[0][0], atol=2e-4, rtol=1e-3)


def test_weights_of_another_network_are_refused():
    with pytest.raises(ModelError, match="has other layers than the recipe's"):
        load_weights(fresh("unet"), WEIGHTS / "unet.onnx")


def test_a_file_that_is_no_network_is_refused(tmp_path):
    (tmp_path / "model.onnx").write_bytes(b"not a network")
    with pytest.raises(ModelError, match="is not an ONNX file"):
        load_weights(fresh("unet"), tmp_path / "model.onnx")


def test_shipped_weights_are_found_and_missing_ones_told():
    flat = NetworkRecipe("vnet", FEATURES["vnet"], start="shipped")
    assert weights_to_start(flat) == WEIGHTS / "vnet.onnx"
    assert weights_to_start(replace(flat, dimensions=3)) == WEIGHTS / "vnet-volumes.onnx"
    kinds = NetworkRecipe("unet", FEATURES["unet"], "kinds", "shipped", dimensions=3)
    assert weights_to_start(kinds) == WEIGHTS / "kinds.onnx"
    with pytest.raises(ModelError, match=r"there is no network none\.onnx"):
        weights_to_start(replace(flat, start="somewhere/none.onnx"))
