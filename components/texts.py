"""A text that code has shown: Markdown made safe, a formula, or as it is."""

import re

import streamlit as st

from components import prose

_LONGEST = 20_000
_LONGEST_FORMULA = 4_000
_AROUND = re.compile(r"\s*(?:\$\$|\\\[|\\\(|\$)?(.*?)(?:\$\$|\\\]|\\\)|\$)?\s*\Z", re.DOTALL)


def draw(media_type: str, text: str) -> None:
    """Show it by its type."""
    if media_type == "text/markdown":
        prose.draw(text[:_LONGEST])
    elif media_type == "text/latex" and (inner := formula(text)):
        st.latex(inner)
    else:
        st.code(text[:_LONGEST], language=None, wrap_lines=True)


def formula(text: str) -> str:
    """The inside of a formula on one line; empty for what could end it, and so be read as Markdown."""
    found = _AROUND.match(text)
    inner = " ".join(found[1].split()) if found else ""
    ends = "$" in inner or "`" in inner or len(inner) > _LONGEST_FORMULA
    return "" if ends else inner
