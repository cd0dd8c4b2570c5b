"""Send a node damaged data sets, messages and PDUs, then ask for many associations at once.

    python benchmarks/fuzz_node.py [--cases 5000] [--associations 1000] [--first 0] [--save]

The node runs in a process of its own (`tests/node/receiver_process.py`); `tests/node/fuzzing.py`
makes each case again from its number. Exit status 1 where the node ended, kept a file that it did
not acknowledge as whole, grew by more than 150 MB, refused something without a line in its log, or
did not serve a good peer in the end.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / "benchmarks" / "fuzzed_node.json"
#: Most that the node may grow, in MB.
GROWTH_MB = 150.0


def main() -> int:
    """Run all cases and print the tables."""
    sys.path.insert(0, str(ROOT))
    from tests.node import fuzzing, peers, raw  # noqa: PLC0415 - found only from here on
    from tests.node.receiver_process import receiving  # noqa: PLC0415

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=5000)
    parser.add_argument("--associations", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--save", action="store_true", help=f"keep the results in {KEPT.name}")
    options = parser.parse_args()
    wholes = fuzzing.good_data_sets()
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as place:
        with receiving(Path(place)) as node:
            fuzzing.run_case(node.port, options.first, wholes)
            memory = [node.memory_mb()]
            seeds = range(options.first, options.first + options.cases)
            endings = Counter(fuzzing.run_case(node.port, seed, wholes) for seed in seeds)
            memory.append(node.memory_mb())
            asked = Counter(fuzzing.ask_at_once(node.port, options.associations))
            memory.append(node.memory_mb("VmHWM"))
            association = peers.associate(node.port)
            (ds,) = peers.slices()
            served = association.send_c_store(ds).Status == 0
            association.release()
        seconds = time.perf_counter() - start
        refusals = node.told["refusals"]
        logged = sum("Refused" in line for line in node.log)
        broken = {
            "good peer not served in the end": not served,
            "files left unfinished": any(path.suffix != ".dcm" for path in node.files),
            "refusals without a line in the log": logged != sum(refusals.values()),
            "tracebacks": node.errors != "" or any("Traceback" in line for line in node.log),
            f"grew by more than {GROWTH_MB:g} MB": memory[-1] - memory[0] > GROWTH_MB,
        }
    names = {raw.ACCEPT: "accepted", raw.REJECT: "rejected", None: "hung up on"}
    said = {names.get(kind, f"PDU {kind}"): count for kind, count in asked.items()}
    for title, counts in (
        (f"{options.cases} damaged data sets, messages and PDUs", endings),
        (f"{options.associations} associations at once", said),
        ("refusals, each with a line in the log", refusals),
    ):
        table = Table(title=title, title_justify="left")
        for column in ("ending", "times"):
            table.add_column(column)
        for name, times in sorted(counts.items(), key=lambda item: -item[1]):
            table.add_row(str(name), str(times))
        Console().print(table)
    told = " / ".join(f"{value:.0f}" for value in memory)
    print(f"memory after one case / all cases / the most: {told} MB; {seconds:.0f} s")
    if options.save:
        record = {
            "cases": options.cases,
            "first": options.first,
            "endings": dict(endings),
            "associations": said,
            "refusals": refusals,
            "memory_mb": [round(value, 1) for value in memory],
            "seconds": round(seconds),
            "broken_promises": [name for name, is_so in broken.items() if is_so],
        }
        KEPT.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    promises = [name for name, is_so in broken.items() if is_so]
    print(f"broken promises: {', '.join(promises) or 'none'}")
    return int(bool(promises))


if __name__ == "__main__":
    sys.exit(main())
