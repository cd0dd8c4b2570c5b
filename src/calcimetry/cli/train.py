"""``calcimetry train``: a recipe in, a network out. Needs the extra ``train``."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from calcimetry.cli.shell import errors_told, progress_bar, say, tell
from calcimetry.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from calcimetry.training.picture import TrainingPicture
    from calcimetry.training.recipe import Recipe


def train(
    recipe: Annotated[
        Path,
        typer.Argument(
            metavar="RECIPE",
            help="A training recipe in TOML; paper.toml, unet.toml, vnet.toml and pnet.toml "
            "come with calcimetry.",
        ),
    ],
    out: Annotated[Path, typer.Option(metavar="RUN", help="Folder for the run.")],
    data: Annotated[
        Path | None,
        typer.Argument(
            metavar="DATA",
            help="Folder of your own pictures or volumes with their masks. Without it the "
            "recipe's simulated pictures are used.",
            show_default=False,
        ),
    ] = None,
    workers: Annotated[
        int, typer.Option(metavar="N", min=1, help="Processes that simulate pictures.")
    ] = os.cpu_count() or 1,
) -> None:
    """Train a network on simulated fingers, or on pictures and masks of your own.

    Leaves RUN/model.onnx for `calcimetry measure --model`, with its calibration and model
    card beside it. Run again with the same RUN, an interrupted training goes on from its last
    checkpoint.

    \b
    Examples:
      calcimetry train unet.toml --out runs/unet
      calcimetry train paper.toml --out runs/paper
      calcimetry train my-recipe.toml my-pictures/ --out runs/mine
    """
    with errors_told(out, doing="trained"):
        require_training()
        from calcimetry.training.recipe import Recipe
        from calcimetry.training.train import train as run

        chosen = Recipe.from_toml(recipe, own_images=data is not None)
        pictures = _pictures(chosen, data)
        model = run(chosen, out, workers=workers, pictures=pictures)
        say(f"{model}\nTo measure with it: calcimetry measure PATH --model {model} --out DIR")


def require_training() -> None:
    """Refuse to train where what it needs is not installed.

    Raises
    ------
    SettingsError
        If a library is missing.
    """
    missing = [name for name in ("torch", "lightning", "monai", "onnx") if not find_spec(name)]
    if missing:
        raise SettingsError(
            f"Training needs the extra 'train' ({missing[0]} is not installed). "
            "Type: pip install 'calcimetry[train]'"
        )


def _pictures(recipe: Recipe, data: Path | None) -> Sequence[TrainingPicture]:
    """The pictures that the recipe learns from, unless the simulator draws them for it."""
    from calcimetry.training.pairs import read_training_pictures
    from calcimetry.training.paper_pictures import paper_pictures

    if recipe.data.source == "simulator":
        return ()
    with progress_bar(quiet=False) as watch:
        if recipe.data.source == "paper":
            return paper_pictures(recipe.seed, on_progress=watch.on_progress)
        if data is None:
            raise SettingsError(
                "Training: the recipe learns from your own images; name their folder: "
                "calcimetry train RECIPE DATA --out RUN"
            )
        found = read_training_pictures(data, on_progress=watch.on_progress)
    for note in found.notes:
        tell(note)
    return found.pictures
