"""What is otherwise where the interpreter is a Jupyter kernel; elsewhere nothing of this does anything."""

from __future__ import annotations

import builtins
import contextlib
import os
import sys
from os import environ  # the sandbox's own, which holds no secret

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

_NO_NEW_PRIVILEGES, _DUMPABLE = 38, 4
_NEVER = 1 << 60


def settle(patches: Mapping[str, Callable[[Any], None]]) -> None:
    """Have figures drawn for us, also by modules that the kernel has imported already, and write no history."""
    environ["MPLBACKEND"] = "agg"
    if (matplotlib := sys.modules.get("matplotlib")) is not None:
        matplotlib.use("agg")
    for name, patch in patches.items():
        if (module := sys.modules.get(name)) is not None:
            patch(module)
    with contextlib.suppress(AttributeError):
        builtins.get_ipython().history_manager.db_cache_size = _NEVER  # type: ignore[attr-defined]


def unprivileged(home: str) -> None:
    """Go on as the owner of the home folder where the kernel is root, for whom no limit and no file mode holds."""
    owner = os.stat(home)  # noqa: PTH116
    if os.geteuid() or not owner.st_uid:
        return
    import ctypes  # noqa: PLC0415

    os.setgroups([])
    os.setresgid(owner.st_gid, owner.st_gid, owner.st_gid)
    os.setresuid(owner.st_uid, owner.st_uid, owner.st_uid)
    process = ctypes.CDLL(None)
    process.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    process.prctl(_DUMPABLE, 1, 0, 0, 0)
    environ["HOME"] = home
    sys.path.append(f"{home}/.local/lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages")


def names() -> dict[str, Any]:
    """The names that a kernel hides while a cell runs, or gives another meaning: nobody is there to be asked."""
    if not hasattr(builtins, "get_ipython"):
        return {}
    return {"exit": sys.exit, "quit": sys.exit, "input": _nothing}


def _nothing(prompt: object = "") -> str:
    sys.stdout.write(str(prompt))
    raise EOFError("EOF when reading a line")


@contextlib.contextmanager
def outside_loop() -> Iterator[None]:
    """Let code have an event loop of its own, which it may not while the kernel's is running."""
    asyncio = sys.modules.get("asyncio")
    loop = asyncio._get_running_loop() if asyncio else None  # noqa: SLF001
    if asyncio is None or loop is None:
        yield
        return
    task = asyncio.current_task(loop)
    if task is not None:
        asyncio.tasks._leave_task(loop, task)  # noqa: SLF001
    asyncio._set_running_loop(None)  # noqa: SLF001
    try:
        yield
    finally:
        asyncio._set_running_loop(loop)  # noqa: SLF001
        if task is not None:
            asyncio.tasks._enter_task(loop, task)  # noqa: SLF001
