"""Draw the pictures of docs/explanation/simulator-gallery.md: what each option does.

python benchmarks/pictures_of_hands.py [--out docs/images] [--only poses disease ...]
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage
from PIL import ImageDraw
from rich.progress import track

from calcimetry.model import Finger, Report
from calcimetry.phantom.deposits import Deposit, Shape
from calcimetry.phantom.hand import draw_hand
from calcimetry.phantom.hand_settings import PLAIN_HAND
from calcimetry.phantom.lumps import draw_lump
from calcimetry.phantom.readers import Reader, read_lesions
from calcimetry.phantom.reformat import Slab, best_offsets_mm, reformat_finger
from calcimetry.phantom.sites import Place
from calcimetry.phantom.truth import true_report
from calcimetry.phantom.volume import HandVolume, hand_volume, lattice_around, simulate

SEED = 21
#: Seed of the finger that pictures are cut from; it has several deposits.
PICTURE_SEED = 9
TITLE_PIXELS = 14
COLOURS = 48
PLAIN = replace(PLAIN_HAND, pose="flat", splay=0.8, wrist=True, deposits=0, fat_mm=1.5)
Grey = NDArray[np.uint8]
Tiles = list[tuple[str, Callable[[], Grey]]]


def grey_of(hu: NDArray[np.floating], low: float = -300.0, high: float = 1600.0) -> Grey:
    """HU in a window as 8 bit."""
    return np.asarray(np.clip((hu - low) / (high - low), 0.0, 1.0) ** 0.8 * 255.0, np.uint8)


def brightest(hu: NDArray[np.floating], axis: int = 1) -> Grey:
    """Brightest values seen from the back of the hand (axis 1) or from its side (axis 2)."""
    return grey_of(hu.max(axis=axis))


def hand(spacing_mm: float = 1.0, **choices: object) -> HandVolume:
    """The plain hand with some choices made otherwise."""
    return hand_volume(np.random.default_rng(SEED), spacing_mm, replace(PLAIN, **choices))


def seen(axis: int = 1, **choices: object) -> Callable[[], Grey]:
    """A tile of the brightest values of a hand."""
    return lambda: brightest(hand(**choices).image.mixed.array, axis)


def across(**choices: object) -> Callable[[], Grey]:
    """A tile of the slice through the middle of the palm."""

    def made() -> Grey:
        volume = hand(0.8, **choices)
        middle = np.flatnonzero((volume.bone_map == 34).any(axis=(1, 2)))
        return grey_of(volume.image.mixed.array[int(np.median(middle))], -1000.0, 1000.0)

    return made


def with_metal(**choices: object) -> Callable[[], Grey]:
    """A tile of the slice that holds most metal, with its streaks."""

    def made() -> Grey:
        volume = hand(0.8, **choices)
        most = int((volume.distractor_map > 0).sum(axis=(1, 2)).argmax())
        return grey_of(volume.image.mixed.array[most], -1000.0, 1600.0)

    return made


def of_shape(shape: Shape) -> Callable[[], Grey]:
    """A tile of the index finger from its side, with one deposit of a shape in its pulp."""

    def change(deposits: list[Deposit]) -> list[Deposit]:
        (old,) = deposits
        rng = np.random.default_rng(SEED)
        return [draw_lump(rng, shape, 3.2, replace(place, centre=old.centres[0]))]

    rng = np.random.default_rng(SEED)
    settings = replace(PLAIN, deposits=1, bone_loss=0.1)
    parts = [one for one in draw_hand(rng, settings) if one.label in (22, 23)]
    solid = next(one.shape for one in parts if one.label == 23)
    place = Place("pulp", solid.tip, solid.axes[0], solid.axes[2])

    def made() -> Grey:
        lattice = lattice_around(parts, 0.4, margin_mm=16.0)
        volume = simulate(
            np.random.default_rng(SEED + 3), parts, lattice, settings=settings, change=change
        )
        return brightest(volume.image.mixed.array, 2)

    return made


def picture_tiles() -> Tiles:
    """One finger as exports show it: quality, border, plane, cut, and two readers."""
    settings = replace(PLAIN, deposits=60, bone_loss=0.2)
    volume = hand_volume(np.random.default_rng(PICTURE_SEED), 0.6, settings)
    report = true_report(volume)
    fingers = [one for one in report.hands[0].fingers if one.digit > 1]
    finger = max(fingers, key=lambda one: _area(volume, report, one))
    (offset,) = best_offsets_mm(volume, report, finger)

    def cut(slab: Slab) -> Grey:
        hu = reformat_finger(volume, report, finger, slab).report.image.array[0]
        return np.asarray(np.clip((hu + 300.0) / 1500.0, 0.0, 1.0) * 255.0, np.uint8)

    def jpeg(quality: int, border: bool = False) -> Grey:
        grey = cut(Slab(offset))
        if border:
            grey[2, 2:-2] = grey[-3, 2:-2] = grey[2:-2, 2] = grey[2:-2, -3] = 255
        packed = io.BytesIO()
        PillowImage.fromarray(grey).save(packed, "JPEG", quality=quality)
        return np.asarray(PillowImage.open(packed))

    return [
        ("JPEG 98", lambda: jpeg(98)),
        ("JPEG 60", lambda: jpeg(60)),
        ("--border", lambda: jpeg(90, border=True)),
        ("slab 0 mm", lambda: cut(Slab(offset, 0.0))),
        ("slab 4 mm", lambda: cut(Slab(offset, 4.0))),
        ("3 mm aside", lambda: cut(Slab(offset + 3.0))),
        ("cut off", lambda: cut(Slab(offset, 1.0, 0.0, 0.45))),
        ("two readers", lambda: readings(reformat_finger(volume, report, finger, Slab(offset)))),
    ]


def _area(volume: HandVolume, report: Report, finger: Finger) -> float:
    (offset,) = best_offsets_mm(volume, report, finger)
    return reformat_finger(volume, report, finger, Slab(offset)).report.area_mm2


def readings(picture: object) -> Grey:
    """The long and short axes that two readers draw, over the true outline's centre."""
    report: Report = picture.report  # type: ignore[attr-defined]
    grey = np.asarray(np.clip((report.image.array[0] + 300) / 1500, 0, 1) * 130, np.uint8)
    times = 4
    frame = PillowImage.fromarray(grey).resize((grey.shape[1] * times, grey.shape[0] * times))
    draw = ImageDraw.Draw(frame)
    wide = report.image.grid.spacing[1]
    for place, reader in enumerate((Reader("1"), Reader("2", border_mm=0.04))):
        for one in read_lesions(np.random.default_rng((SEED, place)), reader, report.lesions):
            lesion = next(other for other in report.lesions if other.number == one.lesion)
            for ends, length in (
                (lesion.long_axis_ends, one.long_axis_mm),
                (lesion.short_axis_ends, one.short_axis_mm),
            ):
                first, last = np.array(ends)
                middle, way = 0.5 * (first + last), last - first
                half = 0.5 * length / wide * way / max(float(np.linalg.norm(way)), 1e-6)
                line = [tuple(((middle + side * half)[::-1] + 0.5) * times) for side in (-1, 1)]
                line = [(x + 8 * place, y + 8 * place) for x, y in line]
                draw.line(line, fill=(255, 190)[place], width=3)
    half = frame.resize((frame.width // 2, frame.height // 2))
    return np.asarray(half.crop((0, 0, half.width, half.height // 2)))


SHEETS: dict[str, Callable[[], Tiles]] = {
    "poses": lambda: [
        ("flat", seen()),
        ("relaxed", seen(pose="relaxed")),
        ("bent", seen(pose="bent")),
        ("contracture", seen(pose="contracture")),
        ("contracture, side", seen(2, pose="contracture")),
        ("splay 0", seen(splay=0.0)),
        ("splay 3", seen(splay=3.0)),
        ("tilt 40 degrees", seen(tilt_deg=40.0)),
        ("30% cut off", seen(cut_share=0.3)),
        ("no wrist", seen(wrist=False)),
    ],
    "disease": lambda: [
        ("bone loss 0", seen(bone_loss=0.0)),
        ("bone loss 1", seen(bone_loss=1.0)),
        ("acro-osteolysis 0-4", seen(acro_osteolysis=(0, 1, 2, 3, 4))),
        ("25 erosions", seen(erosions=25)),
        ("25 osteophytes", seen(osteophytes=25)),
        ("8 subluxations", seen(subluxations=8)),
        ("8 ankyloses", seen(ankyloses=8)),
    ],
    "deposits": lambda: [
        ("stone", of_shape("stone")),
        ("plate", of_shape("plate")),
        ("net", of_shape("net")),
        ("pasty", of_shape("pasty")),
        ("1 deposit", seen(deposits=1)),
        ("6 deposits", seen(deposits=6)),
        ("25 deposits", seen(deposits=25)),
    ],
    "distractors": lambda: [
        ("6 tophi", seen(tophi=6)),
        ("8 vessels", seen(vessels=8)),
        ("4 calluses", seen(calluses=4)),
        ("8 foreign bodies", seen(foreign_bodies=8)),
        ("ring", seen(ring=True)),
        ("ring, slice", with_metal(ring=True)),
        ("metal, slice", with_metal(metals=2)),
    ],
    "surroundings": lambda: [
        ("air", across()),
        ("table", across(table=True)),
        ("cushion", across(cushion=True)),
        ("fat 0.5 mm", across(fat_mm=0.5)),
        ("fat 6 mm", across(fat_mm=6.0)),
    ],
    "pictures": picture_tiles,
}


def sheet(tiles: Tiles) -> PillowImage.Image:
    """Tiles beside each other, each under its name; black where one is smaller."""
    made = [(name, make()) for name, make in track(tiles, "Drawing")]
    height = max(one.shape[0] for _, one in made)
    columns = [max(one.shape[1], 8 * len(name)) + 4 for name, one in made]
    rows = 1 if sum(columns) <= 1300 else 2
    many = -(-len(made) // rows)
    widths = [sum(columns[i : i + many]) for i in range(0, len(made), many)]
    frame = PillowImage.new("L", (max(widths), rows * (height + TITLE_PIXELS)))
    for row in range(rows):
        x = 0
        for place in range(row * many, min((row + 1) * many, len(made))):
            name, one = made[place]
            y = row * (height + TITLE_PIXELS)
            ImageDraw.Draw(frame).text((x + 2, y + 1), name, fill=255)
            frame.paste(PillowImage.fromarray(one), (x, y + TITLE_PIXELS))
            x += columns[place]
    return frame.quantize(COLOURS)


def main() -> None:
    """Draw all sheets and write them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    parser.add_argument("--only", nargs="+", choices=list(SHEETS), default=list(SHEETS))
    options = parser.parse_args()
    for name in options.only:
        path = options.out / f"simulated_{name}.png"
        sheet(SHEETS[name]()).save(path, optimize=True)
        print(f"{path}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
