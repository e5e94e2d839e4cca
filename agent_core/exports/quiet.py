"""Markdown that a model wrote, made fit for any viewer: it shows no remote image and holds no HTML."""

import re
from collections.abc import Iterator
from typing import Literal

_BREAK = "\u2060"
"""Word joiner: invisible, and no Markdown construct continues across it."""

_FENCE = re.compile(r"^ {0,3}(?P<mark>`{3,}(?=[^`]*$)|~{3,})(?P<info>.*)$")
_HIDDEN_FENCE = re.compile(r"(`|~)(?=\1\1)")
_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_LINK = re.compile(r"\](?=\((?!\s*<?https?://))", re.IGNORECASE)
_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$&:])")


def quiet(text: str) -> str:
    """The same text, in which an image, a tag, a definition, or a link to anything but the web is only text.

    A fence begins at the margin: there it ends whatever list or quotation it stood in, so that no viewer
    can see prose where code was seen here.
    """
    return "\n".join(_line(line) if kind == "prose" else mark + line for kind, mark, line in _read(text))


def blocks(text: str) -> list[tuple[str | None, str]]:
    """A text in order: prose with None, and the inside of each fence with the name of its language, or an empty one."""
    found: list[tuple[str | None, list[str]]] = [(None, [])]
    for kind, _, line in _read(text):
        if kind == "fence":
            found.append((line, []))
        elif kind == "end":
            found.append((None, []))
        else:
            found[-1][1].append(line)
    return [(language, "\n".join(lines)) for language, lines in found if language is not None or any(lines)]


def _read(text: str) -> Iterator[tuple[Literal["prose", "fence", "code", "end"], str, str]]:
    """Each line with what it is: of a fence, its mark and its language. What is left open ends with the text."""
    mark = ""
    for line in text.splitlines():
        fence = _FENCE.match(line)
        if mark and fence and fence["mark"].startswith(mark) and not fence["info"].strip():
            yield "end", mark, ""
            mark = ""
        elif mark:
            yield "code", "", line
        elif fence:
            mark = fence["mark"]
            yield "fence", mark, _word(fence["info"])
        else:
            yield "prose", "", line
    if mark:
        yield "end", mark, ""


def literal(text: str) -> str:
    """Text in which Markdown reads nothing, on one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def fenced(text: str, language: str = "") -> str:
    """Text as a block of code that no fence inside it can end."""
    longest = max((len(found) for found in re.findall(r"`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def _word(info: str) -> str:
    return "".join(re.findall(r"[A-Za-z0-9+#-]+", info)[:1])


def _line(line: str) -> str:
    harmless = line.replace("![", f"!{_BREAK}[").replace("]:", f"]{_BREAK}:")
    harmless = _HIDDEN_FENCE.sub(r"\1" + _BREAK, harmless)
    return _TAG.sub("<" + _BREAK, _LINK.sub("]" + _BREAK, harmless))
