"""Logs on standard error: lines for people, or a JSON object a line for machines. No secret of the app's is in one."""

import logging
import sys
from collections.abc import Collection, Mapping, MutableMapping
from contextlib import suppress
from typing import Any, Literal

import structlog
from pydantic import SecretStr

LogForm = Literal["text", "json"]

_MASK = "**********"


def configure(form: LogForm, secrets: Collection[SecretStr]) -> None:
    """Have everything that is logged from now on come in this form, without these secrets."""
    hidden = tuple(secret.get_secret_value() for secret in secrets if secret.get_secret_value())

    def masked(_: object, __: str, entry: MutableMapping[str, Any]) -> Mapping[str, Any]:
        return {name: _masked(value, hidden) for name, value in entry.items()}

    last: list[structlog.types.Processor] = (
        [structlog.processors.dict_tracebacks, masked, structlog.processors.JSONRenderer()]
        if form == "json"
        else [structlog.processors.format_exc_info, masked, structlog.dev.ConsoleRenderer(colors=False)]
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_: _Lines(sys.stderr),
        cache_logger_on_first_use=False,
    )


class _Lines(structlog.PrintLogger):
    """A disk that is full loses lines of the log, and nothing else."""

    def msg(self, message: str) -> None:
        """Print a line, if it can be printed."""
        with suppress(OSError):
            super().msg(message)

    log = debug = info = warn = warning = fatal = failure = err = error = critical = exception = msg


def _masked(value: Any, hidden: tuple[str, ...]) -> Any:
    match value:
        case str():
            for secret in hidden:
                value = value.replace(secret, _MASK)
            return value
        case Mapping():
            return {name: _masked(inner, hidden) for name, inner in value.items()}
        case list() | tuple():
            return [_masked(inner, hidden) for inner in value]
        case _:
            return value
