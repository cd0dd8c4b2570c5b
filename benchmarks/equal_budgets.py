"""Compare U-Net, V-Net and P-Net after trainings of equal budgets, on real bones and simulated.

    for n in unet vnet pnet; do
        calcimetry train benchmarks/recipes/equal-$n.toml --out runs/equal-$n
    done
    python benchmarks/equal_budgets.py [--runs runs] [--pictures 100]

Each recipe takes about 17 minutes of one core (`OMP_NUM_THREADS=1`), once its pictures are
simulated: the same 13,500 for all three, of which a bank of one run can be copied to the others.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from fingers import read_cases
from judging import judge, print_table, summary
from reference import FINGERS
from rich.progress import track
from simulated import simulate

from calcimetry.bone import NETWORKS
from calcimetry.settings import Settings


def main() -> None:
    """Measure both sets of pictures with each network, and print a table for each set."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=FINGERS)
    parser.add_argument("--pictures", type=int, default=100, help="simulated ones")
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    options = parser.parse_args()
    models = {kind: options.runs / f"equal-{kind}" / "model.onnx" for kind in NETWORKS}
    missing = [str(path) for path in models.values() if not path.is_file()]
    if missing:
        parser.error(f"train these networks first: {', '.join(missing)}")
    sets = {"real bones": read_cases(options.data), "simulated": simulate(options.pictures)}
    for name, cases in sets.items():
        columns = {}
        for kind, model in models.items():
            settings = Settings(method=kind, model=str(model))
            columns[kind] = summary([judge(one, settings) for one in track(cases, kind)])
        print_table(f"{len(cases)} pictures, {name}, equal budgets", columns)


if __name__ == "__main__":
    main()
