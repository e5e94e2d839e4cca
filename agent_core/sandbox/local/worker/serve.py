"""The worker's life: take the limits, say ready, then one request after another until the host is gone."""

from __future__ import annotations

import contextlib
import os
import resource
import sys

from . import codec, door, files, imports, notebook, streams
from .repl import Outcome, Repl
from .screen import Screen
from .shell import Shell
from .wire import Wire

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_FOLDER = "/work"
_FONTS = "/opt/matplotlib"
_FONTS_COPY = "/tmp/matplotlib"  # noqa: S108  the jail's own /tmp
_LIST_PIECE = 500
_PATIENCE_MILLISECONDS = 20


def main() -> None:
    """Serve on the first descriptor that the command line names; give the way out to the host by the second."""
    channel, handover = map(int, sys.argv[1:])
    serve(channel, handover)


def serve(channel: int, handover: int, idle: Callable[[], None] | None = None) -> None:
    """The same in a process that has been started otherwise, up to its end; `idle` while there is nothing to do yet."""
    os.set_inheritable(channel, False)  # noqa: FBT003
    door.hand_over(handover)
    sys.argv = [""]
    sys.path += [_FOLDER, *_installed()]
    wire = Wire(channel)
    link_fonts()
    streams.install()
    worker = _Worker(wire)
    wire.install_interrupt()
    hello, _ = wire.receive()
    _limit(hello)
    wire.send({"op": "ready"})
    if idle is not None and not wire.hears(_PATIENCE_MILLISECONDS):
        idle()
    with contextlib.suppress(EOFError, OSError):
        while True:
            worker.answer(*wire.receive())
    os._exit(0)


class _Worker:
    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._screen = Screen(wire)
        self._repl = Repl(self._screen)
        self._shell = Shell()
        imports.patch(self._screen.patches())
        sys.meta_path.append(notebook.Finder(self._screen.display))

    def answer(self, request: dict[str, Any], body: bytes) -> None:
        call = request["call"]
        match request["op"]:
            case "run":
                self._screen.begin(call, request["artifact_bytes"])
                self._run(call, request["language"], body.decode("utf-8", "replace"))
            case "write":
                self._file(
                    call, lambda: files.write(request["path"], body, first=request["first"], last=request["last"])
                )
            case "list":
                self._file(call, lambda: self._list(call))

    def _run(self, call: str, language: str, code: str) -> None:
        self._wire.install_interrupt()
        outcome = Outcome(1)
        with contextlib.suppress(KeyboardInterrupt):
            self._wire.accepts_interrupts = True
            outcome = self._repl.run(code) if language == "python" else self._shell.run(code)
        self._wire.accepts_interrupts = False
        streams.flush()
        if not self._wire.ours:
            os._exit(outcome.exit_code)
        self._list_ahead(call)
        done = {
            "op": "done",
            "call": call,
            "exit_code": outcome.exit_code,
            "kept": outcome.kept,
        }
        self._wire.send(done, codec.dumps(outcome.error) if outcome.error else b"")

    def _list_ahead(self, call: str) -> None:
        """The host always asks for the files next: where they are few, and no thread goes on, it is told at once."""
        with contextlib.suppress(Exception):  # it will ask, then
            found = files.entries(_LIST_PIECE + 1)
            if len(found) <= _LIST_PIECE and len(os.listdir("/proc/self/task")) == 1:  # noqa: PTH208
                self._wire.send({"op": "entries", "call": call}, codec.dumps(found))

    def _list(self, call: str) -> None:
        found = files.entries()
        for start in range(0, len(found), _LIST_PIECE):
            body = codec.dumps(found[start : start + _LIST_PIECE])
            self._wire.send({"op": "entries", "call": call}, body)

    def _file(self, call: str, work: Callable[[], None]) -> None:
        failure = 0
        try:
            work()
        except OSError as error:
            failure = error.errno or 2
        self._wire.send({"op": "filed", "call": call, "errno": failure})


def _limit(hello: dict[str, Any]) -> None:
    wanted = (
        (resource.RLIMIT_DATA, hello["data_bytes"]),
        (resource.RLIMIT_FSIZE, hello["file_bytes"]),
        (resource.RLIMIT_NPROC, hello["processes"]),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 1_024),
    )
    for kind, value in wanted:
        _, most = resource.getrlimit(kind)
        bounded = value if most == resource.RLIM_INFINITY else min(value, most)
        resource.setrlimit(kind, (bounded, bounded))


def _installed() -> list[str]:
    """Where pip puts packages. Python would not look again in a folder that was not there the first time."""
    folders = [folder for folder in os.environ.get("PYTHONPATH", "").split(":") if folder]
    for folder in folders:
        os.makedirs(folder, exist_ok=True)  # noqa: PTH103  pathlib takes 3 ms to import
    return folders


def link_fonts() -> None:
    """Matplotlib wants a folder that it can write to; its list of fonts is there already."""
    os.mkdir(_FONTS_COPY)  # noqa: PTH102  pathlib takes 3 ms to import
    for name in os.listdir(_FONTS):  # noqa: PTH208
        os.symlink(f"{_FONTS}/{name}", f"{_FONTS_COPY}/{name}")  # noqa: PTH211
