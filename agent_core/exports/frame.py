"""HTML from a sandbox, as a document that is safe to frame: markup and styles, and nothing that runs, loads or leads.

Three locks, each enough for what it is against: what is not in a list of harmless tags and attributes is taken out
(so that no hint to connect is left, which no policy covers); the document's own policy lets nothing load; and it is
framed from a `data:` address, whose origin is no one's, under the policy of the page around it.
"""

import base64
import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from functools import cache

MOST_BYTES = 1_000_000
"""Of a document that is framed: browsers take an address of 2 MB."""

_GONE = {"script", "title", "template", "noscript", "iframe", "object", "svg", "math", "select", "textarea"}
"""Tags that go with all that is in them."""
_MORE_TAGS = {"style", "figure", "figcaption", "section", "article", "main", "header", "footer", "font", "u", "caption"}
_EVERYWHERE = {"class", "id", "style", "title", "align", "valign", "width", "height", "border", "bgcolor", "color"}
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:"
_STYLE = """:root { color-scheme: light; } body { margin: 0; padding: .75rem; background: #fff; color: #1d1d1b;
font: 14px/1.5 system-ui, sans-serif; } table { border-collapse: collapse; } th, td { padding: .25rem .6rem; }
img { max-width: 100%; }"""
_STYLE_SHEET = re.compile(r"<style\b[^>]*>(.*?)</style>", re.IGNORECASE | re.DOTALL)
_SIZING = re.compile(r"height|width|padding|margin|font|size|position|display|content|columns|@", re.IGNORECASE)
"""What a style sheet may say that moves things; one without these words, as of a styled table, only colours them."""
_TALL = re.compile(r"<(?:img|figure)\b|\b(?:style|height)\s*=", re.IGNORECASE)
_BREAK = re.compile(r"<(?:p|br|tr|li|h[1-6]|hr|div|pre|dt|dd|summary|blockquote|caption)\b", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
_WIDE = 60
"""Letters a line of a screen that is neither wide nor narrow."""
_VERY_MANY = 1_000


class NotFramed(ValueError):
    """HTML that is not shown. Its text says why."""


def framed(data: bytes) -> str:
    """The address of a document with what is harmless of this HTML. Raises NotFramed."""
    inner = harmless(data)
    policy = f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    head = f'<!doctype html><html><head><meta charset="utf-8">{policy}'
    document = f"{head}<style>{_STYLE}</style></head><body>{inner}</body></html>"
    return f"data:text/html;base64,{base64.b64encode(document.encode()).decode()}"


def harmless(data: bytes) -> str:
    """The HTML without what runs, loads or leads anywhere. Raises NotFramed where nothing to see is left."""
    import nh3  # noqa: PLC0415  the first page shows none

    if len(data) > MOST_BYTES:
        raise NotFramed("This page is too large to be shown here; download it to open it.")
    text = data.decode("utf-8", "replace")
    kept = nh3.clean(
        text,
        tags=set(_tags()),
        clean_content_tags=set(_GONE),
        attributes={tag: set(names) for tag, names in _attributes().items()},
        attribute_filter=_filtered,
        url_schemes={"data"},
        link_rel=None,
    )
    if len(kept) > MOST_BYTES:
        raise NotFramed("This page is too large to be shown here; download it to open it.")
    seen = nh3.clean(kept, tags={"img", "hr"}, clean_content_tags={"style"}, attributes={})
    if not seen.strip():
        raise NotFramed("This page is drawn by scripts, which don't run here; download it to open it.")
    return kept


def scripted(data: bytes) -> bool:
    """Whether the page would run scripts where it may."""
    return b"<script" in data.lower()


def lines(data: bytes) -> int:
    """About how many lines this HTML takes; very many where what it shows may have any height. Raises NotFramed."""
    kept = harmless(data)
    if _TALL.search(kept) or any(map(_SIZING.search, _STYLE_SHEET.findall(kept))):
        return _VERY_MANY
    kept = _STYLE_SHEET.sub("", kept)
    within = kept.count("\n") if "<pre" in kept else 0
    return len(_BREAK.findall(kept)) + within + len(_TAG.sub("", kept)) // _WIDE + 1


def _filtered(tag: str, attribute: str, value: str) -> str | None:
    """Images are part of the page or not shown."""
    if tag == "img" and attribute == "src":
        return value if value.lower().startswith("data:image/") else None
    return value


@cache
def _tags() -> AbstractSet[str]:
    import nh3  # noqa: PLC0415  as above

    return frozenset((nh3.ALLOWED_TAGS | _MORE_TAGS) - _GONE - {"a", "area", "map", "link", "meta", "base"})


@cache
def _attributes() -> Mapping[str, AbstractSet[str]]:
    cells = {"colspan", "rowspan", "scope"}
    return {"*": _EVERYWHERE, "td": cells, "th": cells, "img": {"src", "alt"}, "ol": {"start"}, "details": {"open"}}
