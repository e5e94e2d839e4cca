"""What the sandbox, the contract or a provider failed to do.

What the code did (it raised, it printed, it exited with 3) is a value; these are exceptions:

* RingfenceError
  - CallTimeout            timeout
  - OutOfMemory            out_of_memory
  - DiskFull               disk_full
  - FileTooLarge           file_too_large
  - OutputLimit            output_limit
  - NetworkDenied          network_denied
  - SandboxCrashed         sandbox_crashed
  - RateLimited            rate_limited
  - ConcurrencyFull        concurrency_full
  - BudgetExhausted        budget_exhausted
  - ClauseRefused          clause_refused
  - AuthFailed             auth
  - ProviderUnavailable    provider_unavailable
    - StoreUnavailable     provider_unavailable
    - SeatLost             provider_unavailable

`str(error)` is a whole sentence for the person at the screen.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import ClassVar, Literal

ErrorKind = Literal[
    "code_error",
    "timeout",
    "out_of_memory",
    "disk_full",
    "file_too_large",
    "output_limit",
    "network_denied",
    "sandbox_crashed",
    "rate_limited",
    "concurrency_full",
    "budget_exhausted",
    "clause_refused",
    "auth",
    "provider_unavailable",
    "stopped",
]
"""`code_error` is the code's own exception and `stopped` is the person's Stop: neither is raised."""


_MINUTES_FROM = 120.0
"""Seconds from which a wait is told in minutes."""

_MEANS: Mapping[ErrorKind, str] = {
    "out_of_memory": "The code needed more memory than the contract allows.",
    "disk_full": "The files together grew larger than the contract allows.",
    "file_too_large": "A file grew larger than the contract allows.",
    "network_denied": "The code tried to reach what the contract doesn't allow.",
}
_RAISED = re.compile(r"[\w.]+:(\s|\Z)")
"""How an exception of the code's own begins, such as `gaierror: [Errno -3]`; a sentence of ours has words before."""


def meaning(kind: ErrorKind, message: str) -> str:
    """What an exception of the code's own has to do with the contract, in plain words; empty for other messages."""
    return _MEANS.get(kind, "") if _RAISED.match(message) else ""


class RingfenceError(Exception):
    """A failure that is told to the person, and to the agent, in plain words."""

    kind: ClassVar[ErrorKind]
    advice: ClassVar[str] = ""
    """What the agent may do about it."""
    state_kept: bool | None = None
    """Whether the sandbox's variables survived; None where the question makes no sense."""


class CallTimeout(RingfenceError):
    """A call ran longer than its limit."""

    kind = "timeout"
    advice = "Try a smaller step, or a sample of the data."

    def __init__(self, limit_seconds: float, ran_seconds: float, *, state_kept: bool) -> None:
        self.state_kept = state_kept
        kept = "Variables are kept." if state_kept else "Variables are lost: it had to be killed."
        super().__init__(
            f"The call was stopped after {ran_seconds:.1f} s: the contract allows {limit_seconds:g} s a call. {kept}"
        )


class OutOfMemory(RingfenceError):
    """The memory clause was hit."""

    kind = "out_of_memory"
    advice = "Work on a sample or in chunks, or read only the columns that are needed."

    def __init__(self, limit_mib: int, peak_mib: int | None = None, *, state_kept: bool) -> None:
        self.state_kept = state_kept
        peak = f" (it reached {peak_mib} MiB)" if peak_mib else ""
        kept = "Variables are kept." if state_kept else "Variables are lost: the sandbox had to be restarted."
        super().__init__(f"The code needed more memory than the {limit_mib} MiB of the contract{peak}. {kept}")


class DiskFull(RingfenceError):
    """The sandbox's disk quota is used up."""

    kind = "disk_full"
    advice = "Write less, or delete files that are no longer needed."
    state_kept = True

    def __init__(self, limit_mib: int) -> None:
        super().__init__(f"The sandbox's disk is full: the contract allows {limit_mib} MiB.")


class FileTooLarge(RingfenceError):
    """A single file is larger than the contract allows."""

    kind = "file_too_large"
    advice = "Write a smaller file."
    state_kept = True

    def __init__(self, limit_mib: int, name: str | None = None) -> None:
        which = f"The file {name!r}" if name else "A file"
        super().__init__(f"{which} is larger than the {limit_mib} MiB that the contract allows for one file.")


