"""The paper's figures drawn again."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import PIL.Image

from calcimetry.agreement.compared import PairComparison
from calcimetry.render.agreement_figures import draw_bland_altman, draw_identity
from calcimetry.render.agreement_marks import TOP, draw_legend, draw_title
from calcimetry.render.axes import Axes, Scale
from calcimetry.render.chart import BLUE, INK, ORANGE, PAPER, Chart

#: The curve of the recipe paper.toml, as `calcimetry train paper.toml` gave it on 2026-11-22.
SHIPPED_CURVE = Path(__file__).parent / "training_curve.csv"
#: So many pictures are drawn of each kind.
SHOWN = 4
_WIDTH, _HEIGHT = 640, 400


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """What a network was worth on held-out pictures after so many epochs."""

    epoch: int
    bone_dice: float
    worst_dice: float


def read_curve(path: Path) -> tuple[CurvePoint, ...]:
    """Points of a curve.csv, as a training leaves it.

    Parameters
    ----------
    path : Path
        With the columns epoch, val_bone_dice and val_worst_dice.
    """
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(
            CurvePoint(int(row["epoch"]), float(row["val_bone_dice"]), float(row["val_worst_dice"]))
            for row in csv.DictReader(file)
        )


def draw_curve(points: Sequence[CurvePoint], pictures: int) -> Chart:
    """Dice of bone on held-out pictures against epochs: the paper's Figure 1b, measured.

    Parameters
    ----------
    points : sequence of CurvePoint
        At least one.
    pictures : int
        How many were held out.

    Returns
    -------
    Chart
        To be written as SVG or as a picture.
    """
    title = "Training on the paper's recipe"
    chart = Chart(
        _WIDTH,
        _HEIGHT,
        title,
        f"Dice of bone on {pictures} held-out pictures after each number of epochs.",
    )
    low = min(one.worst_dice for one in points)
    axes = Axes(
        chart,
        64,
        TOP,
        _WIDTH - 64 - 150,
        _HEIGHT - TOP - 70,
        Scale(0.0, 1.05 * max(one.epoch for one in points)),
        Scale(np.floor(20.0 * low) / 20.0, 1.0),
    )
    draw_title(chart, title, f"On {pictures} pictures held out; the paper judged by eye")
    axes.draw("epochs", "Dice of bone")
    for name, colour, dash in (("bone_dice", BLUE, 0.0), ("worst_dice", ORANGE, 7.0)):
        along = [axes.at(one.epoch, getattr(one, name)) for one in points]
        chart.line(along, colour, 2.0, dash)
        for at in along:
            chart.mark(at, "disc" if dash == 0.0 else "square", colour)
    draw_legend(chart, axes.right + 16, axes.top + 8, [("mean", BLUE, 0.0), ("worst", ORANGE, 7.0)])
    return chart


def draw_agreement(
    pairs: Mapping[tuple[str, str], PairComparison], readers: Sequence[str], computer: str
) -> dict[str, Chart]:
    """Figure 5: a and b of both readers, c and d of the first reader and the computer.

    Parameters
    ----------
    pairs : mapping
        Comparisons by the names of a and b.
    readers : sequence of str
        The first two are drawn.
    computer : str
        Its name.

    Returns
    -------
    dict
        Charts by the stem of their files; without those of pairs that were not compared.
    """
    charts: dict[str, Chart] = {}
    wanted = [(readers[0], computer, "c", "d")] if readers else []
    if len(readers) > 1:
        wanted.insert(0, (readers[0], readers[1], "a", "b"))
    for a, b, first, second in wanted:
        one = pairs.get((a, b))
        if one is not None:
            charts[f"figure-5{first}"] = draw_identity(one, "mm2")
            if one.limits is not None:
                charts[f"figure-5{second}"] = draw_bland_altman(one, "mm2")
    for name, chart in charts.items():
        chart.text((chart.width - 20, 34), name[-1], 24, INK, "right")
    return charts


def side_by_side(charts: Sequence[Chart]) -> PIL.Image.Image:
    """Charts on one sheet, two in a row."""
    pictures = [chart.picture() for chart in charts]
    width = max(one.width for one in pictures)
    rows = [pictures[place : place + 2] for place in range(0, len(pictures), 2)]
    heights = [max(one.height for one in row) for row in rows]
    sheet = PIL.Image.new("RGB", (width * min(2, len(pictures)), sum(heights)), PAPER)
    top = 0
    for row, height in zip(rows, heights, strict=True):
        for column, one in enumerate(row):
            sheet.paste(one, (column * width, top))
        top += height
    return sheet


def spread(names: Sequence[str], count: int = SHOWN) -> list[str]:
    """So many names, evenly from the first to the last.

    >>> spread(["a", "b", "c", "d", "e"], 3)
    ['a', 'c', 'e']
    """
    places = np.linspace(0, len(names) - 1, min(count, len(names))).round().astype(int)
    return [names[place] for place in places]
