"""Going on from weights that were exported, the shipped ones or one's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import nn

from calcimetry.bone.network import WEIGHTS, stated_materials
from calcimetry.errors import ModelError
from calcimetry.training.network import MaterialNetwork
from calcimetry.training.recipe import NetworkRecipe

_CONVOLUTIONS = (nn.Conv2d, nn.ConvTranspose2d, nn.Conv3d, nn.ConvTranspose3d)


def weights_to_start(network: NetworkRecipe) -> Path:
    """The file that a recipe's `start` names.

    "shipped" is the network of that kind that pictures are measured with; of three dimensions
    the one for volumes, and the one that tells kinds of bone where the recipe asks for them.

    Raises
    ------
    ModelError
        If there is none.
    """
    volumes = "kinds" if network.targets == "kinds" else f"{network.kind}-volumes"
    shipped = network.kind if network.dimensions == 2 else volumes
    path = WEIGHTS / f"{shipped}.onnx" if network.start == "shipped" else Path(network.start)
    if not path.is_file():
        raise ModelError(
            f"Starting the training: there is no network {path.name}; network.start takes "
            "'shipped', or the path of a .onnx file that a training left."
        )
    return path


def load_weights(network: MaterialNetwork, path: Path) -> None:
    """Put the weights of an exported network into one of the same make.

    Export has folded every batch normalisation into the convolution before it, so the
    normalisations begin as none: they pass on what comes, plus the folded shift. Where the
    file tells another number of materials, those that both name are taken from its last layer,
    and the others begin by chance.

    Raises
    ------
    ModelError
        If the file is no such network, or one of other channels.
    """
    try:
        stored = {
            # "0.network.first.conv.weight": past the place in the exported sequence. The name
            # of the attribute was "unet" once.
            tensor.name.split(".", 2)[-1]: torch.from_numpy(np.array(numpy_helper.to_array(tensor)))
            for tensor in onnx.load(path).graph.initializer
            if tensor.name.endswith(("weight", "bias"))
        }
    except Exception as error:  # protobuf's errors share no base
        raise ModelError(f"Starting the training: {path.name} is not an ONNX file.") from error
    modules = list(network.network.named_modules())
    *_, last = (name for name, module in modules if isinstance(module, _CONVOLUTIONS))
    with torch.no_grad():
        for i, (name, module) in enumerate(modules):
            if not isinstance(module, _CONVOLUTIONS):
                continue
            weight = stored.get(f"{name}.weight")
            if name == last and weight is not None and len(weight) != len(module.weight):
                _copy_by_name(module, stored, name, network.materials, stated_materials(path))
                continue
            if weight is None or weight.shape != module.weight.shape:
                raise ModelError(
                    f"Starting the training: {path.name} has other layers than the recipe's "
                    f"network ({name}); take the kind and features it was trained with."
                )
            module.weight.copy_(weight)
            # A convolution that had no bias got one when the normalisation was folded in.
            shift = stored.get(f"{name}.bias", stored.get(f"{name}.weight_bias"))
            norm = _norm_after(modules, i)
            if norm is not None:
                _pass_through(norm)
            if shift is None:
                continue
            target = module.bias
            if target is None and norm is not None:
                target = norm.bias
            if target is None:
                raise ModelError(
                    f"Starting the training: {path.name} has a bias too many ({name})."
                )
            target.copy_(shift)


def _copy_by_name(
    last: nn.Module,
    stored: Mapping[str, torch.Tensor],
    name: str,
    materials: Sequence[str],
    stated: Sequence[str],
) -> None:
    """Take the last layer's channels of those materials that the file tells too."""
    for i, material in enumerate(materials):
        if material in stated:
            for part in ("weight", "bias"):
                getattr(last, part)[i].copy_(stored[f"{name}.{part}"][stated.index(material)])


def _norm_after(
    modules: list[tuple[str, nn.Module]], at: int
) -> nn.BatchNorm2d | nn.BatchNorm3d | None:
    """The normalisation that follows a convolution, if one comes before the next."""
    for _, module in modules[at + 1 :]:
        if isinstance(module, nn.BatchNorm2d | nn.BatchNorm3d):
            return module
        if isinstance(module, _CONVOLUTIONS):
            return None
    return None


def _pass_through(norm: nn.BatchNorm2d | nn.BatchNorm3d) -> None:
    norm.reset_parameters()
    norm.running_var = torch.full((norm.num_features,), 1.0 - norm.eps)
