"""Text from files and questions, made safe to stand in a Markdown sentence."""

import re

_LONGEST = 60
_TAME = re.compile(r"^[^\W_](?:[\w .,/%()#+-]*[\w.%)])?$")
_MARKUP = re.compile(r"[!\"#$*;<=>@\[\\\]^_`{|}~]|[.:](?=[^\W\d]|/)")
"""Brackets without square ones before them, and full stops and colons before digits or spaces, are harmless."""


def _line(text: str) -> str:
    line = " ".join("".join(mark if mark.isprintable() else " " for mark in text).split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def plain(text: str) -> str:
    """One line of text whose Markdown, HTML and link characters mean nothing any more."""
    return _MARKUP.sub(lambda mark: "\\" + mark[0], _line(text)) or "(empty)"


def code(name: str) -> str:
    """A column's or file's name: as code where that is safe, else as escaped text in quotation marks."""
    line = _line(name)
    return f"`{line}`" if _TAME.match(line) or re.match(r"^\w+$", line) else quoted(name)


def quoted(text: str) -> str:
    """Words of a person or a value of the data, in quotation marks."""
    return f"“{plain(text)}”"


def bold(text: str) -> str:
    """An escaped value, emphasised."""
    return f"**{plain(text)}**"


def listed(parts: list[str]) -> str:
    """`a, b and c`."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else ""
