"""One container: a local sandbox. Each command is a process of its own, with a fresh folder for what it hands out."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass

from agent_core.contract import Contract, Filesystem, Resources, Timeout
from agent_core.errors import OutOfMemory, OutputLimit, RingfenceError
from agent_core.sandbox.local.provider import LocalProvider

HOME = "/work"
_KILLED = 137
_CONTRACT = Contract(
    filesystem=Filesystem(disk_mib=512, largest_file_mib=500, largest_artifact_mib=512),
    resources=Resources(memory_mib=1_024, processes=128),
    timeout=Timeout(call_seconds=86_400, turn_seconds=86_400),
)


@dataclass(frozen=True)
class Ran:
    stdout: str
    stderr: str
    return_code: int
    files: tuple[tuple[str, bytes], ...]


class Container:
    def __init__(self, provider: LocalProvider, number: int) -> None:
        self.id = f"container_{number:04d}"
        self.expired = False
        self.uploads: set[str] = set()
        self._provider, self._context, self._sandbox = provider, None, None
        self._commands = 0
        self._lock = asyncio.Lock()

    async def put(self, name: str, data: bytes) -> None:
        async with self._lock:
            await (await self._opened()).write(f"inputs/{name}", data)

    async def write(self, path: str, text: str) -> None:
        async with self._lock:
            await (await self._opened()).write(path.removeprefix(f"{HOME}/"), text.encode())

    async def run(self, command: str) -> Ran:
        """It runs to its end, whoever waits for it."""
        task = asyncio.create_task(self._run(command))
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        return await asyncio.shield(task)

    async def _run(self, command: str) -> Ran:
        async with self._lock:
            sandbox = await self._opened()
            self._commands += 1
            folder = f".outputs/{self._commands}"
            await sandbox.write(f".commands/{self._commands}.sh", command.encode())
            said: dict[str, list[str]] = {"stdout": [], "stderr": []}
            call = (
                f"unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY; cd {HOME}; mkdir -p tmp {folder}; "
                f"PYTHONDONTWRITEBYTECODE=1 TMPDIR={HOME}/tmp INPUT_DIR={HOME}/inputs OUTPUT_DIR={HOME}/{folder} "
                f"bash .commands/{self._commands}.sh </dev/null"
            )
            try:
                done = await sandbox.run(call, "bash", emit=lambda output: said[output.stream].append(output.text))
                code = done.exit_code
            except OutOfMemory:
                code = _KILLED
            except OutputLimit:
                code = 1
            found = [entry for entry in await sandbox.list() if entry.path.rpartition("/")[0] == folder]
            files = [
                (entry.path.rpartition("/")[2], await sandbox.read(entry.path, limit_bytes=1 << 30)) for entry in found
            ]
            return Ran("".join(said["stdout"]), "".join(said["stderr"]), code, tuple(files))

    async def end(self) -> None:
        context, self._context, self._sandbox = self._context, None, None
        if context is not None:
            with suppress(RingfenceError):
                await context.__aexit__(None, None, None)

    async def _opened(self):
        if self._sandbox is None or not self._sandbox.alive:
            context = self._provider.open(_CONTRACT)
            self._sandbox = await context.__aenter__()
            self._context = context
        return self._sandbox


def result(ran: Ran, files: list[str]) -> dict:
    return {
        "type": "bash_code_execution_result",
        "stdout": ran.stdout,
        "stderr": ran.stderr,
        "return_code": ran.return_code,
        "content": [{"type": "bash_code_execution_output", "file_id": file} for file in files],
    }
