"""How numbers and names are written for people, in pictures and pages alike."""

from __future__ import annotations

from calcimetry.model import Digit, Finger, Image, Interval, Lesion, Report, bone_name

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


def volume(value_mm3: float) -> str:
    """A volume in mm3, without its unit: one decimal, two below 10 mm3.

    >>> volume(128.66), volume(1.89)
    ('128.7', '1.89')
    """
    return f"{value_mm3:.1f}" if value_mm3 >= 10 else f"{value_mm3:.2f}"


def length(value_mm: float) -> str:
    """A length in mm, without its unit: one decimal, finer than any pixel measured."""
    return f"{value_mm:.1f}"


def area_range(interval: Interval) -> str:
    """Both ends of an area's interval, without the unit.

    >>> area_range(Interval(4.9, 6.31))
    '4.90 to 6.31'
    """
    return f"{area(interval.low)} to {area(interval.high)}"


def volume_range(interval: Interval) -> str:
    """Both ends of a volume's interval, without the unit."""
    return f"{volume(interval.low)} to {volume(interval.high)}"


def mass(value_mg: float) -> str:
    """A mass in mg, without its unit: one decimal, two below 10 mg.

    >>> mass(62.77), mass(0.8447)
    ('62.8', '0.84')
    """
    return f"{value_mg:.1f}" if value_mg >= 10 else f"{value_mg:.2f}"


def mass_range(interval: Interval) -> str:
    """Both ends of a mass' interval, without the unit."""
    return f"{mass(interval.low)} to {mass(interval.high)}"


def volume_of(lesion: Lesion) -> str:
    """A lesion's volume, without the unit; a dash where it has none."""
    return "-" if lesion.volume_mm3 is None else volume(lesion.volume_mm3)


def volume_range_of(lesion: Lesion) -> str:
    """Both ends of its interval, without the unit; nothing where it has none."""
    return "" if lesion.volume_interval is None else volume_range(lesion.volume_interval)


def axes_of(lesion: Lesion) -> str:
    """Long and short axis in mm, without the unit, such as ``3.8 x 3.6``."""
    return f"{length(lesion.long_axis_mm)} x {length(lesion.short_axis_mm)}"


def bone_of(lesion: Lesion) -> str:
    """Name of the bone nearest to a lesion; a dash where no bone was found."""
    return bone_name(lesion.bone) if lesion.bone else "-"


def bones_of(report: Report) -> tuple[str, ...]:
    """Names of the bones found, by ascending label number."""
    return tuple(report.bones.meanings[label] for label in report.bones.labels)


def short_bone_of(lesion: Lesion) -> str:
    """As `bone_of`, in few letters: without the side, and without the word phalanx."""
    words = bone_of(lesion).replace(" phalanx", "")
    return words.removeprefix("left ").removeprefix("right ")


def finger_word(finger: Finger) -> str:
    """A finger's name in one word, such as ``index``; ``finger`` where it is not known."""
    return "finger" if finger.digit is Digit.UNKNOWN else finger.digit.name.lower()


def coverage_of(state: str, visible_share: float | None) -> str:
    """What was found of a phalanx, and how much of it where that is a part.

    >>> coverage_of("off-plane", 0.62), coverage_of("complete", 1.0)
    ('off-plane, 62% seen', 'complete')
    """
    part = visible_share is not None and 0.0 < visible_share < 1.0
    return f"{state}, {visible_share:.0%} seen" if part else state


def spacing_of(image: Image) -> str:
    """Pixel spacing of a picture, or size of a volume's voxels, with what it is.

    >>> from calcimetry.model import Grid
    >>> spacing_of(Image([[0.0]], Grid.picture((1, 1), 0.4)))
    'Pixel spacing 0.4 mm'
    """
    mm = [f"{one:.3g}" for one in image.grid.spacing]
    if not image.is_picture:
        return f"Voxels of {' x '.join(mm)} mm"
    return f"Pixel spacing {' x '.join(dict.fromkeys(mm[1:]))} mm"
