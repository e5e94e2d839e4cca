"""`ringfence mcp`, driven by the reference client of the protocol over its standard input and output."""

import json
import signal
import sys
from pathlib import Path

import anyio
import pytest
from mcp import ClientSession, StdioServerParameters, stdio_client

from agent_core.config import Settings
from agent_core.session import Deployment
from agent_core.session.deployment import LOCAL_PERSON
from tests.session.conftest import wait_for

pytestmark = pytest.mark.anyio
ROOT = Path(__file__).parents[2]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def server(home: Path, *arguments: str) -> StdioServerParameters:
    command = ["-m", "agent_core.cli", "mcp", *arguments]
    return StdioServerParameters(
        command=sys.executable, args=command, cwd=str(ROOT), env={"RINGFENCE_HOME": str(home), "PATH": "/usr/bin:/bin"}
    )


async def test_a_client_runs_code_under_the_contract(tmp_path: Path) -> None:
    """One tool; files are in inputs/, variables stay, a chart comes as an image, a refusal names its reason, a given-up call is stopped."""
    (tmp_path / "sales.csv").write_text("region,revenue\nNorth,100\nSouth,250\n")
    contract = tmp_path / "contract.yaml"
    contract.write_text("languages: {allowed: [python]}\ntimeout: {call_seconds: 20}\n")
    parameters = server(tmp_path / "home", str(tmp_path / "sales.csv"), "--contract", str(contract))
    async with stdio_client(parameters) as (reading, writing), ClientSession(reading, writing) as client:
        told = await client.initialize()
        assert "without network" in (told.instructions or "")
        assert [tool.name for tool in (await client.list_tools()).tools] == ["execute_code"]

        async def run(code: str, language: str = "python") -> tuple[dict, list, bool]:
            result = await client.call_tool("execute_code", {"code": code, "language": language})
            return json.loads(result.content[0].text), result.content[1:], bool(result.is_error)

        said, _, failed = await run(
            "import pandas as pd\ntotal = pd.read_csv('inputs/sales.csv').revenue.sum()\nprint(total)"
        )
        assert (said["stdout"].strip(), said["exit_code"], failed) == ("350", 0, False)
        said, _, _ = await run("print(total + 1)")
        assert said["stdout"].strip() == "351"
        _, images, _ = await run("import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.gcf()")
        assert [(image.type, image.mime_type) for image in images] == [("image", "image/png")]
        said, _, failed = await run("echo hello", "bash")
        assert (said["error"]["kind"], failed) == ("clause_refused", True)
        unknown = await client.call_tool("rm", {})
        assert unknown.is_error
        with anyio.move_on_after(0.5):
            await run("import time; time.sleep(15)")
        said, _, _ = await run("print('still here')")
        assert said["stdout"].strip() == "still here"
    deployment = Deployment(Settings.from_environment({"RINGFENCE_HOME": str(tmp_path / "home")}))
    try:
        (kept,) = deployment.conversations(LOCAL_PERSON.id)
        seen = deployment.get(kept.id, LOCAL_PERSON.id)
        wait_for(lambda: seen.snapshot().sandbox.phase == "none")
        kinds = [stored.event.kind for stored in seen.snapshot().events]
    finally:
        deployment.close()
    assert kept.title == "MCP client"
    assert kinds.count("user_asked") == kinds.count("turn_ended") >= 5
    assert kinds.count("sandbox_opened") == kinds.count("sandbox_closed")


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_it_though_its_client_still_listens(tmp_path: Path, sent: signal.Signals) -> None:
    """Ctrl-C in a terminal, or a client that has lost patience."""
    started = server(tmp_path / "home")
    hello = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
    }
    async with await anyio.open_process([started.command, *started.args], cwd=ROOT, env=started.env) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        await running.stdin.send(f"{json.dumps(hello)}\n".encode())
        assert b"without network" in await running.stdout.receive()
        running.send_signal(sent)
        with anyio.fail_after(60):
            assert await running.wait() == 128 + sent


async def test_a_contract_that_is_none_ends_it(tmp_path: Path) -> None:
    contract = tmp_path / "contract.yaml"
    contract.write_text("provider: nowhere")
    started = server(tmp_path / "home", "--contract", str(contract))
    done = await anyio.run_process([started.command, *started.args], cwd=ROOT, env=started.env, check=False)
    assert done.returncode == 2
    assert b"must be local, e2b, daytona or claude" in done.stderr
