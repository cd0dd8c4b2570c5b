"""An Orthanc of the tests' own, with its DICOMweb plugin, on free ports."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ORTHANC = shutil.which("Orthanc")
PLUGIN = next(iter(sorted(Path("/usr/share/orthanc/plugins").glob("libOrthancDicomWeb.so"))), None)
_PATIENCE_S = 120.0


@dataclass(frozen=True)
class Orthanc:
    """A running Orthanc."""

    title: str
    dicom_port: int
    http_port: int

    @property
    def dicom_web(self) -> str:
        return f"http://127.0.0.1:{self.http_port}/dicom-web"

    def ask(self, path: str, body: Any = None, method: str = "") -> Any:
        """Ask its own web interface; JSON in, JSON out."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.http_port}{path}",
            data,
            method=method or ("GET" if data is None else "POST"),
        )
        # Past any proxy that the environment names.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=_PATIENCE_S) as answer:
            text = answer.read()
        return json.loads(text) if text else None


@contextmanager
def running_orthanc(folder: Path, title: str):
    """Start one that keeps its files in a folder; ends it afterwards, by its number."""
    if ORTHANC is None or PLUGIN is None:
        pytest.skip("Orthanc with DICOMweb (Debian: orthanc, orthanc-dicomweb) is not installed")
    folder.mkdir()
    dicom_port, http_port = _free_ports(2)
    configuration = {
        "Name": title,
        "StorageDirectory": str(folder / "storage"),
        "IndexDirectory": str(folder / "index"),
        "HttpPort": http_port,
        "DicomPort": dicom_port,
        "DicomAet": title,
        "DicomCheckCalledAet": True,
        "DicomAlwaysAllowEcho": True,
        "DicomAlwaysAllowStore": True,
        "DicomAlwaysAllowFind": True,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "Plugins": [str(PLUGIN)],
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
    }
    file = folder / "orthanc.json"
    file.write_text(json.dumps(configuration))
    found = Orthanc(title, dicom_port, http_port)
    with (folder / "orthanc.log").open("wb") as log:
        process = subprocess.Popen(
            [ORTHANC, str(file)],
            stdout=log,
            stderr=log,
            cwd=folder,
        )
    try:
        _wait_until_it_answers(found, process, folder / "orthanc.log")
        yield found
    finally:
        process.terminate()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_ports(count: int) -> list[int]:
    """Ports that nobody has; Orthanc cannot choose its own."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def _wait_until_it_answers(found: Orthanc, process: subprocess.Popen[bytes], log: Path) -> None:
    ends = time.monotonic() + _PATIENCE_S
    pause = threading.Event()
    while time.monotonic() < ends:
        assert process.poll() is None, log.read_text()
        with suppress(urllib.error.URLError, ConnectionError):
            found.ask("/system")
            return
        pause.wait(0.05)
    pytest.fail(f"Orthanc did not answer: {log.read_text()}")
