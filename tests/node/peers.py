"""Peers of a node in tests: well-behaved ones, and what a listener made of them."""

from __future__ import annotations

import io
from dataclasses import dataclass

from pydicom.uid import CTImageStorage
from pynetdicom import AE
from pynetdicom.sop_class import Verification

from calcimetry.node.dimse import DicomListener
from calcimetry.node.receiving import Receiver
from calcimetry.store import studies
from tests.dicom import making


def slices(count=1, **changes):
    """CT slices of one series, small, each a whole data set with its file header."""
    made = making.series(making.volume((count, 16, 16)), **changes)
    for ds in made:
        ds.preamble = bytes(128)
    return made


def file_bytes(ds):
    buffer = io.BytesIO()
    ds.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def associate(port, *, called="CALCIMETRY", calling="CT1", syntaxes=None, tls_args=None):
    """An association that asks for CT and echo, whatever became of it."""
    entity = AE(calling)
    entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = 20
    entity.add_requested_context(CTImageStorage, syntaxes)
    entity.add_requested_context(Verification)
    return entity.associate("127.0.0.1", port, ae_title=called, tls_args=tls_args)


@dataclass
class Node:
    """What a way into the node made of what its peers sent."""

    receiver: Receiver

    @property
    def counts(self):
        return studies.counts(self.receiver._database)

    def refusals(self, kind):
        """How many refusals of a kind were counted."""
        return self.receiver.tally.refusals().get(kind, 0)

    @property
    def files(self):
        """All files of the spool, those on their way included."""
        folder = self.receiver._spool.folder
        return sorted(path for path in folder.rglob("*") if path.is_file())


@dataclass
class Listening(Node):
    """A listener for DICOM that has started."""

    listener: DicomListener
    port: int


@dataclass
class Serving(Node):
    """A web server that has started."""

    url: str
