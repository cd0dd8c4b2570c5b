"""Draw the simulated hands of docs/explanation/simulator.md: one for each of some settings.

python benchmarks/pictures_of_hands.py [--out docs/images/simulated_hands.png]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from PIL import Image as PillowImage
from PIL import ImageDraw

from calcimetry.phantom.hand_settings import HandSettings
from calcimetry.phantom.volume import hand_volume

PLAIN = {
    "pose": "flat",
    "bone_loss": 0.1,
    "wrist": True,
    "tilt_deg": 0.0,
    "cut_share": 0.0,
    "acro_osteolysis": (0,) * 5,
    "deposits": 0,
    "metals": 0,
    "ring": False,
    "table": False,
    "cushion": False,
}
SHOWN = {
    "plain": {},
    "contracture": {"pose": "contracture"},
    "acro-osteolysis 0 to 4": {"acro_osteolysis": (0, 1, 2, 3, 4)},
    "25 deposits": {"deposits": 25},
    "osteophytes": {"osteophytes": 25},
    "ring": {"ring": True},
}
SIZE = (200, 190)


def tile(name: str, choices: dict[str, object]) -> PillowImage.Image:
    """Brightest values from back to palm of one hand, with its name."""
    made = hand_volume(np.random.default_rng(21), 1.0, HandSettings(**(PLAIN | choices)))
    brightest = made.image.mixed.array.max(axis=1)
    grey = (np.clip((brightest + 300.0) / 1900.0, 0.0, 1.0) ** 0.8 * 255.0).astype(np.uint8)
    frame = PillowImage.new("L", (SIZE[1], SIZE[0] + 14))
    frame.paste(PillowImage.fromarray(grey[: SIZE[0], : SIZE[1]]), (0, 0))
    ImageDraw.Draw(frame).text((3, SIZE[0] + 1), name, fill=255)
    return frame


def main() -> None:
    """Draw all and write the picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("docs/images/simulated_hands.png"))
    out = parser.parse_args().out
    tiles = [np.asarray(tile(name, choices)) for name, choices in SHOWN.items()]
    PillowImage.fromarray(np.hstack(tiles)).save(out, optimize=True)


if __name__ == "__main__":
    main()
