"""When the code fails: one more try where other code may help, plain words where it won't, and never a made-up figure."""

import json
from typing import Any

import pytest

from agent_core.analyst.plan import answer
from agent_core.analyst.refusals import _LIMITS
from agent_core.analyst.reply import Reply
from tests.analyst import data
from tests.analyst.running import TOOL


class Told:
    """A conversation whose results are given by the test."""

    def __init__(self, question: str, name: str = "iris.json") -> None:
        made = data.profile(data.frame(name), data.read_with(name))
        self.messages: list[dict[str, Any]] = [{"role": "user", "content": data.briefing(name, made) + question}]
        self.reply: Reply = self._next()

    def _next(self) -> Reply:
        return answer({"messages": self.messages, "tools": [{"name": TOOL}]})

    def result(self, text: str, *, is_error: bool = False) -> Reply:
        assert self.reply.call
        call = f"call_{len(self.messages)}"
        given = {"code": self.reply.call.code, "language": self.reply.call.language}
        use = {"type": "tool_use", "id": call, "name": TOOL, "input": given}
        self.messages.append({"role": "assistant", "content": [{"type": "text", "text": self.reply.text}, use]})
        block = {
            "type": "tool_result",
            "tool_use_id": call,
            "content": [{"type": "text", "text": text}],
            "is_error": is_error,
        }
        self.messages.append({"role": "user", "content": [block]})
        self.reply = self._next()
        return self.reply

    def error(self, kind: str, message: str = "") -> Reply:
        error = {"kind": kind, "message": message}
        return self.result(json.dumps({"stdout": "", "stderr": "", "exit_code": 1, "error": error, "artifacts": []}))


def test_an_error_of_the_code_is_met_with_other_code_once() -> None:
    """The second attempt differs from the first; after it the failure is told."""
    told = Told("average petal length by species")
    first = told.reply.call
    second = told.error("code_error", "KeyError: 'petalLength'").call
    assert first
    assert second
    assert second.code != first.code
    last = told.error("code_error", "KeyError: 'petalLength'")
    assert last.call is None
    assert "KeyError" in last.text
    assert "second way" in last.text


def test_a_second_attempt_that_works_is_answered() -> None:
    """The repaired run's output counts."""
    told = Told("average petal length")
    told.error("code_error", "TypeError: can't average text")
    stdout = "rows: 150\nmissing: 0\nvalue: 3.758\n"
    text = told.result(
        json.dumps({"stdout": stdout, "stderr": "", "exit_code": 0, "error": None, "artifacts": []})
    ).text
    assert "3.76" in text


@pytest.mark.parametrize("kind", sorted(_LIMITS))
def test_a_limit_is_told_in_plain_words_and_nothing_more_is_run(kind: str) -> None:
    """Other code would not help against the contract, and what it came to stands at the call: it is not said twice."""
    reply = Told("average petal length by species").error(kind, "The contract allows 60 s a call.")
    assert reply.call is None
    assert reply.text == _LIMITS[kind]


def test_a_tool_that_fails_without_json_is_told() -> None:
    """The tool's own failure is no output of the code."""
    told = Told("average petal length by species")
    told.result("The tool is gone.", is_error=True)
    reply = told.result("The tool is gone.", is_error=True)
    assert reply.call is None
    assert "The tool is gone" in reply.text


def test_output_that_lacks_the_figures_gives_no_figures() -> None:
    """Cut output is said to be cut."""
    reply = Told("average petal length by species").result(json.dumps({"stdout": "rows: 150\n", "exit_code": 0}))
    assert reply.call is None
    assert "cut" in reply.text


@pytest.mark.parametrize("stdout", ["rows: 0\n", "rows: 0\nmissing: 0\nvalue: nan\n"])
def test_no_fitting_row_is_said(stdout: str) -> None:
    """An empty selection is named instead of an average of nothing."""
    reply = Told("average petal length for setosa").result(json.dumps({"stdout": stdout, "exit_code": 0}))
    assert "No row fits" in reply.text


def test_a_file_that_is_no_table_is_told_with_its_reason() -> None:
    """The profile's problem is passed on."""
    entry = [{"name": "photo.png", "path": "inputs/photo.png", "profile": {"problem": "This is an image."}}]
    content = f"<files>{json.dumps(entry)}</files>\n\nwhat is in it?"
    reply = answer({"messages": [{"role": "user", "content": content}], "tools": [{"name": TOOL}]})
    assert "photo.png" in reply.text
    assert "This is an image" in reply.text


def test_without_a_file_the_sample_is_offered() -> None:
    """The first message of a person without data gets a way on."""
    reply = answer({"messages": [{"role": "user", "content": "average price by region"}], "tools": [{"name": TOOL}]})
    assert "no file" in reply.text
    assert "sample" in reply.text
