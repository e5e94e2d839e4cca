"""Text that a model, a file or a provider wrote, made fit for Streamlit's Markdown.

Streamlit's Markdown loads remote images, follows links whose text says another host, and reads
`$5 to $10` as a formula. `safe` keeps Markdown and takes these away; `plain` takes all Markdown away.
Raw HTML is shown as text by Streamlit itself.
"""

import html
import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from agent_core.contract.words import unbroken

_BREAK = "\u2060"
"""Word joiner: invisible, and no Markdown construct continues across it."""

_FENCE = re.compile(r"^ {0,3}(?P<mark>`{3,}|~{3,})[ \t]*(?P<info>[^`\n]*)$")
_CODE_SPAN = re.compile(r"(?<![`\\])(`+)(?!`)([^\n]*?)(?<!`)\1(?!`)")
_LINK = re.compile(r"\]\(([ \t\n]*<?[ \t\n]*)([^\s)>]*)")
_MARKED = re.compile(r"(\\*)(\$|:(?=:|[^\s!-/:-@\[-`{-~][^\s\[\]{}:]*[\[{]))")
"""What begins a formula or a directive; Streamlit drops the brackets of directives that it doesn't know."""
_PICTURE = re.compile(r":(?=material/)|(?<!\w):(?=[A-Za-z+-][\w+-]*:)")
"""What Streamlit turns into an icon or an emoji, escaped or not."""
_HOST = re.compile(r"[a-z0-9.-]+")
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")


@dataclass(frozen=True, slots=True)
class Prose:
    """Markdown without fenced code."""

    text: str


@dataclass(frozen=True, slots=True)
class Code:
    """The inside of a fenced block."""

    text: str
    language: str


def pieces(text: str, read: Callable[[str], str] | None = None) -> tuple[Prose | Code, ...]:
    """A text in order: prose, and fenced code as it is. Prose is read as safe Markdown, unless `read` says how."""
    read = read or safe
    found: list[Prose | Code] = []
    lines: list[str] = []
    mark, language = "", ""
    for line in text.splitlines():
        fence = _FENCE.match(line)
        if not mark and fence:
            _add_prose(found, lines, read)
            mark, language = fence["mark"], (fence["info"].split() or [""])[0]
            lines = []
        elif mark and fence and fence["mark"].startswith(mark) and not fence["info"].strip():
            found.append(Code("\n".join(lines), language))
            mark, lines = "", []
        else:
            lines.append(line)
    if mark:
        found.append(Code("\n".join(lines), language))
    else:
        _add_prose(found, lines, read)
    return tuple(found)


def _add_prose(found: list[Prose | Code], lines: list[str], read: Callable[[str], str]) -> None:
    text = "\n".join(lines)
    if text.strip():
        found.append(Prose(read(text)))


def safe(text: str) -> str:
    """Markdown that loads nothing, and whose links show their host. Formulas are shown as text."""
    harmless = _without_definitions(_without_images(text))
    honest = _LINK.sub(_honest_link, harmless)
    out: list[str] = []
    position = 0
    for span in _CODE_SPAN.finditer(honest):
        out += [_literal(honest[position : span.start()]), span[0]]
        position = span.end()
    return "".join([*out, _literal(honest[position:])])


def plain(text: str) -> str:
    """Text that a label or a caption shows exactly as it is, on one line; a number stays beside its unit."""
    one_line = unbroken(" ".join(text.split()))
    return _PUNCTUATION.sub(r"\\\1", _PICTURE.sub(":" + _BREAK, one_line))


def _without_images(text: str) -> str:
    return text.replace("![", "!" + _BREAK + "[")


def _without_definitions(text: str) -> str:
    return text.replace("]:", "]" + _BREAK + ":")


def _literal(prose: str) -> str:
    return _PICTURE.sub(":" + _BREAK, _MARKED.sub(_escaped, prose))


def _honest_link(link: re.Match[str]) -> str:
    host = _host(html.unescape(link[2]))
    if host is None:
        return "]" + _BREAK + link[0][1:]
    return f" ({host}){link[0]}"


def _host(target: str) -> str | None:
    """The host that a link leads to, or None for a link that is shown as text.

    Browsers and `urlsplit` read backslashes, blanks and user names differently, so these are no links.
    """
    if "\\" in target or any(character <= " " for character in target):
        return None
    try:
        parts = urlsplit(target)
        host = parts.hostname or ""
    except ValueError:
        return None
    honest = parts.scheme in {"http", "https"} and "@" not in parts.netloc and _HOST.fullmatch(host)
    return host if honest else None


def _escaped(found: re.Match[str]) -> str:
    already = len(found[1]) % 2 == 1
    return found[0] if already else f"{found[1]}\\{found[2]}"
