"""A node that is killed again and again while it is sent to, and what became of what it took.

`test_killing.py` does it a few times, `benchmarks/killed_node.py` two hundred times. The node
runs in a process of its own and is ended by SIGKILL. Three senders by C-STORE and one by STOW-RS
send small studies without a pause, and send again whatever was not acknowledged. Studies are
complete when somebody says so or, every other one, when as many instances are there as were
announced. Measuring is `measuring_child.py`; results go to an archive that outlives the node.
"""

from __future__ import annotations

import hashlib
import itertools
import logging
import multiprocessing
import os
import signal
import socket
import sqlite3
import threading
import time
from collections import Counter
from contextlib import closing, suppress
from dataclasses import dataclass, field

import httpx
import requests
from dicomweb_client import DICOMwebClient
from pydicom import dcmread
from pydicom.uid import ComprehensiveSRStorage
from pynetdicom import AE, evt

from calcimetry.cli.node import serve
from calcimetry.node.configuration import (
    DicomDestination,
    DicomSettings,
    LimitSettings,
    WebSettings,
    WorkerSettings,
)
from calcimetry.node.service import Node
from calcimetry.store import Database, results, studies
from tests.node import nodes, peers

ROOT_UID = "1.2.826.0.1.3680043.8.498.700"
#: Of this many a sender waits for the results before it sends the next.
AHEAD = 3
#: How long the archive takes to answer, so that the node is killed in between, too.
ANSWER_S = 0.2
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.node.killing"])


@dataclass
class Outcome:
    """What was done, and what came of it; `broken` must be empty."""

    kills: int = 0
    while_receiving: int = 0
    while_measuring: int = 0
    while_sending: int = 0
    studies: int = 0
    acknowledged: int = 0
    sent_again: int = 0
    attempts_at_measuring: int = 0
    results_in_archive: int = 0
    results_received_by_archive: int = 0
    broken: list[str] = field(default_factory=list)


class Archive:
    """Where results go; keeps of each study the UIDs that it got, and how often."""

    def __init__(self):
        self.held = {}
        self.changed = threading.Condition()
        self._pause = threading.Event()
        entity = AE("PACS")
        entity.add_supported_context(ComprehensiveSRStorage)
        self._server = entity.start_server(
            ("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_STORE, self._store)]
        )
        self.port = self._server.server_address[1]

    def close(self):
        self._server.shutdown()

    def wait_for(self, study):
        with self.changed:
            return self.changed.wait_for(lambda: study in self.held, nodes.PATIENCE_S)

    def _store(self, event):
        ds = event.dataset
        self._pause.wait(ANSWER_S / 2)
        with self.changed:
            kept = self.held.setdefault(str(ds.StudyInstanceUID), Counter())
            kept[str(ds.SOPInstanceUID)] += 1
            self.changed.notify_all()
        self._pause.wait(ANSWER_S / 2)
        return 0x0000


@dataclass
class Ledger:
    """What senders know: content hash of each acknowledged instance, by study and UID."""

    acknowledged: dict[str, dict[str, str]] = field(default_factory=dict)
    sent_again: int = 0
    broken: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, ds):
        with self.lock:
            of_study = self.acknowledged.setdefault(str(ds.StudyInstanceUID), {})
            of_study[str(ds.SOPInstanceUID)] = hashlib.sha256(ds.PixelData).hexdigest()


