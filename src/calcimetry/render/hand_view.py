"""The hands of a volume as on a radiograph, with everything that was measured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture

from calcimetry.model import Digit, Grid, Hand, Lesion, Report
from calcimetry.render import palette, wording
from calcimetry.render.column import column_width, draw_column
from calcimetry.render.greys import to_grey
from calcimetry.render.layout import MARGIN
from calcimetry.render.marks import (
    badged,
    draw_badges,
    draw_lesions,
    draw_scale_bar,
    outline_bone,
)
from calcimetry.render.overlay import listed_lesions
from calcimetry.render.panel import GUTTER, Panel
from calcimetry.render.sheet import Sheet, text_width
from calcimetry.render.views import image_on, labels_on

#: HU shown black, and the least that is shown white.
DARKEST_HU, LEAST_WHITE_HU = -200.0, 1000.0
#: So many of the pixels of bone, in per cent, are darker than white.
_BONE_PERCENTILE = 98.0
#: Room (width, height) for each of the two panels of a hand.
_ROOM = (540, 880)
_CAPTION, _FOOT, _COLUMN_GAP = 34, 44, 24
_SIDE_SIZE, _NAME_SIZE = 30, 15


@dataclass(frozen=True, slots=True)
class HandShadow:
    """One hand looked through: everything as seen along its grid's slices, by label or number."""

    hand: Hand
    #: Brightest HU behind each pixel, shape (rows, columns).
    brightest: NDArray[np.float32]
    bones: dict[int, NDArray[np.bool_]]
    lesions: dict[int, NDArray[np.bool_]]


def draw_hands(report: Report, caption: str = "Measured") -> Picture.Image:
    """Draw each hand of a volume twice, bare and with what was measured, and the numbers beside.

    Every pixel shows the brightest voxel behind it (a maximum-intensity
    projection). Bones are outlined by kind, lesions filled, outlined and numbered
    at the side, fingers named above their tips, the side of the hand written in the
    corner. Where no hand was told, the volume is shown along its own slices.

    Parameters
    ----------
    report : Report
        Of a volume.
    caption : str
        What stands above the panel with lesions and bones.

    Returns
    -------
    PIL.Image.Image
        Mode RGB; about 900 pixels high for each hand.
    """
    hands = report.hands or (Hand(None, (), report.image.grid),)
    views = [hand_shadow(report, hand) for hand in hands]
    listed = listed_lesions(report)
    column_height = draw_column(Sheet((1, 1), palette.BACKGROUND), (0, 0), report, listed)
    pixels_per_mm = min(_scale(hand.grid) for hand in hands)
    sizes = [_size(hand.grid, pixels_per_mm) for hand in hands]
    widest = max(width for width, _ in sizes)
    column = (MARGIN + 2 * widest + 3 * GUTTER + _COLUMN_GAP, MARGIN)
    height = sum(size[1] + _CAPTION + _FOOT for size in sizes)
    sheet = Sheet(
        (
            column[0] + column_width(report) + MARGIN,
            MARGIN + round(max(height, column_height)) + MARGIN,
        ),
        palette.BACKGROUND,
    )
    top = MARGIN + _CAPTION
    for view, size in zip(views, sizes, strict=True):
        _draw_hand(sheet, view, size, top, listed, caption)
        top += size[1] + _CAPTION + _FOOT
    draw_column(sheet, column, report, listed)
    return sheet.finished()


def _scale(grid: Grid) -> float:
    _, rows, columns = grid.shape
    _, row_mm, column_mm = grid.spacing
    return min(_ROOM[0] / (columns * column_mm), _ROOM[1] / (rows * row_mm))


def _size(grid: Grid, pixels_per_mm: float) -> tuple[int, int]:
    _, rows, columns = grid.shape
    _, row_mm, column_mm = grid.spacing
    width, height = columns * column_mm * pixels_per_mm, rows * row_mm * pixels_per_mm
    return max(1, round(width)), max(1, round(height))


def hand_shadow(report: Report, hand: Hand) -> HandShadow:
    """What is seen of a hand when one looks through it along its grid's slices."""
    bones, lesions = labels_on(report, hand.grid)
    shown = np.unique(bones)
    return HandShadow(
        hand,
        image_on(report, hand.grid).max(axis=0),
        {label: _shadow(bones, label) for label in shown.tolist() if label},
        {one.number: _shadow_of(lesions, one, report, hand.grid) for one in report.lesions},
    )


def _shadow(labels: NDArray[np.int32], label: int) -> NDArray[np.bool_]:
    return np.asarray((labels == label).any(axis=0))


