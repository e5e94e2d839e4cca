"""From the events of a stream to parts of an answer. Total: what is not understood is passed over."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from agent_core.contract import Language
from agent_core.errors import ErrorKind
from agent_core.sandbox.answering import Part, Piece, Returned, Running, Spent, Whole, Writing
from agent_core.sandbox.claude.errors import result_error

MOST_TEXT = 10 << 20
"""Characters of a command's output."""
MOST_FILES = 20
"""Files of one command."""
_KINDS: Mapping[str, Literal["text", "thinking"]] = {"text": "text", "thinking": "thinking"}
_KILLED = 137
_LONGEST_FILE_ID = 128
_BROKE_OFF = "Claude's answer broke off here."
_OUT_OF_MEMORY = (
    "The command was killed, most likely because it needed more memory than the 5 GiB of Claude's container."
)


@dataclass(slots=True)
class Answer:
    """One request's stream so far."""

    container: str | None = None
    stop_reason: str = ""
    spoke: bool = False
    """Whether a text is whole or a command has begun: asking again would say or run it twice."""
    blocks: list[dict[str, Any]] = field(default_factory=list)
    """The answer's content, as it is sent back where the answer paused."""
    _open: Literal["text", "thinking"] | None = None
    _json: str = ""
    _waiting: dict[str, None] = field(default_factory=dict)

    def parts(self, event: Mapping[str, Any]) -> Iterator[Part]:
        """The parts that one event brings."""
        match event:
            case {"type": "message_start", "message": {"usage": dict(usage)} as message}:
                self._contained(message)
                yield _spent(usage, calls=1)
            case {"type": "content_block_start", "content_block": {"type": str(kind)} as block}:
                yield from self._begin(kind, block)
            case {"type": "content_block_delta", "delta": dict(delta)}:
                yield from self._delta(delta)
            case {"type": "content_block_stop"}:
                yield from self._end()
            case {"type": "message_delta", "delta": dict(delta), "usage": dict(usage)}:
                self._contained(delta)
                self.stop_reason = str(delta.get("stop_reason") or "")
                yield Spent(output=_count(usage, "output_tokens"))
            case _:
                pass

    def broken_off(self) -> Iterator[Part]:
        """What has to be taken back where the stream ends in the middle."""
        if self._open is not None:
            yield Whole(self._open, "")
        for command in self._waiting:
            yield Returned(command, exit_code=1, error="provider_unavailable", message=_BROKE_OFF)
        self._open, self._waiting = None, {}

    def _contained(self, source: Mapping[str, Any]) -> None:
        match source:
            case {"container": {"id": str(name)}}:
                self.container = name
            case _:
                pass

    def _begin(self, kind: str, block: Mapping[str, Any]) -> Iterator[Part]:
        self.blocks.append(dict(block))
        self._json = ""
        self._open = _KINDS.get(kind)
        if kind == "server_tool_use":
            yield Writing("", begins=True)
        if kind.endswith("code_execution_tool_result"):
            returned = _returned(block)
            self._waiting.pop(returned.id, None)
            yield returned

    def _delta(self, delta: Mapping[str, Any]) -> Iterator[Part]:
        match delta:
            case {"type": "text_delta", "text": str(text)}:
                self._add("text", text)
                yield Piece("text", text)
            case {"type": "thinking_delta", "thinking": str(text)}:
                self._add("thinking", text)
                yield Piece("thinking", text)
            case {"type": "signature_delta", "signature": str(text)}:
                self._add("signature", text)
            case {"type": "input_json_delta", "partial_json": str(piece)}:
                self._json += piece
                yield Writing(piece)
            case _:
                pass

    def _add(self, name: str, text: str) -> None:
        if self.blocks:
            self.blocks[-1][name] = str(self.blocks[-1].get(name) or "") + text

    def _end(self) -> Iterator[Part]:
        block = self.blocks[-1] if self.blocks else {}
        match block:
            case {"type": "text" | "thinking" as kind}:
                self._open = None
                self.spoke = self.spoke or kind == "text"
                yield Whole(kind, str(block.get(kind) or ""))
            case {"type": "server_tool_use", "id": str(name)}:
                block["input"] = given = _object(self._json)
                code, language = program(given)
                self.spoke = True
                self._waiting[name] = None
                yield Running(name, code, language)
            case _:
                pass


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def program(given: Mapping[str, Any]) -> tuple[str, Language]:
    """What a command does, as code that people can read."""
    match given:
        case {"code": str(code)}:
            return code, "python"
        case {"command": "create", "path": str(path), "file_text": str(text)}:
            return f"# {path}\n{text}", _language(path)
        case {"command": "str_replace", "path": str(path), **rest}:
            old, new = str(rest.get("old_str", "")), str(rest.get("new_str", ""))
            return f"# {path}: replace\n{old}\n# by\n{new}", _language(path)
        case {"command": "view", "path": str(path)}:
            return f"cat {path}", "bash"
        case {"command": str(command)}:
            return command, "bash"
        case _:
            return "", "bash"


def _language(path: str) -> Language:
    return "python" if path.endswith(".py") else "bash"


def _returned(block: Mapping[str, Any]) -> Returned:
    name = str(block.get("tool_use_id", ""))
    match block.get("content"):
        case {"error_code": code}:
            kind, sentence = result_error(code)
            return Returned(name, exit_code=1, error=kind, message=sentence)
        case {"return_code": int(exit_code), **result}:
            stdout, stderr = (str(result.get(stream) or "")[:MOST_TEXT] for stream in ("stdout", "stderr"))
            error, message = _judged(exit_code, stderr)
            return Returned(name, stdout, stderr, exit_code, _files(result.get("content")), error, message)
        case {"content": str(text)}:
            return Returned(name, text[:MOST_TEXT])
        case _:
            return Returned(name)


def _judged(exit_code: int, stderr: str) -> tuple[ErrorKind | None, str]:
    last = (stderr.strip().splitlines() or [""])[-1][:500]
    if exit_code == _KILLED:
        return "out_of_memory", _OUT_OF_MEMORY
    if exit_code == 0:
        return None, ""
    kind: ErrorKind = "out_of_memory" if last.startswith("MemoryError") else "code_error"
    return kind, last or f"The command ended with exit code {exit_code}."


def _files(content: object) -> tuple[str, ...]:
    listed = content if isinstance(content, list) else []
    names = [one.get("file_id") for one in listed if isinstance(one, dict)]
    return tuple(name for name in names if isinstance(name, str) and len(name) <= _LONGEST_FILE_ID)[:MOST_FILES]


def _spent(usage: Mapping[str, Any], calls: int) -> Spent:
    return Spent(
        calls=calls,
        input=_count(usage, "input_tokens"),
        cache_read=_count(usage, "cache_read_input_tokens"),
        cache_write=_count(usage, "cache_creation_input_tokens"),
    )


def _count(usage: Mapping[str, Any], name: str) -> int:
    value = usage.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
