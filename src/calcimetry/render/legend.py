"""What the colours of a drawing stand for."""

from __future__ import annotations

from calcimetry.model import Bone, Report
from calcimetry.model.anatomy import LEFT_HAND_OFFSET, WRIST_BONES
from calcimetry.render import palette
from calcimetry.render.palette import Colour
from calcimetry.render.sheet import Sheet

_SIZE, _ROW = 16, 26


def legend_entries(report: Report) -> list[tuple[str, Colour]]:
    """Names and colours of all that a drawing of a report shows.

    A picture's bones are named one by one. A volume has many of each kind, and
    kinds have a colour each.
    """
    entries = [("lesion", palette.LESION)] if report.lesions else []
    # Of a volume kind by kind from the finger's base, whatever finger was found first.
    labels = sorted(report.bones.labels, key=None if report.image.is_picture else _order)
    for label in labels:
        name = report.bones.meanings[label] if report.image.is_picture else _kind(label)
        entries.append((name, palette.bone_colour(label)))
    return list(dict.fromkeys(entries))


def draw_legend(sheet: Sheet, at: tuple[float, float], report: Report, widths: list[float]) -> int:
    """Write the legend, as many entries to a line as there are `widths`.

    Returns
    -------
    int
        Its height.
    """
    entries = legend_entries(report)
    starts = [sum(widths[:n]) for n in range(len(widths))]
    for place, (name, colour) in enumerate(entries):
        line, column = divmod(place, len(widths))
        x, y = at[0] + starts[column], at[1] + _ROW * line + 12
        sheet.line([(x, y), (x + 22, y)], colour, width=3)
        sheet.text((x + 30, y + 5), name, _SIZE, palette.TEXT)
    return _ROW * -(-len(entries) // len(widths))


def _order(label: int) -> tuple[bool, int]:
    """Bones of fingers by their kind, then those of the wrist."""
    rest = label % LEFT_HAND_OFFSET
    return rest in WRIST_BONES, rest % 10


def _kind(label: int) -> str:
    rest = label % LEFT_HAND_OFFSET
    return "wrist bone" if rest in WRIST_BONES else Bone(rest % 10).name.lower().replace("_", " ")