class OutputLimit(RingfenceError):
    """The code printed more than is kept."""

    kind = "output_limit"
    advice = "Print less: a summary, or the first rows."
    state_kept = True

    def __init__(self, limit_mib: int) -> None:
        super().__init__(f"The code was stopped because it printed more than {limit_mib} MiB.")


class NetworkDenied(RingfenceError):
    """The code tried to reach a host that the contract does not allow."""

    kind = "network_denied"
    advice = "Do without the network, or ask the person to allow the host in the contract."
    state_kept = True

    def __init__(self, host: str | None = None) -> None:
        self.host = host
        to = f"to {host!r} " if host else ""
        super().__init__(f"A network connection {to}was refused by the network clause of the contract.")


class SandboxCrashed(RingfenceError):
    """The sandbox died for a reason of its own."""

    kind = "sandbox_crashed"
    advice = "Go on in the new sandbox: load the files again first."
    state_kept = False

    def __init__(self, detail: str = "") -> None:
        because = f" ({detail})" if detail else ""
        super().__init__(
            f"The sandbox ended unexpectedly{because}. Variables are lost; the next call gets a new sandbox, "
            "with the uploaded files restored."
        )


class SandboxExpired(SandboxCrashed):
    """The provider has let go of a sandbox that rested."""


class RateLimited(RingfenceError):
    """The provider said to slow down."""

    kind = "rate_limited"
    advice = "Wait."

    def __init__(self, provider: str, retry_after_seconds: float | None = None) -> None:
        self.retry_after_seconds = retry_after_seconds
        super().__init__(
            f"{provider} says that there are too many requests. Try again in {_while(retry_after_seconds or 0)}."
        )


def _while(seconds: float) -> str:
    if not seconds:
        return "a moment"
    return f"{seconds:.0f} s" if seconds < _MINUTES_FROM else f"{-(-seconds // 60):.0f} min"


class ConcurrencyFull(RingfenceError):
    """As many sandboxes are alive as the contract allows."""

    kind = "concurrency_full"
    advice = "Stop; the person can close another conversation's sandbox."

    def __init__(self, limit: int, whose: str) -> None:
        super().__init__(
            f"{limit} sandboxes are running for this {whose}, as many as the concurrency clause allows. "
            "Close one, or wait until one ends."
        )


class BudgetExhausted(RingfenceError):
    """The budget is spent."""

    kind = "budget_exhausted"
    advice = "Stop; only the person can raise the budget."

    def __init__(self, spent: str, budget: str, scope: str) -> None:
        super().__init__(
            f"The budget of this {scope} is used up: ${spent} of ${budget}. Raise it in the contract panel to go on."
        )


class ClauseRefused(RingfenceError):
    """The contract asks for something that it, or the provider, can't give."""

    kind = "clause_refused"
    advice = "Stop, and tell the person which clause stands in the way."

    def __init__(self, clause: str, message: str) -> None:
        self.clause = clause
        super().__init__(message)


class AuthFailed(RingfenceError):
    """A key was refused."""

    kind = "auth"
    advice = "Stop; the person has to set the key."

    def __init__(self, provider: str, setting: str) -> None:
        super().__init__(
            f"{provider} refused the key. Enter another one in the contract, under Provider, or set {setting} and "
            "start the app again."
        )


class ProviderUnavailable(RingfenceError):
    """The provider can't open sandboxes now, or not on this machine."""

    kind = "provider_unavailable"
    advice = "Stop, and tell the person."


@contextmanager
def of_this_machine() -> Iterator[None]:
    """What the system refuses while files are laid out inside becomes a ProviderUnavailable that says what to do."""
    try:
        yield
    except OSError as error:
        raise ProviderUnavailable(
            f"This machine refuses what the app needs to go on ({error.strerror}). Whoever runs Ringfence has to make "
            "room on the disk of its temporary files, or mend it; try again then."
        ) from error


class StoreUnavailable(ProviderUnavailable):
    """What conversations are kept in, the database or the artifacts' store, doesn't take or give anything now."""

    advice = "Stop; nothing can be kept until the store answers again."


class SeatLost(ProviderUnavailable):
    """This process may no longer write a conversation: another took it over, or it was given up."""

    def __init__(self) -> None:
        super().__init__("Another process of the app has taken this conversation over. Reload the page to go on there.")
