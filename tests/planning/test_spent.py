"""The bill of a turn that a crash has cut off."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from agent_core.planning.models import PRICES
from agent_core.planning.spent import spent

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
MODEL = next(iter(PRICES))


def message(name: str, minutes: int, tokens: int, **more: Any) -> dict[str, Any]:
    usage = {"input_tokens": tokens, "output_tokens": 1, "cache_read_input_tokens": 2}
    at = (NOON + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")
    return {"type": "assistant", "timestamp": at, "message": {"id": name, "model": MODEL, "usage": usage}, **more}


def test_each_message_since_the_question_counts_once() -> None:
    entries = [
        message("before", -1, 1000),
        message("a", 1, 5),
        message("a", 1, 7),
        message("b", 2, 10),
        {"type": "user", "timestamp": "no time", "message": {"id": "c"}},
        message("odd", 3, 1, timestamp=None),
    ]
    found = spent(entries, NOON, anthropic=True)
    assert (found.tokens.input, found.tokens.output, found.tokens.cache_read, found.model_calls) == (17, 2, 4, 2)
    assert found.cost_usd == PRICES[MODEL].cost(found.tokens) > 0
    assert spent(entries, NOON, anthropic=False).cost_usd == Decimal(0)
    assert spent((), NOON, anthropic=True).model_calls == 0
