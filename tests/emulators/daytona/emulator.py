"""The server: control plane, toolbox and websocket on one port, faults on demand."""

import asyncio
import contextlib
import json
import secrets
from typing import Any, Self

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from agent_core.errors import RingfenceError
from tests.emulators.daytona.machine import Machine
from tests.emulators.machine import HOME
from tests.emulators.serving import Fault, Serving

_BOUNDARY = "DAYTONA-FILE-BOUNDARY"


class Emulator(Serving):
    """See `Serving`; `key` is the one that is right."""

    def __init__(self, *, port: int = 0, minute_seconds: float = 60.0, start_polls: int = 0) -> None:
        super().__init__(port)
        self.key = f"dtn_{secrets.token_hex(16)}"
        self.minute_seconds, self.start_polls = minute_seconds, start_polls
        self._polls: dict[str, int] = {}
        self._machines: dict[str, Machine] = {}
        self._numbers = 0

    def alive(self) -> tuple[str, ...]:
        """The sandboxes that run."""
        return tuple(self._machines)

    def ready(self) -> bool:
        """Whether a sandbox is up."""
        return any(one.state == "started" for one in self._machines.values())

    def machine(self, sandbox_id: str) -> Machine:
        return self._machines[sandbox_id]

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        self.url += "/api"
        return self

    def _routes(self) -> list[BaseRoute]:
        return [
            Route("/api/{rest:path}", self._api, methods=["GET", "POST", "DELETE", "PUT"]),
            WebSocketRoute("/toolbox/{id}/process/interpreter/execute", self._interpret),
            Route("/toolbox/{id}/{rest:path}", self._toolbox, methods=["GET", "POST", "DELETE"]),
        ]

    async def end(self, sandbox_id: str) -> None:
        """End a sandbox behind its user's back."""
        await self._machines[sandbox_id].stop("error")

    # The control plane

    async def _api(self, request: Request) -> Response:
        path = request.path_params["rest"]
        if request.headers.get("authorization") != f"Bearer {self.key}":
            return _error(401, "Invalid credentials", "UNAUTHORIZED")
        body = await request.json() if await request.body() else {}
        self.asked.append((request.method, path, body))
        fault = self._fault(f"{request.method} {path}")
        if fault is not None and fault.kind != "late":
            return await self._broken(fault)
        answer = await self._answer(request, path.split("/"), body)
        if fault is not None:
            await self.released.wait()
        return answer

    async def _answer(self, request: Request, parts: list[str], body: dict[str, Any]) -> Response:
        match request.method, parts:
            case "POST", ["sandbox"]:
                return await self._create(body)
            case "GET", ["sandbox"]:
                wanted = json.loads(request.query_params.get("labels", "{}"))
                found = [
                    one for one in self._machines.values() if wanted.items() <= one.described("")["labels"].items()
                ]
                items = [one.described(self._root) for one in found]
                return JSONResponse({"items": items, "nextCursor": None, "total": len(items)})
            case _, ["sandbox", name, *action] if (machine := self._named(name)) is not None:
                return await self._act(request.method, machine, action, body)
            case _, ["sandbox", name, *_]:
                return _error(404, f"Sandbox with ID or name {name} not found", "NOT_FOUND")
            case _:
                return _error(404, "no such path", "NOT_FOUND")

    async def _create(self, body: dict[str, Any]) -> Response:
        if "buildInfo" not in body and any(name in body for name in ("cpu", "memory", "disk")):
            return _error(400, "A snapshot's resources are fixed", "BAD_REQUEST")
        self._numbers += 1
        machine = Machine(self._provider, body, self._numbers)
        if (machine.cpu, machine.memory, machine.disk) > (4, 8, 10) or machine.memory > 8 or machine.disk > 10:
            return _error(400, "Sandbox is larger than allowed", "BAD_REQUEST")
        self._machines[machine.id] = machine
        await machine.boot()
        if self.start_polls:
            machine.state, self._polls[machine.id] = "starting", self.start_polls
        self._ttl(machine, body.get("ttlMinutes"))
        return JSONResponse(machine.described(self._root))

    async def _act(self, method: str, machine: Machine, action: list[str], body: dict[str, Any]) -> Response:
        match method, action:
            case "GET", []:
                self._poll(machine)
            case "DELETE", []:
                await self._remove(machine.id)
            case "POST", ["network-settings"]:
                machine.network.update(body)
                await machine.amend(machine.contract)
            case "POST", ["ttl", minutes]:
                self._ttl(machine, int(minutes))
            case "POST", ["autostop", minutes]:
                machine.asked["autoStopInterval"] = int(minutes)
            case "POST", ["resize"]:
                if body.get("disk"):
                    return _error(400, "Disk resize requires the sandbox to be stopped", "BAD_REQUEST")
                if body.get("cpu", machine.cpu) < machine.cpu or body.get("memory", machine.memory) < machine.memory:
                    return _error(400, "A running sandbox can only grow", "BAD_REQUEST")
                machine.cpu, machine.memory = body.get("cpu", machine.cpu), body.get("memory", machine.memory)
            case "GET", ["toolbox-proxy-url"]:
                return JSONResponse({"url": f"{self._root}/toolbox"})
            case _:
                return _error(404, "no such path", "NOT_FOUND")
        return JSONResponse(machine.described(self._root))

    def _poll(self, machine: Machine) -> None:
        if machine.state == "starting" and machine.id in self._polls:
            self._polls[machine.id] -= 1
            if self._polls[machine.id] <= 0:
                machine.state = "started"

    def _ttl(self, machine: Machine, minutes: int | None) -> None:
        if timer := self._timers.pop(machine.id, None):
            timer.cancel()
        if minutes:

            async def expire() -> None:
                await asyncio.sleep(minutes * self.minute_seconds)
                self._timers.pop(machine.id, None)
                await self._remove(machine.id)

            self._timers[machine.id] = asyncio.create_task(expire())

    async def _remove(self, sandbox_id: str) -> None:
        machine = self._machines.pop(sandbox_id, None)
        if timer := self._timers.pop(sandbox_id, None):
            timer.cancel()
        if machine is not None:
            await machine.stop()

    # The toolbox

    async def _toolbox(self, request: Request) -> Response:
        path = request.path_params["rest"]
        if request.headers.get("authorization") != f"Bearer {self.key}":
            return _error(401, "Invalid credentials", "UNAUTHORIZED")
        fault = self._fault(f"{request.method} {path}")
        if fault is not None and fault.kind not in {"cut", "kill"}:
            return await self._broken(fault)
        machine = self._machines.get(request.path_params["id"])
        if machine is None:
            return _error(404, "sandbox container not found", "NOT_FOUND")
        if fault is not None and fault.kind == "kill":
            await machine.stop("error")
        if machine.state != "started":
            return _error(400, "bad request: sandbox is not started", "BAD_REQUEST")
        try:
            return await self._work(machine, request, path, cut=fault is not None)
        except RingfenceError as error:
            full = error.kind in {"disk_full", "file_too_large"}
            text = "write: no space left on device" if full else "sandbox proxy error"
            return _error(400, text, "BAD_REQUEST") if full else _error(502, text, "BAD_GATEWAY")

    async def _work(self, machine: Machine, request: Request, path: str, *, cut: bool) -> Response:
        match path:
            case "work-dir" | "user-home-dir":
                return JSONResponse({"dir": HOME})
            case "system/metrics":
                return JSONResponse(await machine.metrics())
            case "process/execute":
                code, said = await machine.command((await request.json())["command"])
                return JSONResponse({"exitCode": code, "result": said})
            case "files/bulk-upload":
                async with request.form() as form:
                    name, data = str(form["files[0].path"]), await form["files[0].file"].read()
                await machine.write(name, data)
                return JSONResponse({"files": [{"path": name, "bytes": len(data)}]})
            case "files/bulk-download":
                name = (await request.json())["paths"][0]
                return _download(name, await _content(machine, name), cut=cut)
            case _:
                return _error(404, "no such path", "NOT_FOUND")

    async def _interpret(self, socket_: WebSocket) -> None:
        machine = self._machines.get(socket_.path_params["id"])
        fault = self._fault("WS interpreter")
        status = 404 if machine is None else 400 if machine.state != "started" else 0
        status = 401 if socket_.headers.get("authorization") != f"Bearer {self.key}" else status
        status = fault.status if fault is not None and fault.kind == "status" else status
        if status:
            await socket_.send_denial_response(_error(status, "refused", "REFUSED"))
            return
        await socket_.accept()
        request = json.loads(await socket_.receive_text())
        fault = fault or self._fault(f"CODE {request['code']}")
        kind = fault.kind if fault is not None else ""
        if kind == "hang":
            await self.released.wait()
        if kind == "cut":
            await socket_.close(1011, "cut")
            return
        if kind == "kill":
            asyncio.get_running_loop().call_later(
                0.3, lambda: self._timers.update(kill=asyncio.create_task(machine.stop("error")))
            )
        with contextlib.suppress(RuntimeError):
            gone = False
            async for chunk in machine.interpret(request["code"]):
                if gone:
                    continue
                try:
                    if "close" in chunk:
                        await socket_.close(chunk["close"], chunk["reason"])
                    else:
                        await socket_.send_json(chunk)
                        if kind == "stall" and chunk.get("type") == "stdout":
                            await self.released.wait()
                except Exception:  # noqa: BLE001  the client may have gone in any state
                    gone = True

    # Faults

    async def _broken(self, fault: Fault) -> Response:
        if fault.kind == "hang":
            await self.released.wait()
        return _error(fault.status, fault.message, "FAULT", fault.headers)

    def _named(self, name: str) -> Machine | None:
        return next((one for one in self._machines.values() if name in {one.id, one.name}), None)

    @property
    def _root(self) -> str:
        return self.url.removesuffix("/api")


def _error(status: int, message: str, code: str, headers: dict[str, str] | None = None) -> JSONResponse:
    body = {"statusCode": status, "message": message, "error": code, "code": code, "source": "DAYTONA_API"}
    return JSONResponse(body, status, headers)


async def _content(machine: Machine, name: str) -> bytes | None:
    try:
        return await machine.read(name)
    except (FileNotFoundError, ValueError):
        return None


def _download(name: str, data: bytes | None, *, cut: bool) -> Response:
    kind = "error" if data is None else "file"
    missing = {"statusCode": 404, "message": f"file not found: {name}", "code": "FILE_NOT_FOUND"}
    content = json.dumps(missing).encode() if data is None else data
    media = "application/json" if data is None else "application/octet-stream"
    head = (
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{kind}"; filename="{name}"\r\n'
        f"Content-Length: {len(content)}\r\nContent-Type: {media}\r\n\r\n"
    ).encode()

    async def pieces():
        yield head
        if cut:
            yield content[: len(content) // 2]
            raise ConnectionResetError("scripted cut")
        yield content
        yield f"\r\n--{_BOUNDARY}--\r\n".encode()

    return StreamingResponse(pieces(), media_type=f"multipart/form-data; boundary={_BOUNDARY}")
