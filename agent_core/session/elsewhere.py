"""What a process shows of a conversation that another one works on: its events, and what that one tells of its turn."""

import time
from dataclasses import replace

from pydantic import TypeAdapter

from agent_core.session.log import Log, State
from agent_core.session.values import Draft, SandboxState
from agent_core.storage.drafts import Drafts

TELL_SECONDS = 0.5
"""How often who runs turns tells the others of them."""

_LOOK_SECONDS = 0.25
_MOST_CHARACTERS = 40_000
_DRAFT = TypeAdapter(Draft)


class Elsewhere:
    """One conversation's turn, as the process that runs it tells of it."""

    def __init__(self, conversation_id: str, log: Log, drafts: Drafts) -> None:
        self._conversation_id = conversation_id
        self._log = log
        self._drafts = drafts
        self._looked = 0.0
        self._told: tuple[int, Draft] | None = None

    def look(self) -> None:
        """Read what is told, unless that was done a moment ago. Raises StoreUnavailable."""
        if self._log.state.open_turn is None:
            self._told = None
        elif time.monotonic() - self._looked > _LOOK_SECONDS:
            self._looked = time.monotonic()
            found = self._drafts.read(self._conversation_id)
            self._told = None if found is None else (found[0], _DRAFT.validate_json(found[1]))

    @property
    def draft(self) -> Draft | None:
        """The turn under way, no further than what was told of it follows on the events here; None where none is."""
        turn, last = self._log.state.open_turn, self._log.newest
        if turn is None or last is None:
            return None
        if self._told is not None:
            seq, draft = self._told
            if seq == self._log.last and draft.turn == turn:
                return draft
        return Draft(turn=turn, status="Working", since=last.at, running=self._log.state.open_run)


def told(draft: Draft) -> str:
    """A draft as the others read it: of what is long, the end."""
    ends = {name: getattr(draft, name)[-_MOST_CHARACTERS:] for name in ("text", "thinking", "code")}
    return _DRAFT.dump_json(replace(draft, **ends)).decode()


def sandbox(state: State) -> SandboxState:
    """The sandbox that is alive there."""
    opened = state.sandbox
    if opened is None:
        return SandboxState("none")
    return SandboxState(
        "running" if state.open_run else "idle", opened.sandbox, opened.at, opened.contract_version, opened.enforced_by
    )
