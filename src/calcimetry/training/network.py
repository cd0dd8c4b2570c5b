"""The network being trained: how it sees HU, its loss, and its validation figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import lightning
import torch
from monai.losses import DiceCELoss
from torch import Tensor

from calcimetry.agreement.concordance import concordance
from calcimetry.bone.hand_view import HAND_SPACING_MM, KINDS
from calcimetry.bone.working_view import BLOCK_SPACING_MM, SPACING_MM
from calcimetry.errors import NotMeasurable
from calcimetry.training.architectures import build_network


class ScaleHU(torch.nn.Module):
    """HU to the range of about -1 to 3 that networks learn well in."""

    def forward(self, hu: Tensor) -> Tensor:
        """Scale pictures or blocks of any shape."""
        return (hu - 200.0) / 400.0


class MaterialNetwork(lightning.LightningModule):
    """Learns the part of every pixel that each material fills.

    Parameters
    ----------
    kind, features : str, sequence of int
        The network and its channels (`calcimetry.training.architectures.build_network`).
    materials : sequence of str
        What its answers stand for: "other", then bones, then perhaps "deposit".
    learning_rate, weight_decay : float
        Of AdamW; the rate follows one cycle over the whole training.
    dimensions : {2, 3}
        Whether it learns from pictures, or from blocks (n, 1, slices, rows, columns).
    """

    def __init__(
        self,
        kind: str,
        features: list[int],
        materials: Sequence[str],
        learning_rate: float,
        weight_decay: float,
        dimensions: int = 2,
    ) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.materials = tuple(materials)
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.scale = ScaleHU()
        # Channels last: oneDNN and cuDNN then convolve without reordering (a third faster here).
        self.network = build_network(kind, features, len(materials), dimensions)
        last = torch.channels_last if dimensions == 2 else torch.channels_last_3d
        self.network.to(memory_format=last)  # type: ignore[call-overload]  # torch documents it
        # Cross-entropy on fractions is smallest at the true fraction, so areas are
        # unbiased; Dice keeps small deposits from being outvoted by air.
        self.loss = DiceCELoss(
            include_background=False,
            softmax=True,
            squared_pred=True,
            batch=True,
            lambda_dice=0.5,
            lambda_ce=3.0,
        )
        self.measured = ("area", "mm2") if dimensions == 2 else ("volume", "mm3")
        self.judged: list[Figures] = []

    def forward(self, hu: Tensor) -> Tensor:
        """Logits (n, materials, rows, columns) of pictures in HU (n, 1, rows, columns)."""
        logits: Tensor = self.network(self.scale(hu))
        # Of a training in half precision only the convolutions are: small fractions add up.
        return logits.float()

    def training_step(self, batch: tuple[Tensor, Tensor], _index: int) -> Tensor:
        """Loss of one batch of pictures in HU and their fractions."""
        hu, fractions = batch
        loss: Tensor = self.loss(self(hu), fractions)
        self.log("loss", loss, prog_bar=True, batch_size=len(hu))
        return loss

    def validation_step(self, batch: tuple[Tensor, Tensor], _index: int) -> None:
        """Keep the figures of each picture until all are in."""
        hu, fractions = batch
        logits = self(hu)
        self.log("val_loss", self.loss(logits, fractions), batch_size=len(hu), sync_dist=True)
        self.judged.append(figures(logits.softmax(dim=1), fractions, self.materials))

    def on_validation_epoch_end(self) -> None:
        """Dice, names and areas over all held-out pictures."""
        every = Figures(*(torch.cat(parts) for parts in zip(*self.judged, strict=True)))
        self.judged.clear()
        size, unit = self.measured
        told: dict[str, Tensor | float] = {
            "val_bone_dice": every.dice.mean(),
            "val_worst_dice": every.dice.min(),
            f"val_{size}_error_{unit}": (every.size - every.true_size).abs().mean(),
            f"val_{size}_ccc": _concordance(every.size, every.true_size),
        }
        if bone_channels(self.materials) != [1]:
            told["val_names_right"] = every.names_right.mean()
        self.log_dict(told, prog_bar=True, sync_dist=True)

    def configure_optimizers(self) -> Any:
        """AdamW under one cycle."""
        optimizer = torch.optim.AdamW(
            self.parameters(), lr=self.learning_rate, weight_decay=self.weight_decay
        )
        steps = int(self.trainer.estimated_stepping_batches)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, self.learning_rate, total_steps=steps, pct_start=0.1
        )
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }


class Figures(NamedTuple):
    """What is known of each picture or block, tensors (n,).

    Its size is the area (mm2) or volume (mm3) of deposits; of bone where the network is not
    asked for deposits.
    """

    dice: Tensor
    names_right: Tensor
    size: Tensor
    true_size: Tensor


def figures(predicted: Tensor, fractions: Tensor, materials: Sequence[str]) -> Figures:
    """Compare answers with truth, both (n, materials, ...), picture by picture."""
    bones = bone_channels(materials)
    named = list(range(bones[-1] + 1))
    bone, true_bone = (part[:, bones].sum(dim=1) >= 0.5 for part in (predicted, fractions))
    name, true_name = (part[:, named].argmax(dim=1) for part in (predicted, fractions))
    counted = [materials.index("deposit")] if "deposit" in materials else bones
    side = HAND_SPACING_MM if tuple(materials) == KINDS else BLOCK_SPACING_MM
    pixel = SPACING_MM**2 if predicted.ndim == 4 else side**3
    size, true_size = (
        part[:, counted].flatten(1).sum(dim=1) * pixel for part in (predicted, fractions)
    )
    both = bone & true_bone
    shared, found, true = (one.flatten(1).sum(dim=1).float() for one in (both, bone, true_bone))
    right = ((name == true_name) & both).flatten(1).sum(dim=1).float()
    dice = (2 * shared + 1) / (found + true + 1)
    return Figures(dice, right / shared.clamp(min=1.0), size, true_size)


def bone_channels(materials: Sequence[str]) -> list[int]:
    """Channels that are bone: all but "other" and "deposit"."""
    return [i for i, name in enumerate(materials) if name not in ("other", "deposit")]


def _concordance(values: Tensor, truth: Tensor) -> float:
    """Lin's concordance; 0 where it is not defined, as for a single picture."""
    try:
        return concordance(values.cpu().numpy(), truth.cpu().numpy())
    except NotMeasurable:
        return 0.0
