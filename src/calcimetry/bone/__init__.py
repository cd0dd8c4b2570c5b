"""Finding bone: the contract, and every method that keeps it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from calcimetry.bone.method import BoneEvidence, BoneMethod

__all__ = ["METHODS", "NETWORKS", "BoneEvidence", "BoneMethod", "find_method"]


#: Methods that are networks: they have weights, and take others.
NETWORKS = ("unet", "vnet", "pnet")


def _network(name: str, weights: Path | None = None) -> BoneMethod:
    """A network as a method, with the shipped weights or those of an ONNX file.

    Parameters
    ----------
    name : str
        One of `NETWORKS`.
    weights : pathlib.Path, optional
        As `calcimetry train` leaves them, with their JSON beside them.
    """
    from calcimetry.bone.picture_network import PictureNetwork  # noqa: PLC0415 (loads much)

    return PictureNetwork(name, weights)


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
    **{name: partial(_network, name) for name in NETWORKS},
    "em": _em,
    "fuzzy-cmeans": _fuzzy_cmeans,
    "kmeans": _kmeans,
    "mean-shift": _mean_shift,
}


def find_method(name: str, model: str = "") -> BoneMethod:
    """The method of a name; a network with the weights of the file `model` where one is given.

    Raises
    ------
    KeyError
        If there is no method of that name.
    """
    return _network(name, Path(model)) if model else METHODS[name]()
