"""Every exception of Anthropic's SDK becomes one of ours, without its text."""

from importlib import import_module

import httpx2
import pytest

from agent_core.errors import AuthFailed, ProviderUnavailable, RateLimited, RingfenceError, SandboxExpired
from agent_core.sandbox.claude.errors import RESULTS, result_error, status_of, translated, trouble

SECRET = "sk-ant-secret"
anthropic = import_module("anthropic")
types = import_module("anthropic.types")
REQUEST = httpx2.Request("POST", "http://api.invalid/v1/messages", headers={"authorization": SECRET})


def family(module) -> set[type[Exception]]:
    found = (getattr(module, name) for name in dir(module))
    return {kind for kind in found if isinstance(kind, type) and issubclass(kind, anthropic.AnthropicError)}


KINDS = sorted(family(anthropic) | family(types), key=lambda kind: kind.__name__)
OURS = {
    "AuthenticationError": AuthFailed,
    "CredentialsError": AuthFailed,
    "IdentityTokenFileError": AuthFailed,
    "RateLimitError": RateLimited,
    "OverloadedError": RateLimited,
}


def made(kind: type[Exception], status: int | None = None, headers=None, body=None) -> Exception:
    if not issubclass(kind, anthropic.APIStatusError):
        error = kind.__new__(kind)
        Exception.__init__(error, SECRET)
        return error
    own = status or getattr(kind, "status_code", None) or 500
    response = httpx2.Response(own if isinstance(own, int) else 500, request=REQUEST, headers=headers or {})
    return kind(SECRET, response=response, body=body)


@pytest.mark.parametrize("container", [True, False])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_exported_exception_is_translated(kind, container):
    """None is left as it is, and none brings its own words along."""
    found = trouble(made(kind), container=container)
    assert isinstance(found.error, OURS.get(kind.__name__, RingfenceError))
    assert SECRET not in str(found.error)
    assert str(found.error).endswith(".")


def test_there_is_a_family_to_walk():
    assert len(KINDS) > 40


@pytest.mark.parametrize(
    ("status", "ours", "again"),
    [
        (400, ProviderUnavailable, False),
        (401, AuthFailed, False),
        (402, ProviderUnavailable, False),
        (403, ProviderUnavailable, False),
        (404, ProviderUnavailable, False),
        (408, ProviderUnavailable, True),
        (413, ProviderUnavailable, False),
        (429, RateLimited, True),
        (500, ProviderUnavailable, True),
        (503, ProviderUnavailable, True),
        (529, RateLimited, True),
    ],
)
def test_a_status_says_whether_asking_again_may_help(status, ours, again):
    found = trouble(made(anthropic.APIStatusError, status, {"retry-after": "7"}))
    assert (type(found.error), found.again) == (ours, again)
    assert found.after_seconds == (7 if again and status != 408 else found.after_seconds)


@pytest.mark.parametrize(("said", "seconds"), [("3", 3), ("0.5", 0.5), ("-4", 0), ("soon", None), ("", None)])
def test_a_wait_is_read_from_the_header(said, seconds):
    assert trouble(made(anthropic.RateLimitError, 429, {"retry-after": said})).after_seconds == seconds


def test_a_wait_may_be_a_date():
    past = {"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}
    assert trouble(made(anthropic.RateLimitError, 429, past)).after_seconds == 0


@pytest.mark.parametrize(
    ("kind", "status", "ours"),
    [
        ("overloaded_error", 529, RateLimited),
        ("rate_limit_error", 429, RateLimited),
        ("authentication_error", 401, AuthFailed),
        ("api_error", 500, ProviderUnavailable),
        ("never_heard_of", 500, ProviderUnavailable),
    ],
)
def test_an_error_in_the_middle_of_a_stream_is_told_by_its_kind(kind, status, ours):
    """It comes with the status 200; a container that answers has not expired."""
    error = made(anthropic.APIStatusError, 200, body={"error": {"type": kind, "message": SECRET}})
    assert status_of(error) == status
    assert type(trouble(error, container=True).error) is ours


@pytest.mark.parametrize(
    ("status", "message", "gone"),
    [(404, "", True), (500, "", True), (400, "Container x expired", True), (400, "too long", False), (429, "", False)],
)
def test_a_container_that_is_gone_is_told_apart(status, message, gone):
    error = made(anthropic.APIStatusError, status, body={"error": {"type": "t", "message": message}})
    assert isinstance(trouble(error, container=True).error, SandboxExpired) is gone
    assert not isinstance(trouble(error).error, SandboxExpired)


def test_no_cause_is_kept():
    """Theirs holds the request with its headers."""
    with pytest.raises(AuthFailed) as caught, translated():
        raise made(anthropic.AuthenticationError, 401)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_an_error_of_the_app_is_not_theirs():
    with pytest.raises(KeyError), translated():
        raise KeyError("x")


def test_every_error_code_of_a_result_has_a_kind_and_a_sentence():
    """Those that the SDK knows, each by its own line of the table; another counts as unavailable."""
    known = set()
    for name in ("bash_code_execution", "code_execution", "text_editor_code_execution"):
        module = import_module(f"anthropic.types.{name}_tool_result_error_code")
        (codes,) = [value for key, value in vars(module).items() if key.endswith("ErrorCode")]
        known |= set(codes.__args__)
    assert known <= set(RESULTS)
    assert all(sentence.endswith(".") for _, sentence in RESULTS.values())
    assert result_error(["odd"]) == RESULTS["unavailable"]
