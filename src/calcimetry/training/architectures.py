"""The three networks that a recipe can name: U-Net, V-Net and P-Net.

All take one channel and give logits of the same size. Rows and columns must be multiples
of 16; of blocks, which V-Net can learn from too, all three sides multiples of 8.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import torch
from monai.networks.blocks import Convolution
from monai.networks.nets import BasicUNet
from torch import Tensor, nn

from calcimetry.errors import SettingsError

_ACT = ("LeakyReLU", {"negative_slope": 0.1, "inplace": True})
_PNET_DILATIONS = (1, 2, 4, 8, 16)
_PNET_LAYERS = (2, 2, 3, 3, 3)


@dataclass(frozen=True, slots=True)
class _VNetShape:
    """Side of V-Net's kernels, and layers of its stages down and up."""

    kernel: int
    down: tuple[int, ...]
    up: tuple[int, ...]


#: By dimensions. Kernels of 5 x 5 x 5 would cost five times those of 3 x 3 x 3.
_VNET = {2: _VNetShape(5, (1, 1, 2, 3, 2), (1, 1, 2, 2)), 3: _VNetShape(3, (1, 1, 2, 2), (1, 1, 1))}


def build_network(
    kind: str, features: Sequence[int], outputs: int, dimensions: int = 2
) -> nn.Module:
    """An untrained network.

    Parameters
    ----------
    kind : {"unet", "vnet", "pnet"}
    features : sequence of int
        U-Net: channels of the five levels and of the last layer. V-Net: channels of the
        five levels on the way down, in three dimensions of four. P-Net: channels of every
        layer (one number).
    outputs : int
        Channels of the answer.
    dimensions : {2, 3}
        Of what it sees: pictures, or, V-Net alone, blocks.

    Raises
    ------
    SettingsError
        If the kind is unknown or not made in so many dimensions, or `features` has another
        length than it asks for.
    """
    check_network(kind, features, dimensions)
    return NETWORKS[kind, dimensions][0](features, outputs)


def check_network(kind: str, features: Sequence[int], dimensions: int = 2) -> None:
    """Make sure that `build_network` will take this kind and these channels.

    Raises
    ------
    SettingsError
        As there.
    """
    known = dict.fromkeys(name for name, _ in NETWORKS)
    if kind not in known:
        raise SettingsError(
            f"Building a network: kind must be one of {', '.join(known)}, found {kind!r}."
        )
    if (kind, dimensions) not in NETWORKS:
        made = " or ".join(str(n) for name, n in NETWORKS if name == kind)
        raise SettingsError(f"Building the {kind}: dimensions must be {made}, found {dimensions}.")
    _, length = NETWORKS[kind, dimensions]
    if len(features) != length or min(features) < 1:
        raise SettingsError(
            f"Building the {kind}: expected {length} positive whole numbers of channels, "
            f"found {list(features)}."
        )


class VNet(nn.Module):
    """V-Net: residual stages of convolutions, strided to go down.

    References
    ----------
    Milletari, Navab, Ahmadi: V-Net. 3DV 2016. Halved in width, and with batch
    normalisation, to be trained on two cores; in two dimensions with its kernels of side 5,
    in three with kernels of side 3 and a level less.
    """

    def __init__(self, dimensions: int, features: Sequence[int], outputs: int) -> None:
        super().__init__()
        shape, layer = _VNET[dimensions], partial(_layer, dimensions=dimensions)
        self.first = layer(1, features[0], shape.kernel)
        self.down = nn.ModuleList(
            layer(before, after, 2, strides=2) for before, after in pairwise(features)
        )
        self.encode = nn.ModuleList(
            _Residual([layer(width, width, shape.kernel) for _ in range(layers)])
            for width, layers in zip(features, shape.down, strict=True)
        )
        below = [*(2 * width for width in features[1:-1]), features[-1]]
        self.up = nn.ModuleList(
            layer(deep, width, 2, strides=2, is_transposed=True)
            for deep, width in zip(below, features[:-1], strict=True)
        )
        self.decode = nn.ModuleList(
            _Residual([layer(2 * width, 2 * width, shape.kernel) for _ in range(layers)])
            for width, layers in zip(features[:-1], shape.up, strict=True)
        )
        last = nn.Conv2d if dimensions == 2 else nn.Conv3d
        self.last = last(2 * features[0], outputs, 1)

    def forward(self, seen: Tensor) -> Tensor:
        """Logits (n, outputs, ...) of pictures or blocks (n, 1, ...), of the same sides."""
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
    def __init__(self, layers: Sequence[nn.Module]) -> None:
        super().__init__()
        self.body = nn.Sequential(*layers)

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
    dimensions: int = 2,
) -> nn.Module:
    """Convolution, batch normalisation, leaky ReLU."""
    return Convolution(
        dimensions,
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


def _unet(dimensions: int, features: Sequence[int], outputs: int) -> nn.Module:
    return BasicUNet(
        spatial_dims=dimensions,
        in_channels=1,
        out_channels=outputs,
        features=list(features),
        norm="batch",
        act=_ACT,
    )


#: How each kind is made in so many dimensions, and how many numbers its `features` holds.
NETWORKS: dict[tuple[str, int], tuple[Callable[[Sequence[int], int], nn.Module], int]] = {
    ("unet", 2): (partial(_unet, 2), 6),
    ("unet", 3): (partial(_unet, 3), 6),
    ("vnet", 2): (partial(VNet, 2), len(_VNET[2].down)),
    ("vnet", 3): (partial(VNet, 3), len(_VNET[3].down)),
    ("pnet", 2): (PNet, 1),
}
