"""Finding bone: the contract, and every method that keeps it."""

from __future__ import annotations

from collections.abc import Callable

from calcimetry.bone.method import BoneEvidence, BoneMethod

__all__ = ["METHODS", "BoneEvidence", "BoneMethod"]


def _kmeans() -> BoneMethod:
    # Imported when asked for: scikit-learn takes longer to load than a picture to measure.
    from calcimetry.bone.kmeans import KMeansBone  # noqa: PLC0415 (see above)

    return KMeansBone()


#: Every bone method by the name that settings and the command line use.
METHODS: dict[str, Callable[[], BoneMethod]] = {"kmeans": _kmeans}
