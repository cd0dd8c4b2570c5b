"""Recipes that ship can be followed; those that cannot be are refused before any work."""

import pytest

from calcimetry.errors import SettingsError
from calcimetry.training.recipe import SHIPPED, Recipe

# One that is finished: `unet.toml` changes with every training.
UNET = (SHIPPED / "unet-third.toml").read_text()
PAPER = (SHIPPED / "paper.toml").read_text()
BLOCKS = (SHIPPED / "vnet-volumes.toml").read_text()
KINDS = (SHIPPED / "kinds.toml").read_text()


@pytest.mark.parametrize("name", [path.name for path in SHIPPED.glob("*.toml")])
def test_shipped_recipes_are_found_by_name(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    assert Recipe.from_toml(SHIPPED / name) == Recipe.from_toml(SHIPPED.__class__(name))


def test_the_papers_recipe_has_what_the_paper_states():
    recipe = Recipe.from_toml(SHIPPED / "paper.toml")
    assert recipe.data.held_out == 10
    assert len(recipe.data.rotations_deg) == 3
    assert recipe.training.epochs == 500
    assert recipe.training.validate_every == 100


def test_a_file_of_the_users_own_wins_over_a_shipped_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "unet.toml").write_text(UNET.replace("steps = 8500", "steps = 28"))
    assert Recipe.from_toml(SHIPPED.__class__("unet.toml")).training.steps == 28


def test_own_images_replace_the_recipes_source(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(PAPER)
    assert Recipe.from_toml(path, own_images=True).data.source == "images"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("seed = 1\n[data]\n[network]\n[training]\n", "missing network.kind"),
        (UNET + "epohcs = 3\n", "no training.epohcs; the nearest is training.epochs"),
        ("seed 1", r"recipe\.toml: not a TOML file"),
        (UNET.replace('"unet"', '"resnet"'), "kind must be one of unet, vnet, pnet"),
        (UNET.replace("steps = 8500", "steps = 2.5"), "training.steps must be a whole number"),
        (UNET.replace("steps = 8500", 'steps = "many"'), "training.steps must be a whole number"),
        (UNET.replace("steps = 8500", "steps = 0"), "steps or epochs, one of the two"),
        (UNET.replace("steps = 8500", "steps = 9\nepochs = 9"), "steps or epochs, one of the two"),
        (
            UNET.replace("steps = 8500", "epochs = 9").replace("close = 0.6", "close = 0"),
            "give steps",
        ),
        (UNET.replace("steps = 8500", "epochs = 9"), "and steps, not epochs"),
        (UNET.replace("batch_size = 8", "batch_size = 0"), "batch_size"),
        (UNET.replace("1e-3", "-1.0"), "learning_rate must lie between 0 and 1"),
        (UNET.replace("1e-3", '"fast"'), "training.learning_rate must be a number"),
        (UNET.replace("seed = 20261129", "seed = -1"), "must not be negative"),
        (UNET.replace("upright = 11000", "upright = 7"), "must hold a batch of 8 pictures"),
        (
            UNET.replace("close = 0.6", "close = 1.0"),
            "data.close must be 0 or more and less than 1",
        ),
        (
            UNET.replace("[network]", '[network]\ntargets = "bone"'),
            "needs network.targets = 'named' or 'nameless'",
        ),
        (UNET.replace("[16, 32, 64, 128, 192, 16]", "16"), "network.features must be a list"),
        (UNET.replace("[16, 32, 64, 128, 192, 16]", "[1]"), "expected 6 positive whole numbers"),
        ("data = 3\n" + UNET.replace("[data", "[other"), "there is no other"),
        ("data = 3\nseed = 1\n[network]\n[training]\n", "data must be a table"),
        (PAPER.replace('"paper"', '"net"'), "data.source must be one of simulator, images, paper"),
        (PAPER.replace("[256, 128]", "[250, 128]"), "multiples of 16"),
        (PAPER.replace('"image"', '"finger"'), "data.split_by must be one of patient, image"),
        (PAPER.replace('"bone"', '"all"'), "network.targets must be one of named, nameless, bone"),
        (BLOCKS.replace("block = 2700", "block = 2700\nplane = 9"), "data.block alone"),
        (BLOCKS.replace("block = 2700", "block = 2700\nclose = 0.5"), "without data.close"),
        (BLOCKS.replace("[data]", '[data]\nsource = "images"'), "data.block alone"),
        (UNET.replace("upright = 11000", "block = 900"), "need network.dimensions = 3"),
        (KINDS.replace("dimensions = 3", "dimensions = 2"), "need network.dimensions = 3"),
        (KINDS.replace("hand = 960", "block = 960"), "asked for 'kinds' learns from .*data.hand"),
        (BLOCKS.replace('"vnet"', '"pnet"'), "the pnet: dimensions must be 2, found 3"),
        (BLOCKS.replace("dimensions = 3", "dimensions = 4"), "must be 2 or 3, found 4"),
        (BLOCKS.replace("[8, 16, 32, 64]", "[8, 16]"), "expected 4 positive whole numbers"),
    ],
)
def test_a_recipe_that_cannot_be_followed_is_refused(tmp_path, text, told):
    path = tmp_path / "recipe.toml"
    path.write_text(text)
    with pytest.raises(SettingsError, match=told):
        Recipe.from_toml(path)


def test_a_missing_recipe_is_told_with_those_that_ship(tmp_path):
    with pytest.raises(SettingsError, match=r"paper.*pnet.*unet-first.*unet\.toml, vnet"):
        Recipe.from_toml(tmp_path / "none.toml")
