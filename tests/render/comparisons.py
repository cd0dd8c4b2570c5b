"""Comparisons to write about and to draw."""

from __future__ import annotations

import numpy as np

from calcimetry.agreement.compare import compare
from calcimetry.agreement.compared import Choices
from calcimetry.agreement.readings import Readings
from tests.agreement.raters import readings


def comparison(log=False, **options):
    choices = Choices(log=log, resamples=200)
    return compare(readings(**options), np.random.default_rng(1), choices)


def of_values(a, b, unit="mm2", subjects=None, log=False):
    given = Readings(
        tuple(f"image-{n}" for n in range(len(a))), {"anna": a, "ben": b}, subjects, unit
    )
    return compare(given, np.random.default_rng(1), Choices(log=log, resamples=200))
