"""What the cohort benchmarks share: simulate, measure, and note what was true beside it.

One line of JSON per image, in a file named after kind, seed and the network's weights: a run
that was broken off goes on where it stopped, and other weights start anew. Intervals are not
noted but worked out from what is, so that new settings need no new measurement.
"""

from __future__ import annotations

import functools
import json
import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from followup_cases import simulated_pair
from judging import is_found
from numpy.typing import NDArray
from rich.progress import track
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

import calcimetry as cm
from calcimetry.bone import find_method
from calcimetry.errors import CalcimetryError
from calcimetry.measurement.error_model import ErrorModel
from calcimetry.measurement.volume_error import VolumeErrorModel, faintness
from calcimetry.phantom.picture import DEPOSIT, FingerPicture, finger_picture
from calcimetry.settings import Settings

Kind = Literal["pictures", "volumes"]
Record = dict[str, Any]
Labels = NDArray[np.generic]

#: Neither training nor validation starts with these seeds; one is to report, others to calibrate.
REPORT_SEEDS: dict[Kind, int] = {"pictures": 61, "volumes": 63}
#: Seeds to calibrate with, and how many images of each.
CALIBRATION: dict[Kind, tuple[tuple[int, int], ...]] = {
    "pictures": ((62, 1500),),
    "volumes": ((62, 60), (61, 44)),
}
#: Lesions of a cohort's pictures, mm2.
AREAS_MM2 = (0.4, 48.0)
#: Share of each shape as published (stone 91.4%, plate 4.8%, net 3.8% of 316 deposits: Bartoli,
#: Rheumatology 2016) over its share in the simulator (74%, 18%, 8%), stone set to 1: a picture
#: is kept with the product over its lesions.
KEPT = {"stone": 1.0, "plate": 0.048 / 0.18 * 0.74 / 0.914, "net": 0.038 / 0.08 * 0.74 / 0.914}
#: A true lesion's blurred border may hold this little of it.
_LITTLE = 0.1


def cohort_picture(seed: int, index: int) -> FingerPicture:
    """One picture: drawn until its lesions have the sizes wanted and, by chance, the shapes."""
    for attempt in range(1000):
        rng = np.random.default_rng((seed, index, attempt))
        picture = finger_picture(rng, name=f"cohort {index}")
        low, high = AREAS_MM2
        kept = float(np.prod([KEPT[one.shape] for one in picture.lesions]))
        if rng.random() < kept and all(low <= one.area_mm2 <= high for one in picture.lesions):
            return picture
    raise RuntimeError(f"no picture of the cohort after 1000 attempts at {index}")


def picture_record(seed: int, index: int, settings: Settings) -> Record:
    """One simulated picture, measured."""
    picture = cohort_picture(seed, index)
    true = [
        {"number": t.number, "size": t.area_mm2, "touches": t.touches_bone, "shape": t.shape}
        for t in picture.lesions
    ]
    return _measured(
        picture.image,
        settings,
        true,
        picture.lesion_map[None],
        picture.fractions[DEPOSIT][None],
        lambda one: (one.area_mm2, one.perimeter_mm),
    ) | {"index": index, "spacing_mm": picture.view.spacing_mm}


