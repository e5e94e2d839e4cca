"""What our part inside a hosted sandbox does to the process that it lives in."""

import json
import os
import subprocess
import sys
from pathlib import Path

from agent_core.sandbox.inside import kernel

ENTER = """
import json, os, sys
sys.path.insert(0, sys.argv[1])
import ctypes, errno
from agent_core.sandbox.inside import kernel
os.makedirs(sys.argv[2] + "/sub")
open(sys.argv[2] + "/locked", "w").close()
os.chmod(sys.argv[2] + "/locked", 0o444)
if os.geteuid() == 0:
    for path in ("", "/sub", "/locked"):
        os.chown(sys.argv[2] + path, 1000, 1000)
kernel.unprivileged(sys.argv[2])
status = dict(line.split(":\\t", 1) for line in open("/proc/self/status").read().splitlines() if ":\\t" in line)
try:
    open(sys.argv[2] + "/locked", "w")
    wrote = True
except PermissionError:
    wrote = False
print(json.dumps({"uid": os.geteuid(), "new": status["NoNewPrivs"], "wrote": wrote, "home": os.environ["HOME"]}))
"""


def test_root_is_left_behind(tmp_path):
    """As root the process becomes the owner of the home folder, for good; any other stays who it is."""
    home = tmp_path / "home"
    root = str(Path(kernel.__file__).parents[3])
    environment = {"HOME": "/elsewhere", "PATH": os.defpath}
    command = [sys.executable, "-c", ENTER, root, str(home)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=True)
    found = json.loads(done.stdout)
    assert found["wrote"] is False
    if os.geteuid():
        assert (found["uid"], found["home"]) == (os.geteuid(), "/elsewhere")
    else:
        assert (found["uid"], found["new"], found["home"]) == (1000, "1", str(home))
