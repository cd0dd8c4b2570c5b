"""What results call things in codes: SNOMED CT, the FMA, DICOM's own and a few private ones."""

from __future__ import annotations

from pydicom.sr.coding import Code

from calcimetry.model import Bone, Digit, Laterality
from calcimetry.model.anatomy import LEFT_HAND_OFFSET, WRIST_BONES

#: Designator of codes that no public scheme has; docs/reference/dicom-results.md lists them.
PRIVATE_SCHEME = "99CALCIMETRY"


def _sct(value: str, meaning: str) -> Code:
    return Code(value, "SCT", meaning)


def _dcm(value: str, meaning: str) -> Code:
    return Code(value, "DCM", meaning)


def private(value: str, meaning: str) -> Code:
    """A code of calcimetry's own.

    >>> private("burden", "Calcification burden").scheme_designator
    '99CALCIMETRY'
    """
    return Code(value, PRIVATE_SCHEME, meaning)


def _ucum(value: str, meaning: str) -> Code:
    return Code(value, "UCUM", meaning)


ANATOMICAL_STRUCTURE = _sct("91723000", "Anatomical Structure")
MORPHOLOGICALLY_ABNORMAL = _sct("49755003", "Morphologically Abnormal Structure")
PATHOLOGIC_CALCIFICATION = _sct("18115005", "Pathologic calcification")
URATE_DEPOSIT = private("urate", "Monosodium urate deposit")
BURDEN = private("burden", "Calcification burden")
MEASUREMENT_FAILURE = _dcm("114006", "Measurement failure")
COMMENT = _dcm("121106", "Comment")
ARTIFICIAL_INTELLIGENCE = _dcm("123110", "Artificial Intelligence")
CT_PROCEDURE = _sct("77477000", "Computed tomography")
REFORMATTING = _dcm("113072", "Multiplanar reformatting")
SOURCE_IMAGE = _dcm("121322", "Source Image for Image Processing Operation")

#: Units by their UCUM code.
UNITS = {
    "mm": _ucum("mm", "millimeter"),
    "mm2": _ucum("mm2", "square millimeter"),
    "mm3": _ucum("mm3", "cubic millimeter"),
    "mg": _ucum("mg", "milligram"),
    "mg/cm3": _ucum("mg/cm3", "milligram per cubic centimeter"),
    "[hnsf'U]": _ucum("[hnsf'U]", "Hounsfield unit"),
    "{counts}": _ucum("{counts}", "Counts"),
    "1": _ucum("1", "no units"),
}

#: Quantities by their names in docs/measurements.md, with their units; each in the order told.
QUANTITIES: dict[str, tuple[Code, str]] = {
    "long_axis_mm": (_sct("103339001", "Long Axis"), "mm"),
    "short_axis_mm": (_sct("103340004", "Short Axis"), "mm"),
    "area_mm2": (_sct("42798000", "Area"), "mm2"),
    "ellipse_area_mm2": (private("ellipse-area", "Area of ellipse of both axes"), "mm2"),
    "perimeter_mm": (_sct("131191004", "Perimeter"), "mm"),
    "volume_mm3": (_sct("118565006", "Volume"), "mm3"),
    "ellipsoid_volume_mm3": (_dcm("121221", "Volume of ellipsoid"), "mm3"),
    "feret_diameter_max_mm": (private("feret-max", "Largest diameter in space"), "mm"),
    "second_axis_mm": (private("second-axis", "Second orthogonal diameter"), "mm"),
    "third_axis_mm": (private("third-axis", "Third orthogonal diameter"), "mm"),
    "mass_mg": (_dcm("122661", "Calcium Mass"), "mg"),
    "density_mg_cm3": (private("ha-density", "Hydroxyapatite density"), "mg/cm3"),
    "mean_hu": (private("mean-hu", "Mean attenuation"), "[hnsf'U]"),
    "dual_energy_ratio": (private("de-ratio", "Dual-energy ratio"), "1"),
    "depth_mm": (private("depth", "Depth under the skin"), "mm"),
}
LESION_COUNT = _dcm("111038", "Number of calcifications")
URATE_COUNT = private("urate-count", "Number of urate deposits")

UPPER_UNCERTAINTY = _sct("371886008", "+, range of upper measurement uncertainty")
LOWER_UNCERTAINTY = _sct("371885007", "-, range of lower measurement uncertainty")

