"""What the node's database and spool hold, for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from calcimetry.errors import CalcimetryError
from calcimetry.node.receiving import Receiver
from calcimetry.store import studies
from calcimetry.store.database import Database
from calcimetry.store.jobs import JobStatus
from calcimetry.store.results import DeliveryStatus


class Holdings(Collector):
    """Gauges that are read when they are asked for; of a database that fails there are none."""

    def __init__(self, database: Database, receiver: Receiver) -> None:
        self._database = database
        self._receiver = receiver

    def describe(self) -> list[GaugeMetricFamily]:
        """Nothing: what is asked for at registering would read the database."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Each gauge."""
        yield _gauge("spool_used_bytes", "Bytes of received instances", self._receiver.used_bytes)
        yield _gauge(
            "spool_free_bytes",
            "Bytes that may still be received; at 0 everything is refused",
            self._receiver.free_bytes,
        )
        try:
            held = studies.counts(self._database)
        except CalcimetryError:
            return
        yield _gauge("studies", "Studies held", held.studies)
        yield _gauge("instances", "Instances held", held.instances)
        yield _gauge("studies_arriving", "Studies that are not complete yet", held.arriving)
        for name, what, kinds, found in (
            ("jobs", "Measurements by status", JobStatus, held.jobs),
            ("deliveries", "Deliveries of results by status", DeliveryStatus, held.deliveries),
        ):
            family = GaugeMetricFamily(f"calcimetry_{name}", what, labels=["status"])
            for kind in kinds:
                family.add_metric([kind.value], found.get(kind.value, 0))
            yield family


def _gauge(name: str, what: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"calcimetry_{name}", what, value=value)
