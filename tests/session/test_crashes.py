"""The short form of the soak: each kind of fault once, on each kind of database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgresql import PostgreSQL, postgresql
from tests.session.crashes import Soak


@pytest.fixture(scope="module")
def server() -> Iterator[PostgreSQL]:
    with postgresql() as running:
        yield running


def test_two_processes_on_postgresql_lose_and_leave_nothing(tmp_path: Path, server: PostgreSQL) -> None:
    with Soak(tmp_path, server, workers=2, conversations=2, seed=1) as soak:
        soak.settle()
        for kind in ("sdk", "database", "app", "sandbox"):
            soak.moment(kind)
        assert soak.finish() == []
    print(f"longest recovery {max(soak.recoveries):.1f} s")


def test_one_process_on_sqlite_loses_and_leaves_nothing(tmp_path: Path) -> None:
    with Soak(tmp_path, None, workers=1, conversations=2, seed=2) as soak:
        soak.settle()
        for kind in ("disk", "app"):
            soak.moment(kind)
        assert soak.finish() == []
