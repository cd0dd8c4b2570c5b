"""What the source paper printed, to be set beside what is found here.

Chandrasekaran AC et al. Computer vision applied to dual-energy computed tomography images for
precise calcinosis cutis quantification in patients with systemic sclerosis. Arthritis Res Ther
2021;23:6.
"""

from __future__ import annotations

from dataclasses import dataclass

from calcimetry.model import Interval


@dataclass(frozen=True, slots=True)
class Number:
    """A value with its 95% interval, or a range where `is_range`."""

    value: float | None
    interval: Interval | None = None
    is_range: bool = False


def _range(low: float, high: float) -> Number:
    return Number(None, Interval(low, high), is_range=True)


#: By what `calcimetry.reproduction.paper_table` calls them. A pair's difference is a - b.
PAPER: dict[str, Number] = {
    "training_pictures": Number(30),
    "held_out_pictures": Number(10),
    "pictures": Number(31),
    "patients": Number(13),
    "index_fingers": Number(8),
    "not_whole": Number(7),
    "measured": Number(24),
    "reader_1_range": _range(0.5, 41.5),
    "reader_2_range": _range(0.4, 40.7),
    "calcimetry_range": _range(0.69, 48.18),
    "readers_spearman": Number(0.91),
    "readers_concordance": Number(0.91, Interval(0.85, 0.98)),
    "readers_bias": Number(-0.5),
    "readers_lower_limit": Number(-10.0),
    "readers_upper_limit": Number(9.0),
    "calcimetry_spearman": Number(0.94),
    "calcimetry_concordance": Number(0.95, Interval(0.91, 0.99)),
    "calcimetry_bias": Number(1.7),
    "calcimetry_lower_limit": Number(-6.0),
    "calcimetry_upper_limit": Number(9.5),
}

#: What of the paper does not fit together, shown below the table.
DISCREPANCIES = tuple(
    " ".join(note.split())
    for note in """
The paper prints the mean difference between radiologist and computer twice: 1.7 mm² in its
abstract, −1.7 mm² in its results. Its limits of −6.0 and 9.5 mm² centre on +1.75, so 1.7 is shown
here; which of the two reads more follows from neither.

The paper says that its network could not be applied to 7 of the 31 pictures, and also that
radiologists and computer scored 31; on how many its agreement rests it does not say. Here both are
given, all pictures and those that show all phalanges.

The paper's intervals take the 31 pictures of 13 patients as independent. Those beside them come
from leaving out one patient at a time.

The paper chose its network and the number of epochs by eye and prints no measure of bone, and no
truth beside its radiologists: such lines have no number of its own.
""".strip().split("\n\n")
)
