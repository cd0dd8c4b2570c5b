"""The paper's training repeated, for the study."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from calcimetry.errors import InputError
from calcimetry.training.pairs import read_training_pictures
from calcimetry.training.recipe import Recipe

#: The recipe, which comes with calcimetry.
RECIPE = Path("paper.toml")


def train_as_paper(run: Path, images: Path, names: Collection[str], held_out: int) -> Path:
    """Train the network of the paper's recipe on some pictures of a folder.

    Needs the extra ``train``. An interrupted training goes on from its last checkpoint.

    Parameters
    ----------
    run : Path
        Folder for the run.
    images : Path
        Folder of pictures and masks.
    names : collection of str
        Pictures to train on and to hold out.
    held_out : int
        How many of them are held out, drawn with the recipe's seed.

    Returns
    -------
    Path
        The model.

    Raises
    ------
    InputError
        If none of the pictures would be held out, or none be left.
    """
    if not 1 <= held_out < len(names):
        raise InputError(
            f"Repeating the paper's training: four pictures or more of the group train are "
            f"needed, found {len(names)}. Name them in the column group of the manifest."
        )
    from calcimetry.training.train import train  # noqa: PLC0415 - torch is not always there

    recipe = Recipe.from_toml(RECIPE)
    recipe = replace(recipe, data=replace(recipe.data, held_out=held_out))
    pictures = [one for one in read_training_pictures(images).pictures if one.name in set(names)]
    return train(recipe, run, workers=1, pictures=pictures)
