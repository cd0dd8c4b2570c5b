"""``calcimetry train``: a recipe in, a network out. Needs the extra ``train``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from calcimetry.cli.shell import errors_told
from calcimetry.errors import SettingsError


def train(
    recipe: Annotated[Path, typer.Argument(metavar="RECIPE", help="A training recipe in TOML.")],
    out: Annotated[Path, typer.Option(metavar="RUN", help="Folder for the run.")],
    workers: Annotated[
        int, typer.Option(metavar="N", min=1, help="Processes that simulate pictures.")
    ] = os.cpu_count() or 1,
) -> None:
    """Train a network on simulated fingers.

    Simulates the pictures that the recipe asks for, trains, and leaves
    RUN/unet.onnx with its hash beside it. Run again with the same RUN, an
    interrupted training goes on from its last checkpoint.

    \b
    Example:
      calcimetry train src/calcimetry/training/recipes/unet.toml --out runs/unet
    """
    with errors_told(out):
        try:
            from calcimetry.training.train import Recipe
            from calcimetry.training.train import train as run
        except ImportError as error:
            raise SettingsError(
                f"Training needs the extra 'train' ({error.name} is not installed). "
                "Type: pip install 'calcimetry[train]'"
            ) from error
        print(run(Recipe.from_toml(recipe), out, workers=workers))
