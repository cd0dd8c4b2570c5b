"""How numbers and names are written for people, in pictures and pages alike."""

from __future__ import annotations

from calcimetry.model import Interval, Lesion, Report, bone_name

RESEARCH_USE = "Research use only. Not for diagnosis or treatment."


def printable(text: str) -> str:
    r"""Write characters that do not show, such as control characters, as escapes.

    A file name may hold anything but NUL and the separator. Line breaks,
    right-to-left overrides and bytes that are not UTF-8 would break a page or
    make one name look like another.

    Examples
    --------
    >>> printable("ring\n1.jpg")
    'ring\\n1.jpg'
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def area(value_mm2: float) -> str:
    """An area in mm2, without its unit: two decimals, so that 0.5 mm2 still has two figures."""
    return f"{value_mm2:.2f}"


def length(value_mm: float) -> str:
    """A length in mm, without its unit: one decimal, finer than any pixel measured."""
    return f"{value_mm:.1f}"


def area_range(interval: Interval) -> str:
    """Both ends of an area's interval, without the unit.

    >>> area_range(Interval(4.9, 6.31))
    '4.90 to 6.31'
    """
    return f"{area(interval.low)} to {area(interval.high)}"


def bone_of(lesion: Lesion) -> str:
    """Name of the bone nearest to a lesion; a dash where no bone was found."""
    return bone_name(lesion.bone) if lesion.bone else "-"


def bones_of(report: Report) -> tuple[str, ...]:
    """Names of the bones found, by ascending label number."""
    return tuple(report.bones.meanings[label] for label in report.bones.labels)
