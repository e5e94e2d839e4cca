"""What the analyst says next."""

from dataclasses import dataclass

from agent_core.contract import Language


@dataclass(frozen=True, slots=True)
class Call:
    """Code to run in the sandbox."""

    code: str
    language: Language = "python"


@dataclass(frozen=True, slots=True)
class Reply:
    """A sentence for the person and, where there is one, the call that follows it."""

    text: str
    call: Call | None = None
