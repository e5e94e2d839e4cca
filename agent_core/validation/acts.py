"""An act is a probe that is played from outside: it opens sandboxes, runs code in them and watches."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from agent_core.validation.base import Group, Probe
from agent_core.validation.probes.question import Verdict
from agent_core.validation.stage import Stage

Play = Callable[[Stage], Awaitable[Verdict]]


@dataclass(frozen=True, slots=True)
class Act:
    """A probe and how it is played."""

    probe: Probe
    play: Play


def act(group: Group, name: str, title: str, play: Play, *, reason: str, if_failed: str, remedy: str) -> Act:
    """An act of a group; `name` is unique in it."""
    return Act(Probe(f"{group}.{name}", group, title, reason, if_failed, remedy), play)


def passed(seen: str) -> Verdict:
    """It held."""
    return Verdict("passed", seen)


def failed(seen: str) -> Verdict:
    """It did not."""
    return Verdict("failed", seen)


def unclear(seen: str) -> Verdict:
    """It could not be seen either way."""
    return Verdict("inconclusive", seen)
