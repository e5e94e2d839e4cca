"""A conversation as something to tell: its questions, answers and runs in order, without what only the app needs."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from agent_core.contract import Contract, Language
from agent_core.events import (
    AgentSaid,
    Artifact,
    CodeFinished,
    CodeStarted,
    ContractChanged,
    Event,
    FileUploaded,
    TurnEnded,
    Upload,
    UserAsked,
)

Read = Callable[[str], bytes]
"""The bytes of an artifact or upload by its sha256. Raises KeyError for what is not kept."""

WARNING = "It runs code that a model wrote, on your machine and outside of the sandbox: read it before you run it."
"""What is to be known before an export is run."""

_EXITS = re.compile(r"\b(?:exit|quit)\s*\(|\bSystemExit\b")

LANGUAGE_NAMES: dict[Language, str] = {"python": "Python", "bash": "Bash", "javascript": "JavaScript", "r": "R"}


@dataclass(frozen=True, slots=True)
class Question:
    """What the person wrote; code that the person ran by themselves is no question."""

    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A block of the answer: Markdown, hostile."""

    text: str


@dataclass(frozen=True, slots=True)
class Run:
    """A call into the sandbox, numbered from 1; `finished` is None where it never finished."""

    number: int
    started: CodeStarted
    finished: CodeFinished | None
    by_person: bool = False

    @property
    def trouble(self) -> str:
        """Why it did not run to its end, in plain words; empty where it did."""
        if self.finished is None:
            return "This run did not finish."
        return self.finished.message or "It failed." if self.finished.error or self.finished.exit_code else ""

    @property
    def may_exit(self) -> bool:
        """Whether it may end the interpreter that it runs in; in the sandbox that ended the run alone."""
        return self.started.language == "python" and _EXITS.search(self.started.code) is not None

    @property
    def repeatable(self) -> bool:
        """Whether running it again comes to an end: what a limit or a person stopped may not."""
        return self.finished is not None and self.finished.error in {None, "code_error"}


@dataclass(frozen=True, slots=True)
class Remark:
    """How a turn ended that did not end well, in plain words."""

    text: str


Step = Question | Answer | Run | Remark


@dataclass(frozen=True, slots=True)
class Story:
    """All that an export tells."""

    title: str
    at: datetime | None
    """When the first thing was asked."""
    steps: tuple[Step, ...]
    uploads: tuple[Upload, ...]
    """The newest file of each name, those too that were removed later: earlier code has read them."""
    contract: Contract

    @property
    def runs(self) -> tuple[Run, ...]:
        """The runs alone."""
        return tuple(step for step in self.steps if isinstance(step, Run))


@dataclass(frozen=True, slots=True)
class Made:
    """An artifact, and where it comes from."""

    artifact: Artifact
    run: int
    question: str
    """Empty where the person ran the code by themselves."""
    at: datetime


def tell(title: str, events: Iterable[Event]) -> Story:
    """Arrange the events of a conversation."""
    facts = tuple(events)
    ends = {event.run: event for event in facts if isinstance(event, CodeFinished)}
    own = {event.turn for event in facts if isinstance(event, UserAsked) and event.past_planner}
    steps: list[Step] = []
    uploads: dict[str, Upload] = {}
    contract, number = Contract(), 0
    for event in facts:
        match event:
            case UserAsked() if not event.past_planner:
                steps.append(Question(event.text))
            case AgentSaid():
                steps.append(Answer(event.text))
            case CodeStarted():
                number += 1
                steps.append(Run(number, event, ends.get(event.run), event.turn in own))
            case TurnEnded() if event.outcome != "done" and event.message:
                steps.append(Remark(event.message))
            case FileUploaded():
                uploads[event.upload.name] = event.upload
            case ContractChanged():
                contract = event.contract
            case _:
                pass
    first = next((event.at for event in facts if isinstance(event, UserAsked)), None)
    return Story(title, first, tuple(steps), tuple(uploads.values()), contract)


def made(events: Sequence[Event]) -> tuple[Made, ...]:
    """What the runs have made, the newest first; bytes that a later run made again under the same name count once."""
    numbers: dict[str, int] = {}
    asked = [event for event in events if isinstance(event, UserAsked) and not event.past_planner]
    questions = {event.turn: event.text for event in asked}
    found: dict[tuple[str, str], Made] = {}
    for event in events:
        if isinstance(event, CodeStarted):
            numbers[event.run] = len(numbers) + 1
        elif isinstance(event, CodeFinished):
            for artifact in event.artifacts:
                key = (artifact.name, artifact.sha256)
                found.pop(key, None)
                found[key] = Made(artifact, numbers.get(event.run, 0), questions.get(event.turn, ""), event.at)
    return tuple(reversed(found.values()))
