"""One `Frame` per slice, from single-frame headers and from functional groups alike."""

from __future__ import annotations

from typing import cast

from pydicom.dataset import Dataset

from calcimetry.dicom.elements import code, items, number, numbers, strings, whole
from calcimetry.dicom.instance import Frame, Six, Triple
from calcimetry.dicom.source import printable
from calcimetry.errors import UnreadableFile

#: Coordinates beyond this, in mm, are no places in a scanner.
_FARTHEST_MM = 1e5

IMAGE_TYPE, FRAME_TYPE = 0x00080008, 0x00089007
KVP, FILTER_TYPE, FILTER_MATERIAL = 0x00180060, 0x00181160, 0x00187050
KERNEL = 0x00181210
ACQUISITION, FRAME_ACQUISITION = 0x00200012, 0x00209156
POSITION, ORIENTATION, PIXEL_SPACING = 0x00200032, 0x00200037, 0x00280030
INTERCEPT, SLOPE, RESCALE_TYPE = 0x00281052, 0x00281053, 0x00281054
LATERALITY, IMAGE_LATERALITY, FRAME_LATERALITY = 0x00200060, 0x00200062, 0x00209072
SHARED_GROUPS, PER_FRAME_GROUPS = 0x52009229, 0x52009230
_GROUPS = (
    0x00289110,  # Pixel Measures
    0x00209113,  # Plane Position
    0x00209116,  # Plane Orientation
    0x00289145,  # Pixel Value Transformation
    0x00189329,  # CT Image Frame Type
    0x00209111,  # Frame Content
    0x00189314,  # CT Reconstruction
    0x00189325,  # CT X-Ray Details
    0x00209071,  # Frame Anatomy
)
#: What a single-frame header is asked for.
FRAME_TAGS = (
    IMAGE_TYPE,
    KVP,
    FILTER_TYPE,
    FILTER_MATERIAL,
    KERNEL,
    ACQUISITION,
    POSITION,
    ORIENTATION,
    PIXEL_SPACING,
    INTERCEPT,
    SLOPE,
    RESCALE_TYPE,
    LATERALITY,
    IMAGE_LATERALITY,
    SHARED_GROUPS,
    PER_FRAME_GROUPS,
)


def frames_of(ds: Dataset, count: int, name: str) -> tuple[Frame, ...]:
    """The slices that a header describes.

    Parameters
    ----------
    ds : Dataset
        The parsed header.
    count : int
        Number of frames that it states.
    name : str
        For messages.

    Returns
    -------
    tuple of Frame
        `count` of them.

    Raises
    ------
    UnreadableFile
        If the per-frame functional groups are not as many as the frames.

    Notes
    -----
    Enhanced CT (DICOM PS3.3 section A.38) keeps what all frames share in one functional
    group and the rest in one per frame, which wins where both state a value.
    """
    per_frame = items(ds, PER_FRAME_GROUPS)
    shared = items(ds, SHARED_GROUPS)
    if not per_frame and not shared:
        # Several frames without groups have no places of their own: they all get this one.
        return (_frame([ds]),) * count
    if len(per_frame) != count:
        raise UnreadableFile(
            f"Reading {name}: it states {count} frames but describes {len(per_frame)}. Export it "
            "again."
        )
    common = [group for item in shared for group in _groups(item)]
    return tuple(_frame([*_groups(item), *common, ds]) for item in per_frame)


def _groups(item: Dataset) -> list[Dataset]:
    return [group for tag in _GROUPS for group in items(item, tag)[:1]]


def _frame(places: list[Dataset]) -> Frame:
    """A frame from the places that may state its values, the first that does winning."""
    return Frame(
        position=cast(Triple | None, _near(_numbers(places, POSITION, 3))),
        orientation=cast(Six | None, _numbers(places, ORIENTATION, 6)),
        spacing=cast(tuple[float, float] | None, _numbers(places, PIXEL_SPACING, 2)),
        slope=_number(places, SLOPE),
        intercept=_number(places, INTERCEPT),
        rescale_type=_code(places, RESCALE_TYPE).upper(),
        image_type=_strings(places, FRAME_TYPE) or _strings(places, IMAGE_TYPE),
        acquisition=_acquisition(places),
        kernel=printable("\\".join(_strings(places, KERNEL))),
        kvp=_number(places, KVP),
        filters=" ".join(_strings(places, FILTER_TYPE) + _strings(places, FILTER_MATERIAL)).upper(),
        laterality=_string(places, FRAME_LATERALITY)
        or _string(places, IMAGE_LATERALITY)
        or _string(places, LATERALITY),
    )


def _acquisition(places: list[Dataset]) -> str:
    found = next((n for ds in places if (n := whole(ds, FRAME_ACQUISITION)) is not None), None)
    return _string(places, ACQUISITION) if found is None else str(found)


def _near(position: tuple[float, ...] | None) -> tuple[float, ...] | None:
    if position is None or max(map(abs, position)) > _FARTHEST_MM:
        return None
    return position


def _numbers(places: list[Dataset], tag: int, count: int) -> tuple[float, ...] | None:
    return next((found for ds in places if (found := numbers(ds, tag, count)) is not None), None)


def _number(places: list[Dataset], tag: int) -> float | None:
    return next((found for ds in places if (found := number(ds, tag)) is not None), None)


def _strings(places: list[Dataset], tag: int) -> tuple[str, ...]:
    return next((found for ds in places if any(found := strings(ds, tag))), ())


def _code(places: list[Dataset], tag: int) -> str:
    return next((found for ds in places if (found := code(ds, tag))), "")


def _string(places: list[Dataset], tag: int) -> str:
    return next(iter(_strings(places, tag)), "")
