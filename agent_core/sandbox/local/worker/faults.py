"""What an exception means: its text, without our own frames, and the limit that it came from."""

from __future__ import annotations

import errno
import os
import resource
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

_OURS = __file__.rpartition("/")[0]
_MOST_TEXT = 60_000
_MOST_MESSAGE = 8_000
_MOST_CHAIN = 30
_NO_NETWORK = {errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTUNREACH}


def describe(error: BaseException) -> dict[str, str]:
    """The exception as text: name, message, traceback and kind."""
    import traceback  # noqa: PLC0415  only failing code needs it

    kind = _kind(error)
    try:
        message = str(error)
        trace = "".join(traceback.format_exception(type(error), error, _without_ours(error.__traceback__)))
    except Exception:  # noqa: BLE001  the code's own __str__, or no memory left to format
        message, trace = "", type(error).__name__
    if _no_more_processes(error):
        message = f"{message} (The sandbox has as many processes and threads as the contract allows.)"
    return {
        "name": type(error).__name__[:200],
        "message": _cut(message, _MOST_MESSAGE),
        "traceback": _cut(trace, _MOST_TEXT),
        "kind": kind,
    }


def _without_ours(trace: TracebackType | None) -> TracebackType | None:
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith(_OURS):
        trace = trace.tb_next
    return trace


def _cut(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    return f"{text[: most // 2]}\n[... {len(text) - most} characters left out ...]\n{text[-(most // 2) :]}"


def _kind(error: BaseException) -> str:
    for link in _chain(error):
        match link:
            case MemoryError():
                return "out_of_memory"
            case OSError(errno=errno.ENOSPC | errno.EDQUOT):
                return "disk_full"
            case OSError(errno=errno.EFBIG):
                return "file_too_large"
            case OSError(errno=number) if number in _NO_NETWORK or _is_about_names(link):
                return "network_denied"
    return "code_error"


def _is_about_names(error: BaseException) -> bool:
    socket = sys.modules.get("socket")
    return socket is not None and isinstance(error, socket.gaierror)


def _chain(error: BaseException) -> Iterator[BaseException]:
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting and len(seen) < _MOST_CHAIN:
        link = waiting.pop(0)
        if not isinstance(link, BaseException) or id(link) in seen:
            continue
        seen.add(id(link))
        yield link
        waiting += [link.__cause__, link.__context__, getattr(link, "reason", None), *link.args]


def _no_more_processes(error: BaseException) -> bool:
    at_fork = isinstance(error, BlockingIOError) and error.errno == errno.EAGAIN
    at_thread = isinstance(error, RuntimeError) and "new thread" in str(error)
    if not (at_fork or at_thread):
        return False
    limit, _ = resource.getrlimit(resource.RLIMIT_NPROC)
    return _was_starting_a_process(error.__traceback__) or _tasks() >= limit * 0.75


def _was_starting_a_process(trace: TracebackType | None) -> bool:
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and any("fork" in name or "spawn" in name for name in trace.tb_frame.f_code.co_names)


def _tasks() -> int:
    count = 0
    for name in os.listdir("/proc"):  # noqa: PTH208  pathlib takes 3 ms to import
        if name.isdigit():
            try:
                count += len(os.listdir(f"/proc/{name}/task"))  # noqa: PTH208
            except OSError:
                continue
    return count
