"""Agreement of calcimetry with simulated radiologists, over many cohorts like the source paper's.

    python benchmarks/paper_cohorts.py [--cohorts 200] [--workers 2] [--out paper_cohorts.csv]

Each cohort has 31 pictures of 13 patients, 7 of which do not show all phalanges, and a seed of its
own from 100000 on. Lin's concordance of the total areas of a picture is found for each cohort, and
its mean printed. A row is kept as it comes: the same command goes on where it stopped. 200 cohorts
take three hours of one core.
"""

from __future__ import annotations

import argparse
import csv
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from calcimetry.agreement.concordance import concordance
from calcimetry.bone import find_method
from calcimetry.errors import CalcimetryError
from calcimetry.phantom.cohort import PAPER_GROUPS
from calcimetry.pipeline import measure
from calcimetry.reproduction.paper_set import simulated_set

FIRST_SEED = 100_000
COLUMNS = ("weights", "seed", "lost", "readers", "reader_calcimetry", "calcimetry_truth")


def one_cohort(seed: int) -> dict[str, object]:
    """Concordance of readers, of the first with calcimetry, and of calcimetry with truth."""
    with TemporaryDirectory() as folder:
        pictures = simulated_set(Path(folder) / "pictures", seed, PAPER_GROUPS[1:])
        ours, rows = [], []
        for known in pictures.test:
            try:
                ours.append(measure(known.image).area_mm2)
            except CalcimetryError:
                continue
            readers = [areas[known.name] for areas in pictures.readings.values()]
            rows.append((*readers, known.true_area_mm2))
        first, second, true = np.array(rows).T
    return {
        "weights": find_method("unet").version,
        "seed": seed,
        "lost": len(pictures.test) - len(ours),
        "readers": round(concordance(first, second), 4),
        "reader_calcimetry": round(concordance(first, ours), 4),
        "calcimetry_truth": round(concordance(ours, true), 4),
    }


def main() -> None:
    """Measure the cohorts not yet in the table, and print its means."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cohorts", type=int, default=200)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("paper_cohorts.csv"))
    chosen = parser.parse_args()
    weights = find_method("unet").version
    rows: list[dict[str, object]] = []
    if chosen.out.exists():
        with chosen.out.open(newline="") as file:
            rows = [dict(row) for row in csv.DictReader(file) if row["weights"] == weights]
    made = {int(str(row["seed"])) for row in rows}
    wanted = [FIRST_SEED + n for n in range(chosen.cohorts) if FIRST_SEED + n not in made]
    with ProcessPoolExecutor(chosen.workers, get_context("spawn")) as pool:
        for done in as_completed([pool.submit(one_cohort, seed) for seed in wanted]):
            rows.append(done.result())
            fresh = not chosen.out.exists()
            with chosen.out.open("a", newline="") as file:
                table = csv.DictWriter(file, COLUMNS)
                if fresh:
                    table.writeheader()
                table.writerow(rows[-1])
            print(rows[-1], flush=True)
    print(f"{len(rows)} cohorts, {sum(int(str(row['lost'])) for row in rows)} pictures lost")
    for name in COLUMNS[3:]:
        values = np.array([float(str(row[name])) for row in rows])
        print(f"{name}: mean {values.mean():.3f}, 95% {np.quantile(values, [0.025, 0.975])}")


if __name__ == "__main__":
    main()
