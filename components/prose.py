"""Text that a model wrote, as Markdown that loads nothing."""

import streamlit as st

from components.markdown import Code, pieces


def draw(text: str) -> None:
    """Show model text: Markdown made safe, and fenced code as code."""
    for piece in pieces(text):
        if isinstance(piece, Code):
            st.code(piece.text, language=piece.language or None)
        else:
            st.markdown(piece.text, anchors=False)
