from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from calcimetry.errors import InputError
from calcimetry.reproduction.paper_training import train_as_paper
from tests.reproduction.paper import save_study


def test_the_recipe_learns_from_the_pictures_named(tmp_path, monkeypatch):
    asked = []

    def train(recipe, run, *, workers, pictures):
        asked.append((recipe, workers, [one.name for one in pictures]))
        return run / "model.onnx"

    monkeypatch.setitem(sys.modules, "calcimetry.training.train", SimpleNamespace(train=train))
    names = [f"finger-{n}.png" for n in (7, 8, 9)]
    model = train_as_paper(tmp_path / "run", save_study(tmp_path / "data"), names, 1)
    assert model == tmp_path / "run" / "model.onnx"
    ((recipe, workers, learnt),) = asked
    assert (recipe.data.held_out, recipe.data.source, workers) == (1, "paper", 1)
    assert learnt == names


def test_too_few_pictures(tmp_path):
    with pytest.raises(InputError, match="four pictures or more of the group train are needed"):
        train_as_paper(tmp_path, tmp_path, ["a.png"], 0)
