"""What is pinned has no vulnerability that is known to the public database of advisories."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def test_no_pinned_package_has_a_known_vulnerability() -> None:
    """Skipped, with the reason, where the database can't be reached: that is no pass."""
    command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--no-deps", "--progress-spinner", "off"]
    done = subprocess.run(
        [*command, "--format", "json", "-r", str(ROOT / "requirements.lock")],
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    if not done.stdout.startswith("{"):
        pytest.skip(f"The advisories can't be read: {done.stderr.strip()[-300:]}")
    packages = json.loads(done.stdout)["dependencies"]
    known = {one["name"]: [found["id"] for found in one["vulns"]] for one in packages if one.get("vulns")}
    assert known == {}
    if all("skip_reason" in one for one in packages):
        pytest.skip(f"Not one of {len(packages)} packages could be looked up: {packages[0]['skip_reason']}")
