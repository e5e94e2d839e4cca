"""A look inside a file, taken by a program that runs in the sandbox: the host never parses the file."""

import json
from functools import cache
from importlib import resources
from typing import Any

from pydantic import ValidationError

from agent_core.events import FileProfile

PARTS = (
    *("findings", "tally", "sniff", "shape", "layout", "heading", "totals"),
    *("delimited", "workbooks", "stores", "packed", "report"),
)
"""The files of `agent_core.files.inside`, each after those that it imports."""

MARK = "ringfence-file-profile:"
_MOST_CHARACTERS = 4_000_000
_NOT_SEEN = "The file is here, but it could not be looked at."


def profile_code(name: str) -> str:
    """Python source that prints the profile of `inputs/<name>` in one line, and leaves no variable behind."""
    sources = {part: _source(part) for part in PARTS}
    program = f"{_source('loader')}\nlook({sources!r}, {f'inputs/{name}'!r}, {MARK!r})\n"
    return f"exec(compile({program!r}, 'file profile', 'exec'), {{'__name__': 'file_profile'}})"


def parse_profile(stdout: str) -> FileProfile:
    """The profile that the program printed. Never raises: whatever else was printed is a problem, as a value."""
    lines = [line for line in stdout[-_MOST_CHARACTERS:].splitlines() if line.startswith(MARK)]
    if not lines:
        return FileProfile(problem=_NOT_SEEN)
    try:
        return FileProfile.model_validate(_text_only(json.loads(lines[-1].removeprefix(MARK))))
    except (ValueError, RecursionError, ValidationError):
        return FileProfile(problem=_NOT_SEEN)


@cache
def _source(part: str) -> str:
    return resources.files("agent_core.files.inside").joinpath(f"{part}.py").read_text("utf-8")


def _text_only(value: Any) -> Any:
    """The same value with text that can be stored: half a character becomes a question mark."""
    match value:
        case str():
            return value.encode("utf-8", "replace").decode()
        case list():
            return [_text_only(item) for item in value]
        case dict():
            return {_text_only(key): _text_only(item) for key, item in value.items()}
        case _:
            return value
