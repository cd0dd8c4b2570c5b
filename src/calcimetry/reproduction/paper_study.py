"""The source paper's study repeated from one call."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from calcimetry import __version__
from calcimetry.agreement.compared import Choices
from calcimetry.errors import InputError, NotMeasurable, OutputError, SettingsError
from calcimetry.files.only_run import only_run
from calcimetry.files.reading_tables import Layout
from calcimetry.files.tables import write_csv, write_json
from calcimetry.phantom.cohort import PAPER_GROUPS
from calcimetry.reproduction.candidates import find_candidates
from calcimetry.reproduction.compare import Compared, compare_pictures
from calcimetry.reproduction.paper_page import PaperStudy, write_study
from calcimetry.reproduction.paper_set import (
    CALCIMETRY,
    QUICK_GROUPS,
    TRAINED,
    TRUTH,
    PaperSet,
    Progress,
    own_set,
    simulated_set,
)
from calcimetry.reproduction.paper_table import Agreed, paper_table
from calcimetry.reproduction.paper_training import train_as_paper
from calcimetry.reproduction.summary import REFERENCE
from calcimetry.study.agree import agree
from calcimetry.study.new_folder import refuse_used

#: The recipe's own seed, so that the pictures held out are those of its training.
SEED = 2021
#: Of a quick study.
QUICK_METHODS = (REFERENCE, "kmeans")
#: How readings are compared.
CHOICES = Choices()
_SETTINGS = "study.json"
_DOING = "Reproducing the paper"


@dataclass(frozen=True, slots=True)
class Reproduced:
    """The study, its folder, and how many answers an earlier run had made."""

    folder: Path
    study: PaperStudy
    resumed: int


def reproduce_paper(
    out: Path,
    images: Path | None = None,
    *,
    seed: int = SEED,
    quick: bool = False,
    train: bool = False,
    on_progress: Progress | None = None,
    on_stage: Callable[[str], None] | None = None,
) -> Reproduced:
    """Repeat the paper's study on simulated patients, or on a folder of pictures and masks.

    Pictures come first, then the seven methods on the independent set and on those held out of
    training, then agreement of radiologists, calcimetry and truth, on all pictures and on those
    that show all phalanges. The same call goes on where an interrupted one stopped. A script
    calls this under ``if __name__ == "__main__":``.

    Parameters
    ----------
    out : Path
        New, empty, or that of an earlier study with the same settings. Gets index.html,
        paper.csv, paper.json, figures/, agreement-all/, agreement-whole/, methods/, and
        pictures/ where they are simulated.
    images : Path, optional
        See `calcimetry.reproduction.paper_set.own_set`; without it patients are simulated.
    seed : int
        Of what is simulated, drawn and held out.
    quick : bool
        Two methods, and few pictures where they are simulated.
    train : bool
        Train the network of the paper's recipe too; it is then one more method and one more
        rater. Needs the extra ``train``, and the recipe's own `seed`.
    on_progress : callable, optional
        Called with (done, of how many, what) at each stage.
    on_stage : callable, optional
        Called with the name of each stage.

    Returns
    -------
    Reproduced

    Raises
    ------
    SettingsError
        If the seed is negative, or training is wanted of a quick study or with another seed.
    InputError
        If the pictures cannot be used, or `out` lies within their folder.
    OutputError
        If `out` holds anything else, or cannot be written.
    KeyboardInterrupt
        If interrupted; what is done so far is kept.
    """
    if train and (quick or seed != SEED):
        raise SettingsError(
            f"{_DOING}: the training holds out the pictures of seed {SEED} of the whole study, so "
            f"--train goes with neither --quick nor another --seed, found {seed}."
        )
    tell = on_stage or (lambda _stage: None)
    if images is not None and out.resolve().is_relative_to(images.resolve()):
        raise InputError(
            f"{_DOING}: the results folder {out} lies within the pictures, where its label maps "
            "would be taken for more of them. Choose another --out folder."
        )
    _claim(out, images, seed, quick)
    with only_run(out):
        tell("pictures")
        if images is None:
            pictures = simulated_set(
                out / "pictures", seed, QUICK_GROUPS if quick else PAPER_GROUPS, on_progress
            )
        else:
            pictures = own_set(images, seed)
        models = {}
        if train:
            tell("training")
            known = [*pictures.training, *(one.name for one in pictures.held_out)]
            held_out = len(pictures.held_out)
            models[TRAINED] = train_as_paper(out / "training", pictures.folder, known, held_out)
        tell("methods")
        compared = compare_pictures(
            (*pictures.test, *pictures.held_out),
            out / "methods",
            find_candidates(QUICK_METHODS if quick else (), models),
            on_progress=on_progress,
        )
        tell("agreement")
        areas = _areas(pictures, compared)
        names = tuple(one.name for one in pictures.test)
        every = _agreed(out / "agreement-all", pictures, areas, names, on_progress)
        whole = None
        if pictures.whole is not None:
            own = tuple(name for name in names if name in pictures.whole)
            whole = _agreed(out / "agreement-whole", pictures, areas, own, on_progress)
        rows = paper_table(pictures, areas, every, whole, _dices(pictures, compared))
        study = PaperStudy(
            pictures, compared.comparison, areas, every, whole, rows, out / "methods", quick
        )
        tell("page")
        write_study(out, study, out / "training" / "curve.csv" if train else None)
    return Reproduced(out, study, compared.resumed)


def _claim(out: Path, images: Path | None, seed: int, quick: bool) -> None:
    """Make sure that a folder is free, or holds this very study."""
    settings = {
        "made_by": f"calcimetry {__version__}",
        "images": None if images is None else images.name,
        "seed": seed,
        "quick": quick,
    }
    try:
        found = json.loads((out / _SETTINGS).read_text("utf-8"))
    except (OSError, ValueError):
        refuse_used(out)
        write_json(out / _SETTINGS, settings)
        return
    if found != settings:
        raise OutputError(
            f"Writing to {out}: it holds a study of other settings or another version (see "
            f"{_SETTINGS} there). Choose another --out folder, or type the same options again."
        )


def _areas(pictures: PaperSet, compared: Compared) -> dict[str, dict[str, float]]:
    """Total area in mm2 by rater and picture of the independent set."""
    areas = {reader: dict(own) for reader, own in pictures.readings.items()}
    for rater, method in ((CALCIMETRY, REFERENCE), (TRAINED, TRAINED)):
        own = {
            row.image: row.score.area_mm2
            for row in compared.comparison.rows
            if row.method == method and row.score is not None
        }
        if own:
            areas[rater] = {one.name: own[one.name] for one in pictures.test if one.name in own}
    true = {one.name: one.true_area_mm2 for one in pictures.test if one.true_area_mm2 is not None}
    return areas | ({TRUTH: true} if true else {})


def _dices(pictures: PaperSet, compared: Compared) -> dict[str, list[float]]:
    """Dice of bone of the pictures held out of training."""
    held_out = {one.name for one in pictures.held_out}
    return {
        rater: [
            row.score.bone_dice
            for row in compared.comparison.rows
            if row.method == method and row.image in held_out and row.score is not None
        ]
        for rater, method in ((CALCIMETRY, REFERENCE), (TRAINED, TRAINED))
    }


def _agreed(
    folder: Path,
    pictures: PaperSet,
    areas: dict[str, dict[str, float]],
    names: tuple[str, ...],
    on_progress: Progress | None,
) -> Agreed:
    """Write the table of areas of some pictures, and compare its raters."""
    patient = {one.name: one.patient for one in pictures.test}
    known = all(patient[name] for name in names)
    table = folder / "areas.csv"
    write_csv(
        table,
        ("image", "patient", *areas),
        [
            {"image": name, "patient": patient[name]}
            | {rater: own.get(name) for rater, own in areas.items()}
            for name in names
        ],
    )
    if len(areas) < 2:  # of raters
        return Agreed(names, None, {}, "No reader and no truth to compare with calcimetry's areas.")
    layout = Layout(
        {rater: rater for rater in areas}, subject="patient" if known else "", unit="mm2"
    )
    patients = len({patient[name] for name in names}) if known else None
    try:
        found = agree([table], layout, folder, CHOICES, on_progress=on_progress)
    except NotMeasurable as error:
        return Agreed(names, patients, {}, str(error))
    pairs = {(one.pair.a, one.pair.b): one for one in found.comparison.pairs}
    return Agreed(names, patients, pairs, " ".join(found.comparison.failed.values()))
