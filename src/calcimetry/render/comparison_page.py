"""A comparison of methods as one HTML page that needs nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from calcimetry.render import wording
from calcimetry.render.environment import page_environment
from calcimetry.render.report_page import data_uri


@dataclass(frozen=True, slots=True)
class PageTable:
    """A table as it is shown: the first column names the row, the others hold numbers or text."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    #: Said below it.
    notes: tuple[str, ...] = ()
    holds_text: bool = False


@dataclass(frozen=True, slots=True)
class PageFigure:
    """A picture (PNG) with its words; `path` is that of its file relative to the page."""

    title: str
    png: bytes
    path: str
    shows: str


@dataclass(frozen=True, slots=True)
class ComparisonPage:
    """All that the page shows.

    Parameters
    ----------
    verdict : str
        What was found, in one sentence.
    tables : tuple of PageTable
        Shown at once.
    folded : tuple of PageTable
        Shown on a click.
    figures : tuple of PageFigure
        Held by the page itself.
    method_notes : tuple of str
        How the numbers came about.
    version : str
        Of calcimetry.
    created : datetime
        When the page was made.
    title : str
        Its heading.
    method_title : str
        Heading of the method notes.
    """

    verdict: str
    tables: tuple[PageTable, ...]
    folded: tuple[PageTable, ...]
    figures: tuple[PageFigure, ...]
    method_notes: tuple[str, ...]
    version: str
    created: datetime
    title: str = "Bone methods compared"
    method_title: str = "How this was measured"


def render_comparison(page: ComparisonPage) -> str:
    """Write the page; it runs no script and fetches nothing, and names are escaped.

    Returns
    -------
    str
        A complete HTML document, to be encoded as UTF-8.
    """
    environment = page_environment()
    return environment.get_template("comparison.html.j2").render(
        page=page, pictures=_uris(page.figures), research_use=wording.RESEARCH_USE
    )


def _uris(figures: Sequence[PageFigure]) -> list[str]:
    return [data_uri("png", figure.png) for figure in figures]
