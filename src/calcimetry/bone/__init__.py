"""Finding bone: the contract, and every method that keeps it."""

from __future__ import annotations

from collections.abc import Callable

from calcimetry.bone.method import BoneEvidence, BoneMethod

__all__ = ["METHODS", "BoneEvidence", "BoneMethod"]


def _kmeans() -> BoneMethod:
    # Imported when asked for: scikit-learn takes longer to load than a picture to measure.
    from calcimetry.bone.kmeans import KMeansBone  # noqa: PLC0415 (see above)

    return KMeansBone()


def _unet() -> BoneMethod:
    from calcimetry.bone.unet import UNet  # noqa: PLC0415 (loads the ONNX runtime)

    return UNet()


#: Every bone method by the name that settings and the command line use.
METHODS: dict[str, Callable[[], BoneMethod]] = {"unet": _unet, "kmeans": _kmeans}
