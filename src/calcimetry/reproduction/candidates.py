"""What is compared: methods by their names, and networks of the user's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from calcimetry.bone import METHODS, NETWORKS, find_method
from calcimetry.bone.network import network_kind
from calcimetry.errors import ModelError, SettingsError
from calcimetry.settings import Settings

_DOING = "Comparing methods"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A method under the name it has in the comparison; `version` tells its weights too."""

    name: str
    settings: Settings
    version: str


def find_candidates(
    methods: Sequence[str] = (), models: Mapping[str, Path] | None = None
) -> tuple[Candidate, ...]:
    """The methods to compare, each once.

    Parameters
    ----------
    methods : sequence of str
        Keys of `calcimetry.bone.METHODS`; all of them where empty.
    models : mapping of str to Path, optional
        ONNX files that `calcimetry train` left, by the name to show each under. They come
        after the methods.

    Returns
    -------
    tuple of Candidate
        A method whose weights are missing is one too: it will give no answer, and say why.

    Raises
    ------
    SettingsError
        If a method is unknown, or a model is called as a method is.
    ModelError
        If a model is missing or is no network that calcimetry knows.
    """
    for name in methods:
        if name not in METHODS:
            raise SettingsError(
                f"{_DOING}: there is no method {name!r}; expected some of {', '.join(METHODS)}."
            )
    found = [
        Candidate(name, Settings(method=name), _version(name))
        for name in dict.fromkeys(methods or METHODS)
    ]
    return (*found, *(_own(name, path) for name, path in (models or {}).items()))


def _version(method: str) -> str:
    try:
        return find_method(method).version
    except ModelError:
        return method


def _own(name: str, path: Path) -> Candidate:
    if name in METHODS or not name.isprintable() or not name.strip() or set(name) & set("/\\:"):
        raise SettingsError(
            f"{_DOING}: a model needs a name of its own, which becomes a folder's; found {name!r} "
            f"for {path.name}. Write it as --model my-unet=RUN/model.onnx."
        )
    kind = network_kind(path)
    if kind not in NETWORKS:
        raise ModelError(
            f"{_DOING}: {path.name} is a network of the kind {kind!r}, expected one of "
            f"{', '.join(NETWORKS)}."
        )
    version = find_method(kind, str(path)).version
    return Candidate(name, Settings(method=kind, model=str(path)), version)
