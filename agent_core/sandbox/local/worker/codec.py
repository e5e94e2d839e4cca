"""JSON for the host, by what the interpreter itself has, bound before any code runs: the json module may be changed."""

from __future__ import annotations

import json
from _json import encode_basestring_ascii, make_encoder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn


def _refuse(value: object) -> NoReturn:
    raise TypeError(type(value).__name__)


_encode = make_encoder(None, _refuse, encode_basestring_ascii, None, ": ", ", ", False, False, True)  # noqa: FBT003
_scan = json.JSONDecoder().scan_once  # type: ignore[attr-defined]


def dumps(value: object) -> bytes:
    """As `json.dumps`, in bytes."""
    return "".join(_encode(value, 0)).encode()


def loads(text: str) -> Any:
    """The value at the beginning of a text. Raises ValueError or StopIteration where there is none."""
    return _scan(text, 0)[0]
