"""Fit the settings of the 95% intervals to simulated images, and print them as TOML.

    python benchmarks/calibrate_intervals.py [--kind pictures volumes] [--processes 2]

Each end of an interval is a quantile of the true size, fitted by quantile regression (Koenker
and Bassett, Econometrica 1978) with the pinball loss, and shifted by the quantile of what was
held out in five folds, so that it covers what it was not fitted to (Romano, Patterson, Candes,
NeurIPS 2019). The seed is not the one that `benchmarks/cohort.py` reports. Put what is printed
into the defaults of `AreaErrorModel` and `VolumeErrorModel`, then run that.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict, replace
from pathlib import Path
from typing import TypeVar

import numpy as np
from cohort import BANDS, judged, share_held, totals_held
from cohort_records import CALIBRATION, Kind, Record, Total, matched, run, totals
from numpy.typing import NDArray
from scipy.optimize import minimize

from calcimetry.measurement.error_model import ErrorModel
from calcimetry.measurement.size import AreaErrorModel
from calcimetry.measurement.volume_error import VolumeErrorModel

Floats = NDArray[np.float64]
Model = TypeVar("Model", bound=ErrorModel)
#: Group of settings and model of each kind of image.
MODELS: dict[Kind, tuple[str, ErrorModel]] = {
    "pictures": ("area_error", AreaErrorModel()),
    "volumes": ("volume_error", VolumeErrorModel()),
}
#: Each end may be passed by one in forty.
TAIL = 0.025
FOLDS = 5
#: Starts of the search: logarithm, mm, logarithm, exponent.
STARTS = [
    (r, b, c, f) for r in (0.05, 0.4) for b in (0.05, 0.3) for c in (0.0, 0.4) for f in (0.0, 0.5)
]
#: Of fewer lesions what contact with bone adds cannot be told from chance.
ENOUGH = 100
#: No border lies so far off: beyond, one lesion decides.
MOST = (1.5, 1.5, 2.0, 2.0)


def reach(values: Floats, seen: Floats) -> Floats:
    """How far an end lies from the measured size, as a logarithm."""
    relative, boundary, touching, fading = values
    slope, contact, faint = seen
    return relative + touching * contact + fading * faint + np.log1p(boundary * slope)


def fitted(beyond: Floats, seen: Floats) -> Floats:
    """Quantile regression of `beyond`, the logarithm of the error on one side.

    `seen` holds border over size, contact with bone and faintness of each.
    """
    most = MOST if len(beyond) >= ENOUGH else (*MOST[:2], 0.0, 0.0)
    most = most if seen[2].any() else (*most[:3], 0.0)

    def loss(values: Floats) -> float:
        left = beyond - reach(values, seen)
        return float(np.maximum((1.0 - TAIL) * left, -TAIL * left).mean())

    searches = [
        minimize(
            loss,
            np.minimum(start, most),
            method="Nelder-Mead",
            bounds=[(0.0, one) for one in most],
            options={"xatol": 1e-4, "fatol": 1e-7, "maxiter": 4000},
        )
        for start in STARTS
    ]
    return np.asarray(min(searches, key=lambda one: one.fun).x)


def one_end(beyond: Floats, seen: Floats, finger: Floats) -> Floats:
    """The same, wide enough for what was held out, finger by finger."""
    left = np.empty(len(beyond))
    fold = finger % FOLDS
    for n in range(FOLDS):
        kept, out = fold != n, fold == n
        values = fitted(beyond[kept], seen[:, kept])
        left[out] = beyond[out] - reach(values, seen[:, out])
    rank = min(1.0, (1.0 - TAIL) * (1.0 + 1.0 / len(beyond)))
    shift = float(np.quantile(left, rank, method="higher"))
    values = fitted(beyond, seen)
    return np.array([max(0.0, values[0] + shift), *values[1:]])


def calibrated(model: Model, records: list[Record]) -> Model:
    """The model with all its settings fitted."""
    volumes = isinstance(model, VolumeErrorModel)
    pairs = [one for one in matched(records) if one.found or not volumes]
    true, measured, border, contact, faint, image = (
        np.array([getattr(one, name) for one in pairs])
        for name in ("true", "measured", "border", "contact", "faint", "image")
    )
    seen = np.stack([border / measured, contact, faint if volumes else 0.0 * faint])
    error = np.log(true / measured)
    low, high = (one_end(sign * error, seen, image // 2) for sign in (-1.0, 1.0))
    model = replace(
        model,
        relative_low=low[0],
        boundary_low_mm=low[1],
        contact_low=low[2],
        relative_high=high[0],
        boundary_high_mm=high[1],
        contact_high=high[2],
        false_size=0.0,
        missed_size=0.0,
    )
    if isinstance(model, VolumeErrorModel):
        model = replace(model, faint_low=low[3], faint_high=high[3])
    needed: dict[str, list[float]] = {"false_size": [], "missed_size": []}
    for one in totals(records, model):
        if one.interval is None:
            continue
        for name, gap, half in (
            ("false_size", one.measured - one.true, one.measured - one.interval.low),
            ("missed_size", one.true - one.measured, one.interval.high - one.measured),
        ):
            needed[name].append(np.sqrt(max(0.0, gap * abs(gap) - half * half)))
    return replace(
        model, **{name: float(np.quantile(gaps, 1.0 - TAIL)) for name, gaps in needed.items()}
    )


def held_out(model: Model, records: list[Record]) -> dict[str, str]:
    """How often intervals hold what they were not set on, in folds of fingers, and their widths."""
    of_lesions: dict[str, list[tuple[bool, float]]] = {}
    of_totals: list[Total] = []
    for n in range(FOLDS):
        kept, out = (
            [one for one in records if (one["index"] // 2 % FOLDS == n) is left]
            for left in (False, True)
        )
        fold_model = calibrated(model, kept)
        for one in matched(out):
            names = ["fragments too"]
            if one.found or not isinstance(model, VolumeErrorModel):
                names += ["found", "touching bone" if one.touches else "away from bone"]
                names += [f"{low:g} to {high:g}" for low, high in BANDS if low <= one.true < high]
            for name in names:
                of_lesions.setdefault(name, []).append(judged(one, fold_model))
        of_totals += totals(out, fold_model)
    told = {name: share_held(found) for name, found in of_lesions.items()}
    return told | {"totals": totals_held(of_totals)}


def main() -> None:
    """Simulate, measure, fit, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kind", choices=tuple(MODELS), nargs="*", default=tuple(MODELS))
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("runs/cohort"))
    options = parser.parse_args()
    for kind in options.kind:
        group, model = MODELS[kind]
        records = [
            one
            for seed, count in CALIBRATION[kind]
            for one in run(kind, seed, count, options.out, options.processes)
        ]
        print(f"\n[{group}]  # {len(matched(records))} lesions of {len(records)} {kind}")
        for name, value in asdict(calibrated(model, records)).items():
            print(f"{name} = {value:.3f}")
        print("# held out: share that holds the truth; median width over size, of totals as it is")
        for name, said in held_out(model, records).items():
            print(f"# {name}: {said}")


if __name__ == "__main__":
    main()
