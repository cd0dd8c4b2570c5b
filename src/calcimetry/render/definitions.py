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
        "Complete: every phalanx that the picture should show is seen whole. Partial: measured, "
        "but of some phalanx not all is seen; the reason says which and why. Failed: nothing was "
        "measured; the reason says why.",
    ),
    Definition(
        "lesion",
        "Lesion",
        "",
        "One connected calcification that remains once bone is subtracted. Parts that lie closer "
        "together than the picture's blur count as one lesion.",
    ),
    Definition(
        "burden",
        "Burden",
        "",
        "The sum over calcium lesions of a patient, a hand or a finger: their number, volume, mass "
        "of hydroxyapatite and area. Lesions of urate are left out and counted apart. A lesion "
        "belongs to the finger and the hand whose bone is nearest; one near the wrist to the hand "
        "alone. Of several images of a patient's visit each hand, or each finger of pictures, "
        "counts once; the remark says which image was left out. Half widths of the intervals add "
        "in quadrature, but for the calibration's part in those of masses, which all lesions "
        "share: it is added in full.",
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
        "Where the true volume is expected in 95 of 100 cases: as that of an area, with the "
        "surface in place of the perimeter.",
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
        "Where the true area is expected in 95 of 100 cases, as found on simulated pictures: wider "
        "for a long border and for contact with bone. The total's interval takes the errors of "
        "different lesions as independent, and adds what may be false or missed beside them; "
        "where no lesion was found there is none.",
        "area × exp(r + c t) × (1 + b P / area) at the upper end, divided by such factors at the "
        "lower,  P: perimeter, t: 1 where it touches bone, else 0, r, c, b: settings of each end",
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
        "ellipse_misfit",
        "Ellipse misfit",
        "",
        "How badly the ellipse of the two axes fits the outline: 0 for an ellipse, 0.36 for a "
        "square, more for a bent or ragged lesion, whose ellipse area then says little.",
        "misfit = 1 − area that outline and ellipse share / area that they cover together",
    ),
    Definition(
        "surface_mm2",
        "Surface",
        "mm²",
        "Of a CT volume: area of the surface at which mineral falls to half of the lesion's peak.",
    ),
    Definition(
        "feret_diameter_max_mm",
        "Largest diameter",
        "mm",
        "Of a CT volume: the largest distance between two points of the lesion's surface, in any "
        "direction.",
        "D₁ = max |p − q|,  p and q on the surface",
    ),
    Definition(
        "second_axis_mm",
        "Second and third axis",
        "mm",
        "Of a CT volume: the lesion's largest extent at right angles to its largest diameter, and "
        "its extent at right angles to both.",
    ),
    Definition(
        "ellipsoid_volume_mm3",
        "Ellipsoid volume",
        "mm³",
        "What a reader with a ruler would report of a CT volume, from three axes at right angles.",
        "ellipsoid volume = 0.52 × D₁ × D₂ × D₃",
    ),
    Definition(
        "depth_mm",
        "Depth",
        "mm",
        "Of a CT volume: the least distance from the lesion's surface to the skin.",
    ),
    Definition(
        "plane_offset_mm",
        "Plane",
        "mm",
        "Of a CT volume: how far the sagittal plane that area and axes are measured in lies from "
        "the middle of the nearest bone; above 0 on the thumb's side of it.",
    ),
    Definition(
        "bone_contact_share",
        "Contact with bone",
        "",
        "Part of the lesion's outline, in a CT volume of its surface, that lies within 0.5 mm or "
        "one pixel of bone. That part of its border is inferred.",
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
        "Whether each phalanx that the finger should have is seen whole, or else why not and how "
        "much of it is: cut by the border, off the picture's plane, obscured by a lesion or metal, "
        "resorbed, or not found. The thumb has no middle one. A lesion counts for the finger whose "
        "bone, metacarpal included, is nearest to it.",
        "share = length seen / length expected from the other phalanges, at most 1",
    ),
    Definition(
        "position",
        "Position",
        "pixels",
        "Row and column of the lesion's centre of mass in the picture, counted from 0 at the "
        "upper left pixel; in a volume slice, row and column of the volume as it was given.",
    ),
)
