"""What was received and what was refused: counted for Prometheus, told in the log."""

from __future__ import annotations

import logging

from prometheus_client import CollectorRegistry, Counter, Gauge

from calcimetry.dicom.source import printable
from calcimetry.errors import Refused
from calcimetry.node.identity import Identity, short_hash
from calcimetry.node.refusals import KINDS
from calcimetry.store.arrivals import study_key

_LOG = logging.getLogger(__name__)
#: The two ways in.
DICOM, WEB = "dicom", "web"


class Tally:
    """Counts of one node, in a registry of their own.

    Attributes
    ----------
    registry : prometheus_client.CollectorRegistry
        Where other parts of the node may add what they count.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._received = Counter(
            "calcimetry_instances_received",
            "Instances received, durable and recorded",
            ["door"],
            registry=self.registry,
        )
        self._bytes = Counter(
            "calcimetry_received_bytes",
            "Bytes of the instances received",
            ["door"],
            registry=self.registry,
        )
        self._refused = Counter(
            "calcimetry_refusals", "What was refused, by kind", ["kind"], registry=self.registry
        )
        self._connections = Gauge(
            "calcimetry_dicom_connections", "Open DICOM connections", registry=self.registry
        )
        for door in (DICOM, WEB):
            self._received.labels(door)
            self._bytes.labels(door)
        for kind in KINDS:
            self._refused.labels(kind)

    def received(self, identity: Identity, size: int, sender: str, door: str) -> None:
        """An instance was taken."""
        self._received.labels(door).inc()
        self._bytes.labels(door).inc(size)
        _LOG.info(
            "Received instance %s of study %s from %s: %d bytes",
            short_hash(identity.sop_uid),
            study_key(identity.study_uid),
            printable(sender),
            size,
        )

    def refused(self, why: Refused, what: str, sender: str) -> None:
        """Something was refused.

        Parameters
        ----------
        why : Refused
        what : str
            Such as ``"a connection"``.
        sender : str
            Address, with the AE title where it is known.
        """
        self._refused.labels(why.kind).inc()
        _LOG.warning("Refused %s from %s: %s [%s]", what, printable(sender), why.reason, why.kind)

    def refusals(self) -> dict[str, int]:
        """How many refusals of each kind there were, those of none left out."""
        found = {
            sample.labels["kind"]: int(sample.value)
            for metric in self._refused.collect()
            for sample in metric.samples
            if sample.name.endswith("_total")
        }
        return {kind: count for kind, count in found.items() if count}

    def connections(self, count: int) -> None:
        """So many DICOM connections are open."""
        self._connections.set(count)
