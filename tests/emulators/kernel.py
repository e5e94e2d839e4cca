"""A machine whose interpreter is a real Jupyter kernel, as E2B's is: a process of this computer, for code of the tests' own."""

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterable, AsyncIterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jupyter_client import AsyncKernelManager

from agent_core.contract import Contract
from agent_core.sandbox.base import Usage
from agent_core.sandbox.local.provider import LocalProvider
from tests.emulators.machine import Machine

_STARTUP = "import pandas, matplotlib.pyplot, plotly.graph_objects"
"""E2B's kernel has imported such things before anybody's code runs."""


class KernelMachine(Machine):
    """Nothing is confined but by what runs inside."""

    def __init__(self, provider: LocalProvider) -> None:
        super().__init__(provider)
        self.home = tempfile.mkdtemp(prefix="kernel-")
        self._alive = False

    async def start(self, held: Contract, *, denied: bool, environment: Mapping[str, str]) -> None:
        self._manager = AsyncKernelManager(transport="ipc", connection_file=f"{self.home}/.kernel.json")
        self._manager.kernel_spec.argv[0] = sys.executable
        own = {"HOME": self.home, "IPYTHONDIR": f"{self.home}/.ipython", "PATH": os.defpath}
        await self._manager.start_kernel(cwd=self.home, env={**own, **environment})
        self._client = self._manager.client()
        self._client.start_channels()
        await self._client.wait_for_ready(timeout=60)
        async for _ in self.execute(_STARTUP):
            pass
        self._alive = True

    @property
    def gone(self) -> bool:
        return not self._alive

    async def end(self) -> None:
        if self._alive:
            self._alive = False
            self._client.stop_channels()
            await self._manager.shutdown_kernel(now=True)
            shutil.rmtree(self.home, ignore_errors=True)

    async def amend(self, held: Contract) -> None:
        """The network is this computer's."""

    async def execute(self, code: str) -> AsyncIterator[dict[str, Any]]:
        request = self._client.execute(code, allow_stdin=False)
        while True:
            try:
                message = await self._client.get_iopub_msg(timeout=0.5)
            except Exception:  # noqa: BLE001  `queue.Empty`, by whichever name this version has for it
                if not await self._manager.is_alive():
                    yield {"ended": "the kernel died"}
                    return
                continue
            if message["parent_header"].get("msg_id") != request:
                continue
            content = message["content"]
            match message["msg_type"]:
                case "stream":
                    yield {"type": content["name"], "text": content["text"]}
                case "error":
                    trace = "".join(content["traceback"])
                    yield {"type": "error", "name": content["ename"], "value": content["evalue"], "traceback": trace}
                case "display_data" | "execute_result":
                    yield {"type": "result", "text": str(content["data"].get("text/plain"))}
                case "status" if content["execution_state"] == "idle":
                    yield {"ended": ""}
                    return

    def interrupt(self) -> None:
        if self._alive:
            os.kill(self._manager.provisioner.process.pid, signal.SIGINT)

    async def write(self, path: str, data: bytes | AsyncIterable[bytes]) -> None:
        target = Path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        pieces = [data] if isinstance(data, bytes) else [piece async for piece in data]
        target.write_bytes(b"".join(pieces))

    async def read(self, path: str) -> bytes:
        return Path(path).read_bytes()

    async def usage(self) -> Usage:
        return Usage(datetime.now(UTC), 0.0, 1.0, 1024)
