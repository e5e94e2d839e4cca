"""The server: messages, files and faults on demand, on one port."""

import asyncio
import itertools
import json
import re
import secrets
import socket
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from agent_core.planning.endpoint import Server
from agent_core.sandbox.local.provider import LocalProvider
from tests.emulators.anthropic.container import Container, result
from tests.emulators.anthropic.steps import Pause, Run, Say, Step, Think, Write, verbatim
from tests.emulators.messages import MessagesEndpoint

TOOL = {"type": "code_execution_20260120", "name": "code_execution"}
_PIECE = 12
_MIME = {".png": "image/png", ".csv": "text/csv", ".txt": "text/plain"}


@dataclass
class Fault:
    """What goes wrong, once or more often, with requests whose "METHOD path" the pattern finds.

    `kind`: "status" answers with it, "hang" never answers, and in the middle of a stream, after so many events,
    "stall" says nothing more, "cut" drops the connection and "error" sends an error event of the `type`.
    """

    on: str = "POST /v1/messages$"
    kind: str = "status"
    status: int = 500
    type: str = "api_error"
    headers: dict[str, str] = field(default_factory=dict)
    times: int = 1
    after_events: int = 4


@dataclass
class Kept:
    """A file of the Files API."""

    name: str
    data: bytes
    downloadable: bool = False
    expires_in_seconds: int | None = None


class _Cut(Exception):
    """The connection is dropped."""


