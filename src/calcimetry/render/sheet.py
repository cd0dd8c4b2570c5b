"""A sheet to draw on with smooth lines: twice the size, halved at the end."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import pairwise
from typing import Literal

import numpy as np
from PIL import Image as Picture
from PIL import ImageDraw, ImageFont

from calcimetry.render.palette import Colour

#: Pillow draws lines without smoothing: they are drawn this much larger.
OVERSAMPLING = 2
_RAISED_SIZE = 0.62
_RAISED = {"²": "2", "³": "3"}
_SPLIT = re.compile("([²³])")

Point = tuple[float, float]
Align = Literal["left", "centre", "right"]


@cache
def _font(size: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size * OVERSAMPLING)


def drawable(text: str) -> str:
    """Keep to the letters that Pillow's built-in font has.

    Accents are dropped, a minus sign becomes a hyphen, and what has no plain letter
    a question mark. The raised figures of mm2 and mm3 stay: `Sheet.text` draws them.

    >>> drawable("Zürich 漢.png, −3 mm²")
    'Zurich ?.png, -3 mm²'
    """
    return "".join(part if part in _RAISED else _plain(part) for part in _SPLIT.split(text))


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.replace("−", "-"))
    kept = "".join(c for c in letters if not unicodedata.combining(c))
    return kept.encode("ascii", "replace").decode()


class Sheet:
    """Drawing surface. All lengths are pixels of the finished picture, y downwards."""

    def __init__(self, size: tuple[int, int], background: Colour) -> None:
        self._picture = Picture.new("RGB", self._point(size), background)
        self._draw = ImageDraw.Draw(self._picture, "RGBA")

    def finished(self) -> Picture.Image:
        """The drawing at its real size, mode RGB."""
        return self._picture.reduce(OVERSAMPLING)

    def picture(self, picture: Picture.Image, at: Point, size: tuple[int, int]) -> None:
        """Put a grey picture at a place, scaled to `size`."""
        scaled = picture.resize(self._point(size), Picture.Resampling.LANCZOS)
        self._picture.paste(scaled.convert("RGB"), self._point(at))

    def line(self, points: Iterable[Point], colour: Sequence[int], width: float) -> None:
        """Connected line segments."""
        self._draw.line(
            [(x * OVERSAMPLING, y * OVERSAMPLING) for x, y in points],
            fill=tuple(colour),
            width=round(width * OVERSAMPLING),
            joint="curve",
        )

    def region(self, borders: Sequence[Sequence[Point]], colour: Colour, opacity: float) -> None:
        """Fill what closed borders surround; a border inside another one is a hole."""
        if not borders:
            return
        every = np.concatenate([np.asarray(border) for border in borders])
        left, top = self._point(every.min(axis=0) - 1)
        right, bottom = self._point(every.max(axis=0) + 1)
        mask = Picture.new("L", (right - left, bottom - top), 0)
        draw = ImageDraw.Draw(mask)
        shade = round(255 * opacity)
        for border in sorted(borders, key=lambda b: abs(_signed_area(b)), reverse=True):
            # Outer borders and holes turn opposite ways.
            fill = shade if _signed_area(border) > 0 else 0
            corners = [(x * OVERSAMPLING - left, y * OVERSAMPLING - top) for x, y in border]
            draw.polygon(corners, fill=fill)
        self._picture.paste(colour, (left, top), mask)

    def disc(self, centre: Point, radius: float, colour: Colour) -> None:
        """A filled circle."""
        x, y = centre[0] * OVERSAMPLING, centre[1] * OVERSAMPLING
        self._draw.circle((x, y), radius * OVERSAMPLING, fill=colour)

    def box(self, at: Point, size: Point, colour: Colour, radius: float = 0.0) -> None:
        """A filled rectangle, its corners rounded by `radius`."""
        left, top = self._point(at)
        right, bottom = self._point((at[0] + size[0], at[1] + size[1]))
        self._draw.rounded_rectangle(
            (left, top, right - 1, bottom - 1), radius * OVERSAMPLING, fill=colour
        )

    def text(
        self, at: Point, text: str, size: float, colour: Colour, align: Align = "left"
    ) -> None:
        """One line of text, `at` its baseline; the characters ² and ³ become raised figures."""
        x, y = at
        x -= {"left": 0.0, "centre": 0.5, "right": 1.0}[align] * text_width(text, size)
        for raised, part in _pieces(text):
            part_size = size * _RAISED_SIZE if raised else size
            place = (x * OVERSAMPLING, (y - (0.38 * size if raised else 0.0)) * OVERSAMPLING)
            self._draw.text(place, part, fill=colour, font=_font(part_size), anchor="ls")
            x += _font(part_size).getlength(part) / OVERSAMPLING

    @staticmethod
    def _point(at: Point) -> tuple[int, int]:
        return round(at[0] * OVERSAMPLING), round(at[1] * OVERSAMPLING)


def text_width(text: str, size: float) -> float:
    """Width of one line of text as `Sheet.text` draws it."""
    return sum(
        _font(size * _RAISED_SIZE if raised else size).getlength(part) / OVERSAMPLING
        for raised, part in _pieces(text)
    )


def wrapped(text: str, size: float, width: float) -> list[str]:
    """Break text into lines no wider than `width`, at spaces where it can.

    >>> wrapped("one two three", size=15, width=60)
    ['one two', 'three']
    """
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if text_width(longer, size) <= width:
            lines[-1] = longer
            continue
        if lines[-1]:
            lines.append("")
        for letter in word:
            if lines[-1] and text_width(lines[-1] + letter, size) > width:
                lines.append("")
            lines[-1] += letter
    return lines


def _pieces(text: str) -> list[tuple[bool, str]]:
    """Split text into (raised, letters)."""
    parts = [part for part in _SPLIT.split(drawable(text)) if part]
    return [(part in _RAISED, _RAISED.get(part, part)) for part in parts]


def _signed_area(border: Sequence[Point]) -> float:
    """Shoelace formula; the sign tells which way the border turns."""
    pairs = pairwise(border)
    return 0.5 * sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairs)
