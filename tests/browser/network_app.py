"""The app with names of its own: every `*.example.test` is this machine, where a test's server listens."""

import runpy
import sys
from collections.abc import Iterable
from ipaddress import ip_network
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT))

from agent_core.config import Settings  # noqa: E402
from agent_core.sandbox.local.provider import LocalProvider  # noqa: E402
from agent_core.session import Deployment  # noqa: E402
from components import services  # noqa: E402


async def names(host: str, _: int) -> Iterable[str]:
    if not host.endswith(".example.test"):
        raise OSError("no such name")
    return ("127.0.0.1",)


def opened() -> Deployment:
    local = LocalProvider(reachable=(ip_network("127.0.0.0/8"),), resolve=names)
    return Deployment(Settings.from_environment(), providers={"local": local})


services.compose(opened)
runpy.run_path(str(ROOT / "components" / "screen.py"), run_name="__main__")
