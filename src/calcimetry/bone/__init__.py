"""Finding bone: the contract, and every method that keeps it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path

from calcimetry.bone.method import BoneEvidence, BoneMethod

__all__ = ["METHODS", "NETWORKS", "BoneEvidence", "BoneMethod", "find_method"]

#: Methods that are networks: they have weights, and take others.
NETWORKS = ("unet", "vnet", "pnet")
#: Methods that sort samples into clusters, each in a module of its name.
CLUSTERINGS = ("em", "fuzzy-cmeans", "kmeans", "mean-shift")


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


def _clustering(name: str) -> BoneMethod:
    """A clustering method, by the name of its module with dashes."""
    # Imported when asked for: scikit-learn takes longer to load than a picture to measure.
    from calcimetry.bone.clustering import ClusteringMethod  # noqa: PLC0415 (see above)

    clusters = import_module(f"calcimetry.bone.{name.replace('-', '_')}")
    return ClusteringMethod(name, clusters.find_clusters)


#: Every bone method by the name that settings and the command line use.
METHODS: dict[str, Callable[[], BoneMethod]] = {
    **{name: partial(_network, name) for name in NETWORKS},
    **{name: partial(_clustering, name) for name in CLUSTERINGS},
}


def find_method(name: str, model: str = "") -> BoneMethod:
    """The method of a name; a network with the weights of the file `model` where one is given.

    Raises
    ------
    KeyError
        If there is no method of that name.
    """
    return _network(name, Path(model)) if model else METHODS[name]()
