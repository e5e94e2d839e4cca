"""Hostile text loads nothing, hides no host, and keeps what it says."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from agent_core.contract.words import NO_BREAK
from components.markdown import Code, Prose, pieces, plain, safe

COMMON_MARK = MarkdownIt("commonmark", {"html": False}).enable("table")
HOSTILE = (
    "![a](http://evil.example/a.png)",
    "!![a](http://evil.example/a.png)",
    "\\![a](http://evil.example/a.png)",
    "\\\\![a](http://evil.example/a.png)",
    "![a\nb](<http://evil.example/a b.png>)",
    "![a][r]\n\n[r]: http://evil.example/a.png",
    "![r]\n\n[r]:\nhttp://evil.example/a.png",
    "![r][]\n\n> [r]: http://evil.example/a.png",
    "![r s]\n\n[r\ns]: http://evil.example/a.png",
    "[![a](http://evil.example/a.png)](http://evil.example)",
    "<img src='http://evil.example/a.png'>",
    "![a](data:image/svg+xml;base64,PHN2Zz4=)",
    "> - ![a](http://evil.example/a.png)",
    "| a |\n| --- |\n| ![a](http://evil.example/a.png) |",
    "`![a](http://evil.example/a.png)",
    ":red[![a](http://evil.example/a.png)]",
)
PARTS = (
    *("![", "]", "(", ")", "[a]", "[a]:", ": ", "http://evil.example/a", "`", "``", "\\", "\n", "\n\n", "> ", "- "),
    *("<", ">", "!", "$", ":red[", "```\n", "~~~\n", "    ", "&#33;", "|", "a", " ", "{x}", "::"),
)
markup = st.lists(st.sampled_from(PARTS), max_size=25).map("".join)


def tokens(text: str) -> list[Token]:
    return [child for token in COMMON_MARK.parse(text) for child in (token, *(token.children or ()))]


def kinds(text: str) -> set[str]:
    return {token.type for token in tokens(text)}


@pytest.mark.parametrize("text", HOSTILE)
def test_each_way_to_write_an_image_is_only_text_or_a_link(text):
    assert "image" not in kinds(safe(text))


def test_the_images_of_this_list_are_images_to_begin_with():
    """Otherwise the test above could not fail."""
    assert sum("image" in kinds(text) for text in HOSTILE) >= 12


@given(markup)
@example("!" * 3 + "[a](b)")
def test_no_text_makes_an_image(text):
    assert "image" not in kinds(safe(text))
    assert "image" not in kinds(plain(text))


@given(markup)
def test_each_link_shows_its_host(text):
    """In what is left of a link, the text that is read says where it leads."""
    found = tokens(safe(text))
    for place, token in enumerate(found):
        if token.type != "link_open" or token.markup == "autolink":
            continue
        host = re.sub(r"^https?://([^/]*).*", r"\1", str(token.attrs["href"]))
        closing = next(index for index in range(place, len(found)) if found[index].type == "link_close")
        assert host in "".join(inner.content for inner in found[place:closing])


@given(st.text(st.characters(exclude_characters="\x00\u2060"), max_size=60))
def test_a_label_shows_its_text_as_it_is(text):
    """Read as Markdown, the escaped text is the text, but for blanks."""
    shown = "".join(token.content for token in tokens(plain(text)) if token.type == "text")
    assert shown.replace("\u2060", "").replace(NO_BREAK, " ") == " ".join(text.split())


@given(markup)
def test_no_label_has_any_markup(text):
    assert kinds(plain(text)) <= {"paragraph_open", "inline", "text", "paragraph_close"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("It costs $5 to $10.", "It costs \\$5 to \\$10."),
        ("Escaped \\$5 stays.", "Escaped \\$5 stays."),
        ("`$5` in code stays", "`$5` in code stays"),
        ("at 12:30:45 today", "at 12:30:45 today"),
        ("**bold** and *italic*", "**bold** and *italic*"),
        ("| a |\n|---|\n| 1 |", "| a |\n|---|\n| 1 |"),
        (":red[x]", "\\:red[x]"),
        ("12:30[x]", "12\\:30[x]"),
        (":material/home:", ":\u2060material/home:"),
        ("[x](https://a.example/b)", "[x (a.example)](https://a.example/b)"),
        ("[x](javascript:alert(1))", "[x]\u2060(javascript:alert(1))"),
        ("[x](//a.example)", "[x]\u2060(//a.example)"),
        ("[x](https://a.example@b.example)", "[x]\u2060(https://a.example@b.example)"),
        ("[x](https://a.example\\@b.example)", "[x]\u2060(https://a.example\\@b.example)"),
        ("[x](&#104;ttps://b.example)", "[x (b.example)](&#104;ttps://b.example)"),
    ],
)
def test_text_is_kept_and_what_streamlit_would_read_into_it_is_not(text, shown):
    assert safe(text) == shown


def test_fenced_code_comes_out_as_it_is():
    text = "Run this:\n\n```python\nprint('$5 :red[x] ![a](b)')\n```\n\nDone."
    assert pieces(text) == (Prose("Run this:\n"), Code("print('$5 :red[x] ![a](b)')", "python"), Prose("\nDone."))


def test_code_that_is_still_being_written_is_code_already():
    assert pieces("```\na = 1") == (Code("a = 1", ""),)


def test_a_longer_fence_holds_a_shorter_one():
    assert pieces("````\n```\nx\n```\n````") == (Code("```\nx\n```", ""),)


@given(markup)
def test_what_is_between_fences_is_kept(text):
    found = pieces(text)
    code = [piece.text for piece in found if isinstance(piece, Code)]
    assert all(part in "\n".join(text.splitlines()) for part in code)
