"""Where the reference data lie: ../shared/data, or the folder that CALCIMETRY_SHARED names."""

import os
from pathlib import Path

DATA = Path(os.environ.get("CALCIMETRY_SHARED", Path(__file__).parents[2] / "shared")) / "data"
FINGERS, HAND = DATA / "fingers", DATA / "hand"
