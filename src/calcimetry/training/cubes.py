"""A bank of simulated cubes of hands on disk: what the volume network learns from.

Each sample is what that network will see (`calcimetry.bone.volume_view`'s spacing and
window) and its truth: which bone is nearest, and what part of each sample bone and
deposit fill.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import IterableDataset
from tqdm import tqdm

from calcimetry.bone.volume_view import AIR_HU, MINERAL_HU, SPACING_MM
from calcimetry.phantom.hand import Part, draw_hand, lone_finger
from calcimetry.phantom.volume import Lattice, simulate

#: Samples along each edge of a cube.
EDGE = 64
#: What the network tells apart: index is the channel. Deposit comes last.
TISSUES = (
    *("other", "proximal", "middle", "distal", "metacarpal", "sesamoid"),
    *("carpal", "radius", "ulna", "deposit"),
)
_WRIST_CHANNELS = {60: 6, 61: 7, 62: 8}
#: Raised when samples change, so that an older bank is made again.
VERSION = 1

Cube = NDArray[np.uint8]


def sample(seed: tuple[int, ...]) -> Cube:
    """One sample, shape (4, edge, edge, edge): grey, channel of the nearest bone, fractions.

    Grey 0 to 255 spans AIR_HU to MINERAL_HU; the fractions of bone and of deposit are
    in 255ths.
    """
    rng = np.random.default_rng(seed)
    parts = draw_hand(rng)
    if rng.random() < 0.1:
        parts = lone_finger(rng, parts)
    made = simulate(rng, parts, _lattice(rng, parts))
    hu = np.clip(made.image.mixed.array, AIR_HU, MINERAL_HU)
    cube = np.empty((4, EDGE, EDGE, EDGE), np.uint8)
    cube[0] = np.rint((hu - AIR_HU) / (MINERAL_HU - AIR_HU) * 255)
    cube[1] = _CHANNELS[made.bone_map]
    cube[2] = np.rint(np.clip(made.bone_fraction, 0.0, 1.0) * 255)
    cube[3] = np.rint(np.clip(made.deposit_fraction, 0.0, 1.0) * 255)
    return cube


_CHANNELS = np.array(
    [_WRIST_CHANNELS.get(label, label % 10 if 0 < label < 60 else 0) for label in range(256)],
    np.uint8,
)


def _lattice(rng: np.random.Generator, parts: list[Part]) -> Lattice:
    """A cube around a random place of a random bone, mostly along the hand's axis."""
    start, end = parts[rng.integers(len(parts))].ends
    middle = start + rng.uniform(-0.1, 1.1) * (end - start) + rng.normal(0.0, 9.0, 3)
    axes, _ = np.linalg.qr(rng.normal(0.0, 1.0, (3, 3)))
    if rng.random() < 0.6:  # slices along the hand, within about 30 degrees
        angle = rng.uniform(0.0, 2 * np.pi)
        roll = np.array([[0, 0, 1], [np.cos(angle), np.sin(angle), 0], [0, 0, 0]])
        roll[2] = np.cross(roll[0], roll[1])
        tilt, _ = np.linalg.qr(np.eye(3) + rng.normal(0.0, 0.2, (3, 3)))
        axes = roll @ (tilt * np.sign(np.diag(tilt)))
    steps = axes * SPACING_MM
    return Lattice((EDGE, EDGE, EDGE), middle - 0.5 * (EDGE - 1) * steps.sum(axis=0), steps)


def make_cubes(path: Path, count: int, seed: int, workers: int) -> None:
    """Make a bank of `count` cubes in the file `path` (.npy), or keep the one there."""
    stamp = {"version": VERSION, "count": count, "seed": seed, "tissues": list(TISSUES)}
    done = path.with_suffix(".json")
    if done.exists() and json.loads(done.read_text()) == stamp:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    cubes = np.lib.format.open_memmap(path, "w+", np.uint8, (count, 4, EDGE, EDGE, EDGE))
    with ProcessPoolExecutor(workers) as pool:
        made = pool.map(sample, [(seed, i) for i in range(count)], chunksize=8)
        for i, cube in enumerate(tqdm(made, f"Simulating {path.stem}", total=count)):
            cubes[i] = cube
    cubes.flush()
    part = done.with_suffix(".part")
    part.write_text(json.dumps(stamp))
    part.replace(done)


