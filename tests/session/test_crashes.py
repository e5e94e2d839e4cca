"""The short form of the soak: each kind of fault, on each kind of database where it differs, and on disks that fill."""

import subprocess
import sys

import pytest

from tests.session.crash_app import ROOT

FIGURES = "6 kills (app 2, database 1, disk 1, sandbox 1, sdk 1), 0 losses, 0 orphans"


@pytest.mark.timeout(400)
def test_nothing_is_lost_doubled_or_left_whatever_is_killed() -> None:
    """Two processes on PostgreSQL, and one on SQLite."""
    argv = [sys.executable, "-m", "tests.session.crashes", "--moments", "6", "--seed", "1"]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=380, check=False)
    assert FIGURES in done.stdout, done.stdout + done.stderr
    assert done.returncode == 0
    print(done.stdout.splitlines()[-1])
