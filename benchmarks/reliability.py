"""Draw how true the stated bone fractions of the shipped networks are.

    python benchmarks/reliability.py [--out docs/images/reliability.png] [CALIBRATION.json ...]

Each network's calibration file holds the mean stated and true fraction of ten bins of
stated ones, on simulated pictures that it was not trained on.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from calcimetry.bone.network import WEIGHTS
from calcimetry.render import palette
from calcimetry.render.sheet import Sheet

SIDE, LEFT, TOP = 380, 70, 60
#: One for each shipped network.
COLOURS = (
    *((86, 180, 233), (240, 228, 66), (214, 137, 180)),
    *((38, 200, 150), (230, 159, 0), (213, 94, 0)),
)


def place(stated: float, true: float) -> tuple[float, float]:
    """Where a pair of fractions stands on the sheet."""
    return LEFT + SIDE * stated, TOP + SIDE * (1.0 - true)


def main() -> None:
    """Draw one line per network."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--out", type=Path, default=Path("docs/images/reliability.png"))
    options = parser.parse_args()
    files = options.files or sorted(WEIGHTS.glob("*.calibration.json"))
    sheet = Sheet((LEFT + SIDE + 330, TOP + SIDE + 60), palette.BACKGROUND)
    sheet.text((LEFT, 32), "Bone fractions: stated and true", 18, palette.TEXT)
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        sheet.line([place(tick, 0.0), place(tick, 1.0)], palette.RULE, 1)
        sheet.line([place(0.0, tick), place(1.0, tick)], palette.RULE, 1)
        x, y = place(tick, 0.0)
        sheet.text((x, y + 20), f"{tick:g}", 13, palette.MUTED, "centre")
        x, y = place(0.0, tick)
        sheet.text((x - 10, y + 5), f"{tick:g}", 13, palette.MUTED, "right")
    sheet.text((LEFT + SIDE / 2, TOP + SIDE + 44), "stated", 14, palette.MUTED, "centre")
    sheet.text((8, TOP + SIDE / 2), "true", 14, palette.MUTED)
    sheet.line([place(0.0, 0.0), place(1.0, 1.0)], palette.MUTED, 1.5)
    for i, file in enumerate(files):
        found = json.loads(file.read_text())
        points = [
            place(stated, true)
            for stated, true, pixels in zip(
                found["stated"], found["true"], found["pixels"], strict=True
            )
            if pixels
        ]
        sheet.line(points, COLOURS[i], 2)
        for point in points:
            sheet.disc(point, 4, COLOURS[i])
        at = (LEFT + SIDE + 24, TOP + 30 + 64 * i)
        sheet.disc((at[0] + 5, at[1] - 5), 5, COLOURS[i])
        sheet.text((at[0] + 18, at[1]), file.name.split(".")[0], 15, palette.TEXT)
        told = f"temperature {found['temperature']:.3g}"
        sheet.text((at[0] + 18, at[1] + 18), told, 13, palette.MUTED)
        told = f"error {found['error_before']:.4f} before, {found['error_after']:.4f} after"
        sheet.text((at[0] + 18, at[1] + 34), told, 13, palette.MUTED)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    sheet.finished().save(options.out)
    print(f"{options.out}: {options.out.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
