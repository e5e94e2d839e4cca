"""A file that came in: what it holds, with its first rows behind a fold. All its text is hostile."""

from typing import TYPE_CHECKING

import streamlit as st

from agent_core.events import FileUploaded, TableProfile
from components import units
from components.markdown import plain
from components.table import frame

if TYPE_CHECKING:
    import pandas as pd

_SAMPLES = 3
"""How many of a column's values are shown."""


def draw(event: FileUploaded, key: str, *, removable: bool) -> bool:
    """Show an upload in a line or two. Returns whether the person takes it out."""
    upload, profile = event.upload, event.profile
    with st.container(key=f"file-{key}", gap="xsmall"):
        tables = profile.tables if profile else ()
        extent = f", {_extent(tables[0])}" if len(tables) == 1 else ""
        sheets = f", {units.count(len(tables), 'table')}" if len(tables) > 1 else ""
        size = units.size(upload.size)
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            name = f":material/description: **{plain(upload.name)}** :small[:gray[{size}{extent}{sheets}]]"
            st.markdown(name, width="content")
            remove = removable and _remove(upload.name, key)
        if event.replaces:
            st.caption(":material/published_with_changes: It replaces the file of this name that was here before.")
        if profile and profile.problem:
            st.caption(f":material/info: {plain(profile.problem)}")
        for place, table in enumerate(tables):
            _preview(table, f"{key}-{place}", named=len(tables) > 1)
    return remove


def _remove(name: str, key: str) -> bool:
    tip = f"Take {plain(name)} out of the conversation"
    return st.button("Remove", key=f"remove-{key}", type="tertiary", help=tip)


def _extent(table: TableProfile) -> str:
    return f"{units.count(table.rows, 'row')} × {units.count(len(table.columns), 'column')}"


def _preview(table: TableProfile, key: str, *, named: bool) -> None:
    label = f"{plain(table.name)}, {_extent(table)}" if named else "First rows and columns"
    with st.expander(label, type="compact", key=f"preview-{key}"):
        if table.preview:
            st.dataframe(_frame(table), hide_index=True, alt=f"First rows of {table.name or 'the table'}")
        st.dataframe(_columns(table), hide_index=True, alt="Columns")


def _frame(table: TableProfile) -> "pd.DataFrame":
    return frame([column.name for column in table.columns], [list(row) for row in table.preview])


def _columns(table: TableProfile) -> "pd.DataFrame":
    import pandas as pd  # noqa: PLC0415  most pages show no table

    return pd.DataFrame(
        {
            "Column": [column.name for column in table.columns],
            "Kind": [column.kind for column in table.columns],
            "Missing": [column.missing for column in table.columns],
            "Different": [column.distinct for column in table.columns],
            "From": [column.minimum or "" for column in table.columns],
            "To": [column.maximum or "" for column in table.columns],
            "Such as": [", ".join(column.samples[:_SAMPLES]) for column in table.columns],
        }
    )
