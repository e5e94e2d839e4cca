"""What we add to each request to the model, and what results come to, read from the requests that the SDK sends.

No tokenizer of today's models is public: tokens are bytes divided by 3.5, which is an eighth more than Anthropic's own
for Claude 2 counts (`tests/session/test_requests.py`).
"""

import asyncio
import json
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn

from agent_core.config import Settings
from agent_core.session import Deployment
from tests.emulators.messages import Answer, Call, MessagesEndpoint, Say
from tests.session.test_requests import TOOL, tokens

CEILING = 1_500
CALLS = {
    "a line": "print(42)",
    "200,000 characters": "print('x' * 200_000)",
    "a table of 1,000,000 rows": "import pandas as pd; pd.DataFrame({'n': range(1_000_000), 'half': 0.5})",
    "a Plotly chart of 10,000 points": "import plotly.express as px; px.scatter(x=range(10_000), y=range(10_000))",
    "a matplotlib chart": "import matplotlib.pyplot as plt; plt.plot(range(100)); plt.show()",
    "an exception": "def f(n): return f(n + 1)\nf(0)",
}


@contextmanager
def served(endpoint: MessagesEndpoint) -> Iterator[str]:
    server = uvicorn.Server(uvicorn.Config(endpoint, port=0, lifespan="off", log_config=None))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()))
    thread.start()
    while not server.started:
        assert thread.is_alive()
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


def result(body: dict[str, Any]) -> tuple[int, int]:
    """Bytes of text, and of images, of the newest result."""
    content = body["messages"][-1]["content"][0]["content"]
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
    text = sum(len(block["text"].encode()) for block in blocks if block["type"] == "text")
    return text, sum(len(block["source"]["data"]) for block in blocks if block["type"] == "image")


def main() -> None:
    endpoint = MessagesEndpoint()
    answers = [Answer((Call(TOOL, {"code": code}, f"toolu_{place}"),)) for place, code in enumerate(CALLS.values())]
    endpoint.then(*answers, Answer((Say("Done."),)))
    with tempfile.TemporaryDirectory() as folder, served(endpoint) as url:
        variables = {"RINGFENCE_HOME": str(Path(folder) / "home"), "ANTHROPIC_BASE_URL": url, "RINGFENCE_MODEL": "m"}
        deployment = Deployment(Settings.from_environment(variables))
        try:
            conversation = deployment.create("local")
            conversation.ask("Show me.")
            conversation.wait()
        finally:
            deployment.close()
    bodies = [asked.body for asked in endpoint.asked]
    for name, body in zip(CALLS, bodies[1:], strict=True):
        text, images = result(body)
        print(f"the result of {name}: {text:,} bytes of text, {images:,} of images")
    system, tools = ("".join(block["text"] for block in bodies[0]["system"]), json.dumps(bodies[0]["tools"]))
    own = tokens(bodies[0]["system"][-1]["text"])
    added = tokens(system + tools)
    print(
        f"added to each request: {added} tokens (our prompt {own}, the tool {tokens(tools)}); ceiling {CEILING}, "
        f"{added / CEILING:.2f}x"
    )


if __name__ == "__main__":
    main()
