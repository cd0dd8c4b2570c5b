"""How well the simulated radiologists agree, beside the two of the source paper.

    python benchmarks/readers.py [--studies 2000]

Each simulated study has 31 images like the paper's: true areas from 0.8 to 40 mm2,
evenly spread in the logarithm, in one lesion or more. Printed are the median over all
studies and the range that holds 95% of them: a study of 31 images says no more than that.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass

import numpy as np
from scipy.stats import spearmanr

from calcimetry.phantom.readers import PAPER_READERS, Reader, read_lesions

IMAGES = 31
#: The paper's two radiologists.
PUBLISHED = {
    "rho": 0.91,
    "concordance": 0.91,
    "mean difference mm2": -0.5,
    "lower limit mm2": -10.0,
    "upper limit mm2": 9.0,
    "smallest area mm2": 0.4,
    "largest area mm2": 41.5,
}


@dataclass(frozen=True)
class Ellipse:
    """A true lesion."""

    number: int
    long_axis_mm: float
    short_axis_mm: float

    @property
    def area_mm2(self) -> float:
        """Of the ellipse."""
        return math.pi / 4.0 * self.long_axis_mm * self.short_axis_mm


def draw_image(rng: np.random.Generator) -> list[Ellipse]:
    """The lesions of one image: mostly one, their areas adding up to 0.8 to 40 mm2."""
    total = math.exp(rng.uniform(math.log(0.8), math.log(40.0)))
    count = 1 + int(rng.poisson(0.4))
    lesions = []
    for number, share in enumerate(rng.dirichlet(np.full(count, 2.0)), start=1):
        ratio = rng.uniform(1.1, 2.6)
        long_axis = math.sqrt(total * share * ratio * 4.0 / math.pi)
        lesions.append(Ellipse(number, long_axis, long_axis / ratio))
    return lesions


def agreement(first: np.ndarray, second: np.ndarray) -> dict[str, float]:
    """The paper's statistics of two readers' areas, in mm2 (Lin 1989; Bland and Altman 1986)."""
    difference = first - second
    mean, spread = difference.mean(), difference.std(ddof=1)
    centred = (first - first.mean(), second - second.mean())
    concordance = (
        2.0
        * (centred[0] * centred[1]).mean()
        / ((centred[0] ** 2).mean() + (centred[1] ** 2).mean() + mean**2)
    )
    both = np.concatenate([first, second])
    return {
        "rho": float(spearmanr(first, second).statistic),
        "concordance": float(concordance),
        "mean difference mm2": float(mean),
        "lower limit mm2": float(mean - 1.96 * spread),
        "upper limit mm2": float(mean + 1.96 * spread),
        "smallest area mm2": float(both.min()),
        "largest area mm2": float(both.max()),
    }


def simulate(
    studies: int, readers: tuple[Reader, Reader] = PAPER_READERS, seed: int = 1
) -> dict[str, np.ndarray]:
    """Each statistic of many studies of 31 images."""
    rng = np.random.default_rng(seed)
    found: dict[str, list[float]] = {name: [] for name in PUBLISHED}
    for _ in range(studies):
        images = [draw_image(rng) for _ in range(IMAGES)]
        areas = [
            np.array(
                [
                    sum(one.ellipse_area_mm2 for one in read_lesions(rng, reader, image))
                    for image in images
                ]
            )
            for reader in readers
        ]
        for name, value in agreement(*areas).items():
            found[name].append(value)
    return {name: np.array(values) for name, values in found.items()}


def main() -> None:
    """Print the paper's statistics beside the simulated ones."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--studies", type=int, default=1000)
    found = simulate(parser.parse_args().studies)
    print(f"{'':22}{'paper':>8}{'median':>9}   95% of studies")
    for name, published in PUBLISHED.items():
        low, middle, high = np.percentile(found[name], [2.5, 50.0, 97.5])
        print(f"{name:22}{published:8.2f}{middle:9.2f}   {low:.2f} to {high:.2f}")


if __name__ == "__main__":
    main()
