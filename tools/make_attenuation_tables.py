"""Make src/calcimetry/mass_attenuation.csv; run once, needs xraydb (4.5.8 was used).

    pip install xraydb && python tools/make_attenuation_tables.py

XrayDB's Elam tables are in the public domain.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xraydb
from numpy.typing import NDArray

from calcimetry.attenuation import MATERIALS

TARGET = Path(__file__).parents[1] / "src" / "calcimetry" / "mass_attenuation.csv"
ENERGIES_KEV = np.arange(10.0, 151.0)


def per_mass(material: str) -> NDArray[np.float64]:
    """cm2/g of a material, an element or a formula at all energies."""
    if material in MATERIALS:
        parts = MATERIALS[material].parts
        whole = sum(parts.values())
        return sum(share / whole * per_mass(part) for part, share in parts.items())
    return xraydb.material_mu(material, 1000.0 * ENERGIES_KEV, density=1.0, kind="total")


def main() -> None:
    """Write the table."""
    columns = [ENERGIES_KEV, *(per_mass(name) for name in MATERIALS)]
    lines = [",".join(["energy_kev", *MATERIALS])]
    lines += [",".join(f"{value:.6g}" for value in row) for row in zip(*columns, strict=True)]
    TARGET.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
