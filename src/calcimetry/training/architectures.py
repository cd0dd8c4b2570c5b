"""The three networks that a recipe can name: U-Net, V-Net and P-Net.

All take one channel and give logits of the same height and width; rows and columns must
be multiples of 16.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from monai.networks.blocks import Convolution
from monai.networks.nets import BasicUNet
from torch import Tensor, nn

from calcimetry.errors import SettingsError

_ACT = ("LeakyReLU", {"negative_slope": 0.1, "inplace": True})
_PNET_DILATIONS = (1, 2, 4, 8, 16)
_PNET_LAYERS = (2, 2, 3, 3, 3)
_VNET_LAYERS_DOWN = (1, 1, 2, 3, 2)
_VNET_LAYERS_UP = (1, 1, 2, 2)
_VNET_KERNEL = 5


def build_network(kind: str, features: Sequence[int], outputs: int) -> nn.Module:
    """An untrained network.

    Parameters
    ----------
    kind : {"unet", "vnet", "pnet"}
    features : sequence of int
        U-Net: channels of the five levels and of the last layer. V-Net: channels of the
        five levels on the way down. P-Net: channels of every layer (one number).
    outputs : int
        Channels of the answer.

    Raises
    ------
    SettingsError
        If the kind is unknown, or `features` has another length than it asks for.
    """
    check_network(kind, features)
    return NETWORKS[kind][0](features, outputs)


def check_network(kind: str, features: Sequence[int]) -> None:
    """Make sure that `build_network` will take this kind and these channels.

    Raises
    ------
    SettingsError
        As there.
    """
    if kind not in NETWORKS:
        raise SettingsError(
            f"Building a network: kind must be one of {', '.join(NETWORKS)}, found {kind!r}."
        )
    _, length = NETWORKS[kind]
    if len(features) != length or min(features) < 1:
        raise SettingsError(
            f"Building the {kind}: expected {length} positive whole numbers of channels, "
            f"found {list(features)}."
        )


class VNet(nn.Module):
    """V-Net in two dimensions: residual stages of 5 x 5 convolutions, strided to go down.

    References
    ----------
    Milletari, Navab, Ahmadi: V-Net. 3DV 2016. Halved in width, and with batch
    normalisation, to be trained on two cores.
    """

    def __init__(self, features: Sequence[int], outputs: int) -> None:
        super().__init__()
        self.first = _layer(1, features[0], _VNET_KERNEL)
        self.down = nn.ModuleList(
            _layer(before, after, 2, strides=2) for before, after in pairwise(features)
        )
        self.encode = nn.ModuleList(
            _Residual(width, layers)
            for width, layers in zip(features, _VNET_LAYERS_DOWN, strict=True)
        )
        below = [*(2 * width for width in features[1:-1]), features[-1]]
        self.up = nn.ModuleList(
            _layer(deep, width, 2, strides=2, is_transposed=True)
            for deep, width in zip(below, features[:-1], strict=True)
        )
        self.decode = nn.ModuleList(
            _Residual(2 * width, layers)
            for width, layers in zip(features[:-1], _VNET_LAYERS_UP, strict=True)
        )
        self.last = nn.Conv2d(2 * features[0], outputs, 1)

    def forward(self, seen: Tensor) -> Tensor:
        """Logits (n, outputs, rows, columns) of pictures (n, 1, rows, columns)."""
        seen = self.encode[0](self.first(seen))
        skipped = []
        for down, encode in zip(self.down, list(self.encode)[1:], strict=True):
            skipped.append(seen)
            seen = encode(down(seen))
        for level in reversed(range(len(skipped))):
            seen = torch.cat([self.up[level](seen), skipped[level]], dim=1)
            seen = self.decode[level](seen)
        logits: Tensor = self.last(seen)
        return logits


class PNet(nn.Module):
    """P-Net: dilated convolutions at full resolution, no pooling, all scales read together.

    References
    ----------
    Wang et al.: DeepIGeoS. IEEE TPAMI 2019. Five blocks of 3 x 3 convolutions of dilation
    1, 2, 4, 8, 16; their outputs are concatenated and read by 1 x 1 convolutions. A
    quarter of its 64 channels, to be trained on two cores.
    """

    def __init__(self, features: Sequence[int], outputs: int) -> None:
        super().__init__()
        (width,) = features
        self.blocks = nn.ModuleList()
        before = 1
        for dilation, layers in zip(_PNET_DILATIONS, _PNET_LAYERS, strict=True):
            block = nn.Sequential()
            for _ in range(layers):
                block.append(_layer(before, width, 3, dilation=dilation))
                before = width
            self.blocks.append(block)
        self.read = nn.Sequential(
            _layer(len(self.blocks) * width, 2 * width, 1), nn.Conv2d(2 * width, outputs, 1)
        )

    def forward(self, seen: Tensor) -> Tensor:
        """Logits (n, outputs, rows, columns) of pictures (n, 1, rows, columns)."""
        scales = []
        for block in self.blocks:
            seen = block(seen)
            scales.append(seen)
        logits: Tensor = self.read(torch.cat(scales, dim=1))
        return logits


class _Residual(nn.Module):
    def __init__(self, width: int, layers: int) -> None:
        super().__init__()
        self.body = nn.Sequential(*(_layer(width, width, _VNET_KERNEL) for _ in range(layers)))

    def forward(self, seen: Tensor) -> Tensor:
        added: Tensor = self.body(seen)
        return seen + added


def _layer(
    before: int,
    after: int,
    kernel: int,
    *,
    strides: int = 1,
    dilation: int = 1,
    is_transposed: bool = False,
) -> nn.Module:
    """Convolution, batch normalisation, leaky ReLU."""
    return Convolution(
        2,
        before,
        after,
        strides=strides,
        kernel_size=kernel,
        padding=0 if kernel == strides else None,
        dilation=dilation,
        is_transposed=is_transposed,
        output_padding=0 if is_transposed else None,
        bias=False,
        norm="batch",
        act=_ACT,
        adn_ordering="NA",
    )


def _unet(features: Sequence[int], outputs: int) -> nn.Module:
    return BasicUNet(
        spatial_dims=2,
        in_channels=1,
        out_channels=outputs,
        features=list(features),
        norm="batch",
        act=_ACT,
    )


#: How each kind is made, and how many numbers its `features` holds.
NETWORKS: dict[str, tuple[Callable[[Sequence[int], int], nn.Module], int]] = {
    "unet": (_unet, 6),
    "vnet": (VNet, 5),
    "pnet": (PNet, 1),
}
