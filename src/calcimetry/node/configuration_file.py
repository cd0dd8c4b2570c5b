"""Reading the node's configuration file and the secrets that it names."""

from __future__ import annotations

import difflib
import ipaddress
import json
import tomllib
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from calcimetry.errors import SettingsError
from calcimetry.node.configuration import (
    LOOPBACK,
    DicomDestination,
    NodeSettings,
    SpoolSettings,
    StowDestination,
    TlsSettings,
)

#: Fewest characters of a token.
SHORTEST_TOKEN = 16
_DOING = "Reading the node's configuration"


def read_configuration(path: str | Path) -> NodeSettings:
    """Read a node's configuration from TOML; what it leaves out keeps its default.

    Paths in it that are relative start at the file's own folder.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    NodeSettings
        With the secrets that its files hold.

    Raises
    ------
    SettingsError
        If the file cannot be read, is not TOML, names an unknown setting, gives a value that
        cannot be, lets the world in without asking who it is, or names a file that is missing.
    """
    path = Path(path)
    doing = f"{_DOING} {path.name}"
    try:
        tree = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{doing}: {error.strerror or error}.") from error
    except ValueError as error:  # no TOML, no UTF-8
        raise SettingsError(f"{doing}: not a TOML file ({error}).") from error
    try:
        return configure(tree, path.resolve().parent)
    except SettingsError as error:
        raise SettingsError(f"{doing}: {error}") from error


def configure(tree: dict[str, Any], folder: Path) -> NodeSettings:
    """Build a node's settings from nested dictionaries, as TOML gives them.

    Parameters
    ----------
    tree : dict
    folder : Path
        Where relative paths start.

    Raises
    ------
    SettingsError
        As `read_configuration`.

    Examples
    --------
    >>> configure({"spool": {"folder": "spool"}}, Path("/srv")).dicom.port
    11112
    """
    adapter = TypeAdapter(NodeSettings)
    try:
        # Strict: "1" is no number. By way of JSON, because strict Python takes no list for a
        # tuple and no text for a path.
        settings = adapter.validate_json(json.dumps(tree, default=str), strict=True, extra="forbid")
    except ValidationError as error:
        raise SettingsError(_told(error)) from error
    settings = _with_secrets(_placed(settings, folder))
    _check_who_gets_in(settings)
    _check_destinations(settings)
    for name, tls, server in _tls_groups(settings):
        _check_tls(name, tls, server=server)
    return settings


def _told(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    place = list(first["loc"])
    if place[:1] == ["destinations"] and len(place) > 2:
        del place[2]  # the kind, which pydantic puts between the number and the field
    name = ".".join(str(part) for part in place)
    if first["type"] == "unexpected_keyword_argument":
        near = difflib.get_close_matches(str(place[-1]), _siblings(place), n=1, cutoff=0.0)[0]
        return f"there is no setting {name!r}; the nearest is {near!r}."
    if first["type"] == "missing":
        return f"{name!r} must be given."
    if first["type"] == "union_tag_not_found":
        return f"{name!r} must have a kind, 'dicom' or 'stow'."
    reason = first["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    return f"{name!r} cannot be {first['input']!r}: {reason}."


def _siblings(place: list[int | str]) -> list[str]:
    """Names of the settings among which one of an unknown name stands."""
    kinds: tuple[Any, ...] = (NodeSettings,)
    if "tls" in place[:-1]:
        kinds = (TlsSettings,)
    elif place[0] == "destinations":
        kinds = (DicomDestination, StowDestination)
    elif len(place) > 1:
        kinds = (type(getattr(NodeSettings(SpoolSettings(Path())), str(place[0]))),)
    return [one.name for kind in kinds for one in fields(kind)]


def _placed(group: Any, folder: Path) -> Any:
    """The same settings, every relative path in them starting at a folder."""
    changed: dict[str, Any] = {}
    for one in fields(group):
        value = getattr(group, one.name)
        if isinstance(value, Path):
            changed[one.name] = folder / value.expanduser()
        elif is_dataclass(value):
            changed[one.name] = _placed(value, folder)
        elif one.name == "destinations":
            changed[one.name] = tuple(_placed(item, folder) for item in value)
    return replace(group, **changed)


def _with_secrets(settings: NodeSettings) -> NodeSettings:
    web = settings.web
    if web.token_file is not None:
        if web.token:
            raise SettingsError("give web.token or web.token_file, not both.")
        web = replace(web, token=_secret("web.token_file", web.token_file))
    if web.token and len(web.token) < SHORTEST_TOKEN:
        raise SettingsError(
            f"the web token must have at least {SHORTEST_TOKEN} characters, found "
            f"{len(web.token)}; `openssl rand -hex 32` makes a good one."
        )
    destinations = []
    for place, one in enumerate(settings.destinations):
        if isinstance(one, StowDestination) and one.authorization_file is not None:
            name = f"destinations.{place}.authorization_file"
            one = replace(one, authorization=_secret(name, one.authorization_file))  # noqa: PLW2901
        destinations.append(one)
    return replace(settings, web=web, destinations=tuple(destinations))


def _secret(name: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{name} names {path.name}, which cannot be read ({type(error).__name__})."
        ) from error


def _check_who_gets_in(settings: NodeSettings) -> None:
    """Beyond this machine nobody gets in without a name, and no secret goes unencrypted."""
    dicom, web = settings.dicom, settings.web
    if not _is_loopback(dicom.host) and not (dicom.ae_titles and dicom.addresses != LOOPBACK):
        raise SettingsError(
            f"dicom.host {dicom.host!r} is open to other machines: say in dicom.ae_titles and "
            "dicom.addresses who may send."
        )
    if not web.enabled or _is_loopback(web.host):
        return
    if not web.token:
        raise SettingsError(
            f"web.host {web.host!r} is open to other machines: give web.token_file, a file with "
            "the token that it asks for."
        )
    if web.tls is None and not web.behind_proxy:
        raise SettingsError(
            f"web.host {web.host!r} is open to other machines, and the token would go over the "
            "network unencrypted: give web.tls, or web.behind_proxy where a proxy encrypts."
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _check_destinations(settings: NodeSettings) -> None:
    names = [one.name for one in settings.destinations]
    for name in names:
        if names.count(name) > 1:
            raise SettingsError(f"two destinations are named {name!r}; a name must be unique.")


def _tls_groups(settings: NodeSettings) -> Iterator[tuple[str, TlsSettings, bool]]:
    """Each group with its name, and whether it is a server's."""
    if settings.dicom.tls is not None:
        yield "dicom.tls", settings.dicom.tls, True
    if settings.web.tls is not None:
        yield "web.tls", settings.web.tls, True
    for place, one in enumerate(settings.destinations):
        if one.tls is not None:
            yield f"destinations.{place}.tls", one.tls, False


def _check_tls(name: str, tls: TlsSettings, *, server: bool) -> None:
    given = tls.certificate is not None, tls.key is not None
    if given[0] != given[1] or (server and not all(given)):
        raise SettingsError(f"{name} needs both a certificate and its key.")
    for one in fields(tls):
        path = getattr(tls, one.name)
        if path is not None and not path.is_file():
            raise SettingsError(f"{name}.{one.name} names {path.name}, and there is no such file.")
