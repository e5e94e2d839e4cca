"""One cell of the capability matrix."""

from dataclasses import dataclass
from typing import Literal

Support = Literal["native", "guard", "unenforceable", "fixed"]
Effect = Literal["now", "next"]


@dataclass(frozen=True, slots=True)
class Capability:
    """How well a provider holds one feature of the contract, and how, in a sentence."""

    support: Support
    sentence: str
    effect: Effect = "now"
    """Whether an edit holds for the running sandbox, or with the next one."""
    lowered: Effect | None = None
    """The same for an edit to a smaller value, where that differs."""
    value: object = None
    """The provider's own value of a fixed feature, where it is known: any other is refused."""
    step: int = 1
    """What the provider rounds a size up to a multiple of."""


Matrix = dict[str, Capability]


def native(sentence: str, effect: Effect = "now", lowered: Effect | None = None, step: int = 1) -> Capability:
    """Held outside the sandbox."""
    return Capability("native", sentence, effect, lowered, step=step)


def guard(sentence: str, effect: Effect = "now") -> Capability:
    """Held by a guard of ours inside."""
    return Capability("guard", sentence, effect)


def unenforceable(sentence: str) -> Capability:
    """Refused before a sandbox opens."""
    return Capability("unenforceable", sentence, "next")


def fixed(sentence: str, value: object = None) -> Capability:
    """The provider's own."""
    return Capability("fixed", sentence, "next", value=value)


APP: Matrix = {
    "name": native("The name is only for people."),
    "concurrency.per_user": native("This app counts each person's sandboxes and makes one more wait."),
    "concurrency.per_deployment": native("This app counts all sandboxes and makes one more wait."),
    "filesystem.largest_artifact_mib": native("This app measures every result before it takes it out of the sandbox."),
    "timeout.turn_seconds": native("This app stops a question that runs longer."),
    "billing.conversation_budget_usd": native("This app refuses to spend more, and closes the sandbox at the budget."),
    "billing.daily_budget_usd": native("This app refuses to spend more in a day, over all conversations."),
}
"""What this app holds itself, whoever provides the sandbox."""
