"""Batches of simulated pictures, with the changes that cost too little to store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import IterableDataset

from calcimetry.bone.working_view import AIR_HU, MINERAL_HU
from calcimetry.training.bank import load_bank

Bank = tuple[NDArray[np.uint8], NDArray[np.uint8]]


class Batches(IterableDataset[tuple[Tensor, Tensor]]):
    """Endless training batches: mirrored, turned over, brighter, noisier, cut short.

    Each batch holds one kind of frame; kinds come in proportion to their number.
    Batch number i is a function of `seed` and i alone, so a resumed run goes on with
    the batches it would have had.

    Yields
    ------
    (hu, fractions) : tensors (n, 1, rows, columns) and (n, 6, rows, columns)
    """

    def __init__(
        self, folder: Path, kinds: list[str], batch_size: int, seed: int, *, first: int = 0
    ) -> None:
        self.banks = [load_bank(folder, kind) for kind in kinds]
        self.batch_size = batch_size
        self.seed = seed
        self.first = first

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        sizes = np.array([len(grey) for grey, _ in self.banks], float)
        number = self.first
        while True:
            rng = np.random.default_rng((self.seed, number))
            bank = self.banks[rng.choice(len(sizes), p=sizes / sizes.sum())]
            chosen = rng.choice(len(bank[0]), self.batch_size, replace=False)
            yield _changed(rng, *_as_tensors(bank, chosen))
            number += 1


def validation_batches(folder: Path, kind: str, batch_size: int) -> list[tuple[Tensor, Tensor]]:
    """The whole bank of one kind in order and unchanged."""
    bank = load_bank(folder, kind)
    return [
        _as_tensors(bank, np.arange(i, min(i + batch_size, len(bank[0]))))
        for i in range(0, len(bank[0]), batch_size)
    ]


def _as_tensors(bank: Bank, chosen: NDArray[np.int64]) -> tuple[Tensor, Tensor]:
    grey, parts = bank
    hu = torch.from_numpy(grey[chosen]).float()[:, None]
    hu = AIR_HU + hu * ((MINERAL_HU - AIR_HU) / 255.0)
    materials = torch.from_numpy(parts[chosen]).float() / 255.0
    other = (1.0 - materials.sum(dim=1, keepdim=True)).clamp(0.0, 1.0)
    return hu, torch.cat([other, materials], dim=1)


def _changed(rng: np.random.Generator, hu: Tensor, fractions: Tensor) -> tuple[Tensor, Tensor]:
    """Flip all and vary each picture's brightness, noise and field of view."""
    flips = [axis for axis in (2, 3) if rng.random() < 0.5]
    hu, fractions = hu.flip(flips), fractions.flip(flips).clone()
    count, _, rows, columns = hu.shape

    def each(low: float, high: float) -> Tensor:
        return torch.from_numpy(rng.uniform(low, high, (count, 1, 1, 1))).float()

    noise = torch.from_numpy(rng.standard_normal(hu.shape, dtype=np.float32))
    hu = hu * each(0.92, 1.08) + each(-25.0, 25.0) + each(0.0, 18.0) * noise
    for i in np.flatnonzero(rng.random(count) < 0.12):
        # The picture ends here: nothing is seen beyond, and nothing is asked for.
        row, column = int(rows * rng.uniform(0.1, 0.4)), int(columns * rng.uniform(0.05, 0.3))
        side = rng.integers(4)
        cut = [
            (slice(0, row), slice(None)),
            (slice(rows - row, rows), slice(None)),
            (slice(None), slice(0, column)),
            (slice(None), slice(columns - column, columns)),
        ][side]
        hu[i, 0][cut] = AIR_HU
        fractions[i][:, *cut] = 0.0
        fractions[i][0][cut] = 1.0
    return hu.clamp(AIR_HU, MINERAL_HU), fractions
