"""What "the model" does in an answer, step by step."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Say:
    """A text block."""

    text: str


@dataclass(frozen=True)
class Think:
    """A block of thinking."""

    text: str


@dataclass(frozen=True)
class Run:
    """A command of bash. With an `error` it is not run, and its result is that error code."""

    command: str
    error: str = ""


@dataclass(frozen=True)
class Write:
    """A file that the text editor makes."""

    path: str
    text: str


@dataclass(frozen=True)
class Pause:
    """The answer stops here with `pause_turn`, and the next request goes on with what follows."""


Step = Say | Think | Run | Write | Pause

_FENCE = re.compile(r"^(`{3,})(\w*)\n(.*?)\n\1[ \t]*$", re.DOTALL | re.MULTILINE)


def verbatim(messages: Sequence[Mapping[str, Any]]) -> tuple[Step, ...]:
    """A model that runs the program of the last message exactly as it stands there, and says that it did."""
    fence = _FENCE.search(asked(messages))
    if fence is None:
        return (Say("There is nothing to run."),)
    program = fence[3]
    if fence[2] == "python":
        program = f"python3 - <<'END_OF_PROGRAM'\n{program}\nEND_OF_PROGRAM"
    return (Run(program), Say("Done."))


def asked(messages: Sequence[Mapping[str, Any]]) -> str:
    """The text of the person's last message."""
    content = next(message["content"] for message in reversed(messages) if message["role"] == "user")
    if isinstance(content, str):
        return content
    return "\n".join(block["text"] for block in content if block["type"] == "text")