class CubeBatches(IterableDataset[tuple[Tensor, Tensor]]):
    """Endless training batches: turned about the first axis, flipped, brighter, noisier, cut.

    Batch number i is a function of `seed` and i alone, so a resumed run goes on with
    the batches it would have had.

    Yields
    ------
    (hu, fractions) : tensors (n, 1, edge, edge, edge) and (n, 10, edge, edge, edge)
    """

    def __init__(self, path: Path, batch_size: int, seed: int, *, first: int = 0) -> None:
        self.cubes: Cube = np.load(path, mmap_mode="r")
        self.batch_size = batch_size
        self.seed = seed
        self.first = first

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        number = self.first
        while True:
            rng = np.random.default_rng((self.seed, number))
            chosen = np.sort(rng.choice(len(self.cubes), self.batch_size, replace=False))
            yield _changed(rng, *as_tensors([_turned(rng, self.cubes[i]) for i in chosen]))
            number += 1


def validation_cubes(path: Path, batch_size: int) -> list[tuple[Tensor, Tensor]]:
    """A whole bank in order and unchanged."""
    cubes: Cube = np.load(path)
    return [as_tensors(list(cubes[i : i + batch_size])) for i in range(0, len(cubes), batch_size)]


def as_tensors(cubes: list[Cube]) -> tuple[Tensor, Tensor]:
    """HU (n, 1, edge, edge, edge) and the fraction of each of TISSUES (n, 10, ...) of cubes."""
    grey, channel, bone, deposit = (
        torch.from_numpy(np.stack([cube[i] for cube in cubes])) for i in range(4)
    )
    hu = AIR_HU + grey.float()[:, None] * ((MINERAL_HU - AIR_HU) / 255.0)
    fractions = torch.zeros(len(cubes), len(TISSUES), EDGE, EDGE, EDGE)
    fractions.scatter_(1, channel.long()[:, None], bone.float()[:, None] / 255.0)
    fractions[:, -1] = deposit.float() / 255.0
    fractions[:, 0] = (1.0 - fractions[:, 1:].sum(dim=1)).clamp(0.0, 1.0)
    return hu, fractions


def _turned(rng: np.random.Generator, cube: Cube) -> Cube:
    """One of the sixteen ways to flip a cube or turn it about its first axis."""
    cube = np.asarray(cube)
    if rng.random() < 0.5:
        cube = cube.swapaxes(2, 3)
    flips = [axis for axis in (1, 2, 3) if rng.random() < 0.5]
    return np.ascontiguousarray(np.flip(cube, tuple(flips)))


def _changed(rng: np.random.Generator, hu: Tensor, fractions: Tensor) -> tuple[Tensor, Tensor]:
    """Vary each cube's brightness, noise and field of view."""
    count = len(hu)

    def each(low: float, high: float) -> Tensor:
        return torch.from_numpy(rng.uniform(low, high, (count, 1, 1, 1, 1))).float()

    noise = torch.from_numpy(rng.standard_normal(hu.shape, dtype=np.float32))
    hu = hu * each(0.9, 1.1) + each(-25.0, 25.0) + each(0.0, 20.0) * noise
    for i in np.flatnonzero(rng.random(count) < 0.15):
        # The volume ends here: nothing is seen beyond, and nothing is asked for.
        cut = [slice(None)] * 3
        depth = int(EDGE * rng.uniform(0.1, 0.5))
        cut[rng.integers(3)] = slice(0, depth) if rng.random() < 0.5 else slice(EDGE - depth, EDGE)
        hu[i, 0][tuple(cut)] = AIR_HU
        fractions[i][:, *cut] = 0.0
        fractions[i][0][tuple(cut)] = 1.0
    return hu.clamp(AIR_HU, MINERAL_HU), fractions
