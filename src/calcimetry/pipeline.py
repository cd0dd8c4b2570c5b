"""From one image to its report: the one file that knows the order of the steps."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from calcimetry.bone import find_method
from calcimetry.bone.method import BoneEvidence
from calcimetry.bone.pieces import RoughBones, split_bones
from calcimetry.burned_in import FRAME_WARNING, without_frame
from calcimetry.coverage import phalanx_coverage
from calcimetry.errors import NotMeasurable
from calcimetry.fingers.locate import Box, locate_hands
from calcimetry.fingers.name import name_fingers
from calcimetry.lesions.grow import GrownLesions, grow_lesions
from calcimetry.lesions.nails import without_nails
from calcimetry.lesions.reclaim import reclaim_solid
from calcimetry.lesions.subtract import subtract_bone
from calcimetry.measurement.calibration_choice import calibration_or_reason
from calcimetry.measurement.density import Surroundings
from calcimetry.measurement.lesion_density import (
    shared_error_of,
    total_mass,
    urate_warning,
    with_density,
)
from calcimetry.measurement.size import measure_lesions, total_area
from calcimetry.measurement.volume import measure_volume_lesions
from calcimetry.measurement.volume_error import total_volume
from calcimetry.model import DualEnergyImage, Hand, Laterality, Lesion, bone_name
from calcimetry.model.image import Image
from calcimetry.model.report import Report
from calcimetry.model.segmentation import Segmentation
from calcimetry.plausible import length_warning, refuse_unusable, spacing_warning
from calcimetry.settings import Settings


def measure(
    image: Image | DualEnergyImage,
    settings: Settings | None = None,
    laterality: Laterality | None = None,
    on_stage: Callable[[str], None] | None = None,
) -> Report:
    """Find the bones of a finger picture or a hand volume, take them away, measure what is left.

    Parameters
    ----------
    image : Image or DualEnergyImage
        In HU, any orientation. Of two energies, bone and lesions are found on their
        mix.
    settings : Settings, optional
        Defaults where left out.
    laterality : Laterality, optional
        Which hand a volume shows, where its file states it.
    on_stage : callable, optional
        Called with what is done next, such as ``"naming fingers"``, at each stage of a
        volume and hand by hand; a picture takes no time to tell of.

    Returns
    -------
    Report
        Status "partial" where a phalanx is missing or cut, with the reason. A
        warning where the pixel spacing is one that accuracy was not tested at, or
        gives bones a length that no finger has, or where a burned-in frame was left out.

    Raises
    ------
    NotMeasurable
        If the image shows nothing, shows noise, is inverted, shows no finger or
        hand, or shows no bone.
    """
    settings = settings or Settings()
    energies: tuple[Image, ...] = ()
    if isinstance(image, DualEnergyImage):
        energies = image.energies
        image = image.mixed
    if image.is_picture:
        return _measure_picture(image, settings)
    tell = on_stage or (lambda _stage: None)
    return _measure_volume(image, energies or (image,), settings, laterality, tell)


def _measure_picture(image: Image, settings: Settings) -> Report:
    shown = image
    image, framed = without_frame(shown)
    refuse_unusable(image)
    evidence = find_method(settings.method, settings.model).segment(image)
    if not evidence.bones.labels:
        raise NotMeasurable(
            f"Finding bone in {image.name!r}: no phalanx was found, so calcification "
            "cannot be told from bone. Check that window and level are those of the export."
        )
    evidence, grown, _ = _find_lesions(image, evidence, settings)
    lesions = measure_lesions(
        image, evidence.bones, grown.lesion_map, grown.mineral_fraction, settings.area_error
    )
    reasons = [one.reason for one in phalanx_coverage(evidence.bones) if one.reason]
    warnings = (
        spacing_warning(image.grid),
        length_warning(evidence.bones, reasons),
        FRAME_WARNING if framed else "",
    )
    found = (evidence.bones, grown.lesion_map, lesions)
    return _report(shown, evidence.method, found, reasons, warnings)


def _find_lesions(
    image: Image, evidence: BoneEvidence, settings: Settings
) -> tuple[BoneEvidence, GrownLesions, float]:
    """Take bone away and grow what is left.

    The evidence comes back without false bones; the last is the image's blur in mm.
    """
    evidence = reclaim_solid(image, evidence, settings.reclaim)
    remainder = subtract_bone(image, evidence, settings.subtraction)
    grown = grow_lesions(image, evidence, remainder, settings.growth)
    return evidence, grown, remainder.blur_sigma_mm


def _measure_volume(
    image: Image,
    energies: tuple[Image, ...],
    settings: Settings,
    laterality: Laterality | None,
    tell: Callable[[str], None],
) -> Report:
    """Measure hand by hand; label maps and lesions come together on the volume's own grid."""
    bones = np.zeros(image.grid.shape, np.uint16)
    lesion_map = np.zeros(image.grid.shape, np.uint16)
    meanings: dict[int, str] = {}
    lesions: list[Lesion] = []
    hands: list[Hand] = []
    warnings: dict[str, None] = {}  # each once, in order
    method = ""
    calibration, told = calibration_or_reason(
        settings.calibration, energies, settings.density.tube_setting
    )
    warnings |= dict.fromkeys(told)
    tell("finding hands")
    for box in locate_hands(image):
        tell("parting bones")
        part = _cut(image, box)
        rough = split_bones(part)
        tell("naming fingers")
        named = name_fingers(rough.kinds, laterality, rough.pieces)
        if not named.bones.labels:
            continue
        tell("outlining bones")
        known, unnamed = _with_unnamed(part, rough, named.bones)
        if unnamed:
            warnings[unnamed] = None
        lumps = rough.lumps(known)
        evidence = find_method(settings.method, settings.model).segment_hand(
            part, known, named.hands, lumps
        )
        method = evidence.method
        tell("finding lesions")
        evidence, grown, blur_mm = _find_lesions(part, evidence, settings)
        grown, nails = without_nails(part, grown)
        if nails:
            warnings[f"{nails} faint sheets on the skin, like nails, are not measured."] = None
        tell("measuring lesions")
        found = measure_volume_lesions(
            part,
            evidence.bones,
            grown.lesion_map,
            grown.mineral_fraction,
            named.hands,
            settings.area_error,
            settings.volume_error,
        )
        around = Surroundings(
            evidence.bone_fraction, grown.lesion_map, grown.mineral_fraction, blur_mm
        )
        parts = [_cut(one, box) for one in energies]
        found = with_density(found, parts, around, calibration, settings.density)
        bones[box.slices] = evidence.bones.label_map
        lesion_map[box.slices] += np.where(
            grown.lesion_map.mask, grown.lesion_map.label_map + len(lesions), 0
        ).astype(np.uint16)
        meanings |= evidence.bones.meanings
        lesions += [_moved(lesion, box, len(lesions)) for lesion in found]
        hands += named.hands
        warnings |= dict.fromkeys(f"Left out: {text}." for text in box.left_out)
        warnings |= dict.fromkeys(hand.reason for hand in named.hands)
    if not meanings:
        raise NotMeasurable(
            f"Finding bone in {image.name!r}: no bone of a hand was found, so calcification "
            "cannot be told from bone. Expected CT of hands or fingers in HU."
        )
    named_lesions = {lesion.number: f"calcification {lesion.number}" for lesion in lesions}
    segmentation = Segmentation(bones, image.grid, meanings)
    reasons = [
        one.reason
        for hand in hands
        for finger in hand.fingers
        for one in phalanx_coverage(segmentation, finger.digit, finger.laterality)
        if one.reason
    ]
    measured = (segmentation, Segmentation(lesion_map, image.grid, named_lesions), tuple(lesions))
    report = _report(image, method, measured, reasons, (*warnings, urate_warning(lesions)))
    shared = shared_error_of(calibration, settings.density)
    return replace(_with_totals(report, shared), hands=tuple(hands))


