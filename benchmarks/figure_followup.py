"""Draw docs/images/follow-up.png: a simulated finger at two visits, measured and followed.

    python benchmarks/figure_followup.py [OUT.png]

One of the fingers of `benchmarks/followup.py`, by the whole program with its defaults: what
`calcimetry followup` writes as ``figures/<stem>_visits.png``.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import PIL.Image
from followup_cases import Scanned, simulated_pair

from calcimetry.files.nifti import write_ct_nifti
from calcimetry.study import EnergyPair, VolumeChoice, measure_study
from calcimetry.study.followup import follow_up
from calcimetry.study.followup_choice import FollowUpChoice

SEED, FINGER, DAYS = 62, 9, 365
#: Wide enough for a page of documentation.
WIDTH = 1150


def measured(scan: Scanned, folder: Path) -> Path:
    """Results of one visit."""
    image = scan.volume.image
    files = [folder / f"finger-{name}.nii.gz" for name in ("low", "high")]
    for path, one in zip(files, image.energies, strict=True):
        write_ct_nifti(path, one)
    pair = EnergyPair(*files, image.low_setting, image.high_setting)
    results = folder / "results"
    measure_study([], results, volumes=VolumeChoice(pair, laterality=scan.volume.laterality))
    return results


def main() -> None:
    """Simulate, measure, compare, and keep the picture of both visits."""
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/images/follow-up.png")
    pair = simulated_pair(SEED, FINGER, whole_hand=False)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        visits = [
            measured(scan, folder / number)
            for number, scan in (("1", pair.first), ("2", pair.last))
        ]
        found = follow_up(visits, folder / "out", choice=FollowUpChoice(days=(DAYS,)))
        (drawn,) = (found.page.parent / "figures").glob("*_visits.png")
        with PIL.Image.open(drawn) as picture:
            height = round(picture.height * WIDTH / picture.width)
            picture.resize((WIDTH, height), PIL.Image.Resampling.LANCZOS).save(
                target, optimize=True
            )


if __name__ == "__main__":
    main()
