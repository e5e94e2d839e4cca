"""The server: E2B's control plane on one port, and on the same port, told apart by headers, its sandboxes."""

import asyncio
import contextlib
import json
import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from agent_core.sandbox.local.provider import LocalProvider
from tests.emulators import machine
from tests.emulators.e2b import inside
from tests.emulators.e2b.machine import EVERYTHING, TEMPLATES, Machine
from tests.emulators.serving import Fault, Serving

_METHODS = ["GET", "POST", "PUT", "DELETE"]


class Emulator(Serving):
    """See `Serving`; `key` is the one that is right.

    `made` makes the machine behind a sandbox; `second_seconds` is how long a second of a time-out lasts.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        second_seconds: float = 1.0,
        start_seconds: float = 0.0,
        most_seconds: int = 3_600,
        at_once: int = 20,
        page: int = 100,
        made: Callable[[LocalProvider], machine.Machine] = machine.Machine,
    ) -> None:
        super().__init__(port)
        self.key = f"e2b_{secrets.token_hex(16)}"
        self.second_seconds, self.start_seconds = second_seconds, start_seconds
        self.most_seconds, self.at_once, self.page = most_seconds, at_once, page
        self._made = made
        self._machines: dict[str, Machine] = {}
        self.made_in_all = 0
        self.start_at_look(0)
        self._looked.set()

    def alive(self) -> tuple[str, ...]:
        """The sandboxes that run."""
        return tuple(self._machines)

    def ready(self) -> bool:
        """Whether a sandbox is up."""
        return bool(self._machines)

    def start_at_look(self, number: int) -> None:
        """The next sandbox starts when the list has been asked for so often, and is on that one."""
        self._looks_left = number
        self._looked, self._started = asyncio.Event(), asyncio.Event()

    def machine(self, sandbox_id: str) -> Machine:
        return self._machines[sandbox_id]

    def _routes(self) -> list[BaseRoute]:
        return [Route("/{rest:path}", self._answer, methods=_METHODS)]

    async def _remove(self, sandbox_id: str) -> None:
        await self.end(sandbox_id)

    async def end(self, sandbox_id: str) -> None:
        """End a sandbox, also behind its user's back."""
        found = self._machines.pop(sandbox_id, None)
        timer = self._timers.pop(sandbox_id, None)
        if timer is not None and timer is not asyncio.current_task():
            timer.cancel()
        if found is not None:
            await found.inner.end()

    async def _answer(self, request: Request) -> Response:
        path = request.path_params["rest"]
        fault = self._fault(f"{request.method} {path}")
        if fault is not None and fault.kind == "hang":
            await self.released.wait()
        if fault is not None and fault.kind in {"hang", "status"}:
            return JSONResponse({"code": fault.status, "message": fault.message}, fault.status, fault.headers)
        if "e2b-sandbox-port" in request.headers:
            return await self._inside(request, path, fault)
        if request.headers.get("x-api-key") != self.key:
            return error(401, "Invalid API key")
        body = json.loads(await request.body() or b"{}")
        self.asked.append((request.method, path, body))
        answer = await self._control(request, path.removeprefix("v2/").split("/"), body)
        if fault is not None:
            await self.released.wait()
        return answer

    # The control plane

    async def _control(self, request: Request, parts: list[str], body: dict[str, Any]) -> Response:
        match request.method, parts:
            case "POST", ["sandboxes"]:
                return await self._create(body)
            case "GET", ["sandboxes"]:
                await self._look()
                return self._list(request)
            case _, ["sandboxes", name, *action] if name in self._machines:
                return await self._act(request.method, self._machines[name], action, body)
            case _:
                return error(404, "it doesn't exist or you don't have access to it")

    async def _look(self) -> None:
        self._looks_left -= self._looks_left > 0
        if not self._looks_left and not self._looked.is_set():
            self._looked.set()
            await self._started.wait()

    async def _create(self, body: dict[str, Any]) -> Response:
        if body["templateID"] not in TEMPLATES:
            return error(404, f"template '{body['templateID']}' not found")
        if refusal := self._too_long(body["timeout"]) or _bad_network(body.get("network") or {}):
            return refusal
        if len(self._machines) >= self.at_once:
            return error(429, f"you have reached the maximum number of concurrent E2B sandboxes ({self.at_once}).")
        await asyncio.sleep(self.start_seconds)
        if self._looks_left:
            await self._looked.wait()
        made = Machine(self._made(self._provider), body)
        await made.boot()
        self._machines[made.id] = made
        self.made_in_all += 1
        if self._looked.is_set():
            self._started.set()
        self._expire(made, body["timeout"])
        return JSONResponse(made.created(), 201)

    def _list(self, request: Request) -> Response:
        wanted = dict(parse_qsl(request.query_params.get("metadata", "")))
        found = [one for one in self._machines.values() if wanted.items() <= one.described()["metadata"].items()]
        limit = min(int(request.query_params.get("limit", self.page)), self.page)
        start = int(request.query_params.get("nextToken") or 0)
        more = {"x-next-token": str(start + limit)} if start + limit < len(found) else {}
        return JSONResponse([one.described() for one in found[start : start + limit]], 200, more)

    async def _act(self, method: str, one: Machine, action: list[str], body: dict[str, Any]) -> Response:
        match method, action:
            case "GET", []:
                return JSONResponse(one.described())
            case "GET", ["metrics"]:
                return JSONResponse(await one.metrics())
            case "DELETE", []:
                await self.end(one.id)
            case "POST", ["connect" | "timeout" as what]:
                return self._prolong(one, body["timeout"], connecting=what == "connect")
            case "PUT", ["network"]:
                if refusal := _bad_network(body):
                    return refusal
                await one.replace_network(dict(body))
            case _:
                return error(404, "no such path")
        return Response(status_code=204)

    def _prolong(self, one: Machine, seconds: int, *, connecting: bool) -> Response:
        """Connecting never shortens a life, and says how to speak to the sandbox."""
        if refusal := self._too_long(seconds):
            return refusal
        if not connecting or seconds > one.left:
            self._expire(one, seconds)
        return JSONResponse(one.created()) if connecting else Response(status_code=204)

    def _too_long(self, seconds: int) -> Response | None:
        if seconds <= self.most_seconds:
            return None
        return error(400, f"Timeout cannot be greater than {self.most_seconds // 3600} hours")

    def _expire(self, one: Machine, seconds: int) -> None:
        one.lives(seconds)
        if timer := self._timers.pop(one.id, None):
            timer.cancel()

        async def expire() -> None:
            await asyncio.sleep(seconds * self.second_seconds)
            await self.end(one.id)

        self._timers[one.id] = asyncio.create_task(expire())

    # The sandboxes

    async def _inside(self, request: Request, path: str, fault: Fault | None) -> Response:
        one = self._machines.get(request.headers["e2b-sandbox-id"])
        if one is None:
            missing = {"sandboxId": "gone", "message": "The sandbox was not found", "code": 502}
            return JSONResponse(missing, 502)
        if path == "health":
            return Response(status_code=204)
        interpreter = request.headers["e2b-sandbox-port"] == "49999"
        traffic = one.traffic if interpreter else None
        token = request.headers.get("x-access-token")
        if token != one.key or (traffic and request.headers.get("e2b-traffic-access-token") != traffic):
            return Response("unauthorized access", 401)
        if interpreter:
            return await self._interpret(one, await request.json(), fault)
        if fault is not None and fault.kind == "kill":
            self._kill_soon(one.id)
        with contextlib.suppress(KeyError):
            return await inside.SERVICES[path](one, request, fault)
        return error(404, "no such path")

    async def _interpret(self, one: Machine, asked: dict[str, Any], fault: Fault | None) -> Response:
        fault = fault or self._fault(f"CODE {asked['code']}")
        kind = fault.kind if fault is not None else ""
        if kind == "hang":
            await self.released.wait()
        if fault is not None and kind == "status":
            return error(fault.status, fault.message)
        if kind == "kill":
            self._kill_soon(one.id)
        return await inside.execute(one, asked, kind, self.released)

    def _kill_soon(self, sandbox_id: str) -> None:
        async def kill() -> None:
            await asyncio.sleep(0.3)
            await self.end(sandbox_id)

        self._timers["kill"] = asyncio.create_task(kill())


def _bad_network(asked: dict[str, Any]) -> Response | None:
    names = [name for name in asked.get("allowOut") or [] if name[0].isalpha() or name[0] == "*"]
    if names and EVERYTHING not in (asked.get("denyOut") or []):
        return error(400, "a domain in allowOut needs 0.0.0.0/0 in denyOut")
    return None


def error(status: int, message: str) -> JSONResponse:
    return JSONResponse({"code": status, "message": message}, status)
