"""Which images of several visits belong together: those of one hand of one patient."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from calcimetry.errors import InputError
from calcimetry.files.patients import FINGER, PATIENT, SIDE
from calcimetry.files.results import Contents, Result


@dataclass(frozen=True, slots=True)
class SavedVisit:
    """The results folder of one visit; `number` counts visits from 1, the baseline.

    `name` is what the user called the visit by.
    """

    number: int
    folder: Path
    contents: Contents
    name: str

    @property
    def volumes(self) -> tuple[Result, ...]:
        """Those that were measured."""
        return tuple(one for one in self.contents.results if one.measured and one.is_volume)

    @property
    def pictures(self) -> tuple[Result, ...]:
        """Those that were measured."""
        return tuple(one for one in self.contents.results if one.measured and not one.is_volume)


@dataclass(frozen=True, slots=True)
class Series:
    """Images of one hand, or pictures of one finger, at the baseline and later.

    `visits` holds the visits' numbers with their results, the baseline first.
    """

    patient: str
    name: str
    visits: tuple[tuple[int, Result], ...]

    @property
    def baseline(self) -> Result:
        """What later visits are compared with."""
        return self.visits[0][1]


@dataclass(frozen=True, slots=True)
class Unpaired:
    """An image that has no counterpart at another visit, and why."""

    visit: int
    patient: str
    image: str
    reason: str


@dataclass(frozen=True, slots=True)
class Sorted:
    """What is compared, and what is not."""

    series: tuple[Series, ...]
    unpaired: tuple[Unpaired, ...]
    #: Whether the images are volumes; pictures otherwise.
    volumes: bool


#: Why a picture does not count.
_SMALLER = "of several pictures of one finger the one with the largest area counts"
#: What images of one series have in common.
Key = tuple[str, ...]


def sort_series(visits: Sequence[SavedVisit]) -> Sorted:
    """Put the images of each hand, or the pictures of each finger, in a row.

    A volume is known by its patient and the sides that it shows, and where that leaves
    a choice by its name too; a picture by patient, side and finger as the manifest says,
    and without them by its name. Where every visit holds one image alone, those belong together.
    Volumes win over pictures, as in patients.csv.

    Parameters
    ----------
    visits : sequence of SavedVisit
        The baseline first.

    Returns
    -------
    Sorted

    Raises
    ------
    InputError
        If a visit holds no measured image, one holds volumes and another pictures alone, or
        no two images belong together.
    """
    for visit in visits:
        if not (visit.volumes or visit.pictures):
            raise InputError(
                f"Following up: nothing was measured at {told(visit)}. Its images.csv says why."
            )
    with_volumes = [visit for visit in visits if visit.volumes]
    if with_volumes and len(with_volumes) < len(visits):
        other = next(visit for visit in visits if not visit.volumes)
        raise InputError(
            f"Following up: expected visits of one kind, found volumes at "
            f"{told(with_volumes[0])} and pictures at {told(other)}. A picture is one plane: "
            "compare it with a picture, and a volume with a volume."
        )
    if with_volumes:
        images = {visit.number: visit.volumes for visit in visits}
        return _sorted(visits, images, (_hand_key, _named_hand_key))
    images = {visit.number: _largest_of_each_finger(visit.pictures) for visit in visits}
    found = _sorted(visits, images, (_finger_key,))
    smaller = [
        Unpaired(visit.number, patient_of(one), one.image, _SMALLER)
        for visit in visits
        for one in visit.pictures
        if one not in images[visit.number]
    ]
    return replace(found, unpaired=(*found.unpaired, *smaller))


def told(visit: SavedVisit) -> str:
    """A visit as messages call it, such as ``the baseline (results-1)``."""
    name = "the baseline" if visit.number == 1 else f"visit {visit.number}"
    return f"{name} ({visit.name})"


def patient_of(result: Result) -> str:
    """Study code or pseudonym; empty where not known."""
    return result.columns.get(PATIENT, "")


def sides_of(result: Result) -> tuple[str, ...]:
    """Sides of the hands that a volume shows, or that the manifest gives a picture."""
    found = {hand.side for hand in result.hands if hand.side}
    stated = result.columns.get(SIDE, "").strip().lower()
    return tuple(sorted(found or ({stated} if stated else set())))


def _hand_key(result: Result) -> Key:
    return (patient_of(result), *sides_of(result))


def _named_hand_key(result: Result) -> Key:
    return (*_hand_key(result), result.image)


def _finger_key(result: Result) -> Key:
    finger = result.columns.get(FINGER, "").strip().lower()
    # A picture that does not say its finger is known by its name.
    return (patient_of(result), *sides_of(result), finger or f"image {result.image}")


def _largest_of_each_finger(pictures: Iterable[Result]) -> tuple[Result, ...]:
    """Of several pictures of one finger the one with the largest area, as in patients.csv."""
    best: dict[Key, Result] = {}
    for one in pictures:
        key = _finger_key(one)
        if key not in best or (one.area_mm2 or 0.0) > (best[key].area_mm2 or 0.0):
            best[key] = one
    return tuple(best.values())


def _sorted(
    visits: Sequence[SavedVisit],
    images: Mapping[int, Sequence[Result]],
    keys: Sequence[Callable[[Result], Key]],
) -> Sorted:
    volumes = bool(visits[0].volumes)
    if all(len(found) == 1 for found in images.values()):
        row = tuple((number, found[0]) for number, found in images.items())
        return Sorted((_series(row),), (), volumes)
    key = next((one for one in keys if _tells_apart(one, images)), keys[-1])
    rows = {key(one): [(visits[0].number, one)] for one in images[visits[0].number]}
    unpaired: list[Unpaired] = []
    for visit in visits[1:]:
        for one in images[visit.number]:
            if key(one) in rows:
                rows[key(one)].append((visit.number, one))
            else:
                why = f"the baseline has no image of {_described(one)}"
                unpaired.append(Unpaired(visit.number, patient_of(one), one.image, why))
    for own in rows.values():
        if len(own) == 1:
            number, one = own[0]
            why = f"no later visit has an image of {_described(one)}"
            unpaired.append(Unpaired(number, patient_of(one), one.image, why))
    series = tuple(_series(tuple(own)) for own in rows.values() if len(own) > 1)
    if not series:
        reasons = "; ".join(f"{one.image}: {one.reason}" for one in unpaired[:3])
        raise InputError(
            f"Following up: no image of {told(visits[0])} and a later visit belong together "
            f"({reasons}). Give each image its patient{'' if volumes else ', side and finger'} in "
            "manifest.csv, the same at every visit."
        )
    return Sorted(series, tuple(unpaired), volumes)


def _tells_apart(key: Callable[[Result], Key], images: Mapping[int, Sequence[Result]]) -> bool:
    return all(len({key(one) for one in found}) == len(found) for found in images.values())


def _series(row: tuple[tuple[int, Result], ...]) -> Series:
    first = row[0][1]
    patient = next(filter(None, (patient_of(one) for _, one in row)), "")
    # A lone finger is called a finger.
    shown = first.fingers if len(first.fingers) == 1 else first.hands
    name = " and ".join(dict.fromkeys(one.name for one in shown)) or _finger_name(first)
    return Series(patient, name, row)


def _finger_name(picture: Result) -> str:
    """Finger and side of a picture as the manifest says, or else its name."""
    finger = picture.columns.get(FINGER, "").strip().lower()
    return " ".join([*sides_of(picture), finger]) if finger else picture.image


def _described(result: Result) -> str:
    """What tells an image from the others of its visit, in words."""
    patient = patient_of(result)
    words = [f"patient {patient}" if patient else "a patient not named", *sides_of(result)]
    return ", ".join([*words, *filter(None, [result.columns.get(FINGER, "")])])
