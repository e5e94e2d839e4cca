"""Where the attempts are made: one bench, the marks, and the tool as the model calls it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agent_core.errors import ErrorKind
from agent_core.tools.execute_code import call
from agent_core.tools.outcome import Outcome
from agent_core.validation.hostile.attempt import Attempt, Ending, Layer, cut
from agent_core.validation.hostile.bench import HostileBench
from agent_core.validation.hostile.canaries import Canaries

UPLOAD = "customers.csv"

_NOT_TRIED: frozenset[ErrorKind] = frozenset(
    {"provider_unavailable", "auth", "rate_limited", "concurrency_full", "budget_exhausted", "sandbox_crashed"}
)
"""Errors that say nothing about the attempt: it was not made, or not to its end."""


@dataclass(frozen=True, slots=True)
class Scene:
    """All that an attempt needs, and what it is judged by."""

    bench: HostileBench
    canaries: Canaries

    async def run(self, code: str, **more: Any) -> Outcome:
        """What `execute_code` returns for this code."""
        arguments: Mapping[str, Any] = {"code": code, **more}
        return await call(self.bench, arguments)

    def holds(self, mark: bytes, outcome: Outcome) -> bool:
        """Whether a mark is in anything that came out of the sandbox, in this call or before."""
        texts = (outcome.stdout, outcome.stderr, outcome.message, outcome.traceback)
        return any(mark in text.encode() for text in texts) or any(mark in data for data in self.bench.kept.values())


@dataclass(frozen=True, slots=True)
class Told:
    """An attempt before it is made."""

    id: str
    title: str
    tried: str
    layer: Layer
    stopped_by: str

    def ended(self, outcome: Outcome, *, got_through: str = "", ending: Ending = "stopped", by: str = "") -> Attempt:
        """What became of it: `got_through` says what did, where something did."""
        seen = cut("\n".join(text for text in (outcome.stdout, outcome.stderr, outcome.message) if text))
        if outcome.error in _NOT_TRIED:
            return self.as_attempt("inconclusive", f"It could not be tried: {outcome.message}", seen)
        if got_through:
            return self.as_attempt("got_through", got_through, seen)
        return self.as_attempt(ending, by or self.stopped_by, seen)

    def as_attempt(self, ending: Ending, sentence: str, seen: str = "") -> Attempt:
        """This attempt with its end."""
        return Attempt(self.id, self.title, self.tried, ending, self.layer, sentence, seen)
