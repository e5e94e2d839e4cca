"""A table of plain text, in the look of the contract's."""

from collections.abc import Iterable, Sequence
from html import escape

import streamlit as st

from agent_core.contract.words import unbroken


def draw(columns: Sequence[str], rows: Iterable[Sequence[str]], kind: str) -> None:
    """Show rows of text; the first cell of each names it. Nothing in a cell is read as markup."""
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in columns)
    body = "".join(f"<tr>{_cells(row, columns)}</tr>" for row in rows)
    wide(f'<table class="ringfence {kind}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>', columns[0])


def wide(table: str, named: str) -> None:
    """Show the HTML of a table that scrolls sideways where it has to, by the keyboard too."""
    label = f"Table by {named.lower()}"
    st.html(f'<div class="wide" role="region" tabindex="0" aria-label="{escape(label)}">{table}</div>')


def _cells(row: Sequence[str], columns: Sequence[str]) -> str:
    first, *rest = row
    cells = [f'<th scope="row" data-column="{escape(columns[0])}">{escape(unbroken(first))}</th>']
    cells += [
        f'<td data-column="{escape(name)}">{escape(unbroken(cell))}</td>'
        for name, cell in zip(columns[1:], rest, strict=True)
    ]
    return "".join(cells)
