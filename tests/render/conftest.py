"""Reports of made-up pictures, so that drawing is tested without measuring."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from calcimetry.model import Grid, Image, Interval, Lesion, Report, Segmentation, bone_name

MakeReport = Callable[..., Report]


def _lesion(number: int, row: int, column: int, side: int, spacing: float) -> Lesion:
    """A square of `side` pixels whose upper left pixel is (row, column)."""
    area = (side * spacing) ** 2
    low, high = -0.5, side - 0.5
    middle = (side - 1) / 2
    return Lesion(
        number=number,
        bone=1,
        area_mm2=area,
        area_interval=Interval(0.8 * area, 1.2 * area),
        pixel_area_mm2=area,
        long_axis_mm=side * spacing,
        short_axis_mm=side * spacing,
        ellipse_area_mm2=np.pi / 4 * area,
        perimeter_mm=4 * side * spacing,
        solidity=1.0,
        touches_bone=False,
        centre=(0.0, row + middle, column + middle),
        long_axis_ends=((row + low, column + middle), (row + high, column + middle)),
        short_axis_ends=((row + middle, column + low), (row + middle, column + high)),
        not_measured={"mass_mg": "the picture was windowed, so its HU are cut off"},
    )


@pytest.fixture
def make_report() -> MakeReport:
    """Make a report of a picture with one bone and square lesions at given places."""

    def make(
        shape: tuple[int, int] = (248, 95),
        squares: tuple[tuple[int, int, int], ...] = (),
        spacing: float = 0.4,
        name: str = "finger.jpg",
        with_bone: bool = True,
        **changes: Any,
    ) -> Report:
        grid = Grid.picture(shape, spacing)
        hu = np.full(shape, 50.0)
        bones = np.zeros(shape, dtype=int)
        if with_bone:
            bones[shape[0] // 3 : 2 * shape[0] // 3, shape[1] // 2 : shape[1] // 2 + 8] = 1
        lesion_map = np.zeros(shape, dtype=int)
        for number, (row, column, side) in enumerate(squares, start=1):
            lesion_map[row : row + side, column : column + side] = number
        hu[(bones > 0) | (lesion_map > 0)] = 900.0
        lesions = tuple(
            _lesion(number, *square, spacing) for number, square in enumerate(squares, start=1)
        )
        total = sum(lesion.area_mm2 for lesion in lesions)
        values: dict[str, Any] = {
            "image": Image(hu, grid, clipped_hu=(-300.0, 1200.0), name=name),
            "bones": Segmentation(bones, grid, {1: bone_name(1)}),
            "lesion_map": Segmentation(
                lesion_map, grid, {n.number: f"lesion {n.number}" for n in lesions}
            ),
            "lesions": lesions,
            "status": "complete",
            "reason": "",
            "warnings": (),
            "area_mm2": total,
            "area_interval": Interval(0.8 * total, 1.2 * total) if lesions else None,
            "ellipse_area_mm2": np.pi / 4 * total,
            "method": "kmeans",
        }
        return Report(**(values | changes))

    return make


@pytest.fixture
def scattered() -> Callable[[int, tuple[int, int]], tuple[tuple[int, int, int], ...]]:
    """Give n squares of 1 to 6 pixels on a jittered lattice, none touching another."""

    def scatter(count: int, shape: tuple[int, int]) -> tuple[tuple[int, int, int], ...]:
        rng = np.random.default_rng(7)
        across = max(1, shape[1] // 12)
        places = rng.permutation((shape[0] // 12) * across)[:count]
        return tuple(
            (
                int(place // across * 12 + rng.integers(0, 5)),
                int(place % across * 12 + rng.integers(0, 5)),
                int(rng.integers(1, 7)),
            )
            for place in places
        )

    return scatter
