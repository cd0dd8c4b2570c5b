"""The pictures that a recipe asks for, as banks of arrays to draw batches from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from lightning import LightningDataModule
from numpy.typing import NDArray
from torch.utils.data import DataLoader

from calcimetry.bone.working_view import AIR_HU, MINERAL_HU, SIDES, show_to_network, working_grid
from calcimetry.errors import InputError
from calcimetry.model import Grid
from calcimetry.phantom.picture import DEPOSIT
from calcimetry.resample import resample_image
from calcimetry.training.bank import FRAMES, channels, load_bank, make_bank
from calcimetry.training.batches import Bank, Batches, batches_in_pass, ordered_batches
from calcimetry.training.picture import TrainingPicture
from calcimetry.training.recipe import Recipe
from calcimetry.training.splitting import split

# Keeps validation pictures apart from training ones whatever the recipe's seed.
_VALIDATION_SEED_OFFSET = 1
#: Of the user's own pictures, the part held out where the recipe gives no number.
_HELD_OUT_SHARE = 0.2
#: Labels that a frame is laid around.
_PHALANGES = (1, 2, 3)


@dataclass(frozen=True, eq=False, slots=True)
class TrainingSet:
    """Banks to learn from, a bank to judge by, and one line about where they came from."""

    banks: tuple[Bank, ...]
    validation: Bank
    about: str

    def steps_per_epoch(self, batch_size: int) -> int:
        """Batches that show each picture of the only bank once."""
        (bank,) = self.banks
        return batches_in_pass(len(bank[0]), batch_size)


def simulated_set(recipe: Recipe, folder: Path, workers: int) -> TrainingSet:
    """The simulator's pictures, made in `folder` once and kept there."""
    kinds = recipe.data.simulated
    held_out = recipe.seed + _VALIDATION_SEED_OFFSET
    for kind, count in kinds.items():
        make_bank(folder / "train", kind, count, recipe.seed, workers, recipe.data.deposits)
    # Judged by the usual deposits, so that recipes can be compared.
    judged = recipe.data.judged
    make_bank(folder / "validation", judged, recipe.data.validation, held_out, workers)
    return TrainingSet(
        tuple(_asked_for(load_bank(folder / "train", kind), recipe) for kind in kinds),
        _asked_for(load_bank(folder / "validation", judged), recipe),
        f"{sum(kinds.values())} simulated {recipe.seen}, none of "
        f"patients; "
        f"{recipe.data.validation} others to judge by",
    )


def picture_set(recipe: Recipe, pictures: Sequence[TrainingPicture]) -> TrainingSet:
    """The user's own pictures, split, turned upright and to the networks' spacing.

    Raises
    ------
    InputError
        If the recipe asks for bones by name, and a mask has none.
    SettingsError
        If the pictures cannot be split as the recipe says.
    """
    data = recipe.data
    nameless = [one.name for one in pictures if not one.has_names]
    if nameless and recipe.network.targets == "named":
        raise InputError(
            f"Training: the mask of {nameless[0]} and {len(nameless) - 1} more tell bone, but not "
            "which bone. Give masks with bone numbers, or set network.targets to 'bone'."
        )
    training, held_out = split(
        pictures,
        by=data.split_by,
        count=data.held_out or None,
        share=None if data.held_out else _HELD_OUT_SHARE,
        rng=np.random.default_rng(recipe.seed),
    )
    size = _size(recipe, pictures)

    def bank(chosen: Sequence[TrainingPicture], angles_deg: Sequence[float]) -> Bank:
        made = [
            _sample(one, size, angle, around_phalanges=bool(data.frame))
            for one in chosen
            for angle in angles_deg
        ]
        both = np.stack([grey for grey, _ in made]), np.stack([parts for _, parts in made])
        return _asked_for(both, recipe)

    return TrainingSet(
        (bank(training, [0.0, *data.rotations_deg]),),
        bank(held_out, [0.0]),
        f"{len(training)} pictures of {_patients(training)} patients, each as it is and turned "
        f"{len(data.rotations_deg)} times; {len(held_out)} pictures of {_patients(held_out)} "
        f"patients to judge by, split by {data.split_by}",
    )


