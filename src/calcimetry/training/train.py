"""Train the U-Net of a recipe on simulated fingers, and export it for use without torch."""

from __future__ import annotations

import hashlib
import json
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path

import lightning
import torch
from lightning.pytorch.callbacks import (
    EMAWeightAveraging,
    LearningRateMonitor,
    ModelCheckpoint,
    TQDMProgressBar,
)
from lightning.pytorch.loggers import CSVLogger
from torch.utils.data import DataLoader

from calcimetry.errors import SettingsError
from calcimetry.phantom.picture import MATERIALS
from calcimetry.training.bank import make_bank
from calcimetry.training.batches import Batches, validation_batches
from calcimetry.training.network import MaterialNetwork

#: The recipe of the weights that come with calcimetry.
SHIPPED_RECIPE = Path(__file__).parent / "recipes" / "unet.toml"

#: Steps between checkpoints, so what an interruption may cost.
CHECKPOINT_EVERY = 200

# Keeps validation pictures apart from training ones whatever the recipe's seed.
_VALIDATION_SEED_OFFSET = 1


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that decides a training's result; read from TOML."""

    seed: int
    upright: int
    square: int
    validation: int
    kind: str
    features: list[int]
    steps: int
    batch_size: int
    learning_rate: float
    weight_decay: float

    @classmethod
    def from_toml(cls, path: Path) -> Recipe:
        """Read a recipe.

        Raises
        ------
        SettingsError
            If the file is not TOML or a value is missing or unknown.
        """
        doing = f"Reading the training recipe {path.name}"
        try:
            tree = tomllib.loads(path.read_text())
        except (OSError, ValueError) as error:
            raise SettingsError(f"{doing}: {error}.") from error
        groups = [tree.pop(name, {}) for name in ("data", "network", "training")]
        values = {key: value for group in groups for key, value in group.items()} | tree
        expected = {field.name for field in fields(cls)}
        if values.keys() != expected:
            raise SettingsError(
                f"{doing}: missing {sorted(expected - values.keys())}, "
                f"unknown {sorted(values.keys() - expected)}."
            )
        return cls(**values)


def train(recipe: Recipe, run: Path, *, workers: int) -> Path:
    """Train from scratch, or go on from `run`'s last checkpoint; returns the ONNX file.

    Parameters
    ----------
    recipe : Recipe
    run : pathlib.Path
        Folder for the simulated pictures, checkpoints, the log and the result.
    workers : int
        Processes that simulate.
    """
    bank = run / "bank"
    make_bank(bank / "train", "upright", recipe.upright, recipe.seed, workers)
    make_bank(bank / "train", "square", recipe.square, recipe.seed, workers)
    held_out = recipe.seed + _VALIDATION_SEED_OFFSET
    make_bank(bank / "validation", "upright", recipe.validation, held_out, workers)

    torch.manual_seed(recipe.seed)
    last = run / "checkpoints" / "last.ckpt"
    first = int(torch.load(last, weights_only=False)["global_step"]) if last.exists() else 0
    batches = Batches(
        bank / "train", ["upright", "square"], recipe.batch_size, recipe.seed, first=first
    )
    network = MaterialNetwork(recipe.kind, recipe.features, recipe.learning_rate, recipe.weight_decay)
    trainer = lightning.Trainer(
        max_steps=recipe.steps,
        accelerator="auto",
        logger=CSVLogger(run, name="", version="log"),
        val_check_interval=400,
        log_every_n_steps=25,
        num_sanity_val_steps=0,
        callbacks=[
            # The average over late steps is steadier than any one of them.
            EMAWeightAveraging(decay=0.995, update_starting_at_step=500),
            ModelCheckpoint(
                run / "checkpoints", every_n_train_steps=CHECKPOINT_EVERY, save_last=True
            ),
            LearningRateMonitor(),
            TQDMProgressBar(refresh_rate=25),
        ],
    )
    trainer.fit(
        network,
        DataLoader(batches, batch_size=None),
        DataLoader(
            validation_batches(bank / "validation", "upright", recipe.batch_size),  # type: ignore[arg-type]  # a list is a dataset
            batch_size=None,
        ),
        ckpt_path=last if last.exists() else None,
    )
    # From the checkpoint, whose weights are the averaged ones also where nothing was left to do.
    network.load_state_dict(torch.load(last, weights_only=False, map_location="cpu")["state_dict"])
    return export(network, run / f"{recipe.kind}.onnx", recipe)


def export(network: MaterialNetwork, path: Path, recipe: Recipe) -> Path:
    """Write the network as ONNX, with the hash that loading checks beside it.

    The exported network takes pictures in HU (n, 1, rows, columns), rows and columns
    multiples of 16, and gives the fractions (n, 6, rows, columns), not the logits.
    """
    model = torch.nn.Sequential(network, torch.nn.Softmax(dim=1)).eval().cpu()
    part = path.with_suffix(".part.onnx")
    batch, rows, columns = (torch.export.Dim(name) for name in ("batch", "rows16", "columns16"))
    torch.onnx.export(
        model,
        (torch.zeros(2, 1, 288, 128),),
        part,
        input_names=["picture"],
        output_names=["fractions"],
        dynamic_shapes=({0: batch, 2: 16 * rows, 3: 16 * columns},),
        dynamo=True,
        external_data=False,
        verbose=False,
    )
    part.replace(path)
    about = {
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "materials": list(MATERIALS),
        "seed": recipe.seed,
        "steps": recipe.steps,
    }
    path.with_suffix(".json").write_text(json.dumps(about, indent=2) + "\n")
    return path
