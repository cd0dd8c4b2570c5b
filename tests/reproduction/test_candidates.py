from __future__ import annotations

import json
from pathlib import Path

import pytest

import calcimetry.bone
from calcimetry.bone import METHODS
from calcimetry.errors import ModelError, SettingsError
from calcimetry.reproduction import candidates
from calcimetry.reproduction.candidates import find_candidates

WEIGHTS = Path(calcimetry.bone.__file__).parent / "weights/unet.onnx"


def test_all_methods_or_those_named():
    assert [one.name for one in find_candidates()] == list(METHODS)
    found = find_candidates(["kmeans", "unet", "kmeans"])
    assert [one.name for one in found] == ["kmeans", "unet"]
    assert [one.settings.method for one in found] == ["kmeans", "unet"]
    assert found[1].version.startswith("unet ")


def test_a_model_stands_beside_the_methods_under_its_name():
    shipped, own = find_candidates(["unet"], {"mine": WEIGHTS})
    assert (own.name, own.settings.method) == ("mine", "unet")
    assert own.settings.model == str(WEIGHTS)
    # The same weights, which here serve volumes too.
    assert shipped.version.startswith(f"{own.version} / ")


def test_missing_weights_are_found_out_by_asking(monkeypatch):
    def missing(_name):
        raise ModelError("vnet.onnx is missing")

    monkeypatch.setattr(candidates, "find_method", missing)
    assert [one.version for one in find_candidates(["unet"])] == ["unet"]


def test_unknown_method():
    with pytest.raises(SettingsError, match="there is no method 'magic'; expected some of unet,"):
        find_candidates(["magic"])


@pytest.mark.parametrize("name", ["unet", "", " ", "a/b", "a\n", "a\\b"])
def test_a_model_needs_a_name_of_its_own(name):
    with pytest.raises(SettingsError, match="needs a name of its own"):
        find_candidates(["unet"], {name: WEIGHTS})


def test_a_network_of_another_kind(tmp_path):
    (tmp_path / "net.onnx").write_bytes(b"")
    about = {"sha256": "0" * 64, "kind": "resnet", "materials": []}
    (tmp_path / "net.json").write_text(json.dumps(about))
    with pytest.raises(ModelError, match=r"net\.onnx is a network of the kind 'resnet'"):
        find_candidates(["unet"], {"mine": tmp_path / "net.onnx"})
