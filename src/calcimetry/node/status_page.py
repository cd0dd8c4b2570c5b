"""The status page: what waits, what failed and why, what came last. It shows no identity."""

from __future__ import annotations

import datetime as dt
from functools import cache
from importlib.resources import files

from jinja2 import Template

from calcimetry import __version__
from calcimetry.node.receiving import Receiver
from calcimetry.render.environment import page_environment
from calcimetry.store import studies
from calcimetry.store.database import Database
from calcimetry.store.studies import StudyStatus, StudySummary

#: Studies shown of each kind.
_SHOWN = 25
_MB, _GB = 1e6, 1e9
#: How each status looks: as results that are complete, partial or failed do in reports.
_LOOKS = {
    StudyStatus.DONE: "complete",
    StudyStatus.MEASURING_FAILED: "failed",
    StudyStatus.SENDING_FAILED: "failed",
}


def status_html(database: Database, receiver: Receiver, *, is_well: bool) -> str:
    """The page.

    Parameters
    ----------
    database : Database
    receiver : Receiver
    is_well : bool
        Whether every thread of the node runs.

    Raises
    ------
    OutputError
        If the database cannot be read.
    """
    held = studies.counts(database)
    used, free = receiver.used_bytes, receiver.free_bytes
    return _template().render(
        version=__version__,
        now=_time(database.now()),
        well=is_well,
        held=held,
        used_gb=used / _GB,
        free_gb=free / _GB,
        used_percent=100.0 * used / max(used + free, 1),
        full=free == 0,
        failed=studies.failed(database, _SHOWN),
        recent=studies.recent(database, _SHOWN),
        refusals=receiver.tally.refusals(),
        time=_time,
        megabytes=lambda size: f"{size / _MB:.1f}",
        reason=_reason,
        look=lambda study: _LOOKS.get(study.status, "partial"),
    )


def status_css() -> str:
    """Its style: that of the reports, and a few rules more."""
    report = files("calcimetry.render") / "templates" / "report.css"
    own = files("calcimetry.node") / "templates" / "status.css"
    return report.read_text(encoding="utf-8") + own.read_text(encoding="utf-8")


def _reason(study: StudySummary) -> str:
    """Why a study is not done, each destination's reason after its name."""
    unsent = [f"{one.destination}: {one.reason}" for one in study.deliveries if one.reason]
    return "; ".join([*([study.reason] if study.reason else []), *unsent])


def _time(moment: dt.datetime) -> str:
    return f"{moment.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S}"


@cache
def _template() -> Template:
    return page_environment("calcimetry.node").get_template("status.html.j2")
