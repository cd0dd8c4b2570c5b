"""What comparing the visits of one hand, or of one finger of pictures, gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from calcimetry.followup.likeness import Likeness
from calcimetry.followup.reading import Reading
from calcimetry.followup.result import Change
from calcimetry.render.followup_page import FollowUpSection
from calcimetry.study.followup_series import Series

Row = Mapping[str, object]


@dataclass(frozen=True, eq=False, slots=True)
class Part:
    """What counts for the patient, of one series by one later visit.

    `first` and `last` are the calcium lesions that were compared; `kinds` and `categories` count
    what became of them. `reasons` say what is missing, `remark` what else must be known.
    """

    first: tuple[Reading, ...]
    last: tuple[Reading, ...]
    likeness: Likeness
    totals: Mapping[str, Change]
    kinds: Mapping[str, int] = field(default_factory=dict)
    categories: Mapping[str, int] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()
    remark: str = ""


@dataclass(frozen=True, eq=False, slots=True)
class SeriesResult:
    """One series as it is written: rows of tables, section of the page, figures, JSON.

    `days` since the baseline and `parts` go by the visits' numbers; `figures` are file
    contents by their path in the results folder. `reason` says why nothing was compared.
    """

    series: Series
    section: FollowUpSection
    days: Mapping[int, int | None] = field(default_factory=dict)
    parts: Mapping[int, Part] = field(default_factory=dict)
    lesion_rows: tuple[Row, ...] = ()
    finger_rows: tuple[Row, ...] = ()
    alignment_rows: tuple[Row, ...] = ()
    figures: Mapping[str, bytes] = field(default_factory=dict)
    record: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""
