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
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
BATCH = 500
#: Seconds that one batch may take on a busy machine; a case takes some milliseconds.
PATIENCE_S = 1200


@dataclass
class Tally:
    """How some cases ended: each ending with its count, and what broke a promise."""

    endings: dict[str, int] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    slowest_s: float = 0.0
    slowest_case: int = 0
    peak_mb: float = 0.0

    def add(self, other: Tally) -> None:
        """Take another tally into this one."""
        self.endings = dict(Counter(self.endings) + Counter(other.endings))
        self.broken += other.broken
        if other.slowest_s > self.slowest_s:
            self.slowest_s, self.slowest_case = other.slowest_s, other.slowest_case
        self.peak_mb = max(self.peak_mb, other.peak_mb)


def run_batch(first: int, count: int) -> Tally:
    """Run some cases in this process."""
    sys.path.insert(0, str(ROOT))
    from tests.dicom import fuzzing  # noqa: PLC0415 - found only from here on

    warnings.simplefilter("error")
    tally = Tally()
    endings: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as place, tempfile.TemporaryDirectory() as spare:
        wholes = fuzzing.whole_series(Path(spare))
        for case in range(first, first + count):
            files = fuzzing.make_case(case, wholes)
            start = time.process_time()
            try:
                endings.update(fuzzing.run_case(Path(place), files))
            except Exception as error:  # noqa: BLE001 - finding any is what this is for
                tally.broken.append(f"case {case}: {type(error).__name__}: {error}"[:300])
            seconds = time.process_time() - start
            if seconds > tally.slowest_s:
                tally.slowest_s, tally.slowest_case = seconds, case
    tally.endings = dict(endings)
    tally.peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return tally


def run_apart(first: int, count: int) -> Tally:
    """Run some cases in a process of their own."""
    command = [sys.executable, __file__, "--first", str(first), "--cases", str(count), "--here"]
    try:
        done = subprocess.run(  # noqa: S603 - this very script
            command, capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )
    except subprocess.TimeoutExpired:
        return Tally(broken=[f"cases from {first}: no end after {PATIENCE_S} s"])
    if done.returncode:
        end = f"exit status {done.returncode}: {done.stderr[-300:]}"
        return Tally(broken=[f"cases from {first}: {end}"])
    tally = Tally(**json.loads(done.stdout))
    if done.stderr:
        tally.broken.append(f"cases from {first} wrote: {done.stderr[:300]}")
    return tally


def print_table(tally: Tally, cases: int) -> None:
    """What `docs` quote."""
    table = Table(title=f"{cases} cases of damaged DICOM", title_justify="left")
    for column in ("ending", "times"):
        table.add_column(column)
    for name, times in sorted(tally.endings.items(), key=lambda item: -item[1]):
        table.add_row(name, str(times))
    table.add_section()
    table.add_row("broken promises, crashes, hangs", str(len(tally.broken)))
    slowest = f"{tally.slowest_s:.2f} s of processor time (case {tally.slowest_case})"
    table.add_row("slowest case", slowest)
    table.add_row("highest memory", f"{tally.peak_mb:.0f} MB")
    Console().print(table)
    for line in tally.broken:
        print(line)


def main() -> int:
    """Run all batches and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here:
        print(json.dumps(asdict(run_batch(options.first, options.cases))))
        return 0
    tally = Tally()
    last = options.first + options.cases
    for first in range(options.first, last, BATCH):
        tally.add(run_apart(first, min(BATCH, last - first)))
    print_table(tally, options.cases)
    return int(bool(tally.broken))


if __name__ == "__main__":
    sys.exit(main())
