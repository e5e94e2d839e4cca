"""From an exception of the SDK to ours. Nothing of the SDK's text or headers is kept but a status and a time."""

import contextlib
import functools
from collections.abc import Iterator, Mapping
from http import HTTPStatus

from agent_core.errors import (
    AuthFailed,
    DiskFull,
    ProviderUnavailable,
    RateLimited,
    RingfenceError,
    SandboxCrashed,
)
from agent_core.sandbox.hosted.errors import translating

PROVIDER = "Daytona"
SETTING = "DAYTONA_API_KEY"
_UNREACHED = "Daytona could not be reached, or did not answer in time. Try again in a moment."
_FULL = "no space left on device"
_GONE = frozenset({404, 410})
_LIMIT = " limit exceeded"


def translate(error: BaseException, *, disk_mib: int = 0, opened: bool = False) -> RingfenceError | None:
    """Ours for one of theirs; None for what is not theirs."""
    if not is_theirs(error):
        return None
    status = status_of(error)
    text = str(getattr(error, "message", "") or getattr(error, "body", "") or error).lower()
    if status == HTTPStatus.UNAUTHORIZED or _named(error, "DaytonaAuthenticationError"):
        return AuthFailed(PROVIDER, SETTING)
    if status == HTTPStatus.TOO_MANY_REQUESTS or _named(error, "DaytonaRateLimitError"):
        kept = (getattr(one, "headers", None) for one in _chain(error))
        return RateLimited(PROVIDER, retry_after(next(filter(None, kept), {})))
    if status == HTTPStatus.INSUFFICIENT_STORAGE or _FULL in text:
        return DiskFull(disk_mib)
    return _of_sandbox(error, status, text) if opened else _of_account(status, text)


def _of_account(status: int | None, text: str) -> RingfenceError:
    if status == HTTPStatus.FORBIDDEN:
        return ProviderUnavailable(
            "Daytona does not let this key do that: the account may be suspended or out of credit."
        )
    if status == HTTPStatus.BAD_REQUEST and _LIMIT in text:
        return ProviderUnavailable("The Daytona account has no room for another sandbox of this size. Close one first.")
    if "error state" in text or "failed to start" in text:
        return ProviderUnavailable("Daytona could not start the sandbox. Try again in a moment.")
    if status == HTTPStatus.NOT_FOUND:
        return ProviderUnavailable("Daytona makes no sandboxes at the endpoint that is set. Check DAYTONA_API_URL.")
    answered = f"Daytona answered with an error (HTTP {status}). Try again in a moment."
    return ProviderUnavailable(_UNREACHED if status is None else answered)


def _of_sandbox(error: BaseException, status: int | None, text: str) -> RingfenceError:
    if "close code" in text:
        return SandboxCrashed("its interpreter ended")
    if status in _GONE or _named(error, "DaytonaNotFoundError", "DaytonaGoneError", "DaytonaSpotEvictedError"):
        return SandboxCrashed("Daytona no longer has it")
    if status in {400, 502} or "invalid response status" in text:
        return SandboxCrashed("it no longer answers")
    return _of_account(status, text)


def is_theirs(error: BaseException) -> bool:
    """Whether an exception comes from the SDK, its generated clients, or the connection under them."""
    homes = ("daytona", "aiohttp", "urllib3", "httpx", "pydantic")
    return isinstance(error, OSError | TimeoutError) or any(
        kind.__module__.split(".")[0].startswith(homes) for kind in type(error).__mro__
    )


def status_of(error: BaseException) -> int | None:
    """The HTTP status, by either of the names that the SDK and its clients have for it.

    Of a websocket that was refused, the SDK keeps it in the exception behind its own alone.
    """
    for one in _chain(error):
        for name in ("status_code", "status"):
            value = getattr(one, name, None)
            if isinstance(value, int):
                return value
    return None


def made_nothing(error: BaseException | None) -> bool:
    """Whether a request has certainly changed nothing: it was refused."""
    status = status_of(error) if error is not None else None
    return status is not None and status < HTTPStatus.INTERNAL_SERVER_ERROR


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An exception, and those that it was raised from."""
    found: BaseException | None = error
    while found is not None:
        yield found
        found = found.__cause__


def retry_after(headers: Mapping[str, object]) -> float | None:
    """Seconds to wait. Daytona adds the name of what was limited to the header's name."""
    for name, value in dict(headers).items():
        if str(name).lower().startswith("retry-after"):
            with contextlib.suppress(ValueError):
                return max(0.0, float(str(value)))
    return None


def _named(error: BaseException, *names: str) -> bool:
    return any(kind.__name__ in names for kind in type(error).__mro__)


translated = functools.partial(translating, translate)
"""Raises AuthFailed, RateLimited, DiskFull, SandboxCrashed, ProviderUnavailable."""
