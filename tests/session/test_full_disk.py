"""A disk that is full, with the app's database, artifacts, sandboxes and temporary files on it."""

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.session.crash_app import ROOT
from tests.session.small_disk import on_small_disks


def test_a_full_disk_is_told_loses_nothing_and_it_goes_on_when_there_is_room() -> None:
    """See `full_disk`."""
    # Not pytest's folder: private folders whose path is long go elsewhere.
    with tempfile.TemporaryDirectory(prefix="full-", dir="/tmp") as name:
        disks = [Path(name) / "stores", Path(name) / "machine"]
        argv = on_small_disks(disks, 48, [sys.executable, "-m", "tests.session.full_disk", *map(str, disks)])
        done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "No space left on device" in done.stdout
