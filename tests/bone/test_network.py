"""Weights are what was shipped, or they are refused."""

import json

import pytest

from calcimetry.bone.network import WEIGHTS, load_network
from calcimetry.errors import ModelError


@pytest.mark.parametrize("missing", ["unet.onnx", "unet.json"])
def test_missing_files_are_named(tmp_path, missing):
    for name in {"unet.onnx", "unet.json"} - {missing}:
        (tmp_path / name).write_text("{}")
    with pytest.raises(ModelError, match=rf"{missing} is missing"):
        load_network(tmp_path / "unet.onnx")


def test_altered_weights_are_refused(tmp_path):
    (tmp_path / "unet.onnx").write_bytes((WEIGHTS / "unet.onnx").read_bytes()[:-1])
    (tmp_path / "unet.json").write_bytes((WEIGHTS / "unet.json").read_bytes())
    with pytest.raises(ModelError, match="was altered or cut short"):
        load_network(tmp_path / "unet.onnx")


def test_shipped_weights_are_small_and_tell_where_they_come_from():
    assert (WEIGHTS / "unet.onnx").stat().st_size < 10_000_000
    about = json.loads((WEIGHTS / "unet.json").read_text())
    assert {"sha256", "seed", "steps", "materials"} <= set(about)
    assert (WEIGHTS / "unet.md").is_file()


def test_a_network_of_other_dimensions_than_stated_is_refused(tmp_path):
    (tmp_path / "pnet.onnx").write_bytes((WEIGHTS / "pnet.onnx").read_bytes())
    about = json.loads((WEIGHTS / "pnet.json").read_text())
    (tmp_path / "pnet.json").write_text(json.dumps({**about, "dimensions": 3}))
    with pytest.raises(ModelError, match="takes images of 2 dimensions, its description states 3"):
        load_network(tmp_path / "pnet.onnx")


def test_all_shipped_weights_together_stay_within_25_megabytes():
    assert sum(file.stat().st_size for file in WEIGHTS.glob("*.onnx")) <= 25_000_000


def test_a_network_is_loaded_once():
    assert load_network(WEIGHTS / "unet.onnx") is load_network(WEIGHTS / "unet.onnx")
