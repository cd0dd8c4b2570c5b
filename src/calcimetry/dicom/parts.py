"""A series to its slices: doubles dropped, localizers dropped, several scans in one told apart."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence

from calcimetry.dicom.instance import Frame, Instance
from calcimetry.dicom.pixels import stored_bytes
from calcimetry.dicom.source import Reader
from calcimetry.dicom.stack import Slice, Stack, make_stack
from calcimetry.errors import InputError, UnsupportedImage

#: Positions closer than this, in mm, are one place.
SAME_PLACE_MM = 1e-3

_SPLITS: tuple[tuple[str, Callable[[Frame], Hashable]], ...] = (
    ("AcquisitionNumber", lambda frame: frame.acquisition),
    ("ConvolutionKernel", lambda frame: frame.kernel),
    ("ImageType", lambda frame: frame.image_type),
    ("KVP", lambda frame: frame.kvp),
)


def stacks_of(instances: Sequence[Instance]) -> tuple[Stack, ...]:
    """The regular stacks that one series holds: one, as a rule.

    Parameters
    ----------
    instances : sequence of Instance
        Of one series, without a problem of their own.

    Returns
    -------
    tuple of Stack
        Several where the series mixes acquisitions, kernels, image types or tube voltages,
        and each of these makes a regular stack by itself.

    Raises
    ------
    InputError
        If the slices make no regular stack; the message says why.
    """
    kept, notes = _without_doubles(instances)
    slices = [
        Slice(instance, number)
        for instance in kept
        for number, frame in enumerate(instance.frames)
        if "LOCALIZER" not in frame.image_type
    ]
    slices, more = _without_doubled_places(slices)
    notes += more
    try:
        found: tuple[Stack, ...] = (_whole(slices),)
    except InputError:
        found = _split(slices)
        if not found:
            raise
    return tuple(Stack(stack.slices, stack.grid, (*stack.notes, *notes)) for stack in found)


def _whole(slices: Sequence[Slice]) -> Stack:
    if len({_place(piece) for piece in slices}) < len(slices):
        raise UnsupportedImage("several slices lie at one place with different pixels")
    return make_stack(slices)


def _split(slices: Sequence[Slice]) -> tuple[Stack, ...]:
    """The regular stacks that the first attribute tells apart; none where no attribute does."""
    for name, key in _SPLITS:
        groups: dict[Hashable, list[Slice]] = defaultdict(list)
        for piece in slices:
            groups[key(piece.frame)].append(piece)
        if len(groups) < 2:
            continue
        try:
            stacks = [_whole(group) for group in groups.values()]
        except InputError:
            continue
        note = f"its series holds {len(groups)} scans, told apart by {name}"
        return tuple(Stack(stack.slices, stack.grid, (*stack.notes, note)) for stack in stacks)
    return ()


def _place(piece: Slice) -> Hashable:
    position = piece.frame.position
    if position is None:
        return id(piece)
    return tuple(round(value / SAME_PLACE_MM) for value in position)


def _without_doubles(instances: Sequence[Instance]) -> tuple[list[Instance], tuple[str, ...]]:
    """One instance per SOP Instance UID."""
    by_uid: dict[str, Instance] = {}
    kept: list[Instance] = []
    for instance in instances:
        first = by_uid.setdefault(instance.sop_uid, instance)
        if first is instance or not instance.sop_uid:
            kept.append(instance)
        elif _digest(Slice(first, 0)) != _digest(Slice(instance, 0)):
            raise UnsupportedImage(
                f"'{first.source.name}' and '{instance.source.name}' carry the same "
                "SOPInstanceUID but different pixels"
            )
    return kept, _dropped(len(instances) - len(kept), "files are there twice")


def _without_doubled_places(slices: list[Slice]) -> tuple[list[Slice], tuple[str, ...]]:
    """One slice per place where the pixels are the same too."""
    by_place: dict[Hashable, list[Slice]] = defaultdict(list)
    for piece in slices:
        by_place[_place(piece)].append(piece)
    kept: list[Slice] = []
    for pieces in by_place.values():
        if len(pieces) == 1:
            kept += pieces
        else:
            kept += {_digest(piece): piece for piece in pieces}.values()
    return kept, _dropped(len(slices) - len(kept), "slices are there twice")


def _dropped(count: int, what: str) -> tuple[str, ...]:
    return (f"{count} {what}; one of each is used",) if count else ()


def _digest(piece: Slice) -> bytes:
    """Hash of a slice's stored pixels and what turns them into HU.

    Of an instance of several frames all pixels are hashed, with the frame's number.
    """
    frame = piece.frame
    head = f"{piece.number} {frame.slope} {frame.intercept} {frame.kernel}"
    with Reader() as reader:
        return hashlib.sha256(head.encode() + stored_bytes(reader, piece)).digest()
