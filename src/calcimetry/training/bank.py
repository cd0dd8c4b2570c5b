"""A bank of simulated pictures on disk, made once and drawn on by every epoch.

Each sample is what the network will see (`calcimetry.bone.working_view`'s spacing
and window) and the part of every pixel that each material fills.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from functools import partial
from itertools import chain, islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from calcimetry.bone.hand_view import KINDS
from calcimetry.bone.working_view import AIR_HU, MINERAL_HU, SPACING_MM, show_to_network
from calcimetry.model import Grid
from calcimetry.phantom.picture import DEPOSIT, MATERIALS, FingerPicture, finger_picture
from calcimetry.phantom.placement import USUAL, DepositMix
from calcimetry.resample import resample_image
from calcimetry.training.hand_blocks import HAND_FRAME, PER_SCENE, hand_blocks
from calcimetry.training.volume_views import PER_HAND, VIEWS, Sample, hand_views

#: Rows and columns of each kind of sample: a whole finger, long and upright; a part of one,
#: square and turned any way; such a part with the metacarpal; and views of simulated hands.
FRAMES: dict[str, tuple[int, ...]] = {
    "upright": (288, 128),
    "square": (192, 192),
    "palm": (192, 192),
    **VIEWS,
    "hand": HAND_FRAME,
}
#: Raised when samples change, so that an older bank is made again.
VERSION = 9


def sample(kind: str, seed: Sequence[int], mix: DepositMix = USUAL) -> Sample:
    """One sample: grey picture (rows, columns) and material fractions (6, rows, columns).

    Grey 0 to 255 spans AIR_HU to MINERAL_HU; fractions are in 255ths, background
    left out.
    """
    rng = np.random.default_rng(seed)
    upright, palm = kind == "upright", kind == "palm"
    return sampled(finger_picture(rng, upright=upright, palm=palm, mix=mix), kind)


def sampled(picture: FingerPicture, kind: str) -> Sample:
    """A picture as `sample` gives it, in the frame of a kind."""
    grid = picture.image.grid
    rows, columns = FRAMES[kind]
    view = _frame(grid, (rows, columns))
    hu = show_to_network(picture.image.array[0], grid, view)
    grey = np.rint((hu - AIR_HU) / (MINERAL_HU - AIR_HU) * 255).astype(np.uint8)
    fractions = np.zeros((DEPOSIT, *FRAMES[kind]), np.uint8)
    for i in range(DEPOSIT):
        part = resample_image(picture.fractions[i + 1][None], grid, view)[0]
        fractions[i] = np.rint(np.clip(part, 0.0, 1.0) * 255)
    return grey, fractions


def _frame(grid: Grid, size: tuple[int, int]) -> Grid:
    """Pixels of the working spacing around the middle of the picture, not turned."""
    step = np.array([1.0, *(SPACING_MM / np.array(grid.spacing[1:]))])
    shape = (1, *size)
    to_picture = np.diag([*step, 1.0])
    to_picture[:3, 3] = (np.array(grid.shape) - 1) / 2 - (np.array(shape) - 1) / 2 * step
    return Grid(shape, grid.affine @ to_picture)


def make_bank(
    folder: Path, kind: str, count: int, seed: int, workers: int, mix: DepositMix = USUAL
) -> None:
    """Make a bank of `count` samples of one kind in `folder`, or keep the one there."""
    stamp = {"version": VERSION, "kind": kind, "count": count, "seed": seed}
    stamp |= {"materials": list(MATERIALS), "deposits": asdict(mix)}
    done = folder / f"{kind}.json"
    if done.exists() and json.loads(done.read_text()) == stamp:
        return
    folder.mkdir(parents=True, exist_ok=True)
    frame = FRAMES[kind]
    grey = np.lib.format.open_memmap(folder / f"{kind}_grey.npy", "w+", np.uint8, (count, *frame))
    fractions = np.lib.format.open_memmap(
        folder / f"{kind}_fractions.npy", "w+", np.uint8, (count, channels(kind), *frame)
    )
    with ProcessPoolExecutor(workers) as pool:
        made = _samples(pool, kind, count, seed, mix)
        for i, (one, parts) in enumerate(tqdm(made, f"Simulating {kind}", total=count)):
            grey[i], fractions[i] = one, parts
    grey.flush()
    fractions.flush()
    part = done.with_suffix(".part")
    part.write_text(json.dumps(stamp))
    part.replace(done)


def channels(kind: str) -> int:
    """How many materials, or kinds of bone, the samples of a kind tell."""
    return len(KINDS) - 1 if kind == "hand" else DEPOSIT


def _samples(
    pool: ProcessPoolExecutor, kind: str, count: int, seed: int, mix: DepositMix
) -> Iterator[Sample]:
    """So many samples of a kind in order, each from a seed of its own, or of its hand's."""
    number = list(FRAMES).index(kind)
    if kind not in (*VIEWS, "hand"):
        seeds = [(seed, number, i) for i in range(count)]
        yield from pool.map(partial(sample, kind, mix=mix), seeds, chunksize=16)
        return
    each = PER_SCENE if kind == "hand" else PER_HAND[kind]
    drawn = hand_blocks if kind == "hand" else partial(hand_views, kind)
    seeds = [(seed, number, i) for i in range(-(-count // each))]
    yield from islice(chain.from_iterable(pool.map(drawn, seeds)), count)


def load_bank(folder: Path, kind: str) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Pictures (n, rows, columns) and fractions (n, 6, rows, columns), read into memory."""
    return np.load(folder / f"{kind}_grey.npy"), np.load(folder / f"{kind}_fractions.npy")