def volume_record(seed: int, index: int, settings: Settings) -> Record:
    """One simulated finger volume, measured: visit `index` % 2 of finger `index` // 2.

    The fingers of `followup_cases`: deposits of 1 to some 500 mm3, as users measure, and no other
    things in view. Their visits differ in pose, noise and spacing.
    """
    pair = simulated_pair(seed, index // 2, whole_hand=False)
    volume = (pair.first, pair.last)[index % 2].volume
    true = [
        {"number": t.number, "size": t.volume_mm3, "touches": t.touches_bone, "shape": t.shape}
        for t in volume.lesions
    ]
    return _measured(
        volume.image,
        settings,
        true,
        volume.lesion_map,
        volume.deposit_fraction,
        lambda one: (one.volume_mm3, one.surface_mm2),
    ) | {"index": index, "spacing_mm": volume.image.grid.spacing[0]}


def _measured(
    image: Any,
    settings: Settings,
    true: list[Record],
    true_map: Labels,
    true_fraction: Labels,
    sizes: Callable[[cm.Lesion], tuple[float | None, float | None]],
) -> Record:
    try:
        report = cm.measure(image, settings)
    except CalcimetryError as error:
        return {"failed": str(error), "true": true, "measured": [], "groups": []}
    return record_of(report, true, true_map, true_fraction, sizes)


def record_of(
    report: cm.Report,
    true: list[Record],
    true_map: Labels,
    true_fraction: Labels,
    sizes: Callable[[cm.Lesion], tuple[float | None, float | None]],
) -> Record:
    """What was measured beside what is true, and which lesions of both share samples."""
    labels = report.lesion_map.label_map
    for one in true:
        mask = true_map == one["number"]
        hits = [n for n in np.unique(labels[mask]) if n]
        one["found"] = any(is_found(labels == n, mask) for n in hits)
    measured = []
    for lesion in report.lesions:
        size, border = sizes(lesion)
        measured.append(
            {
                "number": lesion.number,
                "size": size,
                "border": border,
                "contact": (
                    float(lesion.touches_bone)
                    if report.image.is_picture
                    else lesion.bone_contact_share
                ),
                "solidity": lesion.solidity,
                "touches": lesion.touches_bone,
                "hu": lesion.mean_hu,
                "false": not (true_fraction[labels == lesion.number] > _LITTLE).any(),
            }
        )
    return {"true": true, "measured": measured, "groups": groups(true_map, labels)}


def groups(true_map: Labels, labels: Labels) -> list[dict[str, list[int]]]:
    """True and measured lesions that share pixels, also in chains: what was one may be two."""
    both = (true_map > 0) & (labels > 0)
    pairs = np.unique(np.stack([true_map[both], labels[both]], axis=1).astype(int), axis=0)
    if not len(pairs):
        return []
    known, first = np.unique(pairs[:, 0], return_inverse=True)
    found, second = np.unique(pairs[:, 1], return_inverse=True)
    size = len(known) + len(found)
    links = coo_array((np.ones(len(pairs)), (first, second + len(known))), shape=(size, size))
    count, part = connected_components(links, directed=False)
    return [
        {
            "true": known[part[: len(known)] == n].tolist(),
            "measured": found[part[len(known) :] == n].tolist(),
        }
        for n in range(count)
    ]


@dataclass(frozen=True)
class Pair:
    """What true lesions and the measured ones that share their pixels add up to."""

    #: Which image of its kind; two that follow each other may show one finger.
    image: int
    true: float
    measured: float
    border: float
    #: With bone, as the intervals have it, and in truth.
    contact: float
    touches: bool
    faint: float
    #: Whether each true lesion was found, not a fragment of it.
    found: bool
    parts: list[Record]


def matched(records: list[Record]) -> list[Pair]:
    """True and measured sizes of what was found, of all images."""
    pairs = []
    for record in records:
        true = {one["number"]: one for one in record["true"]}
        measured = {one["number"]: one for one in record["measured"]}
        for group in record["groups"]:
            known, parts = (
                [true[n] for n in group["true"]],
                [measured[n] for n in group["measured"]],
            )
            pairs.append(
                Pair(
                    image=record.get("index", 0),
                    true=sum(one["size"] for one in known),
                    measured=sum(one["size"] for one in parts),
                    border=sum(one["border"] for one in parts),
                    contact=_mean([one["contact"] for one in parts], parts),
                    touches=any(one["touches"] for one in known),
                    faint=_mean([faintness(one.get("hu")) for one in parts], parts),
                    found=all(one.get("found", False) for one in known),
                    parts=parts,
                )
            )
    return pairs


def interval_of(measured: Record, model: ErrorModel) -> cm.Interval:
    """The interval of a measured lesion."""
    size, border, contact = measured["size"], measured["border"], measured["contact"]
    if isinstance(model, VolumeErrorModel):
        return model.interval(size, border, contact, measured["hu"])
    return model.interval(size, border, contact)


def _mean(values: list[float], parts: list[Record]) -> float:
    """Of some measured lesions together, by their size."""
    return float(np.average(values, weights=[one["size"] for one in parts]))


@dataclass(frozen=True)
class Total:
    """One image's totals; no interval without a lesion."""

    true: float
    measured: float
    interval: cm.Interval | None


def totals(records: list[Record], model: ErrorModel) -> list[Total]:
    """True and measured total of every image that could be measured."""
    found = []
    for record in records:
        if "failed" in record:
            continue
        sizes = [one["size"] for one in record["measured"]]
        ends = [interval_of(one, model) for one in record["measured"]]
        interval = model.total(sizes, ends) if sizes else None
        found.append(Total(sum(one["size"] for one in record["true"]), sum(sizes), interval))
    return found


def run(kind: Kind, seed: int, count: int, folder: Path, processes: int) -> list[Record]:
    """Records of the first `count` images, those that are noted already read back."""
    settings = Settings()
    name = find_method(settings.method, settings.model).version
    path = folder / f"{kind}-{seed}-{name.replace(' / ', '+').replace(' ', '-')}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    known: dict[int, Record] = {}
    if path.exists():
        lines = path.read_text(encoding="utf-8").splitlines()
        known = {one["index"]: one for one in map(json.loads, lines)}
    left = [n for n in range(count) if n not in known]
    make = picture_record if kind == "pictures" else volume_record
    # Forking a process that runs a network can hang.
    context = multiprocessing.get_context("spawn")
    with (
        ProcessPoolExecutor(processes, mp_context=context) as pool,
        path.open("a", encoding="utf-8") as lines,
    ):
        tasks = [pool.submit(functools.partial(make, seed, n, settings)) for n in left]
        for task in track(as_completed(tasks), f"Measuring {kind}", total=len(tasks)):
            record = task.result()
            known[record["index"]] = record
            lines.write(json.dumps(record) + "\n")
            lines.flush()
    return [known[n] for n in range(count)]