def _with_totals(report: Report, mass_error: float | None) -> Report:
    """A volume's report with the totals of its calcium; without an error there is no mass."""
    volume, volume_interval = total_volume(report.calcium)
    # Without a calibration not even nothing is measured.
    mass, mass_interval = (
        (None, None) if mass_error is None else total_mass(report.calcium, mass_error)
    )
    return replace(
        report,
        volume_mm3=volume,
        volume_interval=volume_interval,
        mass_mg=mass,
        mass_interval=mass_interval,
        mass_shared_error=mass_error or 0.0,
    )


def _cut(image: Image, box: Box) -> Image:
    return replace(image, array=image.array[box.slices], grid=box.grid)


def _with_unnamed(image: Image, rough: RoughBones, bones: Segmentation) -> tuple[Segmentation, str]:
    """Named bones and those that have no name, which are bone all the same; and a warning."""
    unnamed = rough.unnamed_bones(image, bones)
    count = len(np.unique(rough.pieces[unnamed > 0]))
    if not count:
        return bones, ""
    meanings = {int(n): bone_name(int(n)) for n in np.unique(unnamed) if n}
    both = np.where(bones.mask, bones.label_map, unnamed)
    volume_cm3 = (unnamed > 0).sum() * image.grid.voxel_mm3 / 1000.0
    return Segmentation(both, bones.grid, {**bones.meanings, **meanings}), (
        f"{count} pieces of mineral ({volume_cm3:.1f} cm3) look like bone but belong to no finger "
        "that was found; they count as bone: look at the overlay."
    )


def _moved(lesion: Lesion, box: Box, before: int) -> Lesion:
    """A lesion of a box as one of the whole volume, numbered after those `before` it."""
    starts = (part.start for part in box.slices)
    slice_, row, column = (
        place + start for place, start in zip(lesion.centre, starts, strict=True)
    )
    return replace(lesion, number=lesion.number + before, centre=(slice_, row, column))


def _report(
    image: Image,
    method: str,
    found: tuple[Segmentation, Segmentation, tuple[Lesion, ...]],
    missing: Sequence[str],
    warnings: Sequence[str],
) -> Report:
    """Bones, lesion map and lesions as a report; partial where something is missing."""
    bones, lesion_map, lesions = found
    calcium = [lesion for lesion in lesions if lesion.is_calcium]
    area, interval = total_area(calcium)
    return Report(
        image=image,
        bones=bones,
        lesion_map=lesion_map,
        lesions=lesions,
        status="partial" if missing else "complete",
        reason="; ".join(missing),
        warnings=tuple(filter(None, warnings)),
        area_mm2=area,
        area_interval=interval,
        ellipse_area_mm2=math.fsum(lesion.ellipse_area_mm2 for lesion in calcium),
        method=method,
    )
