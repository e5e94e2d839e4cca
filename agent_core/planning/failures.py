"""What can go wrong between the app and the model, and the sentence for each: one table."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from claude_agent_sdk import ResultMessage

from agent_core.errors import ErrorKind

RetryReason = Literal["rate_limited", "auth", "provider_unavailable"]


@dataclass(frozen=True, slots=True)
class Failure:
    """How a turn failed: the kind, and a whole sentence for the person."""

    kind: ErrorKind
    message: str


_AUTH = Failure(
    "auth",
    "The model's endpoint refused the key, or there is none. Set ANTHROPIC_API_KEY (or ANTHROPIC_AUTH_TOKEN) to a "
    "valid key and start the app again.",
)
_RATE = Failure(
    "rate_limited", "The model's endpoint says that there are too many requests. Try again in a few minutes."
)
_AWAY = Failure("provider_unavailable", "The model's endpoint could not be reached or failed. Try again in a moment.")
_STEPS = Failure(
    "timeout", "The agent was stopped because this turn took too many steps. Ask it to go on, or ask for less at once."
)
_NOT_ACCEPTED = Failure(
    "provider_unavailable",
    "The model's endpoint did not accept the request: the model may be unknown there, or the conversation may be too "
    "long. Start a new conversation, or check RINGFENCE_MODEL.",
)
PROCESS_ENDED = Failure(
    "provider_unavailable", "The planner's process ended unexpectedly. Your conversation is kept: ask again to go on."
)

NOT_CONFINED = Failure(
    "provider_unavailable",
    "The planner's process could not be confined on this machine, so it was not started. Allow unprivileged user "
    "namespaces (see the README), then ask again.",
)

BY_NAME: Mapping[str, Failure] = {
    "authentication_failed": _AUTH,
    "billing_error": Failure(
        "auth", "The account behind the key can't be billed. Check its credit at the model's provider."
    ),
    "rate_limit": _RATE,
    "invalid_request": _NOT_ACCEPTED,
    "server_error": _AWAY,
    "error_max_turns": _STEPS,
    "error_max_budget_usd": _STEPS,
    "error_during_execution": PROCESS_ENDED,
}
"""The SDK's names: of an answer's error, and of a result's subtype."""

_BY_STATUS: Mapping[int, Failure] = {
    400: _NOT_ACCEPTED,
    401: _AUTH,
    403: _AUTH,
    404: _NOT_ACCEPTED,
    413: _NOT_ACCEPTED,
    429: _RATE,
}


def by_status(status: int | None) -> Failure:
    """What an HTTP status of the endpoint means; None where it did not answer."""
    return _BY_STATUS.get(status or 0, _AWAY)


def retry_reason(status: int | None) -> RetryReason:
    """Why a request is being repeated."""
    match by_status(status).kind:
        case "auth":
            return "auth"
        case "rate_limited":
            return "rate_limited"
        case _:
            return "provider_unavailable"


def failure_of(result: ResultMessage, answer_error: str | None) -> Failure | None:
    """Why a turn failed; None for one that ended well."""
    if not result.is_error:
        return None
    for name in (answer_error, result.subtype):
        if name is not None and name in BY_NAME:
            return BY_NAME[name]
    return by_status(result.api_error_status)
