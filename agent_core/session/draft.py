"""What a running turn shows before it is an event."""

from dataclasses import replace
from datetime import UTC, datetime

from agent_core.contract import LANGUAGES, Language
from agent_core.events import AgentSaid, AgentThought, PlannerRetried
from agent_core.planning.base import (
    CodeDelta,
    Retrying,
    Signal,
    TextDelta,
    TextDone,
    ThinkingDelta,
    ThinkingDone,
)
from agent_core.sandbox.base import Output
from agent_core.session.log import Log
from agent_core.session.values import Draft

_OUTPUT_TAIL = 4_000
"""Characters of running output that the screen shows live."""


class DraftBoard:
    """The current draft of a conversation. A reader sees one whole draft, or none."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._current: Draft | None = None

    @property
    def current(self) -> Draft | None:
        """What is shown now; None while nothing is under way."""
        return self._current

    @current.setter
    def current(self, draft: Draft | None) -> None:
        self._current = draft
        self._log.bell.ring()

    def begin(self, turn: str, status: str) -> None:
        """Start an empty draft."""
        self.current = Draft(turn=turn, status=status, since=datetime.now(UTC))

    def end(self) -> None:
        """There is nothing under way."""
        self.current = None

    def status(self, status: str) -> None:
        """Say what is going on."""
        if self.current is not None and self.current.status != status:
            self.current = replace(self.current, status=status, since=datetime.now(UTC))

    def further(self, status: str) -> None:
        """How far that is: its time goes on."""
        if self.current is not None:
            self.current = replace(self.current, status=status)

    def running(self, run: str | None) -> None:
        """A run began, or ended: what was written for it is an event now."""
        if self.current is not None:
            self.current = replace(self.current, running=run, code="", output="")
            self.status("Running code" if run else "Thinking")

    def output(self, output: Output) -> None:
        """Add what the running code wrote."""
        if self.current is not None:
            self.current = replace(self.current, output=(self.current.output + output.text)[-_OUTPUT_TAIL:])

    def signal(self, signal: Signal) -> None:
        """Take what the planner tells: whole blocks become events, pieces stay drafts."""
        draft = self.current
        if draft is None:
            return
        match signal:
            case TextDelta(text):
                self.current = replace(draft, text=draft.text + text)
                self.status("Writing")
            case ThinkingDelta(text):
                self.current = replace(draft, thinking=draft.thinking + text)
                self.status("Thinking")
            case CodeDelta(code, language):
                self.current = replace(draft, code=code, language=_language(language))
                self.status("Writing code")
            case TextDone(text):
                with self._log.lock:
                    self.current = replace(draft, text="")
                    if text.strip():
                        self._log.owe(AgentSaid(turn=draft.turn, text=text))
            case ThinkingDone(text):
                with self._log.lock:
                    self.current = replace(draft, thinking="")
                    if text.strip():
                        self._log.owe(AgentThought(turn=draft.turn, text=text))
            case Retrying():
                self._retrying(draft, signal)

    def _retrying(self, draft: Draft, signal: Retrying) -> None:
        self._log.owe(
            PlannerRetried(
                turn=draft.turn,
                attempt=signal.attempt,
                most=signal.most,
                delay_seconds=signal.delay_seconds,
                error=signal.reason,
            )
        )
        self.status(f"Waiting to ask again ({signal.attempt} of {signal.most})")


def _language(name: str) -> Language:
    return name if name in LANGUAGES else "python"
