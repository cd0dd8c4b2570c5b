"""Removes the files of studies that were sent everywhere long enough ago."""

from __future__ import annotations

import datetime as dt
import logging
import shutil

from calcimetry.node.spool import Spool
from calcimetry.store import Database
from calcimetry.store.arrivals import study_key
from calcimetry.store.expiry import expired, forget

_log = logging.getLogger(__name__)


def remove_expired(database: Database, spool: Spool, keep: dt.timedelta) -> int:
    """Remove instances and results of studies that nothing came or went of for so long.

    Parameters
    ----------
    database : Database
    spool : Spool
    keep : timedelta
        `spool.keep_days` of the settings.

    Returns
    -------
    int
        Studies removed.

    Raises
    ------
    OutputError
        If the database cannot be used.
    """
    before = database.now() - keep

    def remove(paths: tuple[str, ...], folders: tuple[str, ...]) -> None:
        for path in paths:
            # One that is being sent again at this moment is newer, and stays.
            if _older(spool, path, before):
                spool.remove(path)
        for folder in folders:
            shutil.rmtree(spool.folder / folder, ignore_errors=True)

    removed = 0
    for study_uid in expired(database, before):
        if forget(database, study_uid, before, remove):
            removed += 1
            _log.info("study %s: its files were removed", study_key(study_uid))
    return removed


def _older(spool: Spool, path: str, than: dt.datetime) -> bool:
    try:
        return (spool.folder / path).stat().st_mtime < than.timestamp()
    except FileNotFoundError:
        return False
