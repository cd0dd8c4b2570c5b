"""Train the network of a recipe, and export it for use without torch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import lightning
import torch
from lightning.pytorch.callbacks import (
    Callback,
    EarlyStopping,
    EMAWeightAveraging,
    LearningRateMonitor,
    ModelCheckpoint,
)
from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger

from calcimetry.errors import SettingsError
from calcimetry.training.calibration import calibrate
from calcimetry.training.data import (
    PictureData,
    TrainingSet,
    bytes_needed,
    picture_set,
    simulated_set,
)
from calcimetry.training.export import export
from calcimetry.training.model_card import write_model_card
from calcimetry.training.network import MaterialNetwork
from calcimetry.training.picture import TrainingPicture
from calcimetry.training.recipe import Recipe
from calcimetry.training.room import refuse_too_little, room_at
from calcimetry.training.starting_weights import load_weights, weights_to_start
from calcimetry.training.watching import Curve, Overlays, StepsBar

#: Steps between checkpoints, so what an interruption may cost.
CHECKPOINT_EVERY = 200
#: Checkpoints, logs and overlays; torch itself, and one batch on its way through a network.
_CHECKPOINT_BYTES, _PROGRAM_BYTES = 200 << 20, 1 << 30
#: What a finished run leaves.
MODEL = "model.onnx"


def train(
    recipe: Recipe,
    run: Path,
    *,
    workers: int,
    pictures: Sequence[TrainingPicture] = (),
) -> Path:
    """Train from the recipe's start, or go on from `run`'s last checkpoint.

    Parameters
    ----------
    recipe : Recipe
    run : pathlib.Path
        Folder for the simulated pictures, checkpoints, the log and the result.
    workers : int
        Processes that simulate.
    pictures : sequence of TrainingPicture
        What is learnt from where the recipe's source is not the simulator.

    Returns
    -------
    pathlib.Path
        The ONNX file; its description, calibration and model card lie beside it.

    Raises
    ------
    SettingsError
        If the recipe's source and `pictures` contradict each other.
    InputError
        If the pictures cannot be split, or disk or memory are too small for them.
    ModelError
        If the weights to start from are missing or do not fit.
    """
    if (recipe.data.source == "simulator") == bool(pictures):
        raise SettingsError(
            f"Training: data.source is {recipe.data.source!r}, which goes "
            f"{'without' if pictures else 'with'} pictures of your own."
        )
    start = None
    if recipe.network.start:
        start = weights_to_start(recipe.network)
    needed = bytes_needed(recipe, pictures)
    refuse_too_little(
        room_at(run),
        disk_bytes=needed * (not pictures) + _CHECKPOINT_BYTES,
        memory_bytes=needed + _PROGRAM_BYTES,
        folder=run,
    )
    run.mkdir(parents=True, exist_ok=True)
    training_set = (
        picture_set(recipe, pictures) if pictures else simulated_set(recipe, run / "bank", workers)
    )
    network = fit(recipe, run, training_set, start)
    calibration = calibrate(network, training_set.validation, recipe.training.batch_size)
    model = export(network, run / MODEL, recipe)
    calibration.write(run / "model.calibration.json")
    write_model_card(run / "model.md", recipe, training_set.about, run / "curve.csv", calibration)
    return model


def fit(recipe: Recipe, run: Path, pictures: TrainingSet, start: Path | None) -> MaterialNetwork:
    """Train on a set of pictures, or go on from `run`'s last checkpoint.

    Returns
    -------
    MaterialNetwork
        Its weights are the averaged ones of the last checkpoint, or of the best where the
        recipe has patience.
    """
    plan = recipe.training
    per_epoch = pictures.steps_per_epoch(plan.batch_size) if plan.epochs else 0
    steps = plan.steps or plan.epochs * per_epoch
    torch.manual_seed(recipe.seed)
    network = MaterialNetwork(
        recipe.network.kind,
        recipe.network.features,
        recipe.materials,
        plan.learning_rate,
        plan.weight_decay,
        recipe.network.dimensions,
    )
    if start is not None:
        load_weights(network, start)
    last = run / "checkpoints" / "last.ckpt"
    first = int(torch.load(last, weights_only=False)["global_step"]) if last.exists() else 0
    trainer = lightning.Trainer(
        max_steps=steps,
        accelerator="auto",
        precision=plan.precision,
        devices="auto",
        logger=[
            CSVLogger(run, name="", version="log"),
            TensorBoardLogger(run, name="", version="tensorboard"),
        ],
        val_check_interval=min(steps, plan.validate_every * (per_epoch or 1)),
        log_every_n_steps=25,
        num_sanity_val_steps=0,
        callbacks=_callbacks(recipe, run, pictures, steps, per_epoch),
    )
    trainer.fit(
        network,
        datamodule=PictureData(pictures, recipe, first),
        ckpt_path=last if last.exists() else None,
    )
    # From a checkpoint, whose weights are the averaged ones also where nothing was left to do.
    best = run / "checkpoints" / "best.ckpt"
    shipped = best if plan.patience and best.exists() else last
    network.load_state_dict(
        torch.load(shipped, weights_only=False, map_location="cpu")["state_dict"]
    )
    return network


def _callbacks(
    recipe: Recipe, run: Path, pictures: TrainingSet, steps: int, per_epoch: int
) -> list[Callback]:
    checkpoints = run / "checkpoints"
    callbacks: list[Callback] = [
        # The average over late steps is steadier than any one of them.
        EMAWeightAveraging(decay=0.995, update_starting_at_step=min(500, steps // 4)),
        ModelCheckpoint(checkpoints, every_n_train_steps=CHECKPOINT_EVERY, save_last=True),
        LearningRateMonitor(),
        Curve(run / "curve.csv", per_epoch),
        Overlays(run / "overlays", pictures.validation),
        StepsBar(refresh_rate=25),
    ]
    if recipe.training.patience:
        callbacks += [
            EarlyStopping("val_loss", patience=recipe.training.patience),
            ModelCheckpoint(checkpoints, filename="best", monitor="val_loss"),
        ]
    return callbacks
