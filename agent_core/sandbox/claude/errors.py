"""From an exception of the SDK, or an error code of a command's result, to ours.

Nothing of the SDK's text is kept but a status, a kind and a time: it may quote the request and its headers.
"""

import contextlib
import email.utils
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from agent_core.errors import (
    AuthFailed,
    CallTimeout,
    ErrorKind,
    FileTooLarge,
    ProviderUnavailable,
    RateLimited,
    RingfenceError,
    SandboxExpired,
)

PROVIDER = "Claude"
SETTING = "ANTHROPIC_API_KEY (or ANTHROPIC_AUTH_TOKEN)"
_OVERLOADED = 529
_MAY_NOT = (
    "The account behind the key may not use Claude's code execution, or can't be billed. Check it at Anthropic, or "
    "choose another provider in the contract."
)
_NOT_ACCEPTED = (
    "Claude's endpoint did not accept the request: the model may be unknown there, it may not offer code execution, or "
    "the conversation may be too long. Start a new conversation, or check RINGFENCE_MODEL and ANTHROPIC_BASE_URL."
)
_AWAY = "Claude's endpoint could not be reached or failed. Try again in a moment."

_BY_KIND: Mapping[str, int] = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": _OVERLOADED,
}
"""An error in the middle of a stream comes with the status 200: its kind says which it would have been."""

_LIMITED = frozenset({429, _OVERLOADED})
_PASSING = frozenset({408, 409, 499})
_REFUSED: Mapping[int, Callable[[], RingfenceError]] = {
    401: lambda: AuthFailed(PROVIDER, SETTING),
    402: lambda: ProviderUnavailable(_MAY_NOT),
    403: lambda: ProviderUnavailable(_MAY_NOT),
}
"""Any other status of the 400s says that the request was not accepted."""

RESULTS: Mapping[str, tuple[ErrorKind, str]] = {
    "execution_time_exceeded": ("timeout", "Anthropic stopped the command by a time limit of its own."),
    "too_many_requests": ("rate_limited", "Anthropic says that there are too many commands at the moment."),
    "unavailable": ("provider_unavailable", "Anthropic's container did not answer."),
    "invalid_tool_input": ("code_error", "Anthropic did not understand the command."),
    "output_file_too_large": ("file_too_large", "A file is larger than Anthropic lets out of the container."),
    "file_not_found": ("code_error", "There is no such file in the container."),
    "string_not_found": ("code_error", "The text that was to be replaced is not in the file."),
}
"""The error codes of a command's result. Another one counts as `unavailable`."""


class ContainerGone(SandboxExpired):
    """Anthropic no longer has the container."""

    def __init__(self) -> None:
        super().__init__("Claude's container has expired")


class StoppedWaiting(CallTimeout):
    """A command ran longer than the contract allows; at Claude it can't be interrupted."""

    def __init__(self, limit_seconds: float, ran_seconds: float) -> None:
        super().__init__(limit_seconds, ran_seconds, state_kept=False)
        told = (
            f"This app stopped waiting after {ran_seconds:.1f} s: the contract allows {limit_seconds:g} s a call. "
            "A command at Claude can't be interrupted, so its container was given up: files that it made are lost, "
            "yours are kept."
        )
        self.args = (told,)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What an exception of the SDK's means."""

    error: RingfenceError
    again: bool = False
    """Whether asking again may help."""
    after_seconds: float | None = None
    """How long the provider wants to be left alone; None where it doesn't say."""


def trouble(error: BaseException, *, container: bool = False) -> Trouble | None:
    """Ours for one of theirs; None for what is not theirs. `container`: the request named one, which may be gone."""
    if not is_theirs(error):
        return None
    status = status_of(error)
    if container and _is_gone(error, status):
        return Trouble(ContainerGone())
    if status is None:
        return Trouble(AuthFailed(PROVIDER, SETTING)) if _named(error, "CredentialsError") else _away()
    after = retry_after(error)
    if status in _LIMITED:
        return Trouble(RateLimited(PROVIDER, after), again=True, after_seconds=after)
    if status in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _away(after)
    return Trouble(_REFUSED.get(status, lambda: ProviderUnavailable(_NOT_ACCEPTED))())


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Raise ours in place of the SDK's. Raises AuthFailed, RateLimited, ProviderUnavailable."""
    try:
        yield
    except RingfenceError:
        raise
    except Exception as error:
        found = trouble(error)
        if found is None:
            raise
        raise found.error from None


def result_error(code: object) -> tuple[ErrorKind, str]:
    """The kind and the sentence for a result's error code, which may be any text."""
    return RESULTS.get(str(code), RESULTS["unavailable"])


def too_large(limit_mib: int, name: str) -> FileTooLarge:
    """For a file that is not taken out."""
    return FileTooLarge(limit_mib, name[:80])


def is_theirs(error: BaseException) -> bool:
    """Whether an exception comes from the SDK, or the connection under it."""
    homes = ("anthropic", "httpx", "httpcore", "jiter", "pydantic")
    return isinstance(error, OSError | TimeoutError) or any(
        kind.__module__.split(".")[0].startswith(homes) for kind in type(error).__mro__
    )


def status_of(error: BaseException) -> int | None:
    """The HTTP status; for an error in the middle of a stream, the one that its kind would have had."""
    status = getattr(error, "status_code", None)
    if not isinstance(status, int):
        return None
    if status >= HTTPStatus.BAD_REQUEST:
        return status
    return _BY_KIND.get(str(getattr(error, "type", "")), HTTPStatus.INTERNAL_SERVER_ERROR)


def retry_after(error: BaseException) -> float | None:
    """Seconds to wait, from a number or a date."""
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    said = str(headers.get("retry-after", ""))
    with contextlib.suppress(ValueError):
        return max(0.0, float(said))
    when = email.utils.parsedate_tz(said)
    return max(0.0, email.utils.mktime_tz(when) - time.time()) if when else None


def _away(after_seconds: float | None = None) -> Trouble:
    return Trouble(ProviderUnavailable(_AWAY), again=True, after_seconds=after_seconds)


def _is_gone(error: BaseException, status: int | None) -> bool:
    """A container that never was is a 404; of one that has expired a bare 500 was seen (pydantic-ai, issue 7833)."""
    if _streaming(error):
        return False
    if status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE, HTTPStatus.INTERNAL_SERVER_ERROR}:
        return True
    return status == HTTPStatus.BAD_REQUEST and "container" in str(getattr(error, "api_message", "")).lower()


def _streaming(error: BaseException) -> bool:
    return getattr(error, "status_code", None) == HTTPStatus.OK


def _named(error: BaseException, name: str) -> bool:
    return any(kind.__name__ == name for kind in type(error).__mro__)
