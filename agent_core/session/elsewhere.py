"""What a process shows of a conversation that another one works on: no more than the events tell."""

from agent_core.session.log import Log, State
from agent_core.session.values import Draft, SandboxState


def draft(log: Log) -> Draft | None:
    """The turn under way; None where there is none."""
    turn, last = log.state.open_turn, log.newest
    if turn is None or last is None:
        return None
    return Draft(turn=turn, status="Working", since=last.at, running=log.state.open_run)


def sandbox(state: State) -> SandboxState:
    """The sandbox that is alive there."""
    opened = state.sandbox
    if opened is None:
        return SandboxState("none")
    return SandboxState(
        "running" if state.open_run else "idle", opened.sandbox, opened.at, opened.contract_version, opened.enforced_by
    )
