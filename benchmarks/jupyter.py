"""The peer of the local sandbox: a Jupyter kernel, in the same jail or in none."""

import contextlib
import os
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.connect import write_connection_file

from agent_core.jail import Bind, Jail, Tmpfs
from agent_core.sandbox.local.environment import ENVIRONMENT
from agent_core.sandbox.local.launch import spawn
from agent_core.sandbox.local.runtime import Runtime

_INSIDE = "/run/k"
_PACKAGES = "/opt/kernel"
_PORTS = {"shell_port": 1, "iopub_port": 2, "stdin_port": 3, "hb_port": 4, "control_port": 5}
_SECONDS = 60.0


class Kernel:
    """A kernel that answers, and its process."""

    def __init__(self, client: BlockingKernelClient, process: "subprocess.Popen[bytes]") -> None:
        self.client = client
        self.pid = process.pid

    def run(self, code: str) -> int:
        """Run code and wait for its end; how many results and figures came."""
        shown: list[str] = []
        reply = self.client.execute_interactive(
            code, timeout=_SECONDS, output_hook=lambda message: shown.append(message["msg_type"])
        )
        assert reply["content"]["status"] == "ok", reply["content"]
        return sum(kind in {"display_data", "execute_result"} for kind in shown)


@contextlib.contextmanager
def jailed(runtime: Runtime) -> Iterator[Kernel]:
    """A kernel in the jail that a sandbox has when it starts cold.

    Without the filter of system calls: it refuses to have a thread placed, of which ZeroMQ dies.
    """
    with _folder() as folder:
        key = os.urandom(16).hex().encode()
        write_connection_file(str(folder / "inside.json"), ip=f"{_INSIDE}/k", transport="ipc", key=key, **_PORTS)
        write_connection_file(str(folder / "c.json"), ip=str(folder / "k"), transport="ipc", key=key, **_PORTS)
        (folder / "inside.json").chmod(0o644)
        jail = Jail(
            mounts=(
                *runtime.mounts,
                Tmpfs("/work", 256),
                Bind(Path(sysconfig.get_path("purelib")), _PACKAGES),
                Bind(folder, _INSIDE, writable=True),
            ),
            working_folder="/work",
            environment=(*runtime.environment, ("PYTHONPATH", _PACKAGES), ("IPYTHONDIR", "/work/.ipython")),
            readonly_after=(*runtime.readonly, "/dev", "/"),
        )
        argv = (f"{ENVIRONMENT}/bin/python3", "-m", "ipykernel_launcher", "-f", f"{_INSIDE}/inside.json")
        process = spawn(jail, argv, (), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with _client(process, folder) as kernel:
            yield kernel


@contextlib.contextmanager
def bare() -> Iterator[Kernel]:
    """A kernel without a jail, over the same kind of socket."""
    with _folder() as folder:
        key = os.urandom(16).hex().encode()
        write_connection_file(str(folder / "c.json"), ip=str(folder / "k"), transport="ipc", key=key, **_PORTS)
        process = subprocess.Popen(
            [sys.executable, "-m", "ipykernel_launcher", "-f", str(folder / "c.json")],
            env={"IPYTHONDIR": str(folder), "HOME": str(folder), "PATH": "/usr/bin:/bin"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        with _client(process, folder) as kernel:
            yield kernel


@contextlib.contextmanager
def _client(process: "subprocess.Popen[bytes]", folder: Path) -> Iterator[Kernel]:
    client = BlockingKernelClient(connection_file=str(folder / "c.json"))
    try:
        client.load_connection_file()
        client.start_channels(hb=False)
        client.wait_for_ready(timeout=_SECONDS)
        yield Kernel(client, process)
    finally:
        client.stop_channels()
        process.kill()
        process.wait()


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    """One that the jail's user may write to as well; its name is short, for sockets are in it."""
    with tempfile.TemporaryDirectory(prefix="k-") as name:
        Path(name).chmod(0o777)
        yield Path(name)
