"""Train the U-Net of a recipe on simulated hands, and export it for use without torch."""

from __future__ import annotations

import hashlib
import json
import tomllib
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from pickle import UnpicklingError

import lightning
import torch
from lightning.pytorch.callbacks import (
    EMAWeightAveraging,
    LearningRateMonitor,
    ModelCheckpoint,
    TQDMProgressBar,
)
from lightning.pytorch.loggers import CSVLogger
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset

from calcimetry.errors import SettingsError
from calcimetry.phantom.picture import MATERIALS
from calcimetry.training.bank import make_bank
from calcimetry.training.batches import Batches, validation_batches
from calcimetry.training.cubes import TISSUES, CubeBatches, make_cubes, validation_cubes
from calcimetry.training.network import FractionNetwork, MaterialNetwork
from calcimetry.training.volume_network import VolumeNetwork

#: The recipe of the weights that come with calcimetry.
SHIPPED_RECIPE = Path(__file__).parent / "recipes" / "unet.toml"

#: Steps between checkpoints, so what an interruption may cost.
CHECKPOINT_EVERY = 200

# Keeps validation pictures apart from training ones whatever the recipe's seed.
_VALIDATION_SEED_OFFSET = 1


Batch = tuple[Tensor, Tensor]


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that decides a training's result; read from TOML."""

    seed: int
    validation: int
    features: list[int]
    steps: int
    batch_size: int
    learning_rate: float
    weight_decay: float
    #: Pictures to learn from, of the two kinds of `calcimetry.training.bank`,
    upright: int = 0
    square: int = 0
    #: or parts of volumes (`calcimetry.training.cubes`).
    cubes: int = 0

    @property
    def name(self) -> str:
        """What the network is called: ``unet`` for pictures, ``unet3d`` for volumes."""
        return "unet3d" if self.cubes else "unet"

    @classmethod
    def from_toml(cls, path: Path) -> Recipe:
        """Read a recipe.

        Raises
        ------
        SettingsError
            If the file is not TOML, a value is missing or unknown, or it asks for
            pictures and parts of volumes at once, or for neither.
        """
        doing = f"Reading the training recipe {path.name}"
        try:
            tree = tomllib.loads(path.read_text())
        except (OSError, ValueError) as error:
            raise SettingsError(f"{doing}: {error}.") from error
        groups = [tree.pop(name, {}) for name in ("data", "network", "training")]
        values = {key: value for group in groups for key, value in group.items()} | tree
        known = {field.name for field in fields(cls)}
        needed = {field.name for field in fields(cls) if field.default is MISSING}
        if not needed <= values.keys() <= known:
            raise SettingsError(
                f"{doing}: missing {sorted(needed - values.keys())}, "
                f"unknown {sorted(values.keys() - known)}."
            )
        recipe = cls(**values)
        if bool(recipe.cubes) == bool(recipe.upright and recipe.square):
            raise SettingsError(
                f"{doing}: needs upright and square pictures, or cubes; found upright = "
                f"{recipe.upright}, square = {recipe.square}, cubes = {recipe.cubes}."
            )
        return recipe


def train(recipe: Recipe, run: Path, *, workers: int, start: Path | None = None) -> Path:
    """Train from scratch, or go on from `run`'s last checkpoint; returns the ONNX file.

    Parameters
    ----------
    recipe : Recipe
    run : pathlib.Path
        Folder for the simulated pictures, checkpoints, the log and the result.
    workers : int
        Processes that simulate.
    start : pathlib.Path, optional
        A checkpoint of another run to take the first weights from.

    Raises
    ------
    SettingsError
        If `start` holds weights of another network.
    """
    torch.manual_seed(recipe.seed)
    last = run / "checkpoints" / "last.ckpt"
    first = int(torch.load(last, weights_only=False)["global_step"]) if last.exists() else 0
    made = _volume_training if recipe.cubes else _picture_training
    network, batches, validation = made(recipe, run / "bank", workers, first)
    if start is not None and not last.exists():
        _take_weights(network, start)
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
        DataLoader(validation, batch_size=None),  # type: ignore[arg-type]  # a list is a dataset
        ckpt_path=last if last.exists() else None,
    )
    # From the checkpoint, whose weights are the averaged ones also where nothing was left to do.
    network.load_state_dict(torch.load(last, weights_only=False, map_location="cpu")["state_dict"])
    return export(network, run / f"{recipe.name}.onnx", recipe)


