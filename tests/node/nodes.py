"""Whole nodes for tests, which measure by `measuring_child.py`, and waiting for what they do."""

from __future__ import annotations

import socket
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

from pynetdicom.transport import AssociationSocket

from calcimetry.node.configuration import (
    CompletenessSettings,
    DeliverySettings,
    DicomSettings,
    NodeSettings,
    SpoolSettings,
    WebSettings,
    WorkerSettings,
)
from calcimetry.node.measuring import Way

CHILD = Path(__file__).with_name("measuring_child.py")
#: Longest that a busy machine may take over anything that is waited for.
PATIENCE_S = 300.0


def way(behaviour="measure", version="0.1"):
    """A way of measuring: quick, and failing as asked."""

    def command(instances, out):
        return (sys.executable, str(CHILD), behaviour, str(instances), str(out))

    return Way(version, "stand-in", "{}", command)


def settings(folder, destinations=(), **changed):
    """Settings of a node that takes any free port and waits for nothing long."""
    quick = {"wait_s": 0.05, "longest_wait_s": 0.2, "attempts": 3}
    values = {
        "spool": SpoolSettings(folder, keep_free_gb=0.0),
        "dicom": DicomSettings(port=0),
        "web": WebSettings(enabled=False),
        "completeness": CompletenessSettings(stable_s=3600.0),
        "worker": WorkerSettings(**quick, memory_mb=1000.0, seconds=PATIENCE_S),
        "delivery": DeliverySettings(**quick, timeout_s=20.0),
        "destinations": tuple(destinations),
    }
    return NodeSettings(**{**values, **changed})


def wait_for(happened, what):
    """Wait until something is true; gives its value."""
    ends = time.monotonic() + PATIENCE_S
    pause = threading.Event()
    while not (value := happened()):
        assert time.monotonic() < ends, f"waited {PATIENCE_S:g} s for {what}"
        pause.wait(0.02)
    return value


def close_sockets(monkeypatch):
    """Let pynetdicom close a socket whose peer is gone; it stops after failing to shut it down."""

    def close(association_socket):
        with suppress(OSError):
            association_socket.socket.shutdown(socket.SHUT_RDWR)
        association_socket.socket.close()

    monkeypatch.setattr(AssociationSocket, "_shutdown_socket", close)
