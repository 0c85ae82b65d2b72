"""A PostGIS server of our own for a test run: made in a temporary folder, gone afterwards.

It needs Debian's packages but neither their cluster nor a password: the server listens on a socket in its folder
alone. As root it runs as the user postgres, since PostgreSQL refuses to run as root. Servers that a killed test run
left behind are ended by the next run, and folders whose server died with its machine are removed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX = "gridmap-postgres-"
MISSING = (
    "PostGIS is not installed, and half of the storage tests run on it: "
    "apt-get install postgresql postgresql-15-postgis-3 (or the version of this Debian)"
)
# A test server may lose everything with the machine: no fsync. Storage is measured with durable=True.
CARELESS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
SETTINGS = ("listen_addresses=", "max_connections=200", "shared_buffers=64MB", "autovacuum=off", "jit=off")


class ServerMissing(Exception):
    """The tests cannot run; this is a failure, never a reason to skip."""


def _bin() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4].split(".")[0]))
    if not found or not list(Path("/usr/share/postgresql").glob("*/extension/postgis.control")):
        raise ServerMissing(MISSING)
    return found[-1].parent


def _run(*command: str | Path) -> None:
    as_postgres = ("runuser", "-u", "postgres", "--") if os.geteuid() == 0 else ()
    done = subprocess.run((*as_postgres, *command), check=False, capture_output=True, text=True, cwd="/")
    if done.returncode:
        raise ServerMissing(f"the PostgreSQL of the tests did not start: {done.stdout} {done.stderr}")


def _stop(folder: Path) -> None:
    if _runs_in(folder):
        _run(_bin() / "pg_ctl", "stop", "-D", folder / "data", "-m", "immediate", "-s")
    shutil.rmtree(folder, ignore_errors=True)


def _alive(pid: str) -> bool:
    return Path(f"/proc/{pid}").exists()


def _runs_in(folder: Path) -> bool:
    """Whether a server runs in the folder: its note of its number outlives it, and the number may be another's now."""
    try:
        pid = (folder / "data" / "postmaster.pid").read_text().partition("\n")[0].strip()
        return str(folder / "data") in Path(f"/proc/{pid}/cmdline").read_text()
    except (FileNotFoundError, ProcessLookupError, PermissionError):  # gone, going, or another user's
        return False


def end_left_behind(where: Path) -> None:
    """End the servers, and remove the folders, of test runs that are no longer."""
    for folder in where.glob(f"{PREFIX}*"):
        pid = folder.name.removeprefix(PREFIX).partition("-")[0]
        if not _alive(pid):
            _stop(folder)


@contextmanager
def postgres_server(*, durable: bool = False) -> Iterator[str]:
    """Run a server; yields the URL of its administrator, whose database is `postgres`."""
    programs = _bin()
    end_left_behind(Path(tempfile.gettempdir()))
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        _run(
            programs / "initdb", "-D", folder / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8",
            "--locale=C.UTF-8", "--no-sync", "--no-instructions",
        )  # fmt: skip
        options = [f"unix_socket_directories={folder}", *SETTINGS, *(() if durable else CARELESS)]
        with (folder / "data" / "postgresql.conf").open("a") as configuration:
            configuration.writelines(
                f"{name} = '{value}'\n" for name, value in (each.split("=", 1) for each in options)
            )
        _run(programs / "pg_ctl", "start", "-D", folder / "data", "-l", folder / "log", "-w", "-s")
        yield f"postgresql://postgres@/postgres?host={folder}"
    finally:
        _stop(folder)
