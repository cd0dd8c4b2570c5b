"""What each number on the report page means, in plain words and as a formula."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Definition:
    """One entry: `key` is the column's name in lesions.csv or images.csv."""

    key: str
    title: str
    unit: str
    words: str
    formula: str = ""


#: In the order in which a reader meets them.
DEFINITIONS: tuple[Definition, ...] = (
    Definition(
        "status",
        "Status",
        "",
        "Complete: all that the picture should show was measured. Partial: measured, but some of "
        "it could not be judged; the reason says what. Failed: nothing was measured; the reason "
        "says why.",
    ),
    Definition(
        "lesion",
        "Lesion",
        "",
        "One connected calcification that remains once bone is subtracted. Parts that lie closer "
        "together than the picture's blur count as one lesion.",
    ),
    Definition(
        "volume_mm3",
        "Volume",
        "mm³",
        "Of a CT volume: each voxel is counted by the part of it that lesion mineral fills. The "
        "total is the sum over lesions.",
        "volume = v × Σ f,  v: volume of one voxel, f: filled part of a voxel, from 0 to 1",
    ),
    Definition(
        "volume_interval",
        "95% interval of a volume",
        "mm³",
        "Where the true volume is expected in 95 of 100 cases, from an error model of the lesion's "
        "surface and brightness. Like that of an area it does not cover what was missed.",
    ),
    Definition(
        "mass_mg",
        "Mass",
        "mg",
        "Hydroxyapatite in a lesion of a CT volume: what the lesion is brighter than its soft "
        "tissue, added up over all that its blur reaches, so that it does not hang on where the "
        "border is drawn. The halo of bone nearby is taken away. Urate has none and does not count "
        "in any total.",
        "mass = v × Σ excess / gain,  v: volume of one voxel, gain: HU per mg/cm³ of "
        "hydroxyapatite, of rods or nominal",
    ),
    Definition(
        "mass_interval",
        "95% interval of a mass",
        "mg",
        "From noise, soft tissue that varies, bone nearby and the calibration. The nominal "
        "calibration, from tables, adds a systematic error of 17.5%, which all lesions share.",
    ),
    Definition(
        "density_mg_cm3",
        "Density",
        "mg/cm³",
        "Hydroxyapatite per volume of the lesion.",
        "density = mass / volume",
    ),
    Definition(
        "dual_energy_ratio",
        "Dual-energy ratio",
        "",
        "How much brighter than soft tissue the lesion is at the lower energy, over that at the "
        "higher one. At 80 and Sn150 kV about 2.0 for calcium and 1.1 for urate.",
        "slope of the line through (excess at high, excess at low) of the lesion's voxels",
    ),
    Definition(
        "material",
        "Material",
        "",
        "Calcium (hydroxyapatite or pyrophosphate, which cannot be told apart) or urate, where "
        "the ratio makes one of them 95% probable; else undetermined, which counts as calcium.",
    ),
    Definition(
        "area_mm2",
        "Area",
        "mm²",
        "Each pixel is counted by the part of it that lesion mineral fills, so that the result "
        "does not hang on where pixels happen to lie. The total is the sum over lesions. In a CT "
        "volume area and axes are those of the sagittal plane of its finger in which the lesion's "
        "area is largest.",
        "area = a × Σ f,  a: area of one pixel, f: filled part of a pixel, from 0 to 1",
    ),
    Definition(
        "area_interval",
        "95% interval",
        "mm²",
        "Where the true area is expected in 95 of 100 cases, from an error model that grows with "
        "the length of the lesion's border and with its area. The total's interval takes the "
        "errors of different lesions as independent. It does not cover a lesion that was missed "
        "or bone that was taken for one; where no lesion was found there is none.",
        "area ± 1.96 SE,  SE² = (b × perimeter)² + (r × area)²,  b: how far the outline may lie "
        "too far in or out, r: relative error of the lesion's brightness, both under settings",
    ),
    Definition(
        "pixel_area_mm2",
        "Pixel area",
        "mm²",
        "Plain count of the pixels in the lesion's label map, for comparison with other programs.",
        "pixel area = a × number of pixels",
    ),
    Definition(
        "long_axis_mm",
        "Long axis",
        "mm",
        "Largest distance between two points of the lesion's outline, which runs where mineral "
        "falls to half of the lesion's own peak, between the pixels.",
        "L = max |p − q|,  p and q on the outline",
    ),
    Definition(
        "short_axis_mm",
        "Short axis",
        "mm",
        "Longest chord of the outline at right angles to the long axis.",
        "S = max |p − q|,  p and q on the outline, p − q at right angles to the long axis",
    ),
    Definition(
        "ellipse_area_mm2",
        "Ellipse area",
        "mm²",
        "What a reader with a ruler would report: the area of the ellipse with these two axes. It "
        "is larger than the area where the lesion is hollow, bent or angular.",
        "ellipse area = π/4 × L × S",
    ),
    Definition("perimeter_mm", "Perimeter", "mm", "Length of the lesion's outline."),
    Definition(
        "solidity",
        "Solidity",
        "",
        "1 for a lesion without dents, less for a ragged or bent one.",
        "solidity = area inside the outline / area of its convex hull",
    ),
    Definition(
        "touches_bone",
        "Touches bone",
        "",
        "Yes where a bone is at most 0.5 mm or one pixel away, whichever is more. The border "
        "between the two is then inferred and less certain.",
    ),
    Definition(
        "bone",
        "Nearest bone",
        "",
        "The bone with the smallest distance to the lesion, of those that were found.",
    ),
    Definition(
        "aspect",
        "Aspect",
        "",
        "The side of its finger that the lesion lies on: volar (towards the palm), dorsal (towards "
        "the back of the hand), radial (towards the thumb) or ulnar (towards the little finger).",
    ),
    Definition(
        "coverage",
        "Phalanges of a finger",
        "",
        "Whether each phalanx that the finger should have is seen whole. The thumb has no middle "
        "one. A lesion counts for the finger whose bone, metacarpal included, is nearest to it.",
    ),
    Definition(
        "position",
        "Position",
        "pixels",
        "Row and column of the lesion's centre of mass in the picture, counted from 0 at the "
        "upper left pixel; in a volume slice, row and column of the volume as it was given.",
    ),
)
