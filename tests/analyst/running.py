"""A conversation with the analyst whose code really runs, in the local sandbox."""

import asyncio
import json
from collections.abc import Callable
from typing import Any, Self

import pandas as pd

from agent_core.analyst.plan import answer
from agent_core.analyst.reply import Reply
from agent_core.contract import Contract
from agent_core.events import FileProfile, Upload
from agent_core.files.briefing import brief
from agent_core.files.profiler import parse_profile, profile_code
from agent_core.sandbox.local.provider import LocalProvider
from tests.analyst import data

TOOL = "mcp__sandbox__execute_code"
_FIGURE = "application/vnd.plotly.v1+json"
_TABLE = "application/vnd.ringfence.table+json"


class Box:
    """One local sandbox for a whole module, driven from ordinary tests."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()
        self._provider = LocalProvider()
        self._opened = self._provider.open(Contract())

    def __enter__(self) -> Self:
        self._sandbox = self._runner.run(self._opened.__aenter__())
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.run(self._opened.__aexit__(None, None, None))
        self._runner.run(self._provider.aclose())
        self._runner.close()

    def write(self, name: str, content: bytes) -> None:
        self._runner.run(self._sandbox.write(f"inputs/{name}", content))

    def read(self, name: str) -> bytes:
        return self._runner.run(self._sandbox.read(name, limit_bytes=1 << 24))

    def run(self, code: str) -> dict[str, Any]:
        """The tool's result, and the figures and tables that were shown."""
        text: list[str] = []
        done = self._runner.run(self._sandbox.run(code, emit=lambda one: text.append(one.text)))
        error = {"kind": done.error.kind, "message": f"{done.error.name}: {done.error.message}"} if done.error else None
        return {
            "result": {
                "stdout": "".join(text),
                "stderr": "",
                "exit_code": done.exit_code,
                "error": error,
                "artifacts": [],
            },
            "figures": [json.loads(shown.data[_FIGURE]) for shown in done.displays if _FIGURE in shown.data],
            "tables": [json.loads(shown.data[_TABLE]) for shown in done.displays if _TABLE in shown.data],
        }


class Chat:
    """Asks the analyst as the SDK does, and runs what it wants to run."""

    def __init__(
        self, box: Box | None, opening: str = "", endpoint: Callable[[dict[str, Any]], Reply] = answer
    ) -> None:
        self.box = box
        self._endpoint = endpoint
        self.messages: list[dict[str, Any]] = []
        self.codes: list[str] = []
        self.figures: list[dict[str, Any]] = []
        self.tables: list[dict[str, Any]] = []
        self.said: list[str] = []
        self.opening = opening

    def ask(self, question: str) -> str:
        """The final text of the turn."""
        self.codes, self.figures, self.tables, self.said = [], [], [], []
        reminder = {"type": "text", "text": "<system-reminder>\nToday is some day.\n</system-reminder>"}
        spoken = {"type": "text", "text": self.opening + question}
        self.opening = ""
        self.messages.append({"role": "user", "content": [reminder, spoken]})
        for number in range(6):
            reply = self._endpoint({"model": "m", "messages": self.messages, "tools": [{"name": TOOL}]})
            self.said.append(reply.text)
            blocks: list[dict[str, Any]] = [{"type": "text", "text": reply.text}]
            if reply.call is None:
                self.messages.append({"role": "assistant", "content": blocks})
                return reply.text
            call = f"call_{len(self.messages)}_{number}"
            given = {"code": reply.call.code, "language": reply.call.language}
            blocks.append({"type": "tool_use", "id": call, "name": TOOL, "input": given})
            self.messages.append({"role": "assistant", "content": blocks})
            self.messages.append({"role": "user", "content": [self._run(call, reply.call.code)]})
        raise AssertionError("The analyst never came to an end.")

    def _run(self, call: str, code: str) -> dict[str, Any]:
        assert self.box
        self.codes.append(code)
        done = self.box.run(code)
        self.figures += done["figures"]
        self.tables += done["tables"]
        text = json.dumps(done["result"])
        return {"type": "tool_result", "tool_use_id": call, "content": [{"type": "text", "text": text}]}

    @property
    def kind(self) -> str | None:
        """The kind of the chart that was shown last."""
        return self.figures[-1]["data"][0]["type"] if self.figures else None


class Library:
    """Data sets, put into a box once, with their announcements and their frames."""

    def __init__(self, box: Box) -> None:
        self.box = box
        self._frames: dict[str, pd.DataFrame] = {}
        self._profiles: dict[str, FileProfile] = {}

    def frame(self, name: str) -> pd.DataFrame:
        if name not in self._frames:
            self.box.write(name, data.content(name))
            self._frames[name] = data.frame(name)
        return self._frames[name]

    def opening(self, *names: str) -> str:
        """The announcement that the app itself would make of these files."""
        given = [
            (Upload(name=name, size=len(data.content(name)), sha256="0" * 64), self.profile(name)) for name in names
        ]
        return brief("", given)

    def profile(self, name: str) -> FileProfile:
        """What the app's own look inside the file finds."""
        if name not in self._profiles:
            self.frame(name)
            self._profiles[name] = self.looked(name)
        return self._profiles[name]

    def looked(self, name: str) -> FileProfile:
        """A look inside a file that is in the box already."""
        return parse_profile(self.box.run(profile_code(name))["result"]["stdout"])

    def chat(self, *names: str) -> Chat:
        return Chat(self.box, self.opening(*names))