def _take_weights(network: FractionNetwork, checkpoint: Path) -> None:
    try:
        state = torch.load(checkpoint, weights_only=False, map_location="cpu")["state_dict"]
        network.load_state_dict(state)
    except (OSError, KeyError, RuntimeError, UnpicklingError) as error:
        raise SettingsError(
            f"Starting from {checkpoint.name}: expected a checkpoint of a network with the same "
            f"features ({str(error).splitlines()[0]})."
        ) from error


Training = tuple[FractionNetwork, IterableDataset[Batch], list[Batch]]


def _picture_training(recipe: Recipe, bank: Path, workers: int, first: int) -> Training:
    """Network, batches from number `first` on, and validation batches for pictures."""
    make_bank(bank / "train", "upright", recipe.upright, recipe.seed, workers)
    make_bank(bank / "train", "square", recipe.square, recipe.seed, workers)
    held_out = recipe.seed + _VALIDATION_SEED_OFFSET
    make_bank(bank / "validation", "upright", recipe.validation, held_out, workers)
    return (
        MaterialNetwork(recipe.features, recipe.learning_rate, recipe.weight_decay),
        Batches(bank / "train", ["upright", "square"], recipe.batch_size, recipe.seed, first=first),
        validation_batches(bank / "validation", "upright", recipe.batch_size),
    )


def _volume_training(recipe: Recipe, bank: Path, workers: int, first: int) -> Training:
    """Network, batches from number `first` on, and validation batches for volumes."""
    train_file, validation_file = bank / "train.npy", bank / "validation.npy"
    make_cubes(train_file, recipe.cubes, recipe.seed, workers)
    held_out = recipe.seed + _VALIDATION_SEED_OFFSET
    make_cubes(validation_file, recipe.validation, held_out, workers)
    return (
        VolumeNetwork(recipe.features, recipe.learning_rate, recipe.weight_decay),
        CubeBatches(train_file, recipe.batch_size, recipe.seed, first=first),
        validation_cubes(validation_file, recipe.batch_size),
    )


def export(network: FractionNetwork, path: Path, recipe: Recipe) -> Path:
    """Write the network as ONNX, with the hash that loading checks beside it.

    The exported network takes pictures in HU (n, 1, rows, columns), rows and columns
    multiples of 16, or volumes (n, 1, slices, rows, columns), multiples of 32, and gives
    the fractions (n, materials, ...), not the logits.
    """
    model = torch.nn.Sequential(network, torch.nn.Softmax(dim=1)).eval().cpu()
    part = path.with_suffix(".part.onnx")
    sizes, multiple = ((64, 96, 128), 32) if recipe.cubes else ((288, 128), 16)
    names = [f"size_{axis}" for axis in range(len(sizes))]
    dynamic = {i + 2: multiple * torch.export.Dim(name) for i, name in enumerate(names)}
    torch.onnx.export(
        model,
        (torch.zeros(2, 1, *sizes),),
        part,
        input_names=["image"],
        output_names=["fractions"],
        dynamic_shapes=({0: torch.export.Dim("batch"), **dynamic},),
        dynamo=True,
        external_data=False,
        verbose=False,
    )
    part.replace(path)
    about = {
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "materials": list(TISSUES if recipe.cubes else MATERIALS),
        "seed": recipe.seed,
        "steps": recipe.steps,
    }
    path.with_suffix(".json").write_text(json.dumps(about, indent=2) + "\n")
    return path