_SIDES = {
    Laterality.RIGHT: _sct("24028007", "Right"),
    Laterality.LEFT: _sct("7771000", "Left"),
}
HAND = _sct("85562004", "Hand")
#: By digit; 0 is a finger of which it is not known which.
FINGERS = {
    0: _sct("7569003", "Finger"),
    1: _sct("76505004", "Thumb"),
    2: _sct("83738005", "Index finger"),
    3: _sct("65531009", "Middle finger"),
    4: _sct("82002001", "Ring finger"),
    5: _sct("12406000", "Little finger"),
}
_WRIST = {
    60: _sct("8205005", "Carpus"),
    61: _sct("62413002", "Radius"),
    62: _sct("23416004", "Ulna"),
}
_BONE = _sct("3138006", "Bone")
_METACARPUS = _sct("36455000", "Metacarpus")
_SESAMOID = private("sesamoid-of-hand", "Sesamoid bone of hand")
#: First number of the Foundational Model of Anatomy's for each kind of bone, and the digit it
#: is of: the others follow one by one.
_FMA = {
    Bone.METACARPAL: (23899, 1),
    Bone.PROXIMAL_PHALANX: (23918, 1),
    Bone.MIDDLE_PHALANX: (23933, 2),
    Bone.DISTAL_PHALANX: (23945, 1),
}
_ORDINALS = ("", "First", "Second", "Third", "Fourth", "Fifth")


def side_code(side: Laterality | None) -> Code | None:
    """Code of a side; None where it is not known."""
    return None if side is None else _SIDES[side]


def bone_code(label: int) -> Code:
    """Code of the bone that a label number stands for, whichever side it is of.

    Examples
    --------
    >>> bone_code(23).meaning, bone_code(123).value, bone_code(161).meaning
    ('Distal phalanx of index finger', '23946', 'Radius')
    >>> bone_code(3).meaning
    'Bone'
    """
    rest = label % LEFT_HAND_OFFSET
    if rest in _WRIST:
        return _WRIST[rest]
    digit, bone = rest // 10, Bone(rest % 10)
    if bone is Bone.SESAMOID:
        return _SESAMOID
    if not digit:
        return _METACARPUS if bone is Bone.METACARPAL else _BONE
    first, of = _FMA[bone]
    number = str(first + digit - of)
    if bone is Bone.METACARPAL:
        return Code(number, "FMA", f"{_ORDINALS[digit]} metacarpal bone")
    kind = bone.name.capitalize().replace("_", " ")
    return Code(number, "FMA", f"{kind} of {FINGERS[digit].meaning.lower()}")


def region_code(label: int) -> Code:
    """Code of the finger that a bone belongs to; the hand for those of the wrist.

    >>> region_code(141).meaning, region_code(60).meaning, region_code(2).meaning
    ('Ring finger', 'Hand', 'Finger')
    """
    rest = label % LEFT_HAND_OFFSET
    return HAND if rest in WRIST_BONES or not rest else FINGERS[rest // 10]


def site_code(digit: int | None) -> Code:
    """Code of a finger by its digit, 0 where it is not told which; of the hand for None."""
    return HAND if digit is None else FINGERS[Digit(digit)]


NEAREST_BONE = private("nearest-bone", "Nearest bone")
ASPECT = private("aspect", "Aspect of finger")
ASPECTS = {
    name: private(f"aspect-{name}", f"{name.capitalize()} aspect")
    for name in ("volar", "dorsal", "radial", "ulnar")
}
TOUCHES_BONE = private("touches-bone", "Touches bone")
YES, NO = _sct("373066001", "Yes"), _sct("373067005", "No")
MATERIAL = private("material", "Material")
MATERIALS = {
    "calcium": private("material-calcium", "Calcium"),
    "urate": URATE_DEPOSIT,
    "undetermined": private("material-undet", "Undetermined material"),
}
STATUS = private("status", "Status of measurement")
STATUSES = {
    "complete": private("status-complete", "All of it was measured"),
    "partial": private("status-partial", "Part of it was not measured"),
}
WARNING = private("status-warning", "Warning")
#: What is seen of a phalanx, by the words of `calcimetry.model.coverage`.
COVERAGES = {
    "complete": private("seen-whole", "Seen whole"),
    "cut by the field of view": private("seen-cut", "Cut by the field of view"),
    "off-plane": private("seen-off-plane", "Off-plane"),
    "obscured by lesion or artefact": private("seen-obscured", "Obscured by lesion or artefact"),
    "resorbed": private("seen-resorbed", "Resorbed"),
    "not found": private("seen-not-found", "Not found"),
}


def coverage_name(phalanx: str) -> Code:
    """What the coverage of a bone is called, by the bone's plain name.

    >>> coverage_name("distal_phalanx").meaning
    'Coverage of distal phalanx'
    """
    words = phalanx.replace("_", " ")
    return private(f"cov-{words.split()[0]}", f"Coverage of {words}")
