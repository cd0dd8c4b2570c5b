"""Readings to compare, drawn with a seed."""

from __future__ import annotations

import numpy as np

from calcimetry.agreement.readings import Readings


def readings(images=31, patients=13, raters=2, unit="mm2", subjects=True, missing=(), seed=1):
    """Areas whose errors are in proportion, as readers' are; the second rater reads 20% more."""
    rng = np.random.default_rng(seed)
    owner = np.arange(images) % patients
    truth = np.exp(rng.normal(1.5, 0.8, patients)[owner] + rng.normal(0, 0.5, images))
    names = ["anna", "ben", "cora", "dan"][:raters]
    values = {}
    for number, name in enumerate(names):
        read = truth * np.exp(rng.normal(0.2 * (number == 1), 0.15, images))
        values[name] = tuple(
            None if name == names[-1] and place in missing else round(float(one), 3)
            for place, one in enumerate(read)
        )
    return Readings(
        tuple(f"image-{n}" for n in range(images)),
        values,
        tuple(f"P{n}" for n in owner) if subjects else None,
        unit,
    )
