"""Objects to series, and series to stacks that could be measured."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from calcimetry.dicom.energy import Energy, energy_of
from calcimetry.dicom.found import Left, short_hash
from calcimetry.dicom.instance import Instance
from calcimetry.dicom.kernels import sharpness_of
from calcimetry.dicom.kinds import Refusal, refusal_of
from calcimetry.dicom.parts import stacks_of
from calcimetry.dicom.stack import Stack
from calcimetry.errors import InputError

#: Image types of what was computed from other slices, such as a coronal reformat.
_REFORMATTED = ("MPR", "REFORMATTED", "CSA MPR", "CURVED")


@dataclass(frozen=True, slots=True)
class Series:
    """All objects of one SeriesInstanceUID of one study."""

    uid: str
    study: tuple[str, str]
    instances: tuple[Instance, ...]

    @property
    def number(self) -> int | None:
        """SeriesNumber of its first object."""
        return self.instances[0].series_number

    @property
    def description(self) -> str:
        """Its description, where it may be shown."""
        return self.instances[0].description

    @property
    def name(self) -> str:
        """What a volume of it is called: a short hash of its UID."""
        return short_hash(self.uid, 12)

    @property
    def short(self) -> str:
        """Such as ``series 4``; by its name where it has no number."""
        return f"series {self.name if self.number is None else self.number}"

    @property
    def label(self) -> str:
        """Such as ``series 4 'DE 80 kV hand' (288 slices)``."""
        count = sum(max(len(one.frames), 1) for one in self.instances)
        what = "slice" if any(one.frames for one in self.instances) else "object"
        named = f" '{self.description}'" if self.description else ""
        return f"{self.short}{named} ({count} {what}{'s' if count != 1 else ''})"

    @property
    def own_label(self) -> str:
        """The label with the name, so that no other series has the same."""
        return f"{self.label} [{self.name}]"

    @property
    def is_ct(self) -> bool:
        """Whether anything in it says CT."""
        return any(instance.modality == "CT" for instance in self.instances)


@dataclass(frozen=True, slots=True)
class Candidate:
    """One stack that could be measured, and what speaks for it.

    `part` counts the stacks of one series from 0.
    """

    series: Series
    part: int
    stack: Stack
    energy: Energy

    @property
    def kernel(self) -> str:
        """ConvolutionKernel as stated."""
        return self.stack.first.kernel

    @property
    def sharpness(self) -> float:
        """How sharp its kernel is, 0 to 100."""
        return sharpness_of(self.kernel)

    @property
    def original(self) -> bool:
        """Whether it was reconstructed from the scan itself, in planes across its axis."""
        image_type = self.stack.first.image_type
        return "ORIGINAL" in image_type and not set(_REFORMATTED) & set(image_type)


def group_series(instances: Iterable[Instance]) -> tuple[Series, ...]:
    """Objects by patient, study and SeriesInstanceUID, in the order they were found."""
    groups: dict[tuple[str, str, str], list[Instance]] = defaultdict(list)
    for instance in instances:
        groups[instance.patient, instance.study, instance.series_uid].append(instance)
    return tuple(
        Series(uid, (patient, study), tuple(found))
        for (patient, study, uid), found in groups.items()
    )


def candidates_of(series: Series) -> tuple[tuple[Candidate, ...], tuple[Left, ...]]:
    """What of a series could be measured, and what not with the reason."""
    usable: list[Instance] = []
    refused: dict[Refusal, int] = Counter()
    for instance in series.instances:
        refusal = refusal_of(instance)
        if refusal is None:
            usable.append(instance)
        else:
            refused[refusal] += 1
    broken = [refusal for refusal in refused if refusal.expected]
    if broken:
        more = sum(refused[refusal] for refusal in broken) - 1
        also = f" (and {more} more of its files)" if more else ""
        return (), (Left(series.own_label, broken[0].reason + also, failed=True),)
    left = []
    if not usable:
        reason = max(refused, key=lambda refusal: refused[refusal]).reason
        return (), (Left(series.own_label, reason, failed=False),)
    left += [
        Left(f"{count} of {series.own_label}", refusal.reason, failed=False)
        for refusal, count in refused.items()
    ]
    try:
        stacks = stacks_of(usable)
    except InputError as error:
        return (), (*left, Left(series.own_label, str(error), failed=True))
    found = tuple(
        Candidate(series, part, stack, energy_of(stack.slices[0].instance.words, stack.first))
        for part, stack in enumerate(stacks)
    )
    return found, tuple(left)
