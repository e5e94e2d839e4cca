"""Models, prices, failures and the prompt: what is written down as data."""

from decimal import Decimal
from typing import get_args

import pytest
from claude_agent_sdk import AssistantMessage, ResultMessage
from claude_agent_sdk.types import AssistantMessageError

from agent_core.errors import ErrorKind, ProviderUnavailable
from agent_core.planning.base import Tokens
from agent_core.planning.failures import BY_NAME, NOT_CONFINED, PROCESS_ENDED, by_status, failure_of
from agent_core.planning.models import PRICES, check_model
from agent_core.planning.prompt import system_prompt


def result(subtype: str = "success", status: int | None = None) -> ResultMessage:
    return ResultMessage(
        subtype=subtype,
        duration_ms=1,
        duration_api_ms=1,
        is_error=True,
        num_turns=1,
        session_id="s",
        api_error_status=status,
    )


def test_every_error_that_the_sdk_names_has_a_row() -> None:
    """A new name in the SDK fails here; "unknown" is decided by the HTTP status."""
    assert set(get_args(AssistantMessageError)) - {"unknown"} <= set(BY_NAME)
    assert "error" in AssistantMessage.__dataclass_fields__


@pytest.mark.parametrize(
    ("name", "subtype", "status", "kind"),
    [
        ("authentication_failed", "success", 401, "auth"),
        ("billing_error", "success", 400, "auth"),
        ("rate_limit", "success", 429, "rate_limited"),
        ("server_error", "success", 500, "provider_unavailable"),
        ("unknown", "success", 401, "auth"),
        ("unknown", "success", 400, "provider_unavailable"),
        (None, "error_max_turns", None, "timeout"),
        (None, "error_of_tomorrow", None, "provider_unavailable"),
    ],
)
def test_failures_have_a_kind(name: str | None, subtype: str, status: int | None, kind: ErrorKind) -> None:
    """The answer's error leads, then the result's own subtype, then the HTTP status."""
    failure = failure_of(result(subtype, status), name)
    assert failure is not None
    assert failure.kind == kind


def test_failures_are_whole_sentences() -> None:
    """A person reads them."""
    for failure in (*BY_NAME.values(), by_status(None), by_status(400), PROCESS_ENDED, NOT_CONFINED):
        assert failure.message[0].isupper()
        assert failure.message.endswith(".")


@pytest.mark.parametrize("model", ["claude-sonnet-4-20250514", "claude-opus-4-20250514"])
def test_retired_models_are_refused_by_name_everywhere(model: str) -> None:
    """The sentence names the model and those to take instead."""
    for anthropic in (True, False):
        with pytest.raises(ProviderUnavailable, match=f"{model} was retired.*claude-sonnet-4-6"):
            check_model(model, anthropic=anthropic)


def test_another_endpoint_may_have_any_model() -> None:
    """Only Anthropic's own list is known here."""
    check_model("llama3.1:8b", anthropic=False)
    with pytest.raises(ProviderUnavailable, match=r"llama3.1:8b is not known"):
        check_model("llama3.1:8b", anthropic=True)
    for model in PRICES:
        check_model(model, anthropic=True)


def test_a_price_counts_the_cache() -> None:
    """A million of each kind, at list price."""
    tokens = Tokens(input=1_000_000, output=1_000_000, cache_read=1_000_000, cache_write=1_000_000)
    assert PRICES["claude-sonnet-4-6"].cost(tokens) == Decimal("22.05")


def test_the_prompt_holds_the_contract() -> None:
    """As a paragraph, whatever stands in it."""
    contract = "Code runs alone on this machine {without} network."
    prompt = system_prompt(contract)
    assert contract in prompt
    assert "{contract}" not in prompt
