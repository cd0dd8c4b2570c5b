"""Batches of pictures, or of blocks, with the changes that cost too little to store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import IterableDataset

from calcimetry.bone.working_view import AIR_HU, MINERAL_HU

#: Grey pictures (n, rows, columns) from AIR_HU to MINERAL_HU, and the fractions in 255ths
#: (n, materials, rows, columns) that fill each pixel, without "other". Blocks have slices too.
Bank = tuple[NDArray[np.uint8], NDArray[np.uint8]]

#: Rows and columns of a close view, and how many of them stand for one whole picture.
CLOSE, CLOSE_PER_PICTURE = 96, 2
#: Part of the close views that is laid around bone, whether a deposit is near or not.
_AROUND_BONE = 0.3
#: A material fills a pixel to so much, in 255ths, where a close view may be laid around it.
_FILLED = 64
#: Where the field of view ends, this part of a side is not seen: of rows and columns, and of
#: slices, rows and columns.
_ACROSS, _ALONG = (0.05, 0.3), (0.1, 0.4)
_UNSEEN = {2: (_ALONG, _ACROSS), 3: (_ACROSS, _ALONG, _ACROSS)}


class Batches(IterableDataset[tuple[Tensor, Tensor]]):
    """Endless training batches.

    Each batch holds pictures of one bank, which share their size; banks come in proportion
    to their number of pictures. Batch number i is a function of `seed` and i alone, so a
    resumed run goes on with the batches it would have had. On several devices each takes
    every so many-th batch.

    Parameters
    ----------
    banks : sequence of Bank
    batch_size, seed : int
    first : int
        Number of the first batch.
    vary : bool
        Whether pictures are mirrored, brightened, made noisier and cut off by chance.
    in_passes : bool
        Whether every picture of the (only) bank comes once before any comes again; else
        each batch is drawn by chance.
    close : float
        Part of the batches that shows small pieces of pictures, most of them with a deposit:
        those fill little of a whole picture, and what parts them from bone lies close by.

    Yields
    ------
    (hu, fractions) : tensors (n, 1, ...) and (n, materials + 1, ...)
    """

    def __init__(
        self,
        banks: Sequence[Bank],
        batch_size: int,
        seed: int,
        *,
        first: int = 0,
        vary: bool = True,
        in_passes: bool = False,
        close: float = 0.0,
    ) -> None:
        self.banks = banks
        self.batch_size = batch_size
        self.seed = seed
        self.first = first
        self.vary = vary
        self.in_passes = in_passes
        self.close = close

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        sizes = np.array([len(grey) for grey, _ in self.banks], float)
        rank, step = _place_among_devices()
        number = self.first + rank
        while True:
            rng = np.random.default_rng((self.seed, number))
            bank = self.banks[rng.choice(len(sizes), p=sizes / sizes.sum())]
            is_close = self.close > 0 and rng.random() < self.close
            if is_close:
                count = min(CLOSE_PER_PICTURE * self.batch_size, len(bank[0]))
                bank = close_views(rng, bank, rng.choice(len(bank[0]), count, replace=False))
                chosen = np.arange(count)
            elif self.in_passes:
                chosen = self._of_this_pass(len(bank[0]), number)
            else:
                chosen = rng.choice(len(bank[0]), self.batch_size, replace=False)
            batch = as_tensors(bank, chosen)
            yield _changed(rng, *batch) if self.vary else batch
            number += step

    def _of_this_pass(self, count: int, number: int) -> NDArray[np.int64]:
        """Pictures of batch `number`; the last one of a pass may be smaller."""
        a_pass, position = divmod(number, batches_in_pass(count, self.batch_size))
        order = np.random.default_rng((self.seed, 0, a_pass)).permutation(count)
        return order[position * self.batch_size : (position + 1) * self.batch_size]


def close_views(rng: np.random.Generator, bank: Bank, chosen: NDArray[np.int64]) -> Bank:
    """A piece of each chosen picture, with a deposit or some bone anywhere in it.

    Parameters
    ----------
    rng : numpy.random.Generator
    bank : Bank
        Its last material is the one to be shown.
    chosen : array of int
        Numbers of pictures.

    Returns
    -------
    Bank
        Of `CLOSE` rows and columns, or of as many as the pictures have.
    """
    greys, parts = [], []
    size = np.minimum(CLOSE, bank[0].shape[1:])
    for number in chosen:
        grey, fractions = bank[0][number], bank[1][number]
        bone, deposit = fractions[:-1].max(axis=0), fractions[-1]
        places = np.flatnonzero((bone if rng.random() < _AROUND_BONE else deposit) >= _FILLED)
        if not len(places):
            places = np.flatnonzero(bone >= _FILLED)
        at = int(rng.choice(places)) if len(places) else grey.size // 2
        place = np.array(divmod(at, grey.shape[1]))
        start = np.clip(place - rng.integers(0, size), 0, grey.shape - size)
        box = tuple(slice(first, first + n) for first, n in zip(start, size, strict=True))
        greys.append(grey[box])
        parts.append(fractions[:, *box])
    return np.stack(greys), np.stack(parts)


def batches_in_pass(count: int, batch_size: int) -> int:
    """How many batches show each of `count` pictures once."""
    return -(-count // batch_size)


def ordered_batches(bank: Bank, batch_size: int) -> list[tuple[Tensor, Tensor]]:
    """A whole bank in order and unchanged."""
    return [
        as_tensors(bank, np.arange(i, min(i + batch_size, len(bank[0]))))
        for i in range(0, len(bank[0]), batch_size)
    ]


def as_tensors(bank: Bank, chosen: NDArray[np.int64]) -> tuple[Tensor, Tensor]:
    """The chosen pictures in HU, and all fractions, "other" first."""
    grey, parts = bank
    hu = torch.from_numpy(grey[chosen]).float()[:, None]
    hu = AIR_HU + hu * ((MINERAL_HU - AIR_HU) / 255.0)
    materials = torch.from_numpy(parts[chosen]).float() / 255.0
    other = (1.0 - materials.sum(dim=1, keepdim=True)).clamp(0.0, 1.0)
    return hu, torch.cat([other, materials], dim=1)


def _place_among_devices() -> tuple[int, int]:
    """Number of this device, and of all that train together."""
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        return torch.distributed.get_rank(), torch.distributed.get_world_size()
    return 0, 1


def _changed(rng: np.random.Generator, hu: Tensor, fractions: Tensor) -> tuple[Tensor, Tensor]:
    """Flip all and vary each picture's brightness, noise and field of view."""
    flips = [axis for axis in range(2, hu.ndim) if rng.random() < 0.5]
    hu, fractions = hu.flip(flips), fractions.flip(flips).clone()
    count, sides = len(hu), hu.shape[2:]

    def each(low: float, high: float) -> Tensor:
        shape = (count, *[1] * (hu.ndim - 1))
        return torch.from_numpy(rng.uniform(low, high, shape)).float()

    noise = torch.from_numpy(rng.standard_normal(hu.shape, dtype=np.float32))
    hu = hu * each(0.92, 1.08) + each(-25.0, 25.0) + each(0.0, 18.0) * noise
    for i in np.flatnonzero(rng.random(count) < 0.12):
        # The picture ends here: nothing is seen beyond, and nothing is asked for.
        unseen = [
            int(n * rng.uniform(*part)) for n, part in zip(sides, _UNSEEN[len(sides)], strict=True)
        ]
        axis, at_end = divmod(int(rng.integers(2 * len(sides))), 2)
        kept = sides[axis] - unseen[axis]
        end = slice(kept, None) if at_end else slice(0, unseen[axis])
        cut = tuple(end if k == axis else slice(None) for k in range(len(sides)))
        hu[i, 0][cut] = AIR_HU
        fractions[i][:, *cut] = 0.0
        fractions[i][0][cut] = 1.0
    return hu.clamp(AIR_HU, MINERAL_HU), fractions
