"""What the web server does beside drawing pages: headers on every answer, health, and an orderly end."""

import asyncio
import importlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import streamlit as st
import structlog
from anyio import to_thread
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from agent_core.errors import RingfenceError
from components import fetched, page_script, prompt, services
from components.closed import Closed
from components.hosts import KnownHosts
from components.own_files import OwnFiles
from components.preload import Preload
from components.refused import Refused
from components.security_headers import SecurityHeaders

_log = structlog.get_logger(__name__)


async def alive(_: Request) -> JSONResponse:
    """Whether this process answers at all; for a supervisor that restarts it."""
    return JSONResponse({"status": "alive"})


async def ready(_: Request) -> JSONResponse:
    """Whether people can be let in: 200 where the deployment is open and its database answers, else 503."""
    try:
        await to_thread.run_sync(services.check_ready)
    except RingfenceError as error:
        return JSONResponse({"status": "not ready", "reason": str(error)}, status_code=503)
    return JSONResponse({"status": "ready"})


async def metrics(_: Request) -> Response:
    """What Prometheus reads; 404 where the operator has not switched it on."""
    try:
        text = await to_thread.run_sync(services.metrics)
    except RingfenceError as error:
        return JSONResponse({"status": "not ready", "reason": str(error)}, status_code=503)
    if text is None:
        return PlainTextResponse("Metrics are off: RINGFENCE_METRICS=on switches them on.\n", status_code=404)
    return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Open the deployment before the first page asks for it; at the end stop every turn and close every sandbox."""
    prompt.answer_at_once()
    fetched.keep()
    opening = asyncio.create_task(_open())
    yield
    await opening
    await to_thread.run_sync(services.close)


async def _open() -> None:
    try:
        await to_thread.run_sync(services.check_ready)
    except RingfenceError as error:
        _log.warning("not_ready", reason=str(error))  # the first page tries again, and says so
    await to_thread.run_sync(_load)


def _load() -> None:
    """What Streamlit would load for the page's icon in the first run of the page; the browser is not there yet."""
    for name in ("numpy", "PIL.Image"):
        importlib.import_module(name)


MIDDLEWARE: Sequence[Middleware] = (
    Middleware(SecurityHeaders),
    Middleware(KnownHosts),
    Middleware(Closed),
    Middleware(OwnFiles),
    Middleware(Refused),
    Middleware(Preload),
)
ROUTES: Sequence[BaseRoute] = (
    Route("/healthz", alive),
    Route("/readyz", ready),
    Route("/metrics", metrics),
    page_script.ROUTE,
)