class Emulator:
    """An async context manager with `url`, `key`, `script`, `faults`, `asked`, `files` and `containers`.

    Each request takes the next answer of the `script`; without one, the program in the person's message is run.
    """

    def __init__(self, *, port: int = 0) -> None:
        self.key = f"sk-ant-{secrets.token_hex(16)}"
        self.script: deque[Sequence[Step]] = deque()
        self.otherwise: Callable[[Sequence[Mapping[str, Any]]], Sequence[Step]] = verbatim
        self.faults: list[Fault] = []
        self.asked: list[dict[str, Any]] = []
        """The bodies of the requests to the Messages API."""
        self.headers: list[dict[str, str]] = []
        self.violations: list[str] = []
        self.files: dict[str, Kept] = {}
        self.containers: dict[str, Container] = {}
        self.deleted: list[str] = []
        self.abandoned = 0
        """How many answers the client did not wait for."""
        self.planner = MessagesEndpoint()
        """Answers the planner that calls tools of ours: it asks with `x-api-key`."""
        self.released = asyncio.Event()
        self._paused: dict[str, Sequence[Step]] = {}
        self._numbers = itertools.count(1)
        self._port = port

    def then(self, *steps: Step) -> Self:
        """Have the next answer take these steps."""
        self.script.append(steps)
        return self

    async def __aenter__(self) -> Self:
        self._provider = LocalProvider()
        listener = socket.create_server(("127.0.0.1", self._port))
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        routes = [
            Route("/v1/messages", self._messages, methods=["POST"]),
            Route("/v1/files", self._filing, methods=["GET", "POST"]),
            Route("/v1/files/{id}", self._file, methods=["GET", "DELETE"]),
            Route("/v1/files/{id}/content", self._content, methods=["GET"]),
        ]
        self._app = Starlette(routes=routes)
        config = uvicorn.Config(
            self._dispatch, interface="asgi3", lifespan="off", log_config=None, log_level="critical", access_log=False
        )
        config.timeout_graceful_shutdown = 1
        self._server = Server(config)
        self._serving = asyncio.create_task(self._server.serve(sockets=[listener]))
        return self

    async def __aexit__(self, *_: object) -> None:
        self.released.set()
        self._server.should_exit = True
        await self._serving
        await asyncio.gather(*(container.end() for container in self.containers.values()))
        await self._provider.aclose()

    async def _dispatch(self, scope: Any, receive: Any, send: Any) -> None:
        ours = scope["type"] == "http" and (b"x-api-key", self.key.encode()) in scope["headers"]
        await (self.planner if ours else self._app)(scope, receive, send)

    # What goes wrong

    async def _refusal(self, request: Request) -> Response | None:
        self.headers.append(dict(request.headers))
        if request.headers.get("authorization") != f"Bearer {self.key}":
            return _error(401, "authentication_error", "invalid bearer token")
        fault = self._fault(request, {"status", "hang"})
        if fault is None:
            return None
        if fault.kind == "hang":
            await self.released.wait()
        return _error(fault.status, fault.type, "scripted fault", fault.headers)

    def _fault(self, request: Request, kinds: set[str]) -> Fault | None:
        told = f"{request.method} {request.url.path}"
        for fault in self.faults:
            if fault.kind in kinds and fault.times > 0 and re.search(fault.on, told):
                fault.times -= 1
                return fault
        return None

    # Messages

    async def _messages(self, request: Request) -> Response:
        body = await request.json()
        if (refusal := await self._refusal(request)) is not None:
            return refusal
        self.asked.append(body)
        if broken := self._broken(body):
            self.violations.append(broken)
            return _error(400, "invalid_request_error", broken)
        named = body.get("container")
        container = self.containers.get(named) if named else Container(self._provider, next(self._numbers))
        if container is None:
            return _error(404, "not_found_error", f"Container {named} not found")
        if container.expired:
            return _error(500, "api_error", "Internal server error")
        self.containers[container.id] = container
        last = body["messages"][-1]
        for block in last["content"] if isinstance(last["content"], list) else ():
            if block["type"] == "container_upload":
                kept = self.files[block["file_id"]]
                container.uploads.add(kept.name)
                await container.put(kept.name, kept.data)
        steps = self._steps(body, container)
        fault = self._fault(request, {"cut", "error", "stall"})
        return StreamingResponse(self._stream(body, container, steps, fault), media_type="text/event-stream")

    def _broken(self, body: dict[str, Any]) -> str:
        """The first rule of the API that a request breaks."""
        if TOOL not in body.get("tools", []) or len(body["tools"]) != 1:
            return "code_execution_20260120 is not the only tool"
        if not body.get("stream"):
            return "this stand-in answers streams alone"
        roles = [message["role"] for message in body["messages"]]
        if not roles or roles[0] != "user" or any(one == other for one, other in itertools.pairwise(roles)):
            return f"roles do not alternate: {roles}"
        return next(filter(None, map(self._odd, body["messages"])), "")

    def _odd(self, message: dict[str, Any]) -> str:
        blocks = message["content"] if isinstance(message["content"], list) else []
        if not message["content"] or any(block["type"] == "text" and not block["text"] for block in blocks):
            return "a message is empty"
        missing = [b["file_id"] for b in blocks if b["type"] == "container_upload" and b["file_id"] not in self.files]
        used = {block["id"] for block in blocks if block["type"] == "server_tool_use"}
        returned = {block["tool_use_id"] for block in blocks if block["type"].endswith("tool_result")}
        if missing or used != returned:
            return f"no such file: {missing}, or server_tool_use without its result: {used ^ returned}"
        return ""

    def _steps(self, body: dict[str, Any], container: Container) -> Sequence[Step]:
        if body["messages"][-1]["role"] == "assistant":
            return self._paused.pop(container.id)
        return self.script.popleft() if self.script else self.otherwise(body["messages"])

    async def _stream(
        self, body: dict[str, Any], container: Container, steps: Sequence[Step], fault: Fault | None
    ) -> AsyncIterator[bytes]:
        done = False
        try:
            number = 0
            async for event in self._events(body, container, steps):
                if fault is not None and number == fault.after_events:
                    async for broken in self._break(fault):
                        yield broken
                    return
                yield _sse(event)
                number += 1
            done = True
        finally:
            if not done and fault is None:
                self.abandoned += 1

    async def _break(self, fault: Fault) -> AsyncIterator[bytes]:
        if fault.kind == "cut":
            raise _Cut
        if fault.kind == "stall":
            await self.released.wait()
            return
        yield _sse({"type": "error", "error": {"type": fault.type, "message": "scripted fault"}})

    async def _events(
        self, body: dict[str, Any], container: Container, steps: Sequence[Step]
    ) -> AsyncIterator[dict[str, Any]]:
        message = {
            "id": f"msg_{next(self._numbers)}",
            "type": "message",
            "role": "assistant",
            "model": body["model"],
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "container": None,
            "usage": {"input_tokens": 100, "output_tokens": 1},
        }
        yield {"type": "message_start", "message": message}
        yield {"type": "ping"}
        stop, index, ran = "end_turn", 0, 0
        for place, step in enumerate(steps):
            if isinstance(step, Pause):
                stop = "pause_turn"
                self._paused[container.id] = steps[place + 1 :]
                break
            ran += isinstance(step, Run | Write)
            async for start, deltas in self._blocks(step, container):
                yield {"type": "content_block_start", "index": index, "content_block": start}
                for delta in deltas:
                    yield {"type": "content_block_delta", "index": index, "delta": delta}
                yield {"type": "content_block_stop", "index": index}
                index += 1
        known = ran or container.uploads or body.get("container")
        told = {"id": container.id, "expires_at": "2026-12-25T00:00:00Z"} if known else None
        yield {
            "type": "message_delta",
            "delta": {"stop_reason": stop, "stop_sequence": None, "container": told},
            "usage": {"output_tokens": 20, "server_tool_use": {"code_execution_requests": ran}},
        }
        yield {"type": "message_stop"}

    async def _blocks(
        self, step: Step, container: Container
    ) -> AsyncIterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
        match step:
            case Say(text):
                yield {"type": "text", "text": ""}, _deltas("text_delta", "text", text)
            case Think(text):
                signed = [*_deltas("thinking_delta", "thinking", text), {"type": "signature_delta", "signature": "sig"}]
                yield {"type": "thinking", "thinking": "", "signature": ""}, signed
            case Run(command, error):
                name = f"srvtoolu_{next(self._numbers)}"
                yield _use(name, "bash_code_execution"), _input({"command": command})
                kind = "bash_code_execution_tool_result"
                if error:
                    content = {"type": f"{kind}_error", "error_code": error}
                else:
                    ran = await container.run(command)
                    content = result(ran, [self._keep(file, data) for file, data in ran.files])
                yield {"type": kind, "tool_use_id": name, "content": content}, []
            case Write(path, text):
                name = f"srvtoolu_{next(self._numbers)}"
                given = {"command": "create", "path": path, "file_text": text}
                yield _use(name, "text_editor_code_execution"), _input(given)
                await container.write(path, text)
                made = {"type": "text_editor_code_execution_create_result", "is_file_update": False}
                yield {"type": "text_editor_code_execution_tool_result", "tool_use_id": name, "content": made}, []
            case Pause():
                raise AssertionError

    # Files

    def _keep(self, name: str, data: bytes) -> str:
        file = f"file_out{next(self._numbers)}"
        self.files[file] = Kept(name, data, downloadable=True)
        return file

    def sent(self) -> list[str]:
        """The names of the files that were uploaded and are still there."""
        return [kept.name for kept in self.files.values() if not kept.downloadable]

    async def _filing(self, request: Request) -> Response:
        if (refusal := await self._refusal(request)) is not None:
            return refusal
        if request.method == "GET":
            listed = [self._described(file) for file in self.files]
            return JSONResponse({"data": listed[:1], "next_page": None, "has_more": False})
        async with request.form(max_part_size=1 << 30) as form:
            upload, seconds = form["file"], form.get("expires_in_seconds")
            file = f"file_{next(self._numbers)}"
            if set(upload.filename) & set('<>:"|?*\\/') or not 0 < len(upload.filename) <= 255:
                return _error(400, "invalid_request_error", "bad filename")
            if seconds is not None and not 3_600 <= int(seconds) <= 7_776_000:
                return _error(400, "invalid_request_error", "bad expires_in_seconds")
            expires = int(seconds) if seconds is not None else None
            self.files[file] = Kept(upload.filename, await upload.read(), expires_in_seconds=expires)
        return JSONResponse(self._described(file))

    async def _file(self, request: Request) -> Response:
        if (refusal := await self._refusal(request)) is not None:
            return refusal
        file = request.path_params["id"]
        if file not in self.files:
            return _error(404, "not_found_error", f"File not found: {file}")
        if request.method == "DELETE":
            del self.files[file]
            self.deleted.append(file)
            return JSONResponse({"id": file, "type": "file_deleted"})
        return JSONResponse(self._described(file))

    async def _content(self, request: Request) -> Response:
        if (refusal := await self._refusal(request)) is not None:
            return refusal
        kept = self.files.get(request.path_params["id"])
        if kept is None:
            return _error(404, "not_found_error", "File not found")
        if not kept.downloadable:
            return _error(400, "invalid_request_error", "File is not downloadable", code="file_not_downloadable")
        return Response(kept.data, media_type="application/octet-stream")

    def _described(self, file: str) -> dict[str, Any]:
        kept = self.files[file]
        suffix = kept.name[kept.name.rfind(".") :]
        return {
            "type": "file",
            "id": file,
            "filename": kept.name,
            "mime_type": _MIME.get(suffix, "application/octet-stream"),
            "size_bytes": len(kept.data),
            "created_at": "2026-11-25T00:00:00Z",
            "downloadable": kept.downloadable,
        }


def _use(name: str, tool: str) -> dict[str, Any]:
    return {"type": "server_tool_use", "id": name, "name": tool, "input": {}, "caller": {"type": "direct"}}


def _input(given: dict[str, Any]) -> list[dict[str, str]]:
    return _deltas("input_json_delta", "partial_json", json.dumps(given))


def _deltas(kind: str, name: str, text: str) -> list[dict[str, str]]:
    size = max(_PIECE, len(text) // 50)
    return [{"type": kind, name: text[at : at + size]} for at in range(0, len(text), size)]


def _sse(event: dict[str, Any]) -> bytes:
    return f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()


def _error(status: int, kind: str, message: str, headers: dict[str, str] | None = None, code: str = "") -> Response:
    error = {"type": kind, "message": message} | ({"details": {"error_code": code}} if code else {})
    return JSONResponse({"type": "error", "error": error, "request_id": "req_1"}, status, headers)