class Sender(threading.Thread):
    """Sends one study after the other until it is told to finish."""

    def __init__(self, ports, archive, ledger, numbers, finish, *, by_web):
        super().__init__(daemon=True)
        self._dicom_port, web_port = ports
        self._web = f"http://127.0.0.1:{web_port}"
        self._archive, self._ledger, self._numbers = archive, ledger, numbers
        self._finish = finish
        self._send = self._by_stow if by_web else self._by_c_store
        self._pause = threading.Event()

    def run(self):
        sent = []
        while not self._finish.is_set():
            sent.append(self._send_study(next(self._numbers)))
            if len(sent) > AHEAD and not self._archive.wait_for(sent[-1 - AHEAD]):
                self._ledger.broken.append(f"no result of {sent[-1 - AHEAD]}")
                return

    def _send_study(self, number):
        study = f"{ROOT_UID}.{number}"
        count = 2 + number % 4
        pending = peers.slices(count, StudyInstanceUID=study, SeriesInstanceUID=f"{study}.1")
        for place, ds in enumerate(pending):
            ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = f"{study}.1.{place}"
        announced = number % 2 == 1
        first = True
        while pending:
            if not first:
                self._ledger.sent_again += len(pending)
                self._pause.wait(0.05)
            first = False
            pending = [ds for ds in pending if str(ds.SOPInstanceUID) not in self._send(pending)]
            if announced and len(pending) < count:
                self._say_complete(study, f"?instances={count}")
                announced = False
        if number % 2 == 0:
            self._say_complete(study, "")
        return study

    def _by_c_store(self, pending):
        """UIDs of those that were acknowledged."""
        taken = set()
        association = peers.associate(self._dicom_port)
        while association.is_established and len(taken) < len(pending):
            ds = pending[len(taken)]
            with suppress(RuntimeError, ValueError):
                if getattr(association.send_c_store(ds), "Status", None) == 0x0000:
                    self._ledger.take(ds)
                    taken.add(str(ds.SOPInstanceUID))
                    continue
            break
        if association.is_established:
            association.release()
        return taken

    def _by_stow(self, pending):
        client = DICOMwebClient(f"{self._web}/dicom-web", timeout=20)
        client.set_http_retry_params(retry=False)
        try:
            answer = client.store_instances(pending)
        except (requests.RequestException, OSError):
            return set()
        taken = {str(one.ReferencedSOPInstanceUID) for one in answer.ReferencedSOPSequence}
        for ds in pending:
            if str(ds.SOPInstanceUID) in taken:
                self._ledger.take(ds)
        return taken

    def _say_complete(self, study, query):
        ends = time.monotonic() + nodes.PATIENCE_S
        while time.monotonic() < ends:
            with suppress(httpx.HTTPError):
                answer = httpx.post(f"{self._web}/studies/{study}/complete{query}", timeout=20)
                if answer.status_code == 202:
                    return
                if answer.status_code == 404:  # it was acknowledged!
                    self._ledger.broken.append(f"the node does not know {study}")
                    return
            self._pause.wait(0.05)
        self._ledger.broken.append(f"{study} could not be completed")


def run_node(folder, ports, archive_port):
    """A node, until it is ended."""
    logging.basicConfig(filename=folder / "node.log", level=logging.INFO, force=True)
    dicom_port, web_port = ports
    settings = node_settings(folder, dicom_port, web_port, archive_port)
    serve(Node(settings, nodes.way("slow")))


def node_settings(folder, dicom_port, web_port, archive_port):
    quick = {"wait_s": 0.1, "longest_wait_s": 0.5}
    return nodes.settings(
        folder / "spool",
        [DicomDestination("pacs", "dicom", "127.0.0.1", archive_port, "PACS")],
        dicom=DicomSettings(port=dicom_port),
        web=WebSettings(port=web_port),
        limits=LimitSettings(connections_per_minute=100_000),
        worker=WorkerSettings(processes=2, memory_mb=1000.0, seconds=60.0, **quick),
    )


def kill_again_and_again(folder, kills, rng, longest_s, senders=4, told=lambda _number: None):
    """Do it; `told` is called after each kill.

    `rng` decides when the node is killed: up to `longest_s` after it has begun to listen.
    """
    archive, ledger, outcome = Archive(), Ledger(), Outcome()
    ports = free_ports(2)
    finish, numbers = threading.Event(), itertools.count()
    arguments = (folder, ports, archive.port)
    sending = [
        Sender(ports, archive, ledger, numbers, finish, by_web=number == 0)
        for number in range(senders)
    ]
    for one in sending:
        one.start()
    try:
        for _ in range(kills):
            _kill_once(arguments, rng, longest_s, outcome)
            told(outcome.kills)
        process = _CONTEXT.Process(target=run_node, args=arguments)
        process.start()
        finish.set()
        for one in sending:
            one.join(2 * nodes.PATIENCE_S)
        settings = node_settings(folder, *ports, archive.port)
        _wait_for_the_end(settings, ledger)
        os.kill(process.pid, signal.SIGTERM)
        process.join(nodes.PATIENCE_S)
        if process.exitcode != 0:
            outcome.broken.append(f"the last node ended with {process.exitcode}")
        _compare(settings, archive, ledger, outcome)
    finally:
        finish.set()
        archive.close()
    outcome.sent_again = ledger.sent_again
    outcome.broken += ledger.broken
    return outcome


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = tuple(one.getsockname()[1] for one in sockets)
    for one in sockets:
        one.close()
    return ports


