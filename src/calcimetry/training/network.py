"""The network being trained: how it sees HU, its loss, and its validation figures."""

from __future__ import annotations

from typing import Any

import lightning
import torch
from monai.losses import DiceCELoss
from torch import Tensor

from calcimetry.bone.working_view import SPACING_MM
from calcimetry.phantom.picture import DEPOSIT, MATERIALS
from calcimetry.training.architectures import build_network


class ScaleHU(torch.nn.Module):
    """HU to the range of about -1 to 3 that networks learn well in."""

    def forward(self, hu: Tensor) -> Tensor:
        """Scale pictures of any shape."""
        return (hu - 200.0) / 400.0


class MaterialNetwork(lightning.LightningModule):
    """Learns the part of every pixel that each material fills.

    Parameters
    ----------
    kind, features : str, sequence of int
        The network and its channels (`calcimetry.training.architectures.build_network`).
    learning_rate, weight_decay : float
        Of AdamW; the rate follows one cycle over the whole training.
    """

    def __init__(
        self, kind: str, features: list[int], learning_rate: float, weight_decay: float
    ) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.scale = ScaleHU()
        # Channels last: oneDNN and cuDNN then convolve without reordering (a third faster here).
        self.network = build_network(kind, features, len(MATERIALS)).to(
            memory_format=torch.channels_last
        )
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

    def forward(self, hu: Tensor) -> Tensor:
        """Logits (n, 6, rows, columns) of pictures in HU (n, 1, rows, columns)."""
        logits: Tensor = self.network(self.scale(hu))
        return logits

    def training_step(self, batch: tuple[Tensor, Tensor], _index: int) -> Tensor:
        """Loss of one batch of pictures in HU and their fractions."""
        hu, fractions = batch
        loss: Tensor = self.loss(self(hu), fractions)
        self.log("loss", loss, prog_bar=True)
        return loss

    def validation_step(self, batch: tuple[Tensor, Tensor], _index: int) -> None:
        """Dice of bone, of phalanx names, and the error of each picture's deposit area."""
        hu, fractions = batch
        logits = self(hu)
        predicted = logits.softmax(dim=1)
        bone, true_bone = (part[:, 1:DEPOSIT].sum(dim=1) >= 0.5 for part in (predicted, fractions))
        name, true_name = (part[:, :DEPOSIT].argmax(dim=1) for part in (predicted, fractions))
        area, true_area = (
            part[:, DEPOSIT].sum(dim=(1, 2)) * SPACING_MM**2 for part in (predicted, fractions)
        )
        shared = (bone & true_bone).sum(dim=(1, 2)).float()
        total = (bone.sum(dim=(1, 2)) + true_bone.sum(dim=(1, 2))).float()
        both = bone & true_bone
        self.log_dict(
            {
                "val_loss": self.loss(logits, fractions),
                "val_bone_dice": ((2 * shared + 1) / (total + 1)).mean(),
                "val_names_right": (name == true_name)[both].float().mean(),
                "val_area_error_mm2": (area - true_area).abs().mean(),
            },
            prog_bar=True,
        )

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
