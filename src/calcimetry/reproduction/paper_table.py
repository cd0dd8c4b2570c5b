"""The paper's numbers beside those found here."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from calcimetry.agreement.compared import PairComparison
from calcimetry.model import Interval
from calcimetry.render.agreement_terms import headline, shown_unit
from calcimetry.reproduction.paper_numbers import PAPER, Number
from calcimetry.reproduction.paper_set import CALCIMETRY, TRAINED, TRUTH, PaperSet

Areas = Mapping[str, Mapping[str, float]]
#: Columns of paper.csv; each number with the ends of its 95% interval, or of its range.
COLUMNS = (
    *("statistic", "meaning", "unit"),
    *(f"{name}{end}" for name in ("paper", "all", "whole") for end in ("", "_low", "_high")),
)
#: Digits after the point, by unit.
_PLACES = {"": 2, "Dice": 3, "mm2": 1, "count": 0}
_STATISTICS = (
    ("spearman", "Spearman's rho", ""),
    ("concordance", "Lin's CCC", ""),
    ("bias", "mean difference", "mm2"),
    ("lower_limit", "lower limit of agreement", "mm2"),
    ("upper_limit", "upper limit of agreement", "mm2"),
)


@dataclass(frozen=True, slots=True)
class Agreed:
    """Readings of some of the pictures, and how raters agree on them.

    `pairs` are by the names of a and b; `reason` says why there is none.
    """

    names: tuple[str, ...]
    patients: int | None
    pairs: Mapping[tuple[str, str], PairComparison]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TableRow:
    """One line: its name in files and in words, and the number of the paper and of both sets."""

    statistic: str
    words: str
    unit: str
    paper: Number | None
    all: Number | None
    whole: Number | None = None

    @property
    def numbers(self) -> dict[str, Number | None]:
        """By the names of the columns."""
        return {"paper": self.paper, "all": self.all, "whole": self.whole}

    @property
    def cells(self) -> dict[str, object]:
        """The line by `COLUMNS`."""
        cells: dict[str, object] = {
            "statistic": self.statistic,
            "meaning": self.words,
            "unit": self.unit,
        }
        for name, one in self.numbers.items():
            if one is not None:
                interval = one.interval
                cells[name] = one.value
                cells[f"{name}_low"] = None if interval is None else interval.low
                cells[f"{name}_high"] = None if interval is None else interval.high
        return cells

    @property
    def texts(self) -> tuple[str, ...]:
        """Words and numbers as they are shown."""
        unit = f", {shown_unit(self.unit)}" if self.unit == "mm2" else ""
        shown = (_text(one, _PLACES[self.unit]) for one in self.numbers.values())
        return (f"{self.words}{unit}", *shown)


def paper_table(
    pictures: PaperSet,
    areas: Areas,
    every: Agreed,
    whole: Agreed | None,
    dices: Mapping[str, Sequence[float]],
) -> tuple[TableRow, ...]:
    """Set the paper's numbers beside those of a study like it.

    Parameters
    ----------
    pictures : PaperSet
    areas : mapping
        Total area in mm2 by rater and picture.
    every, whole : Agreed
        On all pictures, and on those that show all phalanges; None where nobody says which.
    dices : mapping
        Dice of bone of the pictures held out of training, by rater.

    Returns
    -------
    tuple of TableRow
        Lines without a number of the study's own are left out.
    """
    readers = tuple(pictures.readings)
    rows = [
        *_counts(pictures, areas, every, whole),
        *_dices(dices),
        *_ranges(readers, areas, every, whole),
    ]
    for key, a, b in _pairs(readers):
        for name, words, unit in _STATISTICS:
            found = [_of_pair(one, (a, b), name) for one in (every, whole)]
            statistic = f"{key}_{name}"
            meaning = f"{a} and {b}: {words}" if name in _NO_SIGN else f"{a} − {b}: {words}"
            rows.append(TableRow(statistic, meaning, unit, PAPER.get(statistic), *found))
    return tuple(row for row in rows if row.all is not None or row.whole is not None)


#: Do not depend on which rater comes first.
_NO_SIGN = ("spearman", "concordance")


def _pairs(readers: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    if len(readers) > 1:
        yield "readers", readers[0], readers[1]
    for reader in readers[:1]:
        yield "calcimetry", reader, CALCIMETRY
        yield "trained", reader, TRAINED
        yield "reader_truth", reader, TRUTH
    yield "calcimetry_truth", CALCIMETRY, TRUTH
    yield "trained_truth", TRAINED, TRUTH


def _counts(
    pictures: PaperSet, areas: Areas, every: Agreed, whole: Agreed | None
) -> Iterator[TableRow]:
    test = len(pictures.test)
    cut = None if pictures.whole is None else test - len(pictures.whole)
    for key, words, all_, own in (
        ("training_pictures", "pictures to train on", len(pictures.training), None),
        ("held_out_pictures", "pictures held out of training", len(pictures.held_out), None),
        ("pictures", "pictures of the independent set", test, len(whole.names) if whole else None),
        ("patients", "their patients", every.patients, whole.patients if whole else None),
        ("index_fingers", "of index fingers", pictures.index_fingers, None),
        ("not_whole", "that do not show all phalanges", cut, 0 if whole else None),
        (
            "measured",
            "measured by the computer",
            _measured(areas, every.names),
            _measured(areas, whole.names) if whole else None,
        ),
    ):
        yield TableRow(key, words, "count", PAPER[key], _count(all_), _count(own))


def _measured(areas: Areas, names: Collection[str]) -> int:
    return len(set(names) & set(areas.get(CALCIMETRY, {})))


def _count(number: int | None) -> Number | None:
    return None if number is None else Number(float(number))


def _dices(dices: Mapping[str, Sequence[float]]) -> Iterator[TableRow]:
    for rater, own in dices.items():
        if own:
            key = "trained" if rater == TRAINED else "calcimetry"
            words = f"{rater}: Dice of bone, pictures held out"
            mean = Number(sum(own) / len(own))
            yield TableRow(f"{key}_bone_dice", f"{words}: mean", "Dice", None, mean)
            yield TableRow(
                f"{key}_bone_dice_worst", f"{words}: worst", "Dice", None, Number(min(own))
            )


def _ranges(
    readers: Sequence[str], areas: Areas, every: Agreed, whole: Agreed | None
) -> Iterator[TableRow]:
    keys = dict(zip(readers, ("reader_1_range", "reader_2_range"), strict=False))
    for rater, key in {**keys, CALCIMETRY: "calcimetry_range", TRUTH: "truth_range"}.items():
        ranges = [_range(areas.get(rater, {}), one) for one in (every, whole)]
        words = "true areas" if rater == TRUTH else f"areas by {rater}"
        yield TableRow(key, words, "mm2", PAPER.get(key), *ranges)


def _range(areas: Mapping[str, float], one: Agreed | None) -> Number | None:
    own = [] if one is None else [areas[name] for name in one.names if name in areas]
    return Number(None, Interval(min(own), max(own)), is_range=True) if own else None


def _of_pair(one: Agreed | None, pair: tuple[str, str], name: str) -> Number | None:
    found = None if one is None else one.pairs.get(pair)
    if found is None:
        return None
    value: float
    plain: Interval | None
    if name == "spearman" and found.spearman is not None:
        value, plain = found.spearman.coefficient, found.spearman.interval
    elif name == "concordance" and found.concordance is not None:
        value, plain = found.concordance.coefficient, found.concordance.interval_z
    elif name == "bias" and found.limits is not None:
        value, plain = found.limits.bias, found.limits.bias_interval
    elif name == "lower_limit" and found.limits is not None:
        value, plain = found.limits.lower, found.limits.lower_interval
    elif name == "upper_limit" and found.limits is not None:
        value, plain = found.limits.upper, found.limits.upper_interval
    else:
        return None
    return Number(value, headline(found, name, plain)[0])


def _text(one: Number | None, places: int) -> str:
    if one is None:
        return "-"
    ends = ""
    if one.interval is not None:
        ends = f"{one.interval.low:.{places}f} to {one.interval.high:.{places}f}"
    if one.value is None:
        return ends.replace("-", "−")
    text = f"{one.value:.{places}f}" + (f" ({ends})" if ends else "")
    return text.replace("-", "−")
