"""What a call into the sandbox came to, as the model reads it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from agent_core.errors import ErrorKind, RingfenceError
from agent_core.events import Artifact
from agent_core.tools.base import Image, Text, ToolResult

MODEL_TEXT = 10_000
"""Characters of stdout, and of stderr, that go to the model."""
STORED_TEXT = 100_000
"""Characters of stdout, and of stderr, that an event keeps."""

_ADVICE: dict[ErrorKind, str] = {
    subclass.kind: subclass.advice for subclass in reversed(RingfenceError.__subclasses__()) if subclass.advice
}
"""By kind. Of several errors of one kind the first that was defined is the one that a call can raise."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """`{stdout, stderr, exit_code}`, with the error and the artifacts, if any."""

    stdout: str = ""
    stderr: str = ""
    exit_code: int = 0
    seconds: float = 0.0
    error: ErrorKind | None = None
    message: str = ""
    traceback: str = ""
    artifacts: tuple[Artifact, ...] = ()
    images: tuple[Image, ...] = ()
    sandbox: str | None = None

    def cut(self, limit: int) -> "Outcome":
        """The same with its texts cut in the middle, where they are longer than `limit`."""
        return replace(
            self,
            stdout=cut_middle(self.stdout, limit),
            stderr=cut_middle(self.stderr, limit),
            traceback=cut_middle(self.traceback, limit),
        )


def cut_middle(text: str, limit: int) -> str:
    """Keep the beginning and the end of a long text, and say how much is missing between them."""
    if len(text) <= limit:
        return text
    head, tail = limit * 3 // 5, limit * 2 // 5
    return f"{text[:head]}\n... [{len(text) - head - tail:,} characters left out] ...\n{text[-tail:]}"


def to_result(outcome: Outcome) -> ToolResult:
    """The structured text, then the images that the model should see."""
    shown = outcome.cut(MODEL_TEXT)
    body = {
        "stdout": shown.stdout,
        "stderr": _stderr(shown),
        "exit_code": shown.exit_code,
        "error": _error(shown),
        "artifacts": [_artifact(artifact) for artifact in shown.artifacts],
    }
    text = Text(json.dumps(body, ensure_ascii=False))
    return ToolResult(content=(text, *outcome.images), is_error=outcome.error is not None)


def _stderr(outcome: Outcome) -> str:
    return "\n".join(part for part in (outcome.stderr, outcome.traceback) if part)


def _error(outcome: Outcome) -> dict[str, str] | None:
    if outcome.error is None:
        return None
    advice = _ADVICE.get(outcome.error)
    return {"kind": outcome.error, "message": outcome.message} | ({"advice": advice} if advice else {})


def _artifact(artifact: Artifact) -> dict[str, str | int]:
    return {"name": artifact.name, "kind": artifact.kind, "size": artifact.size}


def join_text(parts: Sequence[str]) -> str:
    """Texts one under another, without blank lines between."""
    return "\n".join(part.rstrip("\n") for part in parts if part.strip())
