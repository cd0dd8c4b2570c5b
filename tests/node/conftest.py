from __future__ import annotations

import dataclasses

import pytest

from calcimetry.node.configuration import DicomSettings, LimitSettings, SpoolSettings
from calcimetry.node.dimse import DicomListener
from calcimetry.node.receiving import Receiver
from calcimetry.node.spool import Spool
from calcimetry.node.tally import Tally
from calcimetry.store.database import Database
from tests.databases import clock, postgresql_folder, postgresql_url
from tests.node.peers import Listening

__all__ = ["clock", "listening", "postgresql_folder", "postgresql_url", "receiver"]


@pytest.fixture
def receiver(tmp_path):
    """A receiver with a spool and a database of its own."""
    settings = SpoolSettings(tmp_path / "spool", quota_gb=1.0, keep_free_gb=0.0)
    spool = Spool(settings, largest_mb=1.0)
    with Database.open(f"sqlite:///{tmp_path}/node.sqlite") as database:
        yield Receiver(spool, database, Tally())


@pytest.fixture
def listening(receiver):
    """Starts a DICOM listener with given settings and limits; stops it in the end."""
    started = []

    def start(limits=None, **settings):
        chosen = dataclasses.replace(DicomSettings(port=0), **settings)
        listener = DicomListener(chosen, limits or LimitSettings(idle_s=5.0), receiver)
        started.append(listener)
        return Listening(listener, listener.start(), receiver)

    yield start
    for listener in started:
        listener.stop()
