"""Finding bone: the contract, and every method that keeps it."""

from __future__ import annotations

from collections.abc import Callable

from calcimetry.bone.method import BoneEvidence, BoneMethod

__all__ = ["METHODS", "BoneEvidence", "BoneMethod"]


def _unet() -> BoneMethod:
    from calcimetry.bone.unet import UNet  # noqa: PLC0415 (loads the ONNX runtime)

    return UNet()


# Imported when asked for: scikit-learn takes longer to load than a picture to measure.


def _em() -> BoneMethod:
    from calcimetry.bone import em  # noqa: PLC0415 (see above)
    from calcimetry.bone.clustering import ClusteringMethod  # noqa: PLC0415

    return ClusteringMethod("em", em.find_clusters)


def _fuzzy_cmeans() -> BoneMethod:
    from calcimetry.bone import fuzzy_cmeans  # noqa: PLC0415 (see above)
    from calcimetry.bone.clustering import ClusteringMethod  # noqa: PLC0415

    return ClusteringMethod("fuzzy-cmeans", fuzzy_cmeans.find_clusters)


def _kmeans() -> BoneMethod:
    from calcimetry.bone import kmeans  # noqa: PLC0415 (see above)
    from calcimetry.bone.clustering import ClusteringMethod  # noqa: PLC0415

    return ClusteringMethod("kmeans", kmeans.find_clusters)


def _mean_shift() -> BoneMethod:
    from calcimetry.bone import mean_shift  # noqa: PLC0415 (see above)
    from calcimetry.bone.clustering import ClusteringMethod  # noqa: PLC0415

    return ClusteringMethod("mean-shift", mean_shift.find_clusters)


#: Every bone method by the name that settings and the command line use.
METHODS: dict[str, Callable[[], BoneMethod]] = {
    "unet": _unet,
    "em": _em,
    "fuzzy-cmeans": _fuzzy_cmeans,
    "kmeans": _kmeans,
    "mean-shift": _mean_shift,
}
