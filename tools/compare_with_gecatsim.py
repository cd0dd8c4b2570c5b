"""Scan rods with gecatsim and with calcimetry, and print both; run once (gecatsim 1.6.6 was used).

    pip install gecatsim && pip install . && python tools/compare_with_gecatsim.py FOLDER

gecatsim (GE's CatSim) leaves its files in FOLDER. What came out stands in
docs/explanation/simulator-physics.md.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import gecatsim
import numpy as np
from gecatsim.reconstruction.pyfiles import recon

from calcimetry.phantom.rods import ROD_DENSITIES, calibration_rods
from calcimetry.phantom.scan_settings import ScanSettings
from calcimetry.phantom.spectra import spectrum, tube_settings

CONFIGURATIONS = (
    "Phantom_Sample_Analytic",
    "Scanner_Sample_generic",
    "Protocol_Sample_axial",
    "Physics_Sample",
    "Recon_Sample_2d",
)
#: Atomic number and weight.
ELEMENTS = {
    "H": (1, 1.008),
    "O": (8, 15.999),
    "P": (15, 30.974),
    "S": (16, 32.06),
    "Ca": (20, 40.078),
    "Gd": (64, 157.25),
}
WATER, APATITE = {"H": 2, "O": 1}, {"Ca": 10, "P": 6, "O": 26, "H": 2}
SCINTILLATOR = {"Gd": 2, "O": 2, "S": 1}
FIELD_MM, SIZE = 100.0, 256


def write_material(name: str, density_g_cm3: float, parts: list[tuple[dict, float]]) -> None:
    """A gecatsim material from formulas and their masses."""
    mass = dict.fromkeys(ELEMENTS, 0.0)
    for formula, share in parts:
        whole = sum(ELEMENTS[e][1] * n for e, n in formula.items())
        for element, number in formula.items():
            mass[element] += share * ELEMENTS[element][1] * number / whole
    mass = {element: m / sum(mass.values()) for element, m in mass.items() if m > 0}
    lines = ["# Material name:", f"# {name}", "# Number of elements:", str(len(mass))]
    lines += ["# Density:", f"{density_g_cm3:.6f}", "# Atomic numbers and mass fractions:"]
    lines += [f"{ELEMENTS[element][0]}    {m:.8f}" for element, m in mass.items()]
    Path("material", name).write_text("\n".join(lines) + "\n")


def cylinder(number: int, x: float, y: float, radius: float) -> str:
    """One object of a gecatsim phantom; object and material share their number."""
    fields = {
        "center({},:)": f"[{x:.6f} {y:.6f} 0]",
        "half_axes({},:)": f"[{radius} {radius} 50]",
        "euler_angs({},:)": "[0 0 0]",
        "density({})": "1.0",
        "type({})": "2",
        "material({})": str(number),
        "axial_lims({},:)": "[0 0]",
        "shape({})": "0",
        "clip{{{}}}": "[]",
    }
    return "".join(f"object.{key.format(number)} = {value};\n" for key, value in fields.items())


def theirs(setting: str, rods: tuple) -> np.ndarray:
    """HU of a slice by gecatsim, rows towards the back."""
    for folder in ("material", "phantom", "spectrum"):
        Path(folder).mkdir(exist_ok=True)
        gecatsim.pyfiles.CommonTools.my_path.add_search_path(str(Path(folder).resolve()))
    tube = spectrum(setting)
    pairs = zip(tube.energies_kev, 1e10 * tube.photons, strict=True)
    rows = [str(len(tube.energies_kev)), *(f"{e:.3f},{n:.3f}" for e, n in pairs), "8.0"]
    Path("spectrum", "tube.dat").write_text("\n".join(rows) + "\n")
    write_material("scintillator", 7.34, [(SCINTILLATOR, 1.0)])
    objects, names = [cylinder(1, 0.0, 0.0, 40.0)], ["water"]
    for number, rod in enumerate(rods, start=2):
        density = rod.density_mg_cm3
        water = 1000.0 - density / 3.16
        names.append(f"rod{density:.0f}")
        write_material(names[-1], (density + water) / 1000, [(APATITE, density), (WATER, water)])
        objects.append(cylinder(number, *rod.centre_mm[:2], rod.radius_mm))
    listed = " ".join(f"'{name}'" for name in names)
    Path("phantom", "rods.ppm").write_text(f"materialList = {{{listed}}};\n\n" + "\n".join(objects))
    for name in CONFIGURATIONS:
        source = Path(gecatsim.__file__).parent / "examples" / "cfg" / f"{name}.cfg"
        Path(f"{name}.cfg").write_text(source.read_text())
    return simulate(gecatsim.CatSim(*(f"./{name}" for name in CONFIGURATIONS)))


def simulate(ct: gecatsim.CatSim) -> np.ndarray:
    """Without noise, bow-tie, crosstalk and lag."""
    ct.resultsName, ct.phantom.filename = "rods", "rods.ppm"
    changes = {
        ct.protocol: {
            "viewsPerRotation": 720, "viewCount": 720, "stopViewId": 719,
            "spectrumFilename": "tube.dat", "bowtie": [], "flatFilter": [],
        },
        ct.scanner: {
            "sid": 595.0, "sdd": 1085.6, "detectorRowsPerMod": 1, "detectorRowCount": 1,
            "detectorColCount": 380, "detectorColSize": 0.5, "detectorPrefilter": [],
            "detectorMaterial": "scintillator", "detectorDepth": 1.4,
            "detectorColFillFraction": 1.0, "focalspotWidth": 0.3, "focalspotLength": 0.3,
        },
        ct.physics: {
            "energyCount": 70, "enableQuantumNoise": 0, "enableElectronicNoise": 0,
            "crosstalkCallback": "", "opticalCrosstalkCallback": "", "lagCallback": "",
            "colSampleCount": 2, "rowSampleCount": 1, "srcXSampleCount": 1,
            "srcYSampleCount": 1, "viewSampleCount": 1,
            "callback_post_log": "Prep_BHC_Accurate", "EffectiveMu": 0.2,
            "BHC_poly_order": 5, "BHC_max_length_mm": 150, "BHC_length_step_mm": 5,
        },
        ct.recon: {
            "fov": FIELD_MM, "imageSize": SIZE, "sliceCount": 1, "sliceThickness": 0.5,
            "kernelType": "soft", "mu": 0.02, "unit": "HU", "huOffset": -1000,
            "reconType": "fdk_equiAngle", "saveImageVolume": True, "saveSingleImages": False,
            "startAngle": 0, "printReconParameters": False, "displayImagePictures": False,
            "saveImagePictureFiles": False, "displayImagePictureAxes": False,
            "displayImagePictureTitles": False,
        },
    }  # fmt: skip
    for part, values in changes.items():
        for name, value in values.items():
            setattr(part, name, value)
    ct.run_all()
    ct.do_Recon = 1
    recon.recon(ct)
    flat = np.fromfile(f"rods_{SIZE}x{SIZE}x1.raw", np.float32)
    return flat.reshape(SIZE, SIZE)[::-1]


def inside(hu: np.ndarray, spacing_mm: float, x: float, y: float) -> float:
    """Mean over a disc of 2.5 mm radius."""
    at = (np.arange(len(hu)) - (len(hu) - 1) / 2) * spacing_mm
    return float(hu[np.hypot(at[None, :] - x, at[:, None] - y) < 2.5].mean())


def main() -> None:
    """Scan at both energies and print the excess over water."""
    os.chdir(sys.argv[1])
    ours = calibration_rods(
        np.random.default_rng(0), slices=1, settings=ScanSettings(noise_hu=(0.0, 0.0))
    )
    excess = []
    for setting, image in zip(
        tube_settings("80-Sn150"), (ours.image.low, ours.image.high), strict=True
    ):
        other = theirs(setting, ours.rods)
        other = (other + 1000.0) / (inside(other, FIELD_MM / SIZE, 0.0, 0.0) + 1000.0) * 1e3 - 1e3
        for name, hu, spacing in (
            ("calcimetry", image.array[0], image.grid.spacing[1]),
            ("gecatsim", other, FIELD_MM / SIZE),
        ):
            rods = np.array([inside(hu, spacing, *rod.centre_mm[:2]) for rod in ours.rods])
            excess.append(rods - rods[0])
            print(setting, name, dict(zip(ROD_DENSITIES, excess[-1].round(1), strict=True)))
    for name, low, high in (("calcimetry", *excess[0::2]), ("gecatsim", *excess[1::2])):
        print(name, "ratio", round(float(np.polyfit(high, low, 1)[0]), 3))


if __name__ == "__main__":
    main()
