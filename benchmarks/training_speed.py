"""Pictures a second that the trainer learns from, beside a plain MONAI loop on the same batch.

    python benchmarks/training_speed.py [--steps 24]

Both train MONAI's BasicUNet of the shipped recipe's channels on batches of 8 pictures of
288 x 128 pixels with the same loss and optimiser. The plain loop sees one batch again and again
and does nothing else. Ours draws each batch, varies it, averages weights and keeps its records;
what a run takes to begin and to end is left out by training twice, a few steps and many. Needs
the extra ``train``.
"""

from __future__ import annotations

import argparse
import logging
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import torch
from monai.losses import DiceCELoss
from monai.networks.nets import BasicUNet
from rich.console import Console
from rich.table import Table

from calcimetry.training.batches import Bank, as_tensors
from calcimetry.training.data import TrainingSet
from calcimetry.training.network import ScaleHU
from calcimetry.training.recipe import SHIPPED, DataRecipe, Recipe, TrainingRecipe
from calcimetry.training.train import fit

FEW = 4


def bank(count: int) -> Bank:
    """Pictures of noise: what they show does not change how long a step takes."""
    rng = np.random.default_rng(0)
    grey = rng.integers(0, 256, (count, 288, 128), dtype=np.uint8)
    return grey, rng.integers(0, 52, (count, 5, 288, 128), dtype=np.uint8)


def ours(recipe: Recipe, pictures: TrainingSet, steps: int) -> float:
    """Seconds of a training of so many steps."""
    plan = TrainingRecipe(recipe.training.batch_size, 1e-3, 1e-4, steps=steps, validate_every=steps)
    asked = Recipe(0, DataRecipe(upright=64, validation=8), recipe.network, plan)
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        fit(asked, Path(folder), pictures, None)
        return time.perf_counter() - start


def plain(recipe: Recipe, batch: tuple[torch.Tensor, torch.Tensor], steps: int) -> float:
    """Seconds of so many steps of a plain loop, after one that warms up."""
    network = torch.nn.Sequential(
        ScaleHU(),
        BasicUNet(
            spatial_dims=2,
            in_channels=1,
            out_channels=6,
            features=recipe.network.features,
            norm="batch",
        ),
    )
    loss = DiceCELoss(include_background=False, softmax=True, squared_pred=True, batch=True)
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3)
    start = 0.0
    for step in range(steps + 1):
        if step == 1:
            start = time.perf_counter()
        optimizer.zero_grad()
        loss(network(batch[0]), batch[1]).backward()
        optimizer.step()
    return time.perf_counter() - start


def main() -> None:
    """Time both and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=24)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    recipe = Recipe.from_toml(SHIPPED / "unet.toml")
    size = recipe.training.batch_size
    pictures = TrainingSet((bank(64),), bank(8), "")
    took = ours(recipe, pictures, options.steps) - ours(recipe, pictures, FEW)
    loop = plain(recipe, as_tensors(pictures.banks[0], np.arange(size)), options.steps)
    table = Table(
        "training the U-Net", "pictures a second", title=f"{torch.get_num_threads()} threads"
    )
    table.add_row("calcimetry train", f"{size * (options.steps - FEW) / took:.1f}")
    table.add_row("plain MONAI loop", f"{size * options.steps / loop:.1f}")
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
