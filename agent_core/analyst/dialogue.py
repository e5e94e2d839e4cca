"""A request of the Messages API, read as a conversation. Every function here is total: any JSON will do."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from agent_core.analyst.briefing import FileNote, notes_within, take_notes
from agent_core.contract import LANGUAGES, Language

_REMINDER = re.compile(r"<system-reminder>.*?</system-reminder>", re.DOTALL)
_CONTINUED = "This session is being continued from a previous conversation"
_INTERRUPTED = re.compile(r"^\[Request interrupted by user[^\]]*\]$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the tool gave back for one call."""

    stdout: str = ""
    exit_code: int = 0
    error: str | None = None
    """The kind of error; None where the code ran through."""
    message: str = ""
    artifacts: tuple[str, ...] = ()
    """Names of the files, charts and tables that were made."""


@dataclass(frozen=True, slots=True)
class Run:
    """One call of the tool and, once it is back, its outcome."""

    code: str
    language: Language
    outcome: Outcome | None = None


@dataclass(slots=True)
class Turn:
    """One question, the files that were announced with it and the calls made for it."""

    question: str
    notes: tuple[FileNote, ...] = ()
    runs: list[Run] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Dialogue:
    """The conversation so far, and the tool that it offers."""

    turns: tuple[Turn, ...]
    tool: str | None


def read(body: Mapping[str, Any]) -> Dialogue:
    """Read a request's messages and tools."""
    turns: list[Turn] = []
    calls: dict[str, tuple[Turn, int]] = {}
    for message in _mappings(body.get("messages")):
        blocks = list(_blocks(message.get("content")))
        if message.get("role") == "assistant":
            _take_calls(blocks, turns, calls)
        else:
            _take_results(blocks, calls)
            spoken = list(_spoken(blocks))
            turns += [Turn("", notes_within(text)) for text in spoken if text.startswith(_CONTINUED)]
            text = "\n\n".join(one for one in spoken if not one.startswith(_CONTINUED)).strip()
            if text:
                notes, question = take_notes(text)
                turns.append(Turn(question, notes))
    return Dialogue(tuple(turns), _tool(body))


def _tool(body: Mapping[str, Any]) -> str | None:
    names = [str(tool.get("name", "")) for tool in _mappings(body.get("tools"))]
    return next((name for name in names if name.endswith("execute_code")), None)


def _mappings(value: object) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, dict))


def _blocks(content: object) -> Iterator[Mapping[str, Any]]:
    if isinstance(content, str):
        yield {"type": "text", "text": content}
    yield from _mappings(content)


def _spoken(blocks: list[Mapping[str, Any]]) -> Iterator[str]:
    for block in blocks:
        if block.get("type") == "text":
            text = _INTERRUPTED.sub("", _REMINDER.sub("", str(block.get("text", "")))).strip()
            if text:
                yield text


def _take_calls(blocks: list[Mapping[str, Any]], turns: list[Turn], calls: dict[str, tuple[Turn, int]]) -> None:
    for block in blocks:
        if block.get("type") == "tool_use" and turns:
            given = block.get("input")
            given = given if isinstance(given, dict) else {}
            named = given.get("language")
            language: Language = next((one for one in LANGUAGES if one == named), "python")
            calls[str(block.get("id"))] = (turns[-1], len(turns[-1].runs))
            turns[-1].runs.append(Run(str(given.get("code", "")), language))


def _take_results(blocks: list[Mapping[str, Any]], calls: dict[str, tuple[Turn, int]]) -> None:
    for block in blocks:
        if block.get("type") == "tool_result" and (place := calls.get(str(block.get("tool_use_id")))):
            turn, number = place
            run = turn.runs[number]
            turn.runs[number] = Run(run.code, run.language, outcome(block))


def outcome(block: Mapping[str, Any]) -> Outcome:
    """Read a tool_result block; text that is not the tool's JSON is taken as the tool's own failure."""
    texts = [str(part.get("text", "")) for part in _blocks(block.get("content")) if part.get("type") == "text"]
    failed = block.get("is_error") is True
    for text in texts:
        try:
            result = json.loads(text)
        except (ValueError, RecursionError):
            continue
        if isinstance(result, dict) and "stdout" in result:
            return _outcome(result, failed=failed)
    said = "\n".join(texts).strip()
    return Outcome(error="unknown", exit_code=1, message=said) if failed else Outcome(stdout=said)


def _outcome(result: Mapping[str, Any], *, failed: bool) -> Outcome:
    code = result.get("exit_code")
    exit_code = code if isinstance(code, int) else 1
    error = result.get("error")
    kind, message = None, ""
    if isinstance(error, dict):
        kind, message = str(error.get("kind", "unknown")), str(error.get("message", ""))
    elif exit_code != 0 or failed:
        kind, message = "code_error", str(result.get("stderr", "")).strip()[-500:]
    names = tuple(str(made.get("name", "")) for made in _mappings(result.get("artifacts")))
    return Outcome(str(result.get("stdout", "")), exit_code, kind, message, names)
