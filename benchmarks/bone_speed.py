"""Seconds that finding bone takes, beside nnU-Net's default network on the same arrays.

    python benchmarks/bone_speed.py [--data ../shared/data] [--skip-peer-hand]

Ours is the whole bone step: for a picture turning, resampling, the network twice and naming; for
the hand finding hands and fingers, naming them, and the network in two sets of planes. The peer is
the network alone, without weights that mean anything: MONAI's DynUNet, which is nnU-Net's default
architecture (Isensee et al., Nature Methods 2021), in 2-D for the picture, in 3-D for the hand in
windows of 128 x 128 x 128 that overlap by half, as nnU-Net does, without its mirroring. Needs the
extra ``train`` for the peer.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from reference import DATA
from rich.console import Console
from rich.table import Table

import calcimetry as cm
from calcimetry.bone import METHODS
from calcimetry.bone.pieces import split_bones
from calcimetry.fingers.locate import locate_hands
from calcimetry.fingers.name import name_fingers
from calcimetry.resample import grid_with_spacing, resample_image

PICTURE = 256


def picture(folder: Path) -> cm.Image:
    """A real finger in 256 x 256 pixels: its picture with air around it."""
    image = cm.read(folder / "fingers" / "middle_0.jpg", pixel_spacing_mm=0.4)
    grid = grid_with_spacing(image.grid, image.grid.spacing[1] * image.grid.shape[1] / PICTURE)
    array = resample_image(image.array, image.grid, grid, fill=-300.0)[0]
    whole = np.full((PICTURE, PICTURE), -300.0, np.float32)
    rows, columns = (min(n, PICTURE) for n in array.shape)
    whole[:rows, :columns] = array[:rows, :columns]
    spacing = grid.spacing[1]
    return cm.Image(whole, cm.Grid.picture(whole.shape, spacing), "HU", image.clipped_hu)


def hand_step(image: cm.Image, method: str) -> None:
    """All that leads from a volume to its bones."""
    for box in locate_hands(image):
        part = cm.Image(image.array[box.slices], box.grid, "HU", image.clipped_hu)
        rough = split_bones(part)
        named = name_fingers(rough.kinds, None, rough.pieces)
        lumps = rough.lumps(part, named.bones)
        METHODS[method]().segment_hand(part, named.bones, named.hands, lumps)


def median_seconds(step: Callable[[], object], repeats: int) -> float:
    """Median of several runs, after one that warms up."""
    step()
    took = []
    for _ in range(repeats):
        start = time.perf_counter()
        step()
        took.append(time.perf_counter() - start)
    return float(np.median(took))


def peer(array: np.ndarray) -> Callable[[], object]:
    """NnU-Net's default network over a picture or a volume."""
    import torch  # noqa: PLC0415 (ours runs without it)
    from monai.inferers import sliding_window_inference  # noqa: PLC0415
    from monai.networks.nets import DynUNet  # noqa: PLC0415

    flat = array.ndim == 2
    widths = (32, 64, 128, 256, 512, 512, 512) if flat else (32, 64, 128, 256, 320, 320)
    levels = len(widths)
    network = DynUNet(
        spatial_dims=2 if flat else 3,
        in_channels=1,
        out_channels=6,
        kernel_size=[3] * levels,
        strides=[1] + [2] * (levels - 1),
        upsample_kernel_size=[2] * (levels - 1),
        filters=widths,
    ).eval()
    seen = torch.from_numpy(np.array(array, np.float32))[None, None]

    def run() -> object:
        with torch.no_grad():
            if flat:
                return network(seen)
            return sliding_window_inference(seen, (128, 128, 128), 1, network, overlap=0.5)

    return run


def main() -> None:
    """Time ours and the peer, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--methods", nargs="+", default=["unet", "vnet", "pnet"])
    parser.add_argument("--skip-peer-hand", action="store_true", help="it takes minutes")
    options = parser.parse_args()
    console = Console(width=110)
    one = picture(options.data)
    hand = cm.read(options.data / "hand" / "dicom")
    hand = hand.mixed if isinstance(hand, cm.DualEnergyImage) else hand
    table = Table("finding bone", "256 x 256 picture", "shared hand", title="seconds, warm")
    for name in options.methods:
        console.print(f"{name} ...")
        method = METHODS[name]()
        flat = median_seconds(lambda method=method: method.segment(one), 15)
        start = time.perf_counter()
        hand_step(hand, name)
        table.add_row(name, f"{flat:.3f}", f"{time.perf_counter() - start:.1f}")
    console.print("nnU-Net's default network ...")
    flat = median_seconds(peer(one.array[0]), 10)
    whole = "not run"
    if not options.skip_peer_hand:
        run = peer(hand.array)
        start = time.perf_counter()
        run()
        whole = f"{time.perf_counter() - start:.1f}"
    table.add_row("nnU-Net's default network, alone", f"{flat:.3f}", whole)
    console.print(table)


if __name__ == "__main__":
    main()
