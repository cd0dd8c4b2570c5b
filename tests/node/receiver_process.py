"""A node that only receives, in a process of its own, so that nothing it does is the tests' doing.

    python tests/node/receiver_process.py FOLDER

Prints the DICOM port and the web port, logs to FOLDER/node.log as the command does, and ends
with its standard input; then it prints what it counted, as JSON.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


def main(folder: Path) -> None:
    from calcimetry.cli.node import log_to_stderr
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
    from calcimetry.store import studies
    from calcimetry.store.database import Database

    log_to_stderr()
    logging.getLogger().handlers = [logging.FileHandler(folder / "node.log")]
    # A generous rate: all peers of a test come from one address.
    limits = LimitSettings(
        instance_mb=64.0, associations=16, connections_per_minute=1_000_000, idle_s=20.0
    )
    with Database.open(f"sqlite:///{folder / 'node.sqlite'}") as database:
        spool = Spool(SpoolSettings(folder / "spool", keep_free_gb=0.0), limits.instance_mb)
        receiver = Receiver(spool, database, Tally())
        listener = DicomListener(DicomSettings(port=0), limits, receiver)
        web = WebListener(WebSettings(port=0), Parts(receiver, database, limits, lambda: True))
        ports = f"{listener.start()} {web.start()}\n"
        sys.stdout.write(ports)
        sys.stdout.flush()
        sys.stdin.read()
        listener.stop()
        web.stop()
        held = studies.counts(database).instances
        sys.stdout.write(json.dumps({"instances": held, "refusals": receiver.tally.refusals()}))


@dataclass
class Receiving:
    """The process while it runs, and what it counted once it has ended."""

    process: subprocess.Popen
    folder: Path
    port: int
    web_port: int
    told: dict

    def memory_mb(self, what="VmRSS"):
        """Memory that it holds, or held at most (``VmHWM``)."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        (line,) = [line for line in status.splitlines() if line.startswith(f"{what}:")]
        return int(line.split()[1]) / 1024

    @property
    def log(self):
        return (self.folder / "node.log").read_text(encoding="utf-8").splitlines()

    @property
    def errors(self):
        """What it wrote beside its log: a traceback of a thread, for instance."""
        return (self.folder / "stderr.txt").read_text(encoding="utf-8")

    @property
    def files(self):
        return [path for path in (self.folder / "spool").rglob("*") if path.is_file()]


@contextmanager
def receiving(folder):
    """A node that only receives; when the block ends it is told to end, and must do so well."""
    with (folder / "stderr.txt").open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, __file__, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    try:
        ports = [int(port) for port in process.stdout.readline().split()]
        node = Receiving(process, folder, *ports, {})
        yield node
        told, _ = process.communicate(timeout=120)
        node.told.update(json.loads(told))
        assert process.returncode == 0
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