def _kill_once(arguments, rng, longest_s, outcome):
    """One node, from its start to its end: mostly while it works, now and then while it starts."""
    folder, ports, _ = arguments
    process = _CONTEXT.Process(target=run_node, args=arguments)
    process.start()
    if rng.random() < 0.8:
        _wait_until_it_listens(ports[0], process)
        process.join(rng.uniform(0.0, longest_s))
    else:
        process.join(rng.uniform(0.0, 1.0))
    if not process.is_alive():
        outcome.broken.append(f"a node ended by itself with {process.exitcode}")
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    outcome.kills += 1
    outcome.while_receiving += any((folder / "spool" / "incoming").glob("*"))
    with suppress(sqlite3.Error), closing(_read(folder)) as database:
        for name, statement in (
            ("while_measuring", "SELECT count(*) FROM jobs WHERE status = 'measuring'"),
            ("while_sending", "SELECT count(*) FROM deliveries WHERE status = 'sending'"),
        ):
            (found,) = database.execute(statement).fetchone()
            setattr(outcome, name, getattr(outcome, name) + (found > 0))


def _read(folder):
    return sqlite3.connect(folder / "spool" / "node.sqlite")


def _wait_until_it_listens(port, process):
    def listens():
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
            return True
        return not process.is_alive()

    nodes.wait_for(listens, "the node")


def _wait_for_the_end(settings, ledger):
    with Database.open(settings.database_url) as database:

        def all_done():
            found = studies.recent(database, limit=100_000)
            return len(found) == len(ledger.acknowledged) and all(
                one.status in ("done", "measuring failed", "sending failed") for one in found
            )

        with suppress(AssertionError):  # what is missing is told by the comparison
            nodes.wait_for(all_done, "all results")


def _compare(settings, archive, ledger, outcome):
    """What the node and the archive hold, beside what was acknowledged."""
    outcome.studies = len(ledger.acknowledged)
    spool = settings.spool.folder
    with closing(_read(spool.parent)) as database:
        rows = database.execute(
            "SELECT study_uid, sop_instance_uid, path, sha256 FROM instances "
            "JOIN studies ON studies.id = study_id WHERE NOT superseded"
        ).fetchall()
        outcome.attempts_at_measuring = database.execute(
            "SELECT count(*) FROM audit WHERE event IN ('measured', 'measuring failed')"
        ).fetchone()[0]
    held = {(study, uid): (spool / path, sha256) for study, uid, path, sha256 in rows}
    for study, instances in ledger.acknowledged.items():
        outcome.acknowledged += len(instances)
        for uid, pixels in instances.items():
            problem = _problem(held.get((study, uid)), uid, pixels)
            if problem:
                outcome.broken.append(f"acknowledged instance {uid} {problem}")
    with Database.open(settings.database_url) as database:
        for study in ledger.acknowledged:
            _compare_results(database, spool, study, archive.held.get(study, Counter()), outcome)
    strangers = set(archive.held) - set(ledger.acknowledged)
    outcome.broken += [f"a result of {study}, which was never acknowledged" for study in strangers]


def _problem(there, uid, pixels):
    """What is wrong with an instance on disk."""
    if there is None:
        return "is not in the database"
    path, sha256 = there
    if not path.is_file():
        return "has no file"
    if hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
        return "has other bytes than were recorded"
    ds = dcmread(path)
    if ds.SOPInstanceUID != uid or hashlib.sha256(ds.PixelData).hexdigest() != pixels:
        return "is not what was sent"
    return None


def _compare_results(database, spool, study, in_archive, outcome):
    """Exactly one result is visible, here and in the archive, and it is of the whole study."""
    found = results.visible(database, study)
    outcome.results_in_archive += len(in_archive)
    outcome.results_received_by_archive += in_archive.total()
    if found is None:
        outcome.broken.append(f"{study} has no result: {studies.find(database, study)}")
        return
    (report,) = found.objects
    if set(in_archive) != {report.sop_instance_uid}:
        outcome.broken.append(f"the archive has {len(in_archive)} results of {study}")
    described = dcmread(spool / report.path).SeriesDescription
    expected = f"{studies.find(database, study).instance_count} instances"
    if described != expected:
        outcome.broken.append(f"the result of {study} is of {described}, not {expected}")
