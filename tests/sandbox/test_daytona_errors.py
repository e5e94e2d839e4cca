"""Every exception of Daytona's SDK and of its generated clients becomes one of ours, without its text."""

from importlib import import_module

import daytona_api_client.exceptions as api_sync
import daytona_api_client_async.exceptions as api
import daytona_toolbox_api_client.exceptions as toolbox_sync
import daytona_toolbox_api_client_async.exceptions as toolbox
import pytest

from agent_core.errors import (
    AuthFailed,
    DiskFull,
    ProviderUnavailable,
    RateLimited,
    RingfenceError,
    SandboxCrashed,
)
from agent_core.sandbox.daytona.errors import translate, translated

SECRET = "dtn_secret"
daytona = import_module("daytona")
theirs = import_module("daytona.common.errors")


def family(module) -> list[type[Exception]]:
    found = [vars(module)[name] for name in sorted(vars(module))]
    return [kind for kind in found if isinstance(kind, type) and issubclass(kind, Exception)]


EXPORTED = [getattr(daytona, name) for name in dir(daytona)]
KINDS = {kind for kind in EXPORTED if isinstance(kind, type) and issubclass(kind, Exception)}
KINDS |= {kind for module in (theirs, api, toolbox, api_sync, toolbox_sync) for kind in family(module)}
OURS = {
    "DaytonaAuthenticationError": AuthFailed,
    "DaytonaGitAuthFailedError": AuthFailed,
    "DaytonaRateLimitError": RateLimited,
}


def made(kind: type[Exception]) -> Exception:
    error = kind.__new__(kind)
    Exception.__init__(error, SECRET)
    for name in ("message", "body"):
        setattr(error, name, SECRET)
    return error


@pytest.mark.parametrize("opened", [True, False])
@pytest.mark.parametrize("kind", sorted(KINDS, key=lambda kind: (kind.__module__, kind.__name__)))
def test_every_exception_is_translated(kind, opened):
    """None is left as it is, and none brings its own words along."""
    if not kind.__module__.startswith("daytona"):
        pytest.skip("a class of Python's own")
    ours = translate(made(kind), opened=opened)
    assert isinstance(ours, OURS.get(kind.__name__, RingfenceError))
    assert SECRET not in str(ours)


def test_there_is_a_family_to_walk():
    """The walk is over as many classes as the SDK has."""
    assert len(KINDS) > 40


@pytest.mark.parametrize("client", [api, toolbox])
@pytest.mark.parametrize(
    ("status", "opened", "ours"),
    [
        (401, False, AuthFailed),
        (401, True, AuthFailed),
        (403, False, ProviderUnavailable),
        (404, True, SandboxCrashed),
        (404, False, ProviderUnavailable),
        (410, True, SandboxCrashed),
        (429, True, RateLimited),
        (500, True, ProviderUnavailable),
        (502, True, SandboxCrashed),
        (503, False, ProviderUnavailable),
        (507, True, DiskFull),
    ],
)
def test_the_status_of_a_client(client, status, opened, ours):
    """The generated clients' exceptions, which some calls leak, are told by their status."""
    error = client.ApiException(status=status, reason=SECRET)
    error.headers = {"Retry-After-sandbox-create": "7"}
    found = translate(error, opened=opened)
    assert type(found) is ours
    assert SECRET not in str(found)
    if isinstance(found, RateLimited):
        assert found.retry_after_seconds == 7


@pytest.mark.parametrize(
    ("text", "ours"),
    [
        ("worker process ended (close code 1001)", SandboxCrashed),
        ("WebSocket connection closed unexpectedly (close code 1006)", SandboxCrashed),
        ("400, message='Invalid response status'", SandboxCrashed),
        ("/full: write: no space left on device", DiskFull),
    ],
)
def test_what_only_the_text_says(text, ours):
    """The interpreter's websocket and the file service say some things in their message alone."""
    assert type(translate(theirs.DaytonaError(text), opened=True)) is ours


def test_no_cause_is_kept():
    """Neither cause nor context is shown with ours: theirs holds headers."""
    with pytest.raises(ProviderUnavailable) as caught, translated():
        raise theirs.DaytonaError(SECRET, headers={"authorization": SECRET})
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_an_error_of_the_app_is_not_theirs():
    """A mistake of ours is not blamed on Daytona."""
    with pytest.raises(KeyError), translated():
        raise KeyError("x")
