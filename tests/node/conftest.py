from __future__ import annotations

import dataclasses

import pytest

from calcimetry.node.configuration import (
    DicomSettings,
    LimitSettings,
    SpoolSettings,
    WebSettings,
)
from calcimetry.node.dimse import DicomListener
from calcimetry.node.receiving import Receiver
from calcimetry.node.spool import Spool
from calcimetry.node.tally import Tally
from calcimetry.node.web import WebListener
from calcimetry.node.web_app import Parts
from calcimetry.store.database import Database
from tests.databases import clock, postgresql_folder, postgresql_url
from tests.node.peers import Listening, Serving

__all__ = ["clock", "listening", "postgresql_folder", "postgresql_url", "receiver", "serving"]


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
        return Listening(receiver, listener, listener.start())

    yield start
    for listener in started:
        listener.stop()


@pytest.fixture
def serving(receiver):
    """Starts a web server with given settings and limits; stops it in the end."""
    started = []

    def start(limits=None, *, is_well=lambda: True, **settings):
        chosen = dataclasses.replace(WebSettings(port=0), **settings)
        parts = Parts(receiver, receiver._database, limits or LimitSettings(idle_s=5.0), is_well)
        listener = WebListener(chosen, parts)
        started.append(listener)
        return Serving(receiver, f"http://127.0.0.1:{listener.start()}")

    yield start
    for listener in started:
        listener.stop()
