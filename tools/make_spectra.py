"""Make src/calcimetry/phantom/spectra.csv; run once, needs spekpy (2.5.4) and xraydb (4.5.8).

    pip install spekpy xraydb && python tools/make_spectra.py

spekpy is MIT-licensed (G. Poludniowski et al., Medical Physics 48 (2021) 3630-3637).
What filters a tube is known in part only; docs/explanation/simulator-physics.md says what
was chosen here and why.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import spekpy
import xraydb

TARGET = Path(__file__).parents[1] / "src" / "calcimetry" / "phantom" / "spectra.csv"
ENERGIES_KEV = np.arange(10.0, 151.0)
#: kV and mm of tin of each tube setting.
SETTINGS = {
    "70": (70, 0.0),
    "80": (80, 0.0),
    "100": (100, 0.0),
    "140": (140, 0.0),
    "150": (150, 0.0),
    "Sn140": (140, 0.4),
    "Sn150": (150, 0.4),
}
ANODE_DEGREES = 8.0
TITANIUM_MM = 0.9
#: 3 mm in the tube, and 4 mm for the housing and the middle of the bow-tie filter.
ALUMINIUM_MM = 7.0
#: Gadolinium oxysulphide, 1.4 mm thick.
SCINTILLATOR, SCINTILLATOR_G_CM3, SCINTILLATOR_CM = "Gd2O2S", 7.34, 0.14


def photons(kv: int, tin_mm: float) -> np.ndarray:
    """Relative number of photons per keV behind the filters; they sum to 1."""
    tube = spekpy.Spek(kvp=kv, th=ANODE_DEGREES, dk=1.0, shift=0.5)
    tube.filter("Al", ALUMINIUM_MM).filter("Ti", TITANIUM_MM)
    if tin_mm:
        tube.filter("Sn", tin_mm)
    energies, fluence = tube.get_spectrum(edges=False)
    number = np.interp(ENERGIES_KEV, energies, fluence, left=0.0, right=0.0)
    return number / number.sum()


def main() -> None:
    """Write the table."""
    mu = xraydb.material_mu(SCINTILLATOR, 1000.0 * ENERGIES_KEV, density=SCINTILLATOR_G_CM3)
    absorbed = 1.0 - np.exp(-mu * SCINTILLATOR_CM)
    columns = [ENERGIES_KEV, absorbed, *(photons(*of) for of in SETTINGS.values())]
    lines = [",".join(["energy_kev", "absorbed", *SETTINGS])]
    lines += [",".join(f"{value:.5g}" for value in row) for row in zip(*columns, strict=True)]
    TARGET.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
