"""Damage DICOM in many ways, read it as the program does, and print how it ended.

    python benchmarks/fuzz_dicom.py [--cases 10000] [--first 0]

Batches run in processes of their own, so that a crash of a decoder written in C, a hang
or a growing memory is seen and told, with the number of the case that `tests/dicom/fuzzing.py`
makes again. Exit status 1 where a case broke what must always hold.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
BATCH = 250
#: Seconds that one batch may take on a busy machine; a case takes some milliseconds.
PATIENCE_S = 600


def run_batch(first: int, count: int) -> dict[str, object]:
    """Run some cases in this process; gives how they ended, in figures."""
    sys.path.insert(0, str(ROOT))
    from tests.dicom import fuzzing  # noqa: PLC0415 - the tests' folder is no package

    warnings.simplefilter("error")
    endings: Counter[str] = Counter()
    broken: list[str] = []
    slowest = (0.0, first)
    with tempfile.TemporaryDirectory() as place, tempfile.TemporaryDirectory() as spare:
        wholes = fuzzing.whole_series(Path(spare))
        for seed in range(first, first + count):
            files = fuzzing.make_case(seed, wholes)
            start = time.process_time()
            try:
                endings.update(fuzzing.run_case(Path(place), files))
            except Exception as error:  # noqa: BLE001 - finding any is what this is for
                broken.append(f"case {seed}: {type(error).__name__}: {error}"[:300])
            slowest = max(slowest, (time.process_time() - start, seed))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"endings": endings, "broken": broken, "slowest": slowest, "peak_mb": peak}


def start_batch(first: int, count: int) -> dict[str, object]:
    """Run some cases in a process of their own."""
    command = [sys.executable, __file__, "--first", str(first), "--cases", str(count), "--here"]
    try:
        done = subprocess.run(  # noqa: S603 - this very script
            command, capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )
    except subprocess.TimeoutExpired:
        return {"broken": [f"cases from {first}: no end after {PATIENCE_S} s"]}
    if done.returncode:
        return {
            "broken": [f"cases from {first}: exit status {done.returncode}: {done.stderr[-300:]}"]
        }
    found: dict[str, object] = json.loads(done.stdout)
    if done.stderr:
        found["broken"] = [*list(found["broken"]), f"cases from {first} wrote: {done.stderr[:300]}"]  # type: ignore[call-overload]
    return found


def main() -> int:
    """Run all batches and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here:
        print(json.dumps(run_batch(options.first, options.cases)))
        return 0
    endings: Counter[str] = Counter()
    broken: list[str] = []
    slowest, peak = (0.0, 0), 0.0
    last = options.first + options.cases
    for first in range(options.first, last, BATCH):
        found = start_batch(first, min(BATCH, last - first))
        endings.update(found.get("endings", {}))  # type: ignore[arg-type]
        broken += found["broken"]  # type: ignore[arg-type]
        slowest = max(slowest, tuple(found.get("slowest", (0.0, 0))))  # type: ignore[arg-type]
        peak = max(peak, float(found.get("peak_mb", 0.0)))  # type: ignore[arg-type]
    table = Table(title=f"{options.cases} cases of damaged DICOM", title_justify="left")
    for column in ("ending", "times"):
        table.add_column(column)
    for name, times in endings.most_common():
        table.add_row(name, str(times))
    table.add_section()
    table.add_row("broken promises, crashes, hangs", str(len(broken)))
    table.add_row("slowest case", f"{slowest[0]:.2f} s of processor time (case {slowest[1]})")
    table.add_row("highest memory", f"{peak:.0f} MB")
    Console().print(table)
    for line in broken:
        print(line)
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main())
