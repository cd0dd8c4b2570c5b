"""A follow-up as one HTML page that needs nothing else."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from calcimetry.followup.result import (
    BoneAlignment,
    Change,
    FollowUp,
    LesionChange,
    main_change,
)
from calcimetry.model import bone_name
from calcimetry.render import palette, wording
from calcimetry.render.environment import page_environment
from calcimetry.render.followup_definitions import FOLLOWUP_DEFINITIONS
from calcimetry.render.followup_words import (
    KIND_WORDS,
    detectable,
    percent,
    percent_range,
    signed,
    signed_range,
    size_words,
)
from calcimetry.render.report_page import (
    PAGE_BUDGET_BYTES,
    data_uri,
    embedded,
    flat_settings,
    scale_to_fit,
)

#: Ends of the plot of relative changes: a fourth of, and four times as large.
_PLOT_LOG = math.log(4.0)
_PLOT = (5.0, 155.0)


@dataclass(frozen=True, slots=True)
class PageFigure:
    """A picture of the page: SVG text or PNG bytes, its words, its files beside the page."""

    content: str | bytes
    shows: str
    paths: tuple[str, ...]


@dataclass(frozen=True, eq=False, slots=True)
class LesionLine:
    """One lesion by one later visit; `axes` are (long, short) in words, first and last."""

    number: int
    place: str
    change: LesionChange
    axes: tuple[str, str] = ("", "")


@dataclass(frozen=True, eq=False, slots=True)
class VisitLines:
    """What became of one hand, or one finger of pictures, by one later visit.

    `totals` holds the changes of all, `fingers` those of each finger by its name.
    """

    title: str
    lesions: tuple[LesionLine, ...] = ()
    totals: Mapping[str, Change] = field(default_factory=dict)
    fingers: Mapping[str, Mapping[str, Change]] = field(default_factory=dict)
    alignments: tuple[BoneAlignment, ...] = ()
    warnings: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, title: str, found: FollowUp, lesions: tuple[LesionLine, ...], names: Sequence[str]
    ) -> VisitLines:
        """Of a comparison of volumes; `names` are those of its fingers."""
        told = [f"{what}: {why}" for what, why in found.not_measured.items()]
        return cls(
            title,
            lesions,
            found.totals,
            dict(zip(names, found.fingers.values(), strict=True)),
            found.alignments,
            found.warnings,
            tuple(told),
        )


@dataclass(frozen=True, eq=False, slots=True)
class FollowUpSection:
    """One hand, or one finger of pictures, of one patient; `reason` says why it failed."""

    title: str
    patient: str
    lines: tuple[VisitLines, ...] = ()
    figures: tuple[PageFigure, ...] = ()
    warnings: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, eq=False, slots=True)
class PatientLine:
    """One patient by one later visit; `counts` are of what became of lesions, in words."""

    patient: str
    visit: str
    status: str
    reason: str
    changes: Mapping[str, Change]
    counts: tuple[str, ...] = ()
    days: str = ""


@dataclass(frozen=True, eq=False, slots=True)
class FollowUpPage:
    """All that the page shows.

    `visits` are the names of the visits with what was compared, `unpaired` images that no
    other visit has, with the reason; `volumes` is False where only pictures were compared.
    """

    visits: tuple[str, ...]
    patients: tuple[PatientLine, ...]
    sections: tuple[FollowUpSection, ...]
    unpaired: tuple[tuple[str, str, str], ...]
    volumes: bool
    settings: Mapping[str, object]
    version: str
    created: datetime
    notes: tuple[str, ...] = ()


def render_followup(page: FollowUpPage, budget_bytes: int = PAGE_BUDGET_BYTES) -> str:
    """Write the page; it holds its pictures, runs no script, fetches nothing, escapes names.

    Parameters
    ----------
    page : FollowUpPage
    budget_bytes : int
        Where pictures would make the page larger, they become smaller JPEGs.

    Returns
    -------
    str
        A complete HTML document, to be encoded as UTF-8.
    """
    figures = [figure for section in page.sections for figure in section.figures]
    scale = scale_to_fit(
        [one.content for one in figures if type(one.content) is bytes], budget_bytes
    )
    environment = page_environment()
    environment.filters |= {
        "percent": percent,
        "percent_range": percent_range,
        "detectable": detectable,
        "kind": lambda kind: KIND_WORDS[kind],
        "bone": bone_name,
        "slug": lambda category: category.replace(" ", "-"),
    }
    return environment.get_template("followup.html.j2").render(
        page=page,
        uris=[[_uri(one, scale) for one in section.figures] for section in page.sections],
        scale=scale,
        quantities=_quantities(page),
        size=size_words,
        signed=signed,
        signed_range=signed_range,
        plot=_plot,
        deciding=main_change,
        colour=_css_colour,
        settings=list(flat_settings(page.settings)),
        definitions=FOLLOWUP_DEFINITIONS,
        research_use=wording.RESEARCH_USE,
    )


def _uri(figure: PageFigure, scale: float | None) -> str:
    """A figure as the page holds it."""
    if isinstance(figure.content, str):
        return data_uri("svg+xml", figure.content.encode("utf-8"))
    shown = embedded(figure.content, scale)
    return shown.uri if shown else ""


def _quantities(page: FollowUpPage) -> list[tuple[str, str, str]]:
    """What has columns in the tables of totals: key, name and unit."""
    every = (
        ("volume_mm3", "Volume", "mm³"),
        ("mass_mg", "Mass", "mg"),
        ("area_mm2", "Area", "mm²"),
    )
    if not page.volumes:
        return [every[2]]
    has_mass = any("mass_mg" in line.totals for one in page.sections for line in one.lines)
    return list(every[: 2 if has_mass else 1])


@dataclass(frozen=True, slots=True)
class _Plot:
    """Places along the plot of a relative change: its middle and the ends of its interval."""

    middle: float
    low: float
    high: float
    zero: float = (_PLOT[0] + _PLOT[1]) / 2


def _plot(change: Change | None) -> _Plot | None:
    """Where a relative change lies on a logarithmic scale from a fourth to four times as large."""
    if change is None or change.relative_percent is None or change.relative_interval is None:
        return None
    low, middle, high = (
        _along(one)
        for one in (
            change.relative_interval.low,
            change.relative_percent,
            change.relative_interval.high,
        )
    )
    return _Plot(middle, low, high)


def _along(relative_percent: float) -> float:
    ratio = max(1.0 + relative_percent / 100.0, 1e-6)
    share = min(max(math.log(ratio) / _PLOT_LOG, -1.0), 1.0)
    return _PLOT[0] + (_PLOT[1] - _PLOT[0]) * (share + 1.0) / 2.0


def _css_colour(number: int) -> str:
    return "#" + "".join(f"{part:02x}" for part in palette.track_colour(number, on_paper=True))
