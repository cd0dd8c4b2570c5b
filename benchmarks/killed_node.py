"""Kill the node at random moments under load, and count what is lost: nothing may be.

    python benchmarks/killed_node.py [--kills 200] [--longest 5] [--seed 1] [--save]

Four senders (three by C-STORE, one by STOW-RS) send small studies without a pause, and send again
whatever was not acknowledged. The node is ended by SIGKILL, four times of five up to 5 s
(`--longest`) after it has begun to listen, else up to 1 s after its start, and started again.
Measuring is a stand-in that takes half a second and leaves one report
(`tests/node/measuring_child.py`), for what is tested is not measuring; results go by C-STORE to
an archive that outlives the node and takes its time. In the end every acknowledged instance must
be in the database and on disk with the pixels that were sent, and of each study exactly one
result visible, in the database and in the archive.

Exit status 1 where something was lost or doubled. `--save` keeps the numbers in
`benchmarks/killed_node.json`.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.node.killing import kill_again_and_again  # noqa: E402 - found by the line above

RESULTS = Path(__file__).with_suffix(".json")
EVERY = 20


def main() -> int:
    """Run it and tell what came of it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--longest", type=float, default=5.0)
    parser.add_argument("--save", action="store_true")
    options = parser.parse_args()

    def told(number: int) -> None:
        if number % EVERY == 0:
            print(
                f"{number} of {options.kills} kills, {time.monotonic() - began:.0f} s", flush=True
            )

    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        rng = np.random.default_rng(options.seed)
        outcome = kill_again_and_again(Path(folder), options.kills, rng, options.longest, told=told)
    found = {**asdict(outcome), "seconds": round(time.monotonic() - began)}
    table = Table("what", "count")
    for name, value in found.items():
        shown = len(value) if isinstance(value, list) else value
        table.add_row(name.replace("_", " "), str(shown))
    Console().print(table)
    for one in outcome.broken:
        print(one)
    if options.save:
        RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 1 if outcome.broken else 0


if __name__ == "__main__":
    sys.exit(main())