def _shadow_of(
    labels: NDArray[np.int32], lesion: Lesion, report: Report, grid: Grid
) -> NDArray[np.bool_]:
    """A lesion's pixels; at least the one at its centre, if it lies in this hand at all."""
    shadow = _shadow(labels, lesion.number)
    if not shadow.any():
        centre = grid.mm_to_index(report.image.grid.index_to_mm(lesion.centre))
        place = np.rint(centre).astype(int)
        if ((place >= 0) & (place < grid.shape)).all():
            shadow[place[1], place[2]] = True
    return shadow


def _draw_hand(
    sheet: Sheet,
    view: HandShadow,
    size: tuple[int, int],
    top: int,
    listed: list[Lesion],
    caption: str,
) -> None:
    _, rows, columns = view.hand.grid.shape
    bare = (MARGIN + GUTTER // 2, top)
    marked = Panel((bare[0] + size[0] + GUTTER + GUTTER // 2, top), size, (rows, columns))
    side = view.hand.laterality
    captions = (hand_title(view.hand), caption)
    grey = to_grey(view.brightest, (DARKEST_HU, white_hu(view)))
    for at, words in zip((bare, marked.at), captions, strict=True):
        sheet.text((at[0], at[1] - 12), words, 16, palette.MUTED)
        sheet.picture(grey, at, size)
        if side is not None:
            sheet.text((at[0] + 12, at[1] + 38), side.value, _SIDE_SIZE, palette.TEXT)
    for label, mask in view.bones.items():
        outline_bone(sheet, marked, label, mask)
    outlines = draw_lesions(sheet, marked, view.lesions)
    draw_badges(sheet, marked, badged(outlines, listed))
    name_fingers(sheet, marked, view)
    draw_scale_bar(sheet, marked, view.hand.grid.spacing[2], below=20.0)


def white_hu(view: HandShadow) -> float:
    """The HU to show white, so that structure is seen in dense bone as well as in thin."""
    bone = np.any([np.zeros(view.brightest.shape, bool), *view.bones.values()], axis=0)
    if not bone.any():
        return LEAST_WHITE_HU
    return max(LEAST_WHITE_HU, float(np.percentile(view.brightest[bone], _BONE_PERCENTILE)))


def hand_title(hand: Hand) -> str:
    """Name of the hand and where one looks from: columns run right, rows down, slices away."""
    slices, rows, columns = hand.grid.affine[:3, :3].T
    from_behind = np.dot(np.cross(columns, rows), slices) > 0
    name = hand.fingers[0].name if len(hand.fingers) == 1 else hand.name
    if hand.laterality is None:
        return name.capitalize()
    return f"{name.capitalize()}, seen from {'its back' if from_behind else 'the palm'}"


def name_fingers(sheet: Sheet, panel: Panel, view: HandShadow) -> None:
    """Write each finger's name above its tip, the end of its bones that is highest.

    Pieces of a finger that has no name lie close together: where a word would cover one that
    stands there already, it moves up, and the same word is not written again.
    """
    written: list[tuple[str, float, float]] = []
    # Those that have a name keep their places.
    for finger in sorted(view.hand.fingers, key=lambda one: one.digit is Digit.UNKNOWN):
        masks = [view.bones[label] for label in finger.labels if label in view.bones]
        pixels = np.argwhere(np.any(masks, axis=0)) if masks else np.zeros((0, 2))
        if not len(pixels):
            continue
        x, y = (float(value) for value in panel.place([pixels[pixels[:, 0].argmin()]])[0])
        above = max(y - 16, panel.at[1] + float(_NAME_SIZE))
        word = wording.finger_word(finger)
        while covered := [one for one in written if _covers(word, (x, above), one)]:
            if word in [one[0] for one in covered]:
                break
            above = min(one[2] for one in covered) - _NAME_SIZE
        else:
            written.append((word, x, above))
            for shift in (-1, 1):  # dark edges, so that it shows on bright tissue too
                sheet.text((x + shift, above + 1), word, _NAME_SIZE, palette.BACKGROUND, "centre")
            sheet.text((x, above), word, _NAME_SIZE, palette.TEXT, "centre")


def _covers(word: str, at: tuple[float, float], other: tuple[str, float, float]) -> bool:
    """Whether a word centred at a place lies over one that is written."""
    width = (text_width(word, _NAME_SIZE) + text_width(other[0], _NAME_SIZE)) / 2.0
    return abs(at[0] - other[1]) < width and abs(at[1] - other[2]) < _NAME_SIZE
