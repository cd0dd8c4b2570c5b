"""The one place for hypothesis strategies: random but legal values of every model type."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from calcimetry.bone.method import BoneEvidence
from calcimetry.model import Grid, Image, Interval, Lesion, Report, Segmentation

MEANINGS = {1: "proximal phalanx", 2: "middle phalanx", 3: "distal phalanx", 300: "lesion 300"}


def numbers(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(low, high, allow_nan=False, allow_infinity=False)


@st.composite
def affines(draw: st.DrawFn) -> NDArray[np.float64]:
    """Any turn and mirror image, 0.1 to 2 mm along each axis, anywhere in a scanner."""
    turn = np.eye(3)
    for first, second in ((0, 1), (0, 2), (1, 2)):
        angle = draw(numbers(-np.pi, np.pi))
        step = np.eye(3)
        step[first, first] = step[second, second] = np.cos(angle)
        step[first, second], step[second, first] = -np.sin(angle), np.sin(angle)
        turn = turn @ step
    spacing = [draw(numbers(0.1, 2.0)) * draw(st.sampled_from([-1.0, 1.0])) for _ in range(3)]
    affine = np.eye(4)
    affine[:3, :3] = turn * spacing
    affine[:3, 3] = [draw(numbers(-500.0, 500.0)) for _ in range(3)]
    return affine


def shapes(max_slices: int = 3) -> st.SearchStrategy[tuple[int, int, int]]:
    return st.tuples(st.integers(1, max_slices), st.integers(1, 6), st.integers(1, 6))


@st.composite
def grids(draw: st.DrawFn, max_slices: int = 3) -> Grid:
    uid = draw(st.sampled_from([None, "1.2.826.0.1.3680043.8.498.1"]))
    return Grid(draw(shapes(max_slices)), draw(affines()), uid)


@st.composite
def images(draw: st.DrawFn) -> Image:
    grid = draw(grids())
    array = draw(hnp.arrays(np.float32, grid.shape, elements=st.floats(-1024, 3071, width=32)))
    clipped = draw(st.sampled_from([None, (-300.0, 1200.0)]))
    name = draw(st.sampled_from(["image", "index_0.jpg"]))
    return Image(array, grid, draw(st.sampled_from(["HU", "mg/cm3", "1"])), clipped, name)


@st.composite
def segmentations(draw: st.DrawFn, grid: Grid | None = None) -> Segmentation:
    grid = draw(grids()) if grid is None else grid
    labels = st.sampled_from([0, *MEANINGS])
    return Segmentation(draw(hnp.arrays(np.uint16, grid.shape, elements=labels)), grid, MEANINGS)


@st.composite
def bone_evidence(draw: st.DrawFn) -> BoneEvidence:
    bones = draw(segmentations())
    fractions = hnp.arrays(np.float32, bones.grid.shape, elements=st.floats(0, 1, width=32))
    return BoneEvidence(bones, draw(fractions), draw(st.none() | fractions), "unet 0123abcd")


intervals = st.tuples(numbers(0, 50), numbers(0, 50)).map(lambda ends: Interval(*sorted(ends)))


@st.composite
def lesions(draw: st.DrawFn) -> Lesion:
    def point() -> tuple[float, float]:
        return draw(numbers(0, 500)), draw(numbers(0, 500))

    optional: dict[str, Any] = draw(
        st.sampled_from(
            [
                {"not_measured": {"mean_hu": "the picture was windowed"}},
                {"mean_hu": 600.0, "density_mg_cm3": 450.0, "mass_mg": 2.0, "volume_mm3": 4.0},
            ]
        )
    )
    return Lesion(
        number=draw(st.integers(1, 400)),
        bone=draw(st.sampled_from([0, 1, 2, 3])),
        area_mm2=draw(numbers(0, 100)),
        area_interval=draw(intervals),
        pixel_area_mm2=draw(numbers(0, 100)),
        long_axis_mm=draw(numbers(0, 30)),
        short_axis_mm=draw(numbers(0, 30)),
        ellipse_area_mm2=draw(numbers(0, 100)),
        perimeter_mm=draw(numbers(0, 100)),
        solidity=draw(numbers(0, 1)),
        touches_bone=draw(st.booleans()),
        centre=(0.0, *point()),
        long_axis_ends=(point(), point()),
        short_axis_ends=(point(), point()),
        **optional,
    )


@st.composite
def reports(draw: st.DrawFn) -> Report:
    image = draw(images())
    return Report(
        image=image,
        bones=draw(segmentations(image.grid)),
        lesion_map=draw(segmentations(image.grid)),
        lesions=tuple(draw(st.lists(lesions(), max_size=2))),
        status=draw(st.sampled_from(["complete", "partial"])),
        reason=draw(st.sampled_from(["", "distal phalanx: cut by the picture's border"])),
        warnings=(),
        area_mm2=draw(numbers(0, 100)),
        area_interval=draw(st.none() | intervals),
        ellipse_area_mm2=draw(numbers(0, 100)),
        method="kmeans",
    )
