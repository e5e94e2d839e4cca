"""Every exception of E2B's SDK becomes one of ours, without its text, and none is missing from the table."""

from importlib import import_module

import e2b
import e2b.exceptions as common
import httpx
import pyqwest
import pytest
from connectrpc.code import Code
from connectrpc.errors import ConnectError
from e2b.api import handle_api_exception
from e2b.sandbox.commands.command_handle import CommandExitException

from agent_core.errors import (
    AuthFailed,
    ClauseRefused,
    DiskFull,
    ProviderUnavailable,
    RateLimited,
    RingfenceError,
    SandboxCrashed,
)
from agent_core.sandbox.e2b.errors import TABLE, made_nothing, translate, translated

SECRET = "e2b_secret"
code_interpreter = import_module("e2b_code_interpreter")
interpreter = import_module("e2b_code_interpreter.exceptions")
HOMES = (e2b, code_interpreter, common, interpreter)
KINDS = {
    kind
    for home in HOMES
    for kind in vars(home).values()
    if isinstance(kind, type) and issubclass(kind, Exception) and kind.__module__.startswith("e2b")
}
OPENED = {
    "auth": AuthFailed,
    "limited": RateLimited,
    "full": DiskFull,
    "gone": SandboxCrashed,
    "missing": SandboxCrashed,
    "silent": SandboxCrashed,
    "busy": ProviderUnavailable,
    "other": ProviderUnavailable,
}


def made(kind: type[Exception]) -> Exception:
    if kind is CommandExitException:
        return CommandExitException(stderr=SECRET, stdout=SECRET, exit_code=3, error=SECRET)
    return kind(SECRET)


def test_none_is_missing_from_the_table():
    """What a new version of the SDK brings is noticed here; what is gone from it, too."""
    assert {kind.__name__ for kind in KINDS if not kind.__module__.startswith("e2b_dockerfile")} == TABLE.keys()


@pytest.mark.parametrize("opened", [True, False])
@pytest.mark.parametrize("kind", sorted(KINDS, key=lambda kind: kind.__name__), ids=lambda kind: kind.__name__)
def test_every_exception_is_translated(kind, opened):
    """None is left as it is, and none brings its own words along."""
    ours = translate(made(kind), opened=opened)
    assert isinstance(ours, RingfenceError)
    assert SECRET not in str(ours)
    if opened:
        assert type(ours) is OPENED[TABLE.get(kind.__name__, "other")]


@pytest.mark.parametrize(
    ("status", "ours"),
    [
        (400, ProviderUnavailable),
        (401, AuthFailed),
        (403, ProviderUnavailable),
        (404, ProviderUnavailable),
        (429, RateLimited),
        (500, ProviderUnavailable),
        (503, ProviderUnavailable),
    ],
)
def test_the_status_of_the_api(status, ours):
    """As the SDK makes an exception of an answer."""
    answer = httpx.Response(status, json={"code": status, "message": SECRET})
    found = translate(handle_api_exception(answer))
    assert type(found) is ours
    assert SECRET not in str(found)


@pytest.mark.parametrize(
    ("text", "ours"),
    [
        ("429 Too Many Requests: rate limited", RateLimited),
        ("401 Unauthorized: unauthorized access", AuthFailed),
        ("507 Insufficient Storage", DiskFull),
        ("503 Service Unavailable", ProviderUnavailable),
        ("500 Internal Server Error", ProviderUnavailable),
    ],
)
def test_what_only_the_text_says(text, ours):
    """`run_code` puts the status into the text of one and the same class."""
    assert type(translate(common.SandboxException(text), opened=True)) is ours


def test_a_timeout_that_is_none():
    """One class stands for what took too long, and for a sandbox that is gone."""
    gone = str(translate(interpreter.format_sandbox_killed_error(), opened=True))
    missing = common.TimeoutException('{"message":"The sandbox was not found"}: This error is likely due to ...')
    assert str(translate(missing, opened=True)) == gone
    assert str(translate(interpreter.format_execution_timeout_error(), opened=True)) != gone


@pytest.mark.parametrize(
    ("text", "ours", "says"),
    [
        ("400: Timeout cannot be greater than 1 hours", ClauseRefused, "RINGFENCE_E2B_TIER"),
        ("404: template 'x' not found", ProviderUnavailable, "RINGFENCE_E2B_TEMPLATE"),
        ("429: Rate limit exceeded - maximum number of concurrent E2B sandboxes (20)", ProviderUnavailable, "as many"),
    ],
)
def test_what_to_do_about_it(text, ours, says):
    """An account's own bounds are told as such."""
    status = int(text[:3])
    error = common.RateLimitException(text) if status == 429 else common.SandboxException(text, status_code=status)
    found = translate(error)
    assert type(found) is ours
    assert says in str(found)


@pytest.mark.parametrize("opened", [True, False])
@pytest.mark.parametrize(
    "error",
    [
        httpx.ConnectError(SECRET),
        httpx.ReadTimeout(SECRET),
        httpx.RemoteProtocolError(SECRET),
        pyqwest.ReadError(SECRET),
        pyqwest.WriteError(SECRET),
        ConnectionRefusedError(SECRET),
        TimeoutError(SECRET),
        ConnectError(Code.INTERNAL, SECRET),
    ],
    ids=lambda error: type(error).__name__,
)
def test_the_connection_s_own(error, opened):
    """They come through the SDK as they are."""
    ours = translate(error, opened=opened)
    assert type(ours) is (SandboxCrashed if opened else ProviderUnavailable)
    assert SECRET not in str(ours)


@pytest.mark.parametrize(
    ("error", "nothing"),
    [
        (common.SandboxException("400: no", status_code=400), True),
        (common.RateLimitException("429: no"), True),
        (common.AuthenticationException("401: no"), True),
        (common.ServiceBusyException("503: no"), True),
        (httpx.ConnectError("no"), True),
        (common.SandboxException("502: perhaps", status_code=502), False),
        (httpx.ReadTimeout("perhaps"), False),
        (TimeoutError(), False),
    ],
)
def test_whether_a_request_may_have_made_something(error, nothing):
    """What may have made a sandbox is looked for again; what certainly has not, is not."""
    assert made_nothing(error) is nothing


def test_a_plain_error_from_within_the_sdk():
    """An answer that makes no sense comes out as whatever it broke."""
    with pytest.raises(ProviderUnavailable), translated():
        code_interpreter.models._parse_output(code_interpreter.Execution(), "{}")


def test_an_error_of_the_app_is_not_theirs():
    """A mistake of ours is not blamed on E2B."""
    with pytest.raises(KeyError), translated():
        raise KeyError("x")


def test_no_cause_is_kept():
    """Neither cause nor context is shown with ours."""
    with pytest.raises(ProviderUnavailable) as caught, translated():
        raise common.SandboxException(SECRET)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
