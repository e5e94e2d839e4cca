"""A persistent Python session: statements, the value of a last expression, and top-level await."""

from __future__ import annotations

import ast
import builtins
import contextlib
import linecache
import sys
import types

from . import faults

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .screen import Screen

_IS_COROUTINE = 0x80
"""`inspect.CO_COROUTINE`, without the cost of importing inspect."""


class Outcome:
    """How a call ended. `kept` is false where its variables are lost."""

    def __init__(self, exit_code: int, error: dict[str, str] | None = None, *, kept: bool = True) -> None:
        self.exit_code = exit_code
        self.error = error
        self.kept = kept


class Repl:
    """One `__main__` that lives as long as the sandbox."""

    def __init__(self, screen: Screen) -> None:
        self._module = types.ModuleType("__main__")
        self._names: dict[str, Any] = self._module.__dict__
        self._names.update({"__builtins__": builtins, "display": screen.display})
        sys.modules["__main__"] = self._module
        self._screen = screen
        self._count = 0
        self._loop: Any = None

    def run(self, code: str) -> Outcome:
        """Run one call. Whatever the code raises is part of the outcome."""
        self._count += 1
        try:
            self._execute(code, f"<call {self._count}>")
            self._screen.show_figures()
        except SystemExit as stop:
            return _exited(stop)
        except BaseException as error:  # noqa: BLE001  the code may raise anything
            return Outcome(1, faults.describe(error))
        return Outcome(0)

    def _execute(self, code: str, name: str) -> None:
        linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)
        tree = ast.parse(code, name)
        last = None
        if tree.body and isinstance(tree.body[-1], ast.Expr):
            last = ast.Expression(tree.body.pop().value)  # type: ignore[attr-defined]
        self._evaluate(compile(tree, name, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True))
        if last is not None:
            value = self._evaluate(compile(last, name, "eval", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True))
            if value is not None:
                self._names["_"] = value
                if not code.rstrip().endswith(";"):
                    self._screen.display(value)

    def _evaluate(self, code: types.CodeType) -> Any:
        value = eval(code, self._names)  # noqa: S307  running the code is what this process is for
        return self._wait(value) if code.co_flags & _IS_COROUTINE else value

    def _wait(self, coroutine: Any) -> Any:
        import asyncio  # noqa: PLC0415  30 ms that most calls don't need

        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            asyncio.set_event_loop(self._loop)
        task = self._loop.create_task(coroutine)
        try:
            return self._loop.run_until_complete(task)
        except KeyboardInterrupt:
            task.cancel()
            with contextlib.suppress(BaseException):
                self._loop.run_until_complete(task)
            raise


def _exited(stop: SystemExit) -> Outcome:
    match stop.code:
        case None:
            return Outcome(0)
        case int(code):
            return Outcome(code & 0xFF)
        case reason:
            sys.stderr.write(f"{reason}\n")
            return Outcome(1)
