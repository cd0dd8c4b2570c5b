"""Which pictures a network learns from, and which are held out to judge it by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from calcimetry.errors import SettingsError
from calcimetry.training.picture import TrainingPicture

Pictures = list[TrainingPicture]


def split(
    pictures: Sequence[TrainingPicture],
    *,
    by: Literal["patient", "image"],
    rng: np.random.Generator,
    share: float | None = None,
    count: int | None = None,
) -> tuple[Pictures, Pictures]:
    """Part pictures into those to train on and those held out, by chance.

    Parameters
    ----------
    pictures : sequence of TrainingPicture
    by : {"patient", "image"}
        With "patient" all pictures of a patient go to the same side, and the number held out
        is as near to what was asked as whole patients let it be. With "image" pictures are
        drawn one by one: a network is then judged on patients, and maybe fingers, that it
        knows.
    rng : numpy.random.Generator
    share : float, optional
        Part of the pictures to hold out, above 0 and below 1.
    count : int, optional
        The same as a number of pictures. Exactly one of the two is given.

    Returns
    -------
    training, held_out : list of TrainingPicture
        Both in the order of `pictures`, and neither empty.

    Raises
    ------
    SettingsError
        If not exactly one of `share` and `count` is given, it leaves either side without a
        picture, or there is only one patient to split by.

    Examples
    --------
    >>> from calcimetry.model import Grid, Image
    >>> image = Image(np.zeros((2, 3)), Grid.picture((2, 3), 0.4))
    >>> four = [TrainingPicture(f"{n}.png", "ab"[n % 2], image, np.ones((2, 3))) for n in range(4)]
    >>> training, held_out = split(four, by="patient", count=1, rng=np.random.default_rng(0))
    >>> {one.patient for one in training} & {one.patient for one in held_out}
    set()
    """
    wanted = _wanted(len(pictures), share, count)
    if by == "image":
        chosen = set(rng.permutation(len(pictures))[:wanted].tolist())
        return _parted(pictures, [place in chosen for place in range(len(pictures))])
    sizes: dict[str, int] = {}
    for one in pictures:
        sizes[one.patient] = sizes.get(one.patient, 0) + 1
    if len(sizes) < 2:
        raise SettingsError(
            f"Splitting {len(pictures)} pictures by patient: at least two patients are needed, "
            f"found {len(sizes)}. Add pictures of another patient, say which picture is whose in "
            "the column patient of manifest.csv, or split by image."
        )
    own = _patients(list(sizes.items()), wanted, rng)
    return _parted(pictures, [one.patient in own for one in pictures])


def _wanted(total: int, share: float | None, count: int | None) -> int:
    """How many pictures to hold out."""
    if (share is None) == (count is None):
        raise SettingsError(
            "Splitting pictures: say either which share or how many of them to hold out; found "
            f"share {share} and count {count}."
        )
    if share is not None:
        if not 0.0 < share < 1.0:
            raise SettingsError(
                f"Splitting pictures: the share held out must lie above 0 and below 1, found "
                f"{share:g}."
            )
        count = min(max(round(share * total), 1), total - 1)
    wanted = count or 0
    if not 1 <= wanted < total:
        raise SettingsError(
            f"Splitting {total} pictures: 1 to {total - 1} of them can be held out, so that some "
            f"are left to train on; found {wanted}. Add pictures, or hold out fewer."
        )
    return wanted


def _patients(sizes: list[tuple[str, int]], wanted: int, rng: np.random.Generator) -> set[str]:
    """Patients to hold out, in random order as long as each brings the number nearer."""
    own: set[str] = set()
    held = 0
    for place in rng.permutation(len(sizes)):
        patient, size = sizes[place]
        nearer = abs(held + size - wanted) < abs(held - wanted)
        if nearer and len(own) < len(sizes) - 1:
            own.add(patient)
            held += size
    if not own:  # every patient has over twice as many pictures as are wanted
        own.add(min(sizes, key=lambda one: one[1])[0])
    return own


def _parted(pictures: Sequence[TrainingPicture], held_out: list[bool]) -> tuple[Pictures, Pictures]:
    pairs = list(zip(pictures, held_out, strict=True))
    return [one for one, out in pairs if not out], [one for one, out in pairs if out]
