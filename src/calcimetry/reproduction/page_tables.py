"""The tables of index.html, and what must be known to read them."""

from __future__ import annotations

from calcimetry.render.comparison_page import PageTable
from calcimetry.reproduction.summary import REFERENCE, Comparison, Difference, MethodSummary

#: How the numbers came about.
METHOD_NOTES = tuple(
    " ".join(note.split())
    for note in f"""
Every method went through the whole of calcimetry: bone, subtraction, lesions, areas. Bones are
those of the final result.

Means are over the pictures that a method answered; "unanswered as 0" counts the others as a Dice
of 0. Differences are over the pictures that both methods answered.

Dice is 2 |a and b| / (|a| + |b|). Distances are between the outlines of all bones together: the
mean over both, and the greater of the two 95th percentiles, then averaged over pictures.

Area is the total of a picture's calcifications in mm²; bias is the mean of measured minus true;
concordance is Lin's coefficient with population variances (Biometrics 1989).

Differences are method minus {REFERENCE}. Their 95% intervals come from drawing whole patients with
replacement, 10,000 times. They are not corrected for comparing several methods.

Seconds are of one picture, warm, on the computer that scores.json describes; the median. Memory is
the most that the method's own process ever held, Python and all libraries included.
""".strip().split("\n\n")
)
_QUANTITY_TITLES = {
    "bone_dice": "Dice of bone",
    "surface_mean_mm": "distance of outlines, mm",
    "area_absolute_error_mm2": "absolute error of area, mm²",
}


def method_tables(comparison: Comparison) -> tuple[PageTable, ...]:
    """What each method gave, and how it differs from the reference."""
    methods = comparison.methods
    bone = PageTable(
        "Bone",
        (
            *("method", "answered", "Dice, mean", "worst", "unanswered as 0"),
            *("proximal", "middle", "distal", "metacarpal"),
            *("outline distance, mm: mean", "95th percentile"),
        ),
        tuple(_bone_row(method) for method in methods),
    )
    rest = PageTable(
        "Lesion area after the whole pipeline, time and memory",
        (
            *("method", "bias, mm²", "mean absolute error, mm²", "concordance with the truth"),
            *("seconds a picture", "memory, MiB"),
        ),
        tuple(
            (
                method.method,
                _signed(method.area_bias_mm2, 2),
                _number(method.area_absolute_error_mm2, 2),
                _number(method.area_concordance, 3),
                _number(method.seconds, 3),
                _number(method.memory_mib, 0),
            )
            for method in methods
        ),
    )
    return bone, rest, *_difference_table(comparison)


def failure_table(comparison: Comparison) -> tuple[PageTable, ...]:
    """Every picture that a method had no answer for, with the reason; none where there is none."""
    if not comparison.failed:
        return ()
    rows = tuple((row.image, row.method, row.reason) for row in comparison.failed)
    columns = ("picture", "method", "reason")
    return (PageTable(f"Without an answer: {len(rows)}", columns, rows, holds_text=True),)


def row_table(comparison: Comparison) -> PageTable:
    """One line per picture and method."""
    return PageTable(
        "Each picture",
        (
            *("picture", "method", "Dice of bone", "mean of phalanges"),
            *("outline distance, mm", "area, mm²", "true area, mm²", "seconds"),
        ),
        tuple(
            (
                row.image,
                row.method,
                _number(row.score.bone_dice, 3),
                _number(row.score.phalanx_dice, 3),
                _number(row.score.surface_mean_mm, 3),
                _number(row.score.area_mm2, 2),
                _number(row.score.true_area_mm2, 2),
                _number(row.seconds, 3),
            )
            for row in comparison.rows
            if row.score is not None
        ),
    )


def _bone_row(method: MethodSummary) -> tuple[str, ...]:
    return (
        method.method,
        f"{method.answered} of {method.pictures}",
        _number(method.bone_dice, 3),
        _number(method.bone_dice_worst, 3),
        _number(method.bone_dice_of_all, 3),
        _number(method.proximal_dice, 3),
        _number(method.middle_dice, 3),
        _number(method.distal_dice, 3),
        _number(method.metacarpal_dice, 3),
        _number(method.surface_mean_mm, 3),
        _number(method.surface_p95_mm, 3),
    )


def _difference_table(comparison: Comparison) -> tuple[PageTable, ...]:
    others = [method for method in comparison.methods if method.method != REFERENCE]
    if not others:
        return ()
    reasons = dict.fromkeys(
        one.reason for method in others for one in method.differences.values() if one.reason
    )
    table = PageTable(
        f"Differences: method minus {REFERENCE}",
        ("method", "pictures", "patients", *_QUANTITY_TITLES.values()),
        tuple(
            (
                method.method,
                str(method.differences["bone_dice"].pictures),
                _number(method.differences["bone_dice"].patients, 0),
                *(_difference(method.differences[name]) for name in _QUANTITY_TITLES),
            )
            for method in others
        ),
        tuple(f"No interval, because {reason}." for reason in reasons),
    )
    return (table,)


def _difference(one: Difference) -> str:
    if one.interval is None:
        return _signed(one.mean, 3)
    return f"{one.mean:+.3f} ({one.interval.low:+.3f} to {one.interval.high:+.3f})"


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _signed(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:+.{digits}f}"
