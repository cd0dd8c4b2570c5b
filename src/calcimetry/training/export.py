"""A trained network as ONNX, for use without torch."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
import torch

from calcimetry.training.network import MaterialNetwork
from calcimetry.training.recipe import Recipe

#: Only kernels are stored in half precision; shifts are few.
_LEAST_HALVED = 2


def export(network: MaterialNetwork, path: Path, recipe: Recipe) -> Path:
    """Write the network, with what loading needs to know in ``<name>.json`` beside it.

    The exported network takes pictures in HU (n, 1, rows, columns), rows and columns
    multiples of 16, or blocks (n, 1, slices, rows, columns), all sides multiples of 8 (V-Net) or
    16. It gives the fractions (n, materials, ...), not the logits.
    """
    model = torch.nn.Sequential(network, torch.nn.Softmax(dim=1)).eval().cpu()
    part = path.with_suffix(".part.onnx")
    dimensions = recipe.network.dimensions
    shape: tuple[int, ...] = (288, 128) if dimensions == 2 else (32, 64, 32)
    # The three-dimensional V-Net has a level less.
    multiple = 8 if (recipe.network.kind, dimensions) == ("vnet", 3) else 16
    names = ("slices", "rows", "columns")[-dimensions:]
    sides = [multiple * torch.export.Dim(f"{name}{multiple}") for name in names]
    torch.onnx.export(
        model,
        (torch.zeros(2, 1, *shape),),
        part,
        input_names=["picture"],
        output_names=["fractions"],
        dynamic_shapes=({0: torch.export.Dim("batch"), **dict(enumerate(sides, 2))},),
        dynamo=True,
        external_data=False,
        verbose=False,
    )
    forget_traces(part)
    if dimensions == 3:
        store_in_half(part)
    part.replace(path)
    about = {
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "kind": recipe.network.kind,
        "materials": list(recipe.materials),
        "seed": recipe.seed,
        "steps": recipe.training.steps or recipe.training.epochs,
        "sections": recipe.data.section > 0,
        "dimensions": dimensions,
    }
    path.with_suffix(".json").write_text(json.dumps(about, indent=2) + "\n")
    return path


def store_in_half(path: Path) -> None:
    """Store the weights of an ONNX file in half precision; it still computes in single.

    A kernel of three dimensions holds three times as many as one of two.
    """
    model = onnx.load(path)
    graph = model.graph
    for tensor in list(graph.initializer):
        if tensor.data_type != onnx.TensorProto.FLOAT or len(tensor.dims) < _LEAST_HALVED:
            continue
        half = onnx.numpy_helper.to_array(tensor).astype(np.float16)
        graph.initializer.remove(tensor)
        # No dot: what starts another training finds a layer's name behind the second one.
        graph.initializer.append(onnx.numpy_helper.from_array(half, f"half_{tensor.name}"))
        cast = onnx.helper.make_node(
            "Cast", [f"half_{tensor.name}"], [tensor.name], to=onnx.TensorProto.FLOAT
        )
        graph.node.insert(0, cast)
    onnx.save(model, path)


def forget_traces(path: Path) -> None:
    """Strike from an ONNX file where on this machine the code lay that made each of its nodes."""
    model = onnx.load(path)
    for noted in (model.graph, *model.graph.node, *model.graph.value_info, *model.functions):
        noted.ClearField("metadata_props")
        noted.ClearField("doc_string")
    onnx.save(model, path)
