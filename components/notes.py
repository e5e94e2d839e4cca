"""What happens beside the conversation, in one quiet line each."""

from collections.abc import Iterable, Mapping
from typing import assert_never

import streamlit as st

from agent_core.contract.terms import CLAUSE_OF, CLAUSES
from agent_core.contract.words import PROVIDER_NAMES, listed, size
from agent_core.errors import ErrorKind
from agent_core.events import (
    BUILTIN_MODEL,
    ContractChanged,
    ContractDenied,
    ConversationForked,
    FileRefused,
    FileRemoved,
    PlannerChanged,
    PlannerRetried,
    SandboxAmended,
    SandboxClosed,
    SandboxOpened,
    SandboxResumed,
    TurnEnded,
)
from components import units
from components.markdown import plain

Notable = (
    FileRefused
    | FileRemoved
    | ContractChanged
    | ContractDenied
    | ConversationForked
    | SandboxOpened
    | SandboxAmended
    | SandboxResumed
    | SandboxClosed
    | PlannerChanged
    | PlannerRetried
    | TurnEnded
)

_PROVIDERS: Mapping[str, str] = PROVIDER_NAMES
_CLOSED = {
    "turn_ended": "the turn ended, and the contract gives each turn a sandbox of its own",
    "idle": "it was idle for as long as the contract allows",
    "too_old": "it lived as long as the contract allows",
    "contract_changed": "code runs elsewhere from now on; files come along, variables are gone",
    "crashed": "it ended unexpectedly",
    "out_of_memory": "it ran out of memory",
    "timeout": "its code did not end at the time limit",
    "budget": "the budget is used up",
    "closed_by_person": "you closed it",
    "closed_by_operator": "the operator of this app closed it",
    "key_forgotten": "the key that it ran by was forgotten; its files are kept",
    "made_room": "another conversation of yours needed its place; its files are kept",
    "expired": "it can't be reached any more; what only it had is gone, your files are sent again",
    "never_made": "nothing was run in it, so the provider never made it",
    "app_stopped": "the app was stopped",
}


def draw(event: Notable, denied: ContractDenied | None = None) -> None:
    """Say an event in a line; draw nothing where there is nothing to say. `denied` is what ended a turn."""
    match event:
        case FileRefused() | FileRemoved():
            _file(event)
        case ContractChanged() | PlannerChanged():
            _changed(event)
        case ContractDenied():
            _line("front_hand", f"{event.message} ({clause(event)})")
        case SandboxOpened() | SandboxAmended() | SandboxResumed() | SandboxClosed():
            _sandbox(event)
        case ConversationForked():
            _line("fork_right", f"Copied from “{event.title}”. Files are here; variables are not.")
        case PlannerRetried():
            wait = units.seconds(event.delay_seconds)
            _line("refresh", f"The model did not answer; trying again in {wait} ({event.attempt} of {event.most})")
        case TurnEnded():
            _turn(event, denied)
        case _:
            assert_never(event)


def clause(denied: ContractDenied) -> str:
    """The clause of a denial and its version, as in `Time-out clause, contract version 2`."""
    return f"{CLAUSES.get(denied.clause, denied.clause)} clause, contract version {denied.version}"


def clauses(names: Iterable[str]) -> str:
    """Clauses by their titles, as in `Files and Resources`."""
    return listed(tuple(CLAUSES.get(name, name) for name in names))


def clause_of(error: ErrorKind) -> str:
    """The clause that an error belongs to, as in `Time-out clause`; empty where it is nobody's."""
    return f"{CLAUSES[CLAUSE_OF[error]]} clause" if error in CLAUSE_OF else ""


def _line(icon: str, text: str) -> None:
    st.caption(f":material/{icon}: {plain(text)}")


def _file(event: FileRefused | FileRemoved) -> None:
    match event:
        case FileRefused():
            why = event.message.replace(f"The file {event.name!r}", "it", 1)
            _line("block", f"{event.name} was not taken: {why}")
        case FileRemoved():
            _line("delete", f"{event.name} was removed")


def _changed(event: ContractChanged | PlannerChanged) -> None:
    if isinstance(event, PlannerChanged):
        _line("neurology", f"Planner, from the next question on. {' '.join(event.changes)}")
        return
    if event.version == 1 and not event.changes:
        return
    by = "" if event.by == "you" else f" by {event.by}"
    what = " ".join(event.changes) or "A new version is in force."
    _line("contract_edit", f"Contract version {event.version}{by}: {what}")


def _sandbox(event: SandboxOpened | SandboxAmended | SandboxResumed | SandboxClosed) -> None:
    """Of an edit only what still waits is worth a line: the change itself has one."""
    match event:
        case SandboxOpened():
            means = f"{_PROVIDERS.get(event.provider, event.provider)}, {size(event.memory_mib)}, {event.vcpus:g} vCPU"
            _line("deployed_code", f"Sandbox opened: {means}, contract version {event.contract_version}")
        case SandboxAmended() if event.pending:
            waiting = clauses(event.pending)
            _line("schedule", f"Waiting for the next sandbox, of contract version {event.contract_version}: {waiting}")
        case SandboxResumed():
            _line("sync", "The app was started again, and the sandbox has stayed: variables and files are still there")
        case SandboxClosed():
            _line("inventory_2", f"Sandbox closed after {units.seconds(event.seconds)}: {_CLOSED[event.reason]}")


def _turn(event: TurnEnded, denied: ContractDenied | None) -> None:
    match event.outcome:
        case "stopped":
            _line("stop_circle", f"Stopped after {units.seconds(event.seconds)}")
        case "failed":
            place = f"**{plain(clause(denied))}.** " if denied else ""
            icon = ":material/front_hand:" if denied else ":material/error:"
            st.warning(f"{place}{plain(event.message or 'The turn failed.')}", icon=icon)
        case "done":
            _used(event)
        case _:
            assert_never(event.outcome)


def _used(event: TurnEnded) -> None:
    """What a turn took; nothing where no model was asked."""
    read = event.input_tokens + event.cache_read_tokens + event.cache_write_tokens
    if not event.model or event.model == BUILTIN_MODEL or not read:
        return
    cached = f" ({event.cache_read_tokens:,} of them cached)" if event.cache_read_tokens else ""
    cost = f", {units.dollars(event.model_cost_usd)}" if event.model_cost_usd else ""
    tokens = f"{read:,} tokens read{cached}, {event.output_tokens:,} written"
    _line("toll", f"{units.seconds(event.seconds)}, {event.model}: {tokens}{cost}")
