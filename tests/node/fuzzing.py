"""Damaged data sets, messages and PDUs sent to a node: what a case is, and what must hold.

Used by `test_siege.py` with a few cases and by `benchmarks/fuzz_node.py` with many.
"""

from __future__ import annotations

import struct
from contextlib import ExitStack, suppress

import numpy as np
from pynetdicom.dsutils import encode

from tests.dicom import fuzzing as files
from tests.node import peers, raw

#: How many cases of each kind there are among twenty.
DATA_SETS, COMMANDS, STREAMS = 16, 2, 2
#: How long the rest of an answer is waited for where the node may wait for the rest of a PDU.
PATIENCE_S = 0.3


def good_data_sets():
    """Data sets as they go over the network, and the UIDs of the instances."""
    made = peers.slices(4)
    return [
        (encode(ds, is_implicit_vr=False, is_little_endian=True), ds.SOPInstanceUID) for ds in made
    ]


def run_case(port, seed, wholes):
    """Send one case over a new association; gives how the node answered.

    ``taken`` is success, ``refused A700`` and the like a C-STORE response that is none, and
    ``hung up`` an association that the node has ended.
    """
    rng = np.random.default_rng(seed)
    body, uid = wholes[rng.integers(len(wholes))]
    kind = rng.integers(DATA_SETS + COMMANDS + STREAMS)
    with raw.Peer(port) as peer:
        if kind < DATA_SETS:
            status = peer.store(files.damaged(rng, body), uid)
        elif kind < DATA_SETS + COMMANDS:
            command = files.damaged(rng, bytes(132) + raw.store_command(uid))[132:]
            status = _sent(peer, raw.part(command, command=True), raw.part(body))
        else:
            command = raw.part(raw.store_command(uid), command=True)
            pdus = files.damaged(rng, bytes(132) + command + raw.part(body))[132:]
            status = _sent(peer, pdus)
    if status is None:
        return "hung up"
    return "taken" if status == 0 else f"refused {status:04X}"


def _sent(peer, *pdus):
    """The status of the answer; where there is none for a while, we hang up, which is fine."""
    try:
        peer.send(*pdus)
        peer.socket.settimeout(PATIENCE_S)
        return peer.status()
    except (ConnectionError, TimeoutError, ValueError, struct.error):
        return None


def ask_at_once(port, count):
    """So many associations asked for at once; the kind of PDU that each was answered with."""
    with ExitStack() as stack:
        asked = []
        for _ in range(count):
            peer = stack.enter_context(raw.Peer(port, associated=False))
            with suppress(ConnectionError):  # hung up on: told below
                peer.send(raw.associate_request())
            asked.append(peer)
        for peer in asked:
            yield peer.answer()[0]
