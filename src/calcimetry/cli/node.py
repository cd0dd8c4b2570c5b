"""``calcimetry node``: receives studies, measures them, sends the results. Needs the extra."""

from __future__ import annotations

import logging
import signal
import threading
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from calcimetry.cli.shell import errors_told, say
from calcimetry.errors import SettingsError

if TYPE_CHECKING:
    from calcimetry.node.service import Node

#: What the extra `node` brings, by the names under which it is imported.
_NEEDED = (
    "sqlalchemy",
    "alembic",
    "pynetdicom",
    "dicomweb_client",
    "fastapi",
    "uvicorn",
    "python_multipart",
)
#: Libraries whose own lines hold UIDs or values of headers, or say too much.
_TALKATIVE = (
    *("alembic", "dicomweb_client", "pydicom", "pynetdicom"),
    *("python_multipart", "retrying", "urllib3", "uvicorn"),
)


def node(
    configuration: Annotated[
        Path,
        typer.Argument(
            metavar="CONFIG.toml", help="What to receive, how to measure it and where to send it."
        ),
    ],
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="Read the configuration, load the settings for measuring, open the database, and "
            "stop.",
        ),
    ] = False,
    export_audit: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write the audit to a .csv or .jsonl file and stop; a node may be running.",
        ),
    ] = None,
) -> None:
    """Receive studies by C-STORE and DICOMweb, measure each when complete, and send the results.

    Runs until it is ended by SIGTERM or Ctrl-C, and then leaves nothing half done; killed at any
    moment it loses nothing that it has acknowledged. Logs to stderr, without names and UIDs.

    \b
    Examples:
      calcimetry node node.toml
      calcimetry node node.toml --check
      calcimetry node node.toml --export-audit audit.csv

    \b
    Exit status: 0 ended as it was told, 2 it could not be started.
    """
    with errors_told(None):
        require_node()
        from calcimetry.node.configuration_file import read_configuration
        from calcimetry.node.measuring import way_of_measuring
        from calcimetry.node.service import Node
        from calcimetry.store import Database, audit

        settings = read_configuration(configuration)
        if export_audit is not None:
            with Database.open(settings.database_url) as database:
                rows = audit.export(database, export_audit)
            say(f"{rows} entries of the audit written to {export_audit}")
            return
        way = way_of_measuring(settings.measure)
        if check:
            settings.spool.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            Database.open(settings.database_url).close()
            say(f"{configuration} can be used; studies are measured by {way.method}")
            return
        log_to_stderr()
        serve(Node(settings, way))


def require_node() -> None:
    """Refuse to start where what a node needs is not installed.

    Raises
    ------
    SettingsError
        If a library is missing.
    """
    missing = [name for name in _NEEDED if not find_spec(name)]
    if missing:
        raise SettingsError(
            f"A node needs the extra 'node' ({missing[0]} is not installed). "
            "Type: pip install 'calcimetry[node]'"
        )


def serve(running: Node) -> None:
    """Run a node until SIGTERM or SIGINT.

    Raises
    ------
    CalcimetryError
        If it cannot be started.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    running.start()
    stop.wait()
    running.stop()


def log_to_stderr() -> None:
    """Log what a node does, and of libraries only what has failed."""
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", force=True
    )
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    warnings.simplefilter("ignore")  # of pydicom, which repeat what headers hold
