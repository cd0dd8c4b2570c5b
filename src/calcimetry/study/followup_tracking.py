"""What lesions are called at every visit, for the DICOM objects of each."""

from __future__ import annotations

from collections.abc import Iterable

from calcimetry.dicom.findings import Tracking
from calcimetry.study.followup_result import SeriesResult


def tracking_of(results: Iterable[SeriesResult], visit: int) -> dict[str, dict[int, Tracking]]:
    """Tracking identifiers of the lesions of one visit, by image and lesion.

    Parameters
    ----------
    results : iterable of SeriesResult
        Of volumes; those that failed have none.
    visit : int
        Its number, 1 the baseline.

    Returns
    -------
    dict of str to dict of int to Tracking
        As `calcimetry.study.measure_study` takes it. A lesion that two tracks grew into has
        the name of the first.
    """
    found: dict[str, dict[int, Tracking]] = {}
    for one in results:
        images = {each["visit"]: each["image"] for each in one.record.get("visits", ())}
        for track in one.record.get("tracks", ()):
            name = Tracking(track["tracking_id"], track["tracking_uid"])
            for lesion in track["lesions"].get(str(visit), ()):
                found.setdefault(images[visit], {}).setdefault(lesion, name)
    return found
