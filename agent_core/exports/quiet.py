"""Markdown that a model wrote, made fit for any viewer: it shows no remote image and holds no HTML."""

import re

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
    lines, mark = [], ""
    for line in text.splitlines():
        fence = _FENCE.match(line)
        if not mark and fence:
            mark = fence["mark"]
            lines.append(mark + _word(fence["info"]))
        elif mark and fence and fence["mark"].startswith(mark) and not fence["info"].strip():
            lines.append(mark)
            mark = ""
        else:
            lines.append(line if mark else _line(line))
    return "\n".join([*lines, mark] if mark else lines)


def blocks(text: str) -> list[tuple[str | None, str]]:
    """A text in order: prose with None, and the inside of each fence with the name of its language, or an empty one."""
    found: list[tuple[str | None, list[str]]] = [(None, [])]
    mark = ""
    for line in text.splitlines():
        fence = _FENCE.match(line)
        if not mark and fence:
            mark = fence["mark"]
            found.append((_word(fence["info"]), []))
        elif mark and fence and fence["mark"].startswith(mark) and not fence["info"].strip():
            mark = ""
            found.append((None, []))
        else:
            found[-1][1].append(line)
    return [(language, "\n".join(lines)) for language, lines in found if language is not None or any(lines)]


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
