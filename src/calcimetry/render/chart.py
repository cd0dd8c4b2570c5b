"""A chart as lines, areas, marks and words, written as SVG or as a picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal
from xml.sax.saxutils import escape

import numpy as np
from PIL import Image as Picture

from calcimetry.render.palette import Colour
from calcimetry.render.sheet import Align, Point, Sheet

Shape = Literal["disc", "square", "triangle", "diamond"]
#: Colours on white; marks are Okabe and Ito's, in an order whose greys differ too.
PAPER: Colour = (255, 255, 255)
INK: Colour = (27, 31, 39)
MUTED: Colour = (91, 102, 117)
RULE: Colour = (220, 224, 230)
BLUE: Colour = (0, 114, 178)
ORANGE: Colour = (213, 94, 0)
MARKS: tuple[Colour, ...] = (
    *(BLUE, ORANGE, (0, 158, 115), (204, 121, 167)),
    *((86, 180, 233), (230, 159, 0), (70, 70, 70)),
)
SHAPES: tuple[Shape, ...] = ("disc", "square", "triangle", "diamond")
#: The picture is so many times larger than the SVG's own size, for print.
_PRINT = 2
_CORNERS: dict[Shape, tuple[Point, ...]] = {
    "square": ((-0.89, -0.89), (0.89, -0.89), (0.89, 0.89), (-0.89, 0.89)),
    "triangle": ((0.0, -1.2), (1.1, 0.8), (-1.1, 0.8)),
    "diamond": ((0.0, -1.25), (1.25, 0.0), (0.0, 1.25), (-1.25, 0.0)),
}
_ANCHORS: dict[Align, str] = {"left": "start", "centre": "middle", "right": "end"}
_FONT = "Helvetica Neue, Helvetica, Arial, sans-serif"


@dataclass(slots=True)
class Chart:
    """Drawing surface of a size in pixels, y downwards; what is drawn later lies on top.

    `title` and `shows` are its words for those who cannot see it.
    """

    width: int
    height: int
    title: str
    shows: str
    _svg: list[str] = field(default_factory=list)
    _strokes: list[Callable[[Sheet], None]] = field(default_factory=list)

    def line(
        self, points: Sequence[Point], colour: Colour, width: float = 1.0, dash: float = 0.0
    ) -> None:
        """Connected segments; `dash` is the length of strokes and gaps, 0 for none."""
        dashes = f' stroke-dasharray="{dash:g}"' if dash else ""
        self._svg.append(
            f'<polyline points="{_points(points)}" fill="none" stroke="{_hex(colour)}" '
            f'stroke-width="{width:g}" stroke-linejoin="round"{dashes}/>'
        )

        def draw(sheet: Sheet) -> None:
            for part in _dashed(points, dash) if dash else [points]:
                sheet.line(_larger(part), colour, width * _PRINT)

        self._strokes.append(draw)

    def area(self, points: Sequence[Point], colour: Colour, opacity: float = 1.0) -> None:
        """Fill a polygon."""
        self._svg.append(
            f'<polygon points="{_points(points)}" fill="{_hex(colour)}" '
            f'fill-opacity="{opacity:g}"/>'
        )
        self._strokes.append(lambda sheet: sheet.region([_turned(points)], colour, opacity))

    def mark(self, at: Point, shape: Shape, colour: Colour, radius: float = 4.5) -> None:
        """One reading, with a white rim that parts it from its neighbours."""
        x, y = at
        if shape == "disc":
            self._svg.append(
                f'<circle cx="{x:.2f}" cy="{y:.2f}" r="{radius:g}" fill="{_hex(colour)}" '
                f'stroke="{_hex(PAPER)}" stroke-width="1"/>'
            )

            def draw(sheet: Sheet) -> None:
                centre = (x * _PRINT, y * _PRINT)
                sheet.disc(centre, (radius + 0.5) * _PRINT, PAPER)
                sheet.disc(centre, (radius - 0.5) * _PRINT, colour)

            self._strokes.append(draw)
            return
        outer, inner = (
            [(x + dx * r, y + dy * r) for dx, dy in _CORNERS[shape]]
            for r in (radius + 0.7, radius - 0.4)
        )
        self.area(outer, PAPER)
        self.area(inner, colour)

    def text(
        self,
        at: Point,
        text: str,
        size: float = 13.0,
        colour: Colour = INK,
        align: Align = "left",
    ) -> None:
        """One line of words, `at` its baseline."""
        x, y = at
        self._svg.append(
            f'<text x="{x:.2f}" y="{y:.2f}" font-size="{size:g}" fill="{_hex(colour)}" '
            f'text-anchor="{_ANCHORS[align]}">{escape(text)}</text>'
        )
        self._strokes.append(
            lambda sheet: sheet.text((x * _PRINT, y * _PRINT), text, size * _PRINT, colour, align)
        )

    def svg(self) -> str:
        """The chart as a document of its own, with its title and description inside."""
        size = (
            f'viewBox="0 0 {self.width} {self.height}" width="{self.width}" height="{self.height}"'
        )
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" font-family="{_FONT}">',
                f"<title>{escape(self.title)}</title>",
                f"<desc>{escape(self.shows)}</desc>",
                f'<rect width="{self.width}" height="{self.height}" fill="{_hex(PAPER)}"/>',
                *self._svg,
                "</svg>\n",
            ]
        )

    def picture(self) -> Picture.Image:
        """The chart as a picture of mode RGB, twice as large for print."""
        sheet = Sheet((self.width * _PRINT, self.height * _PRINT), PAPER)
        for draw in self._strokes:
            draw(sheet)
        return sheet.finished()


def _hex(colour: Colour) -> str:
    return "#" + "".join(f"{part:02x}" for part in colour)


def _points(points: Sequence[Point]) -> str:
    return " ".join(f"{x:.2f},{y:.2f}" for x, y in points)


def _larger(points: Sequence[Point]) -> list[Point]:
    return [(x * _PRINT, y * _PRINT) for x, y in points]


def _turned(points: Sequence[Point]) -> list[Point]:
    """Closed, larger, and turning the way that a sheet fills and does not cut out."""
    closed = _larger([*points, points[0]])
    area = sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairwise(closed))
    return closed if area > 0 else closed[::-1]


def _dashed(points: Sequence[Point], dash: float) -> list[list[Point]]:
    """Strokes of a dashed line, around its corners."""
    x, y = np.array(points, dtype=np.float64).T
    along = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))])
    parts = []
    for start in np.arange(0.0, along[-1], 2.0 * dash):
        corners = along[(along > start) & (along < start + dash)]
        stops = np.concatenate([[start], corners, [min(start + dash, along[-1])]])
        strokes = zip(np.interp(stops, along, x), np.interp(stops, along, y), strict=True)
        parts.append([(float(one), float(other)) for one, other in strokes])
    return parts
