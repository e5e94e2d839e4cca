"""What answers inside a sandbox: the code interpreter, and envd's files and processes."""

import asyncio
import base64
import json
import posixpath
import struct
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from agent_core.errors import RingfenceError
from tests.emulators.e2b.machine import Machine
from tests.emulators.serving import Fault

_KEEPALIVE_SECONDS = 5.0


async def execute(one: Machine, asked: dict[str, Any], fault: str, released: asyncio.Event) -> Response:
    """A line of JSON for each thing that happens. `fault`: its kind, empty where there is none."""
    if asked.get("context_id"):
        return Response(f"Context {asked['context_id']} not found", 404)

    async def lines() -> AsyncIterator[bytes]:
        hangs = one.hangs_until > time.monotonic()
        async for chunk in _alive(_hang() if hangs else _run(one, asked["code"])):
            yield json.dumps(chunk).encode() + b"\n"
            if fault == "cut":
                raise ConnectionResetError("scripted cut")
            if fault == "stall" and chunk["type"] == "stdout":
                await released.wait()

    return StreamingResponse(lines(), media_type="text/plain")


async def _run(one: Machine, code: str) -> AsyncIterator[dict[str, Any]]:
    whole = False
    try:
        async with one.lock:
            one.count += 1
            yield {"type": "number_of_executions", "execution_count": one.count}
            async for chunk in one.inner.execute(code) if not one.dead else _restarted():
                if chunk.get("ended"):
                    one.dead = True
                    if one.inner.gone:
                        raise ConnectionResetError("the sandbox has ended")
                    yield {"type": "error", "name": "ContextRestarting", "value": chunk["ended"], "traceback": ""}
                elif "ended" not in chunk:
                    yield chunk if chunk["type"] == "error" else {**chunk, "timestamp": datetime.now(UTC).isoformat()}
            whole = True
        yield {"type": "end_of_execution"}
    finally:
        if not whole:
            one.unsettled()


async def _restarted() -> AsyncIterator[dict[str, Any]]:
    yield {"ended": "the interpreter is new and empty"}


async def _hang() -> AsyncIterator[dict[str, Any]]:
    await asyncio.Event().wait()
    yield {}


async def _alive(chunks: AsyncIterator[dict[str, Any]]) -> AsyncIterator[dict[str, Any]]:
    """The same, with something said in each five seconds of silence."""
    waiting = asyncio.ensure_future(anext(chunks))
    try:
        while True:
            done, _ = await asyncio.wait({waiting}, timeout=_KEEPALIVE_SECONDS)
            if not done:
                yield {"type": "keepalive"}
                continue
            try:
                chunk = waiting.result()
            except StopAsyncIteration:
                return
            waiting = asyncio.ensure_future(anext(chunks))
            yield chunk
    finally:
        waiting.cancel()
        await asyncio.wait({waiting})
        await chunks.aclose()


async def files(one: Machine, request: Request, fault: Fault | None) -> Response:
    path = request.query_params["path"]
    at_home = path.startswith(one.inner.home + "/")
    if request.method == "GET":
        try:
            data = await one.inner.read(path) if at_home else one.files[path]
        except (FileNotFoundError, ValueError, KeyError):
            return JSONResponse({"code": 404, "message": f"path '{path}' does not exist"}, 404)
        return _content(data, cut=fault is not None and fault.kind == "cut")
    try:
        if not request.headers["content-type"].startswith("multipart"):
            await one.inner.write(path, request.stream())
        else:
            async with request.form() as form:
                data = await form["file"].read()
            if at_home:
                await one.inner.write(path, data)
            elif request.query_params.get("username") == "root":
                one.files[path] = data
            else:
                return JSONResponse({"code": 403, "message": "permission denied"}, 403)
    except RingfenceError:
        return JSONResponse({"code": 507, "message": "not enough disk space available"}, 507)
    return JSONResponse([{"name": posixpath.basename(path), "type": "file", "path": path}])


def _content(data: bytes, *, cut: bool) -> Response:
    async def pieces() -> AsyncIterator[bytes]:
        yield data[: len(data) // 2]
        if cut:
            raise ConnectionResetError("scripted cut")
        yield data[len(data) // 2 :]

    return StreamingResponse(pieces(), media_type="application/octet-stream")


async def start(one: Machine, request: Request, fault: Fault | None) -> Response:
    """A process and what it writes, in Connect's frames."""
    asked = json.loads((await request.body())[5:])["process"]
    user = base64.b64decode(request.headers.get("authorization", "").removeprefix("Basic ")).decode()

    async def frames() -> AsyncIterator[bytes]:
        yield _frame(0, {"event": {"start": {"pid": 4242}}})
        command = asked["args"][-1]
        signals = command.startswith("kill ")
        code, said = (
            await one.inner.command(command) if not signals or user.startswith("root") else (1, "not permitted")
        )
        yield _frame(0, {"event": {"data": {"stdout": base64.b64encode(said.encode()).decode()}}})
        yield _frame(0, {"event": {"end": {"exitCode": code, "exited": True, "status": f"exit status {code}"}}})
        yield _frame(2, {})

    return StreamingResponse(frames(), media_type="application/connect+json")


def _frame(flags: int, message: dict[str, Any]) -> bytes:
    data = json.dumps(message).encode()
    return struct.pack(">BI", flags, len(data)) + data


SERVICES = {"files": files, "process.Process/Start": start}
