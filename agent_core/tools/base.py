"""What a tool is, for whichever planner calls it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Text:
    """A text block of a tool's result."""

    text: str


@dataclass(frozen=True, slots=True)
class Image:
    """An image block of a tool's result, so that the model can see what it drew."""

    data: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What the model gets back."""

    content: tuple[Text | Image, ...]
    is_error: bool = False


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool as the model sees it. `input_schema` is a JSON Schema object."""

    name: str
    description: str
    input_schema: Mapping[str, Any]
    run: Callable[[Mapping[str, Any]], Awaitable[ToolResult]]
