"""How fast the node receives, beside DCMTK's storescp: the same files, sender and machine.

    python benchmarks/receiving.py [--slices 600]

DCMTK's storescu sends CT slices of 512 x 512 over loopback, first to the node, then to
storescp. The node answers each slice only when it is on disk (file and folder synced) and
recorded in its database; storescp answers once it has handed the bytes to the system. Raw disk
speed stands beside them: the same files written and synced one by one.

Each receiver is timed twice: with DCMTK as Debian ships it, which leaves Nagle's algorithm on, so
that both of its programs may wait 40 ms per slice for an acknowledgement; and with it off in both
(TCP_NODELAY=1).

Needs DCMTK (Debian: dcmtk). Exit status 1 where the node lost a slice or took more than 60 s
for 600.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian
from rich.console import Console
from rich.table import Table

SIDE = 512
ROOT_UID = "1.2.826.0.1.3680043.8.498.600"
#: Seconds that 600 slices may take.
TARGET_S, TARGET_SLICES = 60.0, 600


def make_slices(folder: Path, count: int) -> int:
    """Write CT slices of noise; gives their bytes."""
    rng = np.random.default_rng(8)
    for number in range(count):
        ds = Dataset()
        ds.file_meta = FileMetaDataset()
        ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID = CTImageStorage
        ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID = f"{ROOT_UID}.1.1.{number + 1}"
        ds.StudyInstanceUID, ds.SeriesInstanceUID = f"{ROOT_UID}.1", f"{ROOT_UID}.1.1"
        ds.PatientName, ds.PatientID, ds.Modality = "SPEED^TEST", "SPEED", "CT"
        ds.InstanceNumber = number + 1
        ds.ImagePositionPatient = [0.0, 0.0, 0.5 * number]
        ds.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        ds.PixelSpacing = [0.4, 0.4]
        ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
        ds.Rows = ds.Columns = SIDE
        ds.BitsAllocated = ds.BitsStored = 16
        ds.HighBit, ds.PixelRepresentation = 15, 0
        ds.RescaleSlope, ds.RescaleIntercept = 1, -1024
        ds.PixelData = rng.integers(0, 4096, (SIDE, SIDE), dtype=np.uint16).tobytes()
        ds["PixelData"].VR = "OW"
        ds.save_as(folder / f"{number:04d}.dcm", enforce_file_format=True)
    return sum(path.stat().st_size for path in folder.iterdir())


def serve(folder: Path) -> None:
    """A node that only receives, in this process; its port goes to standard output."""
    from calcimetry.node.configuration import (  # noqa: PLC0415 - the sender needs none of it
        DicomSettings,
        LimitSettings,
        SpoolSettings,
    )
    from calcimetry.node.dimse import DicomListener  # noqa: PLC0415
    from calcimetry.node.receiving import Receiver  # noqa: PLC0415
    from calcimetry.node.spool import Spool  # noqa: PLC0415
    from calcimetry.node.tally import Tally  # noqa: PLC0415
    from calcimetry.store import studies  # noqa: PLC0415
    from calcimetry.store.database import Database  # noqa: PLC0415

    with Database.open(f"sqlite:///{folder / 'node.sqlite'}") as database:
        spool = Spool(SpoolSettings(folder, keep_free_gb=0.0), 1024.0)
        receiver = Receiver(spool, database, Tally())
        listener = DicomListener(DicomSettings(port=0), LimitSettings(), receiver)
        print(listener.start(), flush=True)
        sys.stdin.read()
        listener.stop()
        print(studies.counts(database).instances, flush=True)


def send(port: int, called: str, folder: Path, *, no_delay: bool) -> float:
    """Seconds that storescu takes to send a folder, every slice acknowledged."""
    start = time.perf_counter()
    subprocess.run(  # noqa: S603
        ["storescu", "+sd", "-aet", "CT1", "-aec", called, "127.0.0.1", str(port), str(folder)],  # noqa: S607
        check=True,
        env=_environment(no_delay=no_delay),
    )
    return time.perf_counter() - start


def time_node(slices: Path, folder: Path, *, no_delay: bool) -> tuple[float, int]:
    """Seconds, and how many instances the node's database and spool hold in the end."""
    node = subprocess.Popen(  # noqa: S603 - this very script
        [sys.executable, __file__, "--serve", str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        seconds = send(int(node.stdout.readline()), "CALCIMETRY", slices, no_delay=no_delay)
        recorded, _ = node.communicate()
    finally:
        node.kill()
        node.wait()
    return seconds, min(int(recorded), len(list(folder.rglob("*.dcm"))))


def time_storescp(slices: Path, folder: Path, *, no_delay: bool) -> float:
    """Seconds of DCMTK's receiver, which writes without syncing."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    receiver = subprocess.Popen(  # noqa: S603
        ["storescp", "-aet", "STORESCP", "-od", str(folder), str(port)],  # noqa: S607
        env=_environment(no_delay=no_delay),
    )
    try:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except ConnectionRefusedError:
                time.sleep(0.01)
        return send(port, "STORESCP", slices, no_delay=no_delay)
    finally:
        receiver.terminate()
        receiver.wait()


def time_disk(slices: Path, folder: Path) -> float:
    """Seconds to write the same files one by one, each synced."""
    start = time.perf_counter()
    for path in sorted(slices.iterdir()):
        with (folder / path.name).open("wb") as file:
            file.write(path.read_bytes())
            file.flush()
            os.fsync(file.fileno())
    return time.perf_counter() - start


def main() -> int:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slices", type=int, default=TARGET_SLICES)
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.serve)
        return 0
    if shutil.which("storescu") is None:
        print("not measured: receiving needs storescu and storescp (Debian: dcmtk)")
        return 0
    rows: list[tuple[str, float, float]] = []
    held = []
    with tempfile.TemporaryDirectory() as place:
        slices = _folder(place, "slices")
        megabytes = make_slices(slices, options.slices) / 1e6
        for no_delay in (False, True):
            sender = "no delay" if no_delay else "as shipped"
            folder = _folder(place, f"node-{no_delay}")
            node, kept = time_node(slices, folder, no_delay=no_delay)
            held.append(kept)
            shutil.rmtree(folder)
            folder = _folder(place, f"storescp-{no_delay}")
            peer = time_storescp(slices, folder, no_delay=no_delay)
            shutil.rmtree(folder)
            rows += [(f"node ({sender})", node, 1.0), (f"storescp ({sender})", peer, peer / node)]
        disk = time_disk(slices, _folder(place, "disk"))
        rows.append(("no network: written and synced", disk, disk / node))
    table = Table(title=f"{options.slices} CT slices of {SIDE} x {SIDE}", title_justify="left")
    for column in ("receiver (sender)", "s", "slices/s", "MB/s", "time, node's = 1"):
        table.add_column(column)
    for name, seconds, ratio in rows:
        speeds = f"{options.slices / seconds:.0f}", f"{megabytes / seconds:.0f}"
        table.add_row(name, f"{seconds:.1f}", *speeds, f"{ratio:.2f}")
    Console().print(table)
    lost = 2 * options.slices - sum(held)
    print(f"acknowledged by the node: {2 * options.slices}; lost of these: {lost}")
    late = rows[0][1] > TARGET_S * options.slices / TARGET_SLICES
    return int(bool(lost) or late)


def _environment(*, no_delay: bool) -> dict[str, str]:
    return os.environ | {"TCP_NODELAY": str(int(no_delay))}


def _folder(place: str, name: str) -> Path:
    folder = Path(place, name)
    folder.mkdir()
    return folder


if __name__ == "__main__":
    sys.exit(main())
