"""What a turn that was cut off by a crash had used at the endpoint, as far as its transcript tells."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from agent_core.planning.base import Tokens, TurnResult
from agent_core.planning.models import PRICES
from agent_core.planning.translate import tokens_of


def spent(entries: Iterable[Mapping[str, Any]], since: datetime, *, anthropic: bool) -> TurnResult:
    """The sum over the model's messages from a time on. `anthropic` says whether `PRICES` hold."""
    messages: dict[str, Mapping[str, Any]] = {}
    for entry in entries:
        message = entry.get("message")
        if entry.get("type") == "assistant" and isinstance(message, Mapping) and _at(entry) >= since:
            # Each block of a message is an entry of its own; the last one has counted all.
            messages[str(message.get("id"))] = message
    total, cost = Tokens(), Decimal(0)
    for message in messages.values():
        usage = message.get("usage")
        tokens = tokens_of(usage if isinstance(usage, Mapping) else {})
        price = PRICES.get(str(message.get("model"))) if anthropic else None
        cost += price.cost(tokens) if price else Decimal(0)
        total = Tokens(
            total.input + tokens.input,
            total.output + tokens.output,
            total.cache_read + tokens.cache_read,
            total.cache_write + tokens.cache_write,
        )
    return TurnResult(total, cost, len(messages))


def _at(entry: Mapping[str, Any]) -> datetime:
    try:
        return datetime.fromisoformat(str(entry.get("timestamp")))
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
