"""Agreement: how much intervals widen for the source paper's 31 images of 13 patients; and speed.

    python benchmarks/agreement.py [--studies 300]

Simulated studies are like the paper's: areas of 0.4 to 42 mm2, evenly spread in the logarithm, half
of it between patients; readers whose differences have its standard deviation of 4.8 mm2 and grow
with size. In one column patients share nothing else; in the others half of the readers'
disagreement, or all of it, is the patient's own: a deposit that one reader outlines more widely in
every image.
"""

from __future__ import annotations

import argparse
import resource
import time

import numpy as np

from calcimetry.agreement.bootstrap import BootstrapInterval, clustered_bootstrap
from calcimetry.agreement.concordance import concord, concordance
from calcimetry.agreement.jackknife import clustered_jackknife
from calcimetry.agreement.limits import limits_of_agreement
from calcimetry.agreement.passing_bablok import passing_bablok
from calcimetry.agreement.repeated import limits_of_linked_pairs
from calcimetry.agreement.weighted import STATISTICS
from calcimetry.model import Interval

IMAGES, PATIENTS = 31, 13
LOG_SD, ERROR = 1.15, 0.26
SHARES = (0.0, 0.5, 1.0)


def draw(rng: np.random.Generator, share: float, studies: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Areas by two readers, shape (31, 2), and whose each image is; every patient has one.

    With more than one of `studies` they are put together as one large study.
    """
    patients, images = PATIENTS * studies, IMAGES * studies
    owner = np.sort(
        np.concatenate([np.arange(patients), rng.integers(patients, size=images - patients)])
    )
    between, within = rng.normal(size=patients)[owner], rng.normal(size=images)
    area = 4.0 * np.exp(LOG_SD * np.sqrt(0.5) * (between + within))
    readers = []
    for _ in range(2):
        own, rest = rng.normal(size=patients)[owner], rng.normal(size=images)
        readers.append(area * np.exp(ERROR * (np.sqrt(share) * own + np.sqrt(1 - share) * rest)))
    return np.column_stack(readers), owner


def width(interval: Interval) -> float:
    """From end to end."""
    return interval.high - interval.low


def widths(values: np.ndarray, owner: np.ndarray, rng: np.random.Generator) -> dict[str, float]:
    """Width of intervals over patients, over that of intervals over images."""
    a, b = values.T
    some = {"concordance": STATISTICS["concordance"]}
    plain, linked = limits_of_agreement(a, b), limits_of_linked_pairs(a, b, list(owner))
    z = concord(a, b).interval_z
    found = {
        "mean difference, t": width(linked.bias_interval) / width(plain.bias_interval),
        "upper limit": width(linked.upper_interval) / width(plain.upper_interval),
    }
    left_out = clustered_jackknife(values, list(owner), some)["concordance"].interval
    each = clustered_jackknife(values, range(len(a)), some)["concordance"].interval
    found["CCC, left out"] = width(left_out) / width(each)
    found["CCC, patients left out / Fisher z"] = width(left_out) / width(z)
    kinds: tuple[BootstrapInterval, ...] = ("bca", "studentised")
    for kind in kinds:
        drawn = clustered_bootstrap(values, list(owner), some, rng, 1000, kind)["concordance"]
        alone = clustered_bootstrap(values, None, some, rng, 1000, kind)["concordance"]
        found[f"CCC, {kind}"] = width(drawn.interval) / width(alone.interval)
    return found


def intervals(
    values: np.ndarray, owner: np.ndarray, rng: np.random.Generator
) -> dict[str, Interval | None]:
    """What a study would print, by "statistic, kind"."""
    a, b = values.T
    some = {"concordance": STATISTICS["concordance"]}
    linked, plain = limits_of_linked_pairs(a, b, list(owner)), limits_of_agreement(a, b)
    drawn = clustered_bootstrap(values, list(owner), some, rng, 1000)
    return {
        "CCC, asymptotic": concord(a, b).interval_asymptotic,
        "CCC, Fisher z": concord(a, b).interval_z,
        "CCC, BCa over patients": drawn["concordance"].interval,
        "CCC, patients left out": clustered_jackknife(values, list(owner), some)[
            "concordance"
        ].interval,
        "mean, t": plain.bias_interval,
        "mean, linked t": linked.bias_interval,
    }


def held(studies: int) -> None:
    """Print how often intervals hold the truth, for skewed areas and for their logarithms."""
    print(f"\nPercent of 95% intervals that hold the truth, {studies} studies")
    columns: dict[str, dict[str, float]] = {}
    for log in (False, True):
        for share in SHARES:
            rng = np.random.default_rng(11)
            large = draw(rng, share, 30_000)[0]
            large = np.log(large) if log else large
            truth = {"CCC": concordance(*large.T), "mean": 0.0}
            found: dict[str, list[bool]] = {}
            for _ in range(studies):
                values, owner = draw(rng, share)
                values = np.log(values) if log else values
                for name, one in intervals(values, owner, rng).items():
                    right = truth[name.partition(",")[0]]
                    found.setdefault(name, []).append(
                        one is not None and one.low <= right <= one.high
                    )
            title = f"{'log' if log else 'mm2'} {share:.0%}"
            columns[title] = {name: 100 * float(np.mean(each)) for name, each in found.items()}
    print(f"{'':28}" + "".join(f"{title:>10}" for title in columns))
    for name in next(iter(columns.values())):
        print(f"{name:28}" + "".join(f"{one[name]:10.1f}" for one in columns.values()))


def speed() -> None:
    """The two times that the project promises."""
    rng = np.random.default_rng(1)
    values, owner = draw(rng, 0.5)
    start = time.perf_counter()
    some = {"concordance": STATISTICS["concordance"]}
    clustered_bootstrap(values, list(owner), some, rng, 10_000, workers=2)
    print(
        f"10,000 BCa resamples of CCC, 31 images: {time.perf_counter() - start:.2f} s (at most 2)"
    )
    x = rng.normal(50, 10, 5000)
    start, used = time.perf_counter(), time.process_time()
    passing_bablok(x, x + rng.normal(size=5000))
    seconds, used = time.perf_counter() - start, time.process_time() - used
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"Passing-Bablok, 5,000 pairs: {seconds:.2f} s (at most 5), {used:.2f} s of one core, "
        f"{most:.0f} MiB"
    )


def main() -> None:
    """Print both."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--studies", type=int, default=300)
    studies = parser.parse_args().studies
    print(f"Width of 95% intervals over {PATIENTS} patients / over {IMAGES} images, median")
    table = {}
    for share in SHARES:
        rng = np.random.default_rng(7)
        each = [widths(*draw(rng, share), rng) for _ in range(studies)]
        table[share] = {name: float(np.median([one[name] for one in each])) for name in each[0]}
    print(f"{'':42}" + "".join(f"{f'{share:.0%} shared':>14}" for share in SHARES))
    for name in table[0.0]:
        print(f"{name:42}" + "".join(f"{table[share][name]:14.2f}" for share in SHARES))
    held(3 * studies)
    speed()


if __name__ == "__main__":
    main()
