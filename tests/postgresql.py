"""A PostgreSQL server of the tests' own: in a temporary folder, on a socket there, no port."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

#: Where Debian keeps the server's programs, off PATH.
_DEBIAN = Path("/usr/lib/postgresql")
#: PostgreSQL refuses to run as root; Debian's package makes this user.
_USER = "postgres"


def server_programs() -> Path | None:
    """Folder of initdb and pg_ctl; None where there is no server."""
    found = shutil.which("pg_ctl")
    if found:
        return Path(found).resolve().parent
    folders = [one.parent for one in _DEBIAN.glob("*/bin/pg_ctl")]
    return max(folders, key=lambda folder: int(folder.parent.name), default=None)


@contextmanager
def running_server() -> Iterator[Path]:
    """Gives the folder of the server's socket; skips where no server is installed."""
    programs = server_programs()
    if programs is None:
        pytest.skip("PostgreSQL (Debian: postgresql) is not installed")
    as_root = os.geteuid() == 0
    # Not pytest's folder, which other users may not enter.
    folder = Path(tempfile.mkdtemp(prefix="calcimetry-postgresql-"))
    who: dict[str, object] = {}
    if as_root:
        account = pwd.getpwnam(_USER)
        os.chown(folder, account.pw_uid, account.pw_gid)
        who = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    data = folder / "data"

    def call(program: str, *options: str) -> None:
        log = folder / f"{program}.log"
        with log.open("ab") as said:
            done = subprocess.run(
                [programs / program, "-D", data, *options],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                cwd=folder,
                timeout=120,
                check=False,
                **who,
            )
        assert done.returncode == 0, log.read_text()

    try:
        call("initdb", "--auth=trust", "--username=tests", "--encoding=UTF8", "--no-sync")
        quick = f"-k {folder} -c listen_addresses= -c fsync=off -c shared_buffers=16MB"
        call("pg_ctl", "--wait", f"--options={quick}", f"--log={folder / 'server.log'}", "start")
        try:
            yield folder
        finally:
            call("pg_ctl", "--wait", "--mode=immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def url_of(socket_folder: Path, name: str) -> str:
    """Address of a database of that server."""
    return f"postgresql://tests@/{name}?unix_sock={socket_folder}/.s.PGSQL.5432"
