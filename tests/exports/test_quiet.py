"""Whatever a model writes, an exported Markdown file loads nothing and leads nowhere but to the web."""

from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from agent_core.contract import Contract
from agent_core.exports.notebook import asked
from agent_core.exports.quiet import fenced, literal, quiet
from agent_core.exports.report import to_report
from agent_core.exports.story import Question, Story

PIECES = (
    "![a](http://evil.example/a.png)", "<img src=http://evil.example/b.png>", "[r]: http://evil.example/c", "![r]", "[r]",
    "```", "~~~", "````", "  ```", "   ~~~", "- ", "> ", "1. ", "    ", "\n", "\n\n", "`", "<!--", "-->", "text", " ",
    "[x](javascript:alert(1))", "[x](<data:text/html,1>)", "[ok](https://example.org)", "<http://evil.example>", "|a|b|",
)  # fmt: skip


def tokens(text: str) -> list[Token]:
    """As a viewer with every extension that could matter reads it."""
    parser = MarkdownIt("commonmark", {"html": True}).enable("table")
    parser.validateLink = lambda _: True  # type: ignore[method-assign]
    found: list[Token] = []
    for token in parser.parse(text):
        found += [token, *(token.children or ())]
    return found


@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
@example("- ```\n  ```\n![a](http://evil.example/a.png)\n```")
@example("- x\n  ```\n![a](http://evil.example/a.png)")
@example("> ```\n![a](http://evil.example/a.png)\n```")
def test_no_image_no_html_and_only_links_to_the_web(text: str) -> None:
    for token in tokens(quiet(text)):
        assert token.type not in {"image", "html_block", "html_inline"}, quiet(text)
        if token.type == "link_open":
            assert str(token.attrs["href"]).startswith(("http://", "https://"))


def test_what_is_harmless_stays() -> None:
    text = "**Bold** and `code[1]`\n\n```python\na[1]: int = x < y\n```\n\n- [ok](https://example.org)"
    assert quiet(text) == text


@given(st.text(alphabet="ab*_`[]()!<>#|-\\&;:~$ \n", max_size=20))
def test_a_literal_is_read_as_it_was_written(text: str) -> None:
    words = " ".join(text.split())
    inline = [token for token in MarkdownIt("commonmark").parse(f"x {literal(text)}") if token.type == "inline"]
    shown = "".join(child.content for child in inline[0].children or ())
    assert shown == f"x {words}".rstrip()


def test_code_in_a_question_stays_code() -> None:
    """And what it says of itself is no heading: neither a fence nor a line of code."""
    text = "Why does this fail?\n```python\nprint(*[1], sep='_')\n```\nTell me."
    assert asked(text) == "## Why does this fail?\n\n```python\nprint(*[1], sep='_')\n```\n\n> Tell me\\."
    assert asked("```sh\nls\n```") == "## Code\n\n```sh\nls\n```"
    told = to_report(Story("T", None, (Question(text),), (), Contract()), bytes.fromhex).decode()
    assert '<section class="question"><div>Why does this fail?</div><pre><code>print(*[1], sep=' in told
    assert "```" not in told


@given(st.text(alphabet="`~ab\n", max_size=30))
def test_nothing_ends_a_block_of_code_before_its_end(text: str) -> None:
    found = MarkdownIt("commonmark").parse(fenced(text, "python"))
    assert [token.type for token in found] == ["fence"]