def bytes_needed(recipe: Recipe, pictures: Sequence[TrainingPicture]) -> int:
    """Size of the banks that a recipe makes of its simulated, or of these, pictures."""
    if pictures:
        pixels = math.prod(_size(recipe, pictures)) * len(pictures)
        return (1 + DEPOSIT) * pixels * (1 + len(recipe.data.rotations_deg))
    counts = [*recipe.data.simulated.items(), (recipe.data.judged, recipe.data.validation)]
    return sum(n * (1 + channels(kind)) * math.prod(FRAMES[kind]) for kind, n in counts)


class PictureData(LightningDataModule):
    """Training and validation batches of a `TrainingSet`."""

    def __init__(self, pictures: TrainingSet, recipe: Recipe, first: int) -> None:
        super().__init__()
        self.pictures = pictures
        self.recipe = recipe
        self.first = first

    def train_dataloader(self) -> DataLoader[object]:
        """Endless batches from number `first` on."""
        batches = Batches(
            self.pictures.banks,
            self.recipe.training.batch_size,
            self.recipe.seed,
            first=self.first,
            vary=self.recipe.data.vary,
            in_passes=self.recipe.training.epochs > 0,
            close=self.recipe.data.close,
        )
        return DataLoader(batches, batch_size=None)

    def val_dataloader(self) -> DataLoader[object]:
        """Every held-out picture once."""
        batches = ordered_batches(self.pictures.validation, self.recipe.training.batch_size)
        return DataLoader(batches, batch_size=None)  # type: ignore[arg-type]  # a list is a dataset


def _asked_for(bank: Bank, recipe: Recipe) -> Bank:
    """The bank with the materials of the recipe's targets: bones by name, or as one."""
    grey, parts = bank
    if recipe.network.targets in ("named", "kinds"):
        return bank
    bone = parts[:, : DEPOSIT - 1].sum(axis=1, keepdims=True, dtype=np.uint16)
    bone = np.minimum(bone, 255).astype(np.uint8)
    if recipe.network.targets == "bone":
        return grey, bone
    return grey, np.concatenate([bone, parts[:, DEPOSIT - 1 :]], axis=1)


def _size(recipe: Recipe, pictures: Sequence[TrainingPicture]) -> tuple[int, int]:
    """Rows and columns of the frame that all pictures are shown in."""
    if recipe.data.frame:
        rows, columns = recipe.data.frame
        return rows, columns
    largest = np.max([_upright(picture).shape[1:] for picture in pictures], axis=0)
    rows, columns = (-(-int(n) // SIDES) * SIDES for n in largest)
    return rows, columns


def _upright(picture: TrainingPicture) -> Grid:
    """The networks' view of a picture, as `calcimetry measure` will show it."""
    return working_grid(picture.image.array[0], picture.image.grid)


def _sample(
    picture: TrainingPicture, size: tuple[int, int], angle_deg: float, *, around_phalanges: bool
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Grey picture and fractions of every material in a frame of `size`, turned by an angle."""
    grid = picture.image.grid
    view = _upright(picture)
    middle = (np.array(view.shape) - 1) / 2
    phalanges = np.isin(picture.label_map, _PHALANGES)[None]
    if around_phalanges and phalanges.any():
        middle = view.mm_to_index(grid.index_to_mm(np.argwhere(phalanges))).mean(axis=0)
    view = _framed(view, middle, size, np.deg2rad(angle_deg))
    hu = show_to_network(picture.image.array[0], grid, view)
    grey = np.rint((hu - AIR_HU) / (MINERAL_HU - AIR_HU) * 255).astype(np.uint8)
    parts = np.zeros((DEPOSIT, *size), np.uint8)
    for material in range(1, DEPOSIT + 1):
        filled = (picture.label_map == material).astype(np.float32)
        fraction = resample_image(filled[None], grid, view)[0]
        parts[material - 1] = np.rint(np.clip(fraction, 0.0, 1.0) * 255)
    return grey, parts


def _framed(view: Grid, middle: NDArray[np.float64], size: tuple[int, int], angle: float) -> Grid:
    """A grid of `size` pixels about an index of `view`, turned in its plane by radians."""
    cos, sin = np.cos(angle), np.sin(angle)
    to_view = np.eye(4)
    to_view[1:3, 1:3] = [[cos, -sin], [sin, cos]]
    to_view[:3, 3] = middle - to_view[:3, :3] @ ((np.array((1, *size)) - 1) / 2)
    return Grid((1, *size), view.affine @ to_view)


def _patients(pictures: Sequence[TrainingPicture]) -> int:
    return len({picture.patient for picture in pictures})
