"""From an exception of the SDK to ours. Nothing of the SDK's text is kept but a status and a time."""

import contextlib
import functools
import re
from http import HTTPStatus
from typing import Literal

from agent_core.errors import (
    AuthFailed,
    ClauseRefused,
    DiskFull,
    ProviderUnavailable,
    RateLimited,
    RingfenceError,
    SandboxCrashed,
)
from agent_core.sandbox.hosted.errors import translating

PROVIDER = "E2B"
SETTING = "E2B_API_KEY"

Meaning = Literal["auth", "limited", "full", "gone", "silent", "busy", "missing", "other"]

TABLE: dict[str, Meaning] = {
    "AuthenticationException": "auth",
    "GitAuthException": "auth",
    "RateLimitException": "limited",
    "NotEnoughSpaceException": "full",
    "SandboxNotRunningException": "gone",
    "SandboxNotFoundException": "gone",
    "SandboxUnreachableException": "gone",
    "GuestUnresponsiveException": "gone",
    "TimeoutException": "silent",
    "ServiceBusyException": "busy",
    "NotFoundException": "missing",
    "FileNotFoundException": "missing",
    "VolumeNotFoundException": "missing",
    "VolumePathNotFoundException": "missing",
    "SecretNotFoundException": "missing",
    "SandboxException": "other",
    "InvalidArgumentException": "other",
    "TemplateException": "other",
    "GitUpstreamException": "other",
    "CommandExitException": "other",
    "BuildException": "other",
    "FileUploadException": "other",
    "VolumeException": "other",
    "SecretException": "other",
}
"""Every exception that the SDK exports, by its name. What the SDK adds is `other` until it stands here."""

_LEADING = re.compile(r"^\s*(\d{3})\b")
_BY_STATUS: dict[int, Meaning] = {
    HTTPStatus.UNAUTHORIZED: "auth",
    HTTPStatus.TOO_MANY_REQUESTS: "limited",
    HTTPStatus.INSUFFICIENT_STORAGE: "full",
    HTTPStatus.SERVICE_UNAVAILABLE: "busy",
    HTTPStatus.NOT_FOUND: "missing",
}
_LOST: dict[Meaning, str] = {
    "gone": "E2B no longer has it",
    "missing": "E2B no longer has it",
    "silent": "it no longer answers",
}
_BUSY = HTTPStatus.SERVICE_UNAVAILABLE
_GONE = ("was not found", "sandbox was killed", "port is not open")
_AT_ONCE = "concurrent"
_TOO_LONG = "Timeout cannot be greater"
_HOMES = ("e2b", "httpx", "httpcore", "pyqwest", "connectrpc", "h2", "ssl")
_UNREACHED = "E2B could not be reached, or did not answer in time. Try again in a moment."


def translate(error: BaseException, *, disk_mib: int = 0, opened: bool = False) -> RingfenceError | None:
    """Ours for one of theirs; None for what is not theirs."""
    if not is_theirs(error):
        return None
    text = str(error)
    what = meaning(error, text)
    if opened and (lost := _LOST.get(what, "the connection to it was lost" if _is_lost(error) else "")):
        return SandboxCrashed(lost)
    match what:
        case "auth":
            return AuthFailed(PROVIDER, SETTING)
        case "limited":
            return _limited(error, text)
        case "full":
            return DiskFull(disk_mib)
        case _:
            return _of_account(what, status_of(error, text), text)


def meaning(error: BaseException, text: str) -> Meaning:
    """What an exception stands for: by its class, or by the status that it begins with where the class says little."""
    named: Meaning = next((TABLE[kind.__name__] for kind in type(error).__mro__ if kind.__name__ in TABLE), "other")
    if named in {"silent", "other"} and any(words in text for words in _GONE):
        return "gone"
    return _BY_STATUS.get(status_of(error, text) or 0, named) if named == "other" else named


def _limited(error: BaseException, text: str) -> RingfenceError:
    if _AT_ONCE in text:
        return ProviderUnavailable("The E2B account runs as many sandboxes as it may. Close one first.")
    return RateLimited(PROVIDER, retry_after(error))


def _of_account(what: Meaning, status: int | None, text: str) -> RingfenceError:
    if _TOO_LONG in text:
        return ClauseRefused(
            "lifecycle",
            "E2B does not let a sandbox of this account live that long: choose a shorter longest life, or set "
            "RINGFENCE_E2B_TIER to the account's tier.",
        )
    if what == "busy":
        return ProviderUnavailable("E2B has no room for another sandbox at the moment. Try again in a moment.")
    if status == HTTPStatus.FORBIDDEN:
        return ProviderUnavailable("E2B does not let this key do that: the account may be blocked or out of credit.")
    if status == HTTPStatus.NOT_FOUND:
        return ProviderUnavailable(
            "E2B does not know that template. Set RINGFENCE_E2B_TEMPLATE to one of the account's."
        )
    answered = f"E2B answered with an error (HTTP {status}). Try again in a moment."
    return ProviderUnavailable(_UNREACHED if status is None else answered)


def is_theirs(error: BaseException) -> bool:
    """Whether an exception comes from the SDK, or the connection under it.

    By its class; or by where it was raised, as the SDK lets a plain one out where an answer makes no sense.
    """
    if isinstance(error, OSError | TimeoutError) or any(
        kind.__module__.split(".")[0].startswith(_HOMES) for kind in type(error).__mro__
    ):
        return True
    raised_by, trace = "", error.__traceback__
    while trace is not None:
        module = str(trace.tb_frame.f_globals.get("__name__", ""))
        raised_by = module if module.startswith(("agent_core.", *_HOMES)) else raised_by
        trace = trace.tb_next
    return raised_by.startswith(_HOMES)


def _is_lost(error: BaseException) -> bool:
    return not any(kind.__module__.startswith("e2b") for kind in type(error).__mro__)


def status_of(error: BaseException, text: str) -> int | None:
    """The HTTP status, which some calls put only into the text."""
    value = getattr(error, "status_code", None)
    if isinstance(value, int):
        return value
    found = _LEADING.match(text)
    return int(found[1]) if found else None


def made_nothing(error: BaseException) -> bool:
    """Whether a request has certainly changed nothing: it was refused, or nobody was there to take it."""
    status = status_of(error, str(error))
    refused = status is not None and (status < HTTPStatus.INTERNAL_SERVER_ERROR or status == _BUSY)
    return refused or isinstance(error, ConnectionError) or type(error).__name__ == "ConnectError"


def retry_after(error: BaseException) -> float | None:
    """Seconds to wait. The SDK keeps no header in its exceptions: the answer is a name of the frame that raised."""
    trace = error.__traceback__
    found: float | None = None
    while trace is not None:
        for name in ("res", "response", "r"):
            headers = getattr(trace.tb_frame.f_locals.get(name), "headers", None)
            with contextlib.suppress(AttributeError, TypeError, ValueError):
                found = max(0.0, float(headers.get("retry-after")))  # type: ignore[union-attr]
        trace = trace.tb_next
    return found


translated = functools.partial(translating, translate)
"""Raises AuthFailed, RateLimited, DiskFull, SandboxCrashed, ClauseRefused, ProviderUnavailable."""
