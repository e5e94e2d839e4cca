"""What Streamlit offers beside pages and nobody needs here: its own metrics, and an interface for other programs."""

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_CLOSED = ("/_stcore/metrics", "/_stcore/agent", "/_stcore/script-health-check", "/component/", "/app/static/")


class Closed:
    """Middleware that answers 404 for these."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on everything else."""
        if scope["type"] == "http" and scope["path"].startswith(_CLOSED):
            await PlainTextResponse("There is nothing here.", status_code=404)(scope, receive, send)
        else:
            await self._app(scope, receive, send)
