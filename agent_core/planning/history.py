"""What was said and done before, out of a conversation's events, for a planner that was not there."""

import json
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from agent_core.events import (
    AgentSaid,
    CodeFinished,
    CodeStarted,
    ContractChanged,
    Event,
    TurnEnded,
    UserAsked,
)

MOST_TURNS = 30
MOST_CHARACTERS = 60_000
"""Of all that is told of earlier turns; the oldest are left out."""
_LONGEST_CODE = 4_000
_LONGEST_OUTPUT = 2_000


@dataclass(slots=True)
class Turn:
    """One turn as it went."""

    question: str
    provider: str
    """Where its code ran."""
    past_planner: bool = False
    """Whether it was the person's own code, which no planner was asked about."""
    said: list[str] = field(default_factory=list)
    ran: list[dict[str, Any]] = field(default_factory=list)
    outcome: str = ""
    """Empty while it runs."""


def turns(events: Iterable[Event]) -> list[Turn]:
    """All turns, the one under way included."""
    providers: dict[int, str] = {}
    found: dict[str, Turn] = {}
    codes: dict[str, CodeStarted] = {}
    for event in events:
        match event:
            case ContractChanged():
                providers[event.version] = event.contract.provider
            case UserAsked():
                provider = providers.get(event.contract_version, "local")
                found[event.turn] = Turn(event.text, provider, event.past_planner)
            case AgentSaid() if event.turn in found:
                found[event.turn].said.append(event.text)
            case CodeStarted():
                codes[event.run] = event
            case CodeFinished() if event.turn in found and event.run in codes:
                found[event.turn].ran.append(_run(codes[event.run], event))
            case TurnEnded() if event.turn in found:
                found[event.turn].outcome = event.outcome
            case _:
                pass
    return list(found.values())


def messages(before: Sequence[Turn], question: str) -> list[dict[str, str]]:
    """The conversation as messages of the Messages API, the question last.

    What was run is told in the person's next message and not in the model's own: it would go on in that manner
    instead of calling its tool.
    """
    talk: list[dict[str, str]] = []
    record = ""
    for turn in _newest(before):
        talk.append({"role": "user", "content": record + (turn.question.strip() or "(files only)")})
        answer = "\n\n".join(turn.said).strip() or f"(This turn {_ENDED.get(turn.outcome, 'did not end')}.)"
        talk.append({"role": "assistant", "content": answer})
        record = _record(turn)
    return [*talk, {"role": "user", "content": record + question}]


def account(before: Sequence[Turn], elsewhere: Container[str]) -> str:
    """What a planner has missed since the last turn that it answered: what ran at such a provider, or past it."""
    missed: list[Turn] = []
    for turn in reversed(before):
        if turn.past_planner or turn.provider in elsewhere:
            missed.insert(0, turn)
        elif turn.outcome == "done":
            break
    if not missed:
        return ""
    told = [_missed(turn, elsewhere) for turn in _newest(missed)]
    return (
        "<meanwhile>Since you last answered, these turns went past you. Of what ran elsewhere the variables are gone; "
        f"files that were made are in the working folder. {_json(told)}</meanwhile>\n\n"
    )


def _missed(turn: Turn, elsewhere: Container[str]) -> dict[str, Any]:
    where = "elsewhere" if turn.provider in elsewhere else "here"
    if turn.past_planner:
        return {"run_by": "the person", "where": where, "ran": turn.ran}
    return {"question": turn.question, "where": where, "answer": "\n\n".join(turn.said), "ran": turn.ran}


_ENDED = {"done": "ended without words", "stopped": "was stopped", "failed": "failed"}


def _run(started: CodeStarted, finished: CodeFinished) -> dict[str, Any]:
    told: dict[str, Any] = {
        "code": _cut(started.code, _LONGEST_CODE),
        "exit_code": finished.exit_code,
        "stdout": _cut(finished.stdout, _LONGEST_OUTPUT),
    }
    if finished.error is not None:
        told["error"] = _cut(finished.message, _LONGEST_OUTPUT)
    if finished.artifacts:
        told["files"] = [artifact.name for artifact in finished.artifacts]
    return told


def _record(turn: Turn) -> str:
    return f"<ran>{_json(turn.ran)}</ran>\n\n" if turn.ran else ""


def _newest(before: Sequence[Turn]) -> list[Turn]:
    kept: list[Turn] = []
    left = MOST_CHARACTERS
    for turn in reversed(before[-MOST_TURNS:]):
        left -= len(turn.question) + sum(map(len, turn.said)) + sum(len(_json(one)) for one in turn.ran)
        if left < 0:
            break
        kept.insert(0, turn)
    return kept


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most * 3 // 5]}\n[...]\n{text[-most * 2 // 5 :]}"


def _json(value: Any) -> str:
    """Without a `<`: nothing that is told can end what it is told in."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
