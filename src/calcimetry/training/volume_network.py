"""The network for volumes: a U-Net at half resolution that answers at the full one."""

from __future__ import annotations

import torch
from monai.losses import DiceLoss
from monai.networks.nets import BasicUNet
from torch import Tensor

from calcimetry.bone.volume_view import SPACING_MM
from calcimetry.training.cubes import TISSUES
from calcimetry.training.network import LEAKY, FractionNetwork

_DEPOSIT = len(TISSUES) - 1
#: What may be mineral, also in part, counts in full; other samples count so much.
_MINERAL_HU = 130.0
_WEIGHT_ELSEWHERE = 0.05
#: Weight of the bones' names in the loss.
_NAMES = 0.15


class HalfResolutionUNet(torch.nn.Module):
    """MONAI's U-Net on blocks of 2 x 2 x 2 samples, each block one vector of eight.

    A U-Net spends most of its time at full resolution, where it only draws borders.
    Folding each block of eight samples into channels, and unfolding the answer (Shi et
    al., CVPR 2016, in three dimensions), keeps every sample and takes a third of the time.
    """

    def __init__(self, features: list[int]) -> None:
        super().__init__()
        self.net = BasicUNet(
            spatial_dims=3,
            in_channels=8,
            out_channels=8 * len(TISSUES),
            features=features,
            norm="batch",
            act=LEAKY,
        )
        # The layout in which convolutions in three dimensions are fastest on a CPU.
        self.net.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]  # not in torch's stubs

    def forward(self, scaled: Tensor) -> Tensor:
        """Logits (n, tissues, slices, rows, columns) of (n, 1, slices, rows, columns)."""
        n, _, slices, rows, columns = scaled.shape
        half = (slices // 2, rows // 2, columns // 2)
        blocks = scaled.reshape(n, half[0], 2, half[1], 2, half[2], 2)
        folded = blocks.permute(0, 2, 4, 6, 1, 3, 5).reshape(n, 8, *half)
        folded = folded.contiguous(memory_format=torch.channels_last_3d)
        answer = self.net(folded).reshape(n, len(TISSUES), 2, 2, 2, *half)
        unfolded: Tensor = answer.permute(0, 1, 5, 2, 6, 3, 7, 4)
        return unfolded.reshape(n, len(TISSUES), slices, rows, columns)


class VolumeNetwork(FractionNetwork):
    """The U-Net for volumes: `calcimetry.training.cubes.TISSUES` of every sample.

    Parameters
    ----------
    features : sequence of int
        Channels of the five levels of the U-Net and of its last layer.
    learning_rate, weight_decay : float
        As of `FractionNetwork`.
    """

    def __init__(self, features: list[int], learning_rate: float, weight_decay: float) -> None:
        super().__init__(HalfResolutionUNet(features), learning_rate, weight_decay)
        self.save_hyperparameters()
        self.dice = DiceLoss(include_background=False, squared_pred=True, batch=True)

    def loss(self, logits: Tensor, fractions: Tensor, hu: Tensor) -> Tensor:
        """Cross-entropy and Dice of bone, deposit and the rest, and a little of the bones' names.

        Bone from deposit is what measuring rests on; names have the fingers' shape to lean on
        (`calcimetry.fingers`), and left alone their many errors would drown the rest. Nine
        tenths of a volume are air and flesh, which are soon learnt, so cross-entropy counts
        mostly where there is mineral. The weights depend on the image alone, not on the
        truth, so that it is still smallest at the true fractions.
        """
        weight = torch.where(hu > _MINERAL_HU, 1.0, _WEIGHT_ELSEWHERE)
        weight = weight / weight.sum()
        logs = logits.log_softmax(dim=1)
        bone = logs[:, 1:_DEPOSIT].logsumexp(dim=1, keepdim=True)
        grouped = torch.cat([logs[:, :1], bone, logs[:, _DEPOSIT:]], dim=1)
        parts = fractions[:, 1:_DEPOSIT]
        true = torch.cat(
            [fractions[:, :1], parts.sum(dim=1, keepdim=True), fractions[:, _DEPOSIT:]], dim=1
        )
        materials = -(weight * true * grouped).sum()
        names = -(weight * parts * (logs[:, 1:_DEPOSIT] - bone)).sum()
        value: Tensor = materials + 0.5 * self.dice(grouped.exp(), true) + _NAMES * names
        return value

    def validation_step(self, batch: tuple[Tensor, Tensor], _index: int) -> None:
        """Dice of bone and of deposits, the share of names that are right, and volume error."""
        hu, fractions = batch
        logits = self(hu)
        predicted = logits.softmax(dim=1)
        bone, true_bone = (part[:, 1:_DEPOSIT].sum(dim=1) >= 0.5 for part in (predicted, fractions))
        name, true_name = (part[:, :_DEPOSIT].argmax(dim=1) for part in (predicted, fractions))
        deposit, true_deposit = (part[:, _DEPOSIT] for part in (predicted, fractions))
        both = bone & true_bone
        volume, true_volume = (
            part.sum(dim=(1, 2, 3)) * SPACING_MM**3 for part in (deposit, true_deposit)
        )
        self.log_dict(
            {
                "val_loss": self.loss(logits, fractions, hu),
                "val_bone_dice": _dice(bone, true_bone),
                "val_deposit_dice": _dice(deposit >= 0.5, true_deposit >= 0.5),
                "val_names_right": (name == true_name)[both].float().mean(),
                "val_volume_error_mm3": (volume - true_volume).abs().mean(),
            },
            prog_bar=True,
        )


def _dice(one: Tensor, other: Tensor) -> Tensor:
    shared = (one & other).sum(dim=(1, 2, 3)).float()
    total = (one.sum(dim=(1, 2, 3)) + other.sum(dim=(1, 2, 3))).float()
    return ((2 * shared + 1) / (total + 1)).mean()
