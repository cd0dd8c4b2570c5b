"""A comparison of raters as one HTML page that needs nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from calcimetry.agreement.rows import StatisticRow
from calcimetry.render import wording
from calcimetry.render.agreement_definitions import STATISTICS
from calcimetry.render.agreement_terms import shown_unit
from calcimetry.render.environment import page_environment
from calcimetry.render.report_page import data_uri

_DIGITS = 3
_PERCENT_DIGITS = 1


@dataclass(frozen=True, slots=True)
class AgreementFigure:
    """A figure: its SVG, what it shows, and the paths of its files relative to the page."""

    title: str
    svg: str
    shows: str
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AgreementSection:
    """Two raters, or all of them: sentences, figures, numbers."""

    title: str
    sentences: tuple[str, ...]
    figures: tuple[AgreementFigure, ...]
    rows: tuple[StatisticRow, ...]


@dataclass(frozen=True, slots=True)
class AgreementPage:
    """All that the page shows.

    Parameters
    ----------
    sections : tuple of AgreementSection
        Shown at once.
    left_out : tuple of tuple of str
        Image, the raters it lacks, and what the table says about it.
    notes : tuple of str
        Shown on top: what to beware of.
    settings : tuple of tuple of str
        Name and value of what was chosen.
    version : str
        Of calcimetry.
    created : datetime
        When the page was made.
    """

    sections: tuple[AgreementSection, ...]
    left_out: tuple[tuple[str, str, str], ...]
    notes: tuple[str, ...]
    settings: tuple[tuple[str, str], ...]
    version: str
    created: datetime


def render_agreement(page: AgreementPage) -> str:
    """Write the page; it runs no script and fetches nothing, and names are escaped.

    Returns
    -------
    str
        A complete HTML document, to be encoded as UTF-8.
    """
    environment = page_environment()
    environment.filters |= {"figures": figures, "p": p_value, "unit": _unit}
    used = dict.fromkeys(row.statistic for one in page.sections for row in one.rows)
    return environment.get_template("agreement.html.j2").render(
        page=page,
        statistics=STATISTICS,
        used=[name for name in used if name in STATISTICS],
        uris=[[_uri(figure) for figure in one.figures] for one in page.sections],
        research_use=wording.RESEARCH_USE,
    )


def figures(value: float, unit: str = "") -> str:
    """A number with three significant figures at least, percents with one decimal.

    >>> figures(0.94274), figures(-79.648), figures(12.345, "%"), figures(1234.56)
    ('0.943', '−79.6', '12.3', '1235')
    """
    if unit == "%":
        text = f"{value:.{_PERCENT_DIGITS}f}"
    elif abs(value) >= 10.0 ** (_DIGITS - 1):
        text = f"{value:.0f}"
    else:
        text = f"{value:.{_DIGITS}g}"
    return text.replace("-", "−")


def p_value(p: float) -> str:
    """A p value as journals print it.

    >>> p_value(0.0321), p_value(0.00001)
    ('0.03', '< 0.001')
    """
    if p < 0.001:
        return "< 0.001"
    return f"{p:.3f}" if p < 0.01 else f"{p:.2f}"


def _unit(unit: str) -> str:
    return {"ratio": "ratio", "log": "ln"}.get(unit, shown_unit(unit))


def _uri(figure: AgreementFigure) -> str:
    return data_uri("svg+xml", figure.svg.encode("utf-8"))
