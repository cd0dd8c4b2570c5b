"""From one image to its report: the one file that knows the order of the steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from calcimetry.bone import find_method
from calcimetry.bone.method import BoneEvidence
from calcimetry.bone.pieces import RoughBones
from calcimetry.burned_in import FRAME_WARNING, without_frame
from calcimetry.coverage.phalanges import phalanx_coverage
from calcimetry.errors import NotMeasurable
from calcimetry.fingers.locate import Box, locate_hands
from calcimetry.lesions.cut_off import without_cut_off
from calcimetry.lesions.grow import GrownLesions, grow_lesions
from calcimetry.lesions.imitators import without_imitators
from calcimetry.lesions.metal import without_metal
from calcimetry.lesions.outside import without_outside
from calcimetry.lesions.reclaim import reclaim_solid
from calcimetry.lesions.settle import settle_claims
from calcimetry.lesions.subtract import subtract_bone
from calcimetry.measurement.burden import total_burden
from calcimetry.measurement.calibration_choice import calibration_or_reason
from calcimetry.measurement.density import Surroundings
from calcimetry.measurement.lesion_density import urate_warning, with_density
from calcimetry.measurement.size import measure_lesions
from calcimetry.measurement.volume import measure_volume_lesions
from calcimetry.model import DualEnergyImage, Hand, Laterality, Lesion, PhalanxCoverage, bone_name
from calcimetry.model.image import Image
from calcimetry.model.report import Report
from calcimetry.model.segmentation import Segmentation
from calcimetry.plausible.picture import picture_doubts, refuse_unusable, ring_mask
from calcimetry.plausible.scale import length_warning, spacing_warning
from calcimetry.plausible.volume import (
    BEYOND_DEPOSITS_HU,
    metal_mask,
    refuse_unusable_volume,
    volume_doubts,
)
from calcimetry.rough_hand import find_rough_hands
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
        Status "partial" where a phalanx is not seen whole, with the reason. A
        warning where the pixel spacing is one that accuracy was not tested at, or
        gives bones a length that no finger has, where a burned-in frame was left out, and
        where window, metal or motion give reason to doubt.

    Raises
    ------
    NotMeasurable
        If the image shows nothing, shows noise, is inverted or not in HU, shows no
        finger or hand, or shows no bone.
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
    grown, outside = without_outside(image, evidence.bones, grown)
    grown, cut_off = without_cut_off(evidence.bones, grown)
    ring = ring_mask(image, evidence.bones)
    grown, _ = without_metal(grown, ring)
    lesions = measure_lesions(
        image, evidence.bones, grown.lesion_map, grown.mineral_fraction, settings.area_error
    )
    coverage = phalanx_coverage(evidence.bones, grown.lesion_map)
    warnings = (
        spacing_warning(image.grid),
        length_warning(evidence.bones, _reasons(coverage)),
        FRAME_WARNING if framed else "",
        f"{outside} bright things outside the finger are not measured." if outside else "",
        f"{cut_off} bright things beside bone that the picture's border cuts are taken for bone."
        if cut_off
        else "",
        *picture_doubts(image, evidence.bones, ring),
    )
    found = (evidence.bones, grown.lesion_map, lesions)
    return _report(shown, evidence.method, found, coverage, warnings, settings)


def _find_lesions(
    image: Image, evidence: BoneEvidence, settings: Settings
) -> tuple[BoneEvidence, GrownLesions, float]:
    """Take bone away and grow what is left.

    The evidence comes back without false bones; the last is the image's blur in mm.
    """
    evidence = reclaim_solid(image, evidence, settings.reclaim)
    evidence = settle_claims(evidence, settings.settle)
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
    tell("finding hands")
    refuse_unusable_volume(image)
    metal = metal_mask(image)
    surely_metal = metal if len(energies) > 1 else metal_mask(image, BEYOND_DEPOSITS_HU)
    calibration, told = calibration_or_reason(
        settings.calibration, energies, settings.density.tube_setting
    )
    warnings = dict.fromkeys((*volume_doubts(image, metal), *told))  # each once, in order
    method = ""
    for box in locate_hands(image):
        tell("naming fingers")
        part = _cut(image, box)
        rough, named = find_rough_hands(part, settings.method, laterality)
        if not named.bones.labels:
            continue
        tell("outlining bones")
        known, unnamed = _with_unnamed(part, rough, named.bones)
        if unnamed:
            warnings[unnamed] = None
        lumps = rough.lumps(part, known)
        evidence = find_method(settings.method, settings.model).segment_hand(
            part, known, named.hands, lumps
        )
        method = evidence.method
        tell("finding lesions")
        evidence, grown, blur_mm = _find_lesions(part, evidence, settings.for_volumes())
        hidden = None if surely_metal is None else surely_metal[box.slices]
        grown, left_out = without_imitators(part, evidence.bones, grown, named.hands, hidden)
        warnings |= dict.fromkeys(left_out)
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
        found = with_density(
            found,
            [_cut(one, box) for one in energies],
            Surroundings(evidence.bone_fraction, grown.lesion_map, grown.mineral_fraction, blur_mm),
            calibration,
            settings.density,
        )
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
    calcifications = Segmentation(lesion_map, image.grid, named_lesions)
    fingers = [(finger.digit, finger.laterality) for hand in hands for finger in hand.fingers]
    coverage = phalanx_coverage(segmentation, calcifications, fingers, metal)
    measured = (segmentation, calcifications, tuple(lesions))
    report = _report(
        image,
        method,
        measured,
        coverage,
        (*warnings, urate_warning(lesions)),
        settings,
        calibration if isinstance(calibration, str) else "",
    )
    return replace(report, hands=tuple(hands))


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
    coverage: tuple[PhalanxCoverage, ...],
    warnings: Sequence[str],
    settings: Settings,
    uncalibrated: str = "",
) -> Report:
    """Bones, lesion map and lesions as a report; partial where a phalanx is not seen whole."""
    bones, lesion_map, lesions = found
    missing = _reasons(coverage)
    total = total_burden(
        lesions, not image.is_picture, uncalibrated, settings.area_error, settings.volume_error
    )
    return Report(
        image=image,
        bones=bones,
        lesion_map=lesion_map,
        lesions=lesions,
        status="partial" if missing else "complete",
        reason="; ".join(missing),
        warnings=tuple(filter(None, warnings)),
        area_mm2=total.area_mm2,
        area_interval=total.area_interval,
        ellipse_area_mm2=total.ellipse_area_mm2,
        volume_mm3=total.volume_mm3,
        volume_interval=total.volume_interval,
        mass_mg=total.mass_mg,
        mass_interval=total.mass_interval,
        uncalibrated=uncalibrated,
        method=method,
        coverage=coverage,
    )


def _reasons(coverage: Sequence[PhalanxCoverage]) -> list[str]:
    """Why phalanges are not complete, each reason once."""
    return list(dict.fromkeys(one.reason for one in coverage if one.reason))
