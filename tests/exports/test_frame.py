"""HTML from a sandbox keeps its looks, and nothing in it runs, loads or leads anywhere."""

import base64
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_core.exports.audio import sniffed
from agent_core.exports.frame import MOST_BYTES, NotFramed, framed, harmless, lines, scripted

OUT = "http://evil.example/?"
HOSTILE = f"""<html><head><title>t</title><base href="{OUT}"><meta http-equiv="refresh" content="0;url={OUT}a">
<link rel="preconnect" href="{OUT}"><link rel="dns-prefetch" href="{OUT}"><link rel="stylesheet" href="{OUT}b"></head>
<body onload="parent.x=1" background="{OUT}bg"><p>Shown</p><script>fetch("{OUT}c")</script><img src="{OUT}d" srcset="{OUT}e 2x">
<a href="{OUT}f" target="_top" ping="{OUT}g">link</a><form action="{OUT}h"><button formaction="{OUT}i">Go</button></form>
<iframe src="{OUT}j"></iframe><object data="{OUT}k"></object><embed src="{OUT}l"><video src="{OUT}m" poster="{OUT}n"></video>
<svg><image href="{OUT}o"/><script>1</script></svg><math href="{OUT}p"></math><table background="{OUT}q"></table>
<img src="data:text/html,x" onerror="alert(1)"><details open ontoggle="alert(1)">d</details></body></html>"""
PIECES = [
    *re.findall(r"<[^>]*>|[^<]+", HOSTILE),
    "<style>",
    "</style>",
    "<!--",
    "-->",
    "<",
    ">",
    '"',
    "<noscript>",
    "&lt;",
]


def test_what_could_run_load_or_lead_is_taken_out() -> None:
    kept = harmless(HOSTILE.encode())
    assert "<p>Shown</p>" in kept
    assert "evil.example" not in kept
    assert not re.search(r"script|\bon\w+=|href|src=|action|http-equiv|<link|<base|<iframe|<form", kept)


def test_looks_stay() -> None:
    styled = '<style>td { color: red }</style><table id="T"><tr><td style="color: blue" colspan="2">x</td></tr></table>'
    assert harmless(styled.encode()) == styled.replace("<tr>", "<tbody><tr>").replace("</tr>", "</tr></tbody>")
    assert 'src="data:image/png;base64,AA"' in harmless(b'<img src="data:image/png;base64,AA" alt="a">')


def test_the_document_lets_nothing_load() -> None:
    head, _, body = framed(b"<p>Shown</p>").partition(",")
    document = base64.b64decode(body).decode()
    assert head == "data:text/html;base64"
    assert document.index("default-src 'none'") < document.index("<p>Shown</p>")
    assert "script-src" not in document


@pytest.mark.parametrize("page", ["<div id=app></div><script src=app.js></script>", "", "x" * (MOST_BYTES + 1)])
def test_what_can_not_be_shown_says_so(page: str) -> None:
    with pytest.raises(NotFramed, match="download it to open it"):
        framed(page.encode())


def test_a_page_with_scripts_is_known() -> None:
    assert scripted(HOSTILE.encode())
    assert not scripted(b"<p>script</p>")


def test_a_short_page_takes_few_lines() -> None:
    """And one whose height can't be told by its text takes all that a frame may have."""
    assert lines(b"<table><tr><td>a</td></tr><tr><td>b</td></tr></table>") == 3
    assert lines(b"<pre>a\nb\nc</pre>") == 4
    assert lines(b"a word and another " * 60) > 15
    assert lines(b"<style>td { color: red; }</style><table><tr><td>a</td></tr><tr><td>b</td></tr></table>") == 3
    assert lines(b"<style>td { height: 90px; }</style><table><tr><td>a</td></tr></table>") > 100
    assert lines(b"<p style='margin: 50px'>a</p>") > 100
    assert lines(b'<img src="data:image/png;base64,AAAA">') > 100


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_no_mixture_gets_through(page: str) -> None:
    try:
        kept = harmless(page.encode())
    except NotFramed:
        return
    tags = re.sub(r"<style>.*?</style>", "", kept, flags=re.DOTALL)
    assert not re.search(r"<(?:script|link|meta|base|iframe|form|a|svg|object|embed)\b", tags)
    assert not re.search(r"<[^>]*(?:\bon\w+=|evil)", tags)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", "audio/wav"),
        (b"ID3\x04rest", "audio/mpeg"),
        (b"\xff\xfb\x90\x64", "audio/mpeg"),
        (b"OggS\x00", "audio/ogg"),
        (b"fLaC\x00", "audio/flac"),
        (b"\x00\x00\x00\x20ftypM4A ", "audio/mp4"),
        (b"XXXX\x24\x00\x00\x00WAVE", None),
        (b"\xff\xd8\xff\xe0", None),
        (b"\xff\xfe\x00\x00", None),
        (b"<html>", None),
        (b"", None),
    ],
)
def test_sound_is_known_by_how_it_begins(data: bytes, kind: str | None) -> None:
    assert sniffed(data) == kind
