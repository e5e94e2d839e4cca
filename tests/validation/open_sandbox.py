"""A provider that isolates nothing, for tests alone: code runs as the tests' own user, in one interpreter for all."""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from agent_core.contract import Contract
from agent_core.sandbox.base import Amendment, CodeError, Display, Execution, FileEntry, Output, Usage

_REPL = """
import ast, io, contextlib, json, os, sys, traceback
answers, names = int(sys.argv[1]), {"__name__": "__main__"}
for line in sys.stdin:
    out, shown, error = io.StringIO(), None, None
    with contextlib.redirect_stdout(out):
        try:
            tree = ast.parse(json.loads(line))
            last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
            exec(compile(tree, "<cell>", "exec"), names)
            if last is not None:
                value = eval(compile(ast.Expression(last.value), "<cell>", "eval"), names)
                shown = value._repr_html_() if hasattr(value, "_repr_html_") else None
        except BaseException as raised:
            error = [type(raised).__name__, str(raised)]
    answer = json.dumps({"printed": out.getvalue(), "error": error, "shown": shown}) + "\\n"
    data = answer.encode()
    while data:
        data = data[os.write(answers, data):]
"""
_PATIENCE_SECONDS = 1.0
"""How long after its limit a call is waited for. It is not ended."""


class OpenSandbox:
    """See `agent_core.sandbox.base.Sandbox`; it keeps as few of those promises as it can."""

    def __init__(self, provider: "OpenProvider", name: str) -> None:
        self._provider = provider
        self.id = name
        self.alive = True
        self._folder = provider.folder

    async def run(self, code, language="python", *, emit, timeout_seconds=None, on_denied=None) -> Execution:
        try:
            answer = await asyncio.wait_for(self._provider.ask(code), (timeout_seconds or 60) + _PATIENCE_SECONDS)
        except TimeoutError:
            return Execution(0, 0.0)
        if answer is None:
            return Execution(0, 0.0)
        emit(Output("stdout", answer.get("printed", "")))
        error = answer.get("error")
        shown = answer.get("shown")
        return Execution(
            exit_code=1 if error else 0,
            seconds=0.0,
            error=CodeError(error[0], error[1], "") if error else None,
            displays=(Display({"text/html": shown.encode()}),) if shown else (),
        )

    async def write(self, path, data) -> None:
        target = Path(self._folder, path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)

    async def read(self, path, *, limit_bytes) -> bytes:
        return Path(self._folder, path).read_bytes()

    async def list(self) -> tuple[FileEntry, ...]:
        return tuple(FileEntry(one.name, 0, 0.0) for one in self._folder.iterdir())

    async def usage(self) -> Usage:
        return Usage(datetime.now(UTC), 0.0, 1.0, 1024)

    async def amend(self, contract: Contract) -> Amendment:
        return Amendment()

    async def close(self) -> None:
        """Leaves everything as it is."""


class OpenProvider:
    """See `agent_core.sandbox.base.Provider`. Use it as a context manager: the interpreter ends with it."""

    name = "local"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._process: asyncio.subprocess.Process | None = None
        self._answers: asyncio.StreamReader | None = None
        self._opened = 0

    async def __aenter__(self) -> Self:
        return self

    async def _start(self) -> None:
        reading, writing = os.pipe()
        os.set_inheritable(writing, True)
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _REPL, str(writing),
            cwd=self.folder, stdin=asyncio.subprocess.PIPE, close_fds=False,
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        os.close(writing)
        self._answers = asyncio.StreamReader(limit=1 << 28)
        self._pipe, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(self._answers), os.fdopen(reading, "rb", 0)
        )

    async def __aexit__(self, *_: object) -> None:
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        self._process.stdin.close()
        await self._process.wait()
        self._pipe.close()
        await asyncio.sleep(0)

    async def ask(self, code: str) -> dict | None:
        self._process.stdin.write(json.dumps(code).encode() + b"\n")
        with contextlib.suppress(ConnectionError):
            await self._process.stdin.drain()
        while line := await self._answers.readline():
            with contextlib.suppress(ValueError, UnicodeDecodeError):
                answer = json.loads(line)
                if isinstance(answer, dict):
                    return answer
        return None

    async def available(self) -> str | None:
        return None

    @asynccontextmanager
    async def open(self, contract: Contract) -> AsyncIterator[OpenSandbox]:
        if self._process is None:
            await self._start()
        self._opened += 1
        yield OpenSandbox(self, f"open-{self._opened}")
